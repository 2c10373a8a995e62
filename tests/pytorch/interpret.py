"""A second way to run a program: op by op, from the lowering rules and a state dict, without any generated class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812, the name in rules

from archspec.backends.pytorch.rules import lower
from archspec.backends.pytorch.rules.base import Precedence
from archspec.program.model import Call, Module, Node, Program, Ref
from archspec.program.read import operand_types

Tensors = tuple[torch.Tensor, ...]


class Interpreter:
    """Runs a program on given inputs; `state` is the state dict of the network it is compared with."""

    def __init__(self, program: Program, state: Mapping[str, torch.Tensor], training: bool = False):
        self.program, self.state, self.training = program, state, training

    def run(self, *inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        graph = self.program.graph
        values = self._module(graph, "", {}, inputs)
        shown = [o for o in graph.outputs if o.only is None or (o.only == "training") == self.training]
        return {output.name: values[output.ref] for output in shown if output.ref in values}

    def _module(
        self, module: Module, prefix: str, borrowed: Mapping[str, str], inputs: Sequence[torch.Tensor]
    ) -> dict[Ref, torch.Tensor]:
        values = {Ref(-1, at): value for at, value in enumerate(inputs)}
        learned: set[Ref] = set()
        for at, node in enumerate(module.nodes):
            args = [values[ref] for ref in node.args]
            aside = node.only is not None and (node.only == "training") != self.training
            if node.skipped or aside:
                if args and node.types[0].shape == args[0].shape[1:]:
                    values[Ref(at)] = args[0]
                continue
            key = borrowed[node.key[1:]] if node.key.startswith("^") else f"{prefix}{node.key}"
            if isinstance(node.body, Call):
                results = self._call(node, key, prefix, borrowed, args)
            else:
                places = frozenset(place for place, ref in enumerate(node.args) if ref in learned)
                result, batchless = self._op(module, node, key, places, args)
                results = tuple(result) if isinstance(result, tuple | list) else (result,)
                if batchless:
                    learned.add(Ref(at))
            for number, value in enumerate(results):
                values[Ref(at, number)] = value
        return values

    def _call(
        self, node: Node, key: str, prefix: str, borrowed: Mapping[str, str], args: Sequence[torch.Tensor]
    ) -> Tensors:
        assert isinstance(node.body, Call)
        callee = self.program.modules[node.body.module]
        lent = {
            name: borrowed[place[1:]] if place.startswith("^") else f"{prefix}{place}"
            for name, place in node.lends.items()
        }
        inside = self._module(callee, f"{key}.", lent, args)
        return tuple(inside[output.ref] for output in callee.outputs)

    def _op(
        self, module: Module, node: Node, key: str, learned: frozenset[int], args: Sequence[torch.Tensor]
    ) -> tuple[Any, bool]:
        assert not isinstance(node.body, Call)
        lowering = lower(node.body, operand_types(module, node), learned)
        names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
        for helper in lowering.helpers:
            names.update({name: import_module(name) for name in helper.imports})
            exec(helper.source, names)
        if lowering.layer is None:
            assert lowering.functional is not None
            operands = [f"args[{number}]" for number in range(len(args))]
            text = lowering.functional.render([(operand, Precedence.ATOM) for operand in operands])
            return eval(text, {**names, "args": args, "self": self}), lowering.batchless
        layer = eval(lowering.layer.render(), names)
        if lowering.constant:
            return self.state[key], lowering.batchless
        own = {name.removeprefix(f"{key}."): value for name, value in self.state.items() if name.startswith(f"{key}.")}
        layer.to(args[0].dtype).load_state_dict(own, strict=True)
        layer.train(self.training)
        return layer(*args), lowering.batchless
