"""Reads the text of an example, and builds what a torch rule describes: what the contract tests share."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
import torch.nn.functional
from torch import nn

from archspec.backends.pytorch.rules import Precedence, init_statement, lower
from archspec.ops.base import Op, Tensor
from archspec.ops.registry import ALL

DTYPES = {"float32": torch.float32, "int64": torch.int64, "bool": torch.bool}


def read(text: str) -> Op:
    """The op that a text like `conv(64, 3, padding=half)` makes: literals and bare words only."""
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.Name):
        return ALL[tree.id]()
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Name)
    kind = ALL[tree.func.id]
    fields = dict(zip(kind.model_fields, map(_value, tree.args), strict=False))
    return kind(**fields, **{str(word.arg): _value(word.value) for word in tree.keywords})


def _value(tree: ast.expr) -> Any:
    if isinstance(tree, ast.Name):
        return {"true": True, "false": False, "null": None}.get(tree.id, tree.id)
    if isinstance(tree, ast.List):
        return tuple(_value(item) for item in tree.elts)
    return ast.literal_eval(tree)


def batched(tensor: Tensor, batch: int = 2, device: str = "cpu") -> torch.Tensor:
    shape = (batch, *tensor.shape)
    if tensor.dtype == "float32":
        return torch.randn(shape, device=device)
    return torch.ones(shape, dtype=DTYPES[tensor.dtype], device=device)


def namespace(op: Op, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
    """What generated source sees: torch, nn, F and the helpers of this op's rule."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": torch.nn.functional}
    for helper in lower(op, inputs).helpers:
        names.update({name: import_module(name) for name in helper.imports})
        exec(helper.source, names)
        assert helper.name in names
    return names


def as_layer(op: Op, inputs: tuple[Tensor, ...]) -> nn.Module | nn.Parameter | None:
    """The rule's layer, constructed from its rendered source; None if it has none."""
    lowering = lower(op, inputs)
    if lowering.layer is None:
        return None
    names = namespace(op, inputs)
    names["self"] = layer = eval(lowering.layer.render(), names)
    for weight, init in lowering.inits.items():
        with torch.no_grad():
            eval(init_statement(f"self.{weight}" if weight else "self", init), names)
    assert isinstance(layer, nn.Module | nn.Parameter)
    return layer


def as_function(op: Op, inputs: tuple[Tensor, ...], learned: frozenset[int] = frozenset()) -> Callable[..., Any] | None:
    """The rule's expression as a function of its inputs; None if it has none. It sees a `self` in training mode."""
    functional = lower(op, inputs, learned).functional
    if functional is None:
        return None
    names = namespace(op, inputs) | {"self": nn.Identity()}
    parameters = [f"x{number}" for number in range(len(inputs))]
    text = functional.render([(name, Precedence.ATOM) for name in parameters])
    function = eval(f"lambda {', '.join(parameters)}: {text}", names)
    assert callable(function)
    return function
