"""The numbers of a network by the keys of its state dict: given ones, or those it starts with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from archspec.backends.onnx_model.initial import initial
from archspec.ops.base import Tensor
from archspec.program.model import Call, Module, Program
from archspec.program.weights import Weights, join_key
from archspec.text.diagnostics import fault

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Tensors:
    """Numbers by key. `given` may hold arrays of numpy or tensors of torch; without it each starts by `seed`."""

    def __init__(self, program: Program, given: Mapping[str, Any] | None, seed: int):
        self._given, self._seed = given, seed
        self._all = {weight.key: weight for weight in Weights(program).all()}
        self._ties = ties(program)
        self._owned: dict[str, dict[str, Tensor]] = {}
        """the tensors of each instance by their own names"""
        for key, weight in self._all.items():
            self._owned.setdefault(weight.owner, {})[_name(key, weight.owner)] = weight.type

    def __iter__(self) -> Iterator[str]:
        """Every key of the state dict."""
        return iter(self._all)

    def __contains__(self, key: object) -> bool:
        return key in self._all

    def home(self, key: str) -> str:
        """The key under which a tensor's numbers stand: that of another, if it is tied to one."""
        seen = {key}
        while key in self._ties and self._ties[key] not in seen:
            key = self._ties[key]
            seen.add(key)
        return key

    def numbers(self, key: str) -> NDArray[Any]:
        """The tensor of that key. Raises `SpecError` (A0702) if it was not given, or has another shape."""
        weight = self._all[key]
        if self._given is None:
            own = self._owned[weight.owner]
            return initial(weight.op, _name(key, weight.owner), own, key, self._seed)
        if key not in self._given:
            raise fault("A0702", f"the weights have no `{key}`")
        found = as_array(self._given[key])
        if found.shape != weight.type.shape:
            raise fault("A0702", f"the weight `{key}` has shape {list(found.shape)}, not {weight.type}")
        return np.asarray(found, np.dtype(weight.type.dtype), order="C")


def as_array(value: Any) -> NDArray[Any]:
    """A tensor of torch as numpy's; float16 and bfloat16 as float32."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if value.is_floating_point() else value).numpy()
    return np.asarray(value)


def ties(program: Program) -> dict[str, str]:
    """Key of each tied tensor → key of the tensor that it is."""
    weights, found = Weights(program), dict[str, str]()
    stack: list[tuple[Module, str]] = [(program.graph, "")]
    while stack:
        module, prefix = stack.pop()
        for key, (_, node) in weights.instances(module).items():
            if key.startswith("^"):
                continue
            dotted = join_key(prefix, key)
            for name, target in node.ties.items():
                found[join_key(dotted, name)] = join_key(prefix, target)
            if isinstance(node.body, Call):
                stack.append((program.modules[node.body.module], dotted))
    return found


def _name(key: str, owner: str) -> str:
    """A tensor's own name; "" if it is the instance itself."""
    return key[len(owner) :].removeprefix(".")
