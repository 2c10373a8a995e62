"""How an op becomes nodes of ONNX: what a rule is given, and how it says what it makes.

A rule is a function of a `Site`, the op, and its inputs. It gives back the name of its output, or the names
of its outputs; the name of an input stands for an op that does nothing in inference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from archspec.ops.base import Op, Tensor


class UnsupportedError(ValueError):
    """ONNX has no rule for this op, or none for these inputs."""


class Value(NamedTuple):
    """A value of the graph."""

    name: str
    type: Tensor
    batched: bool = True
    """it has a batch axis in front; learned tensors, and what is made of such alone, have none"""

    @property
    def spatial(self) -> int:
        """How many spatial axes it has."""
        return len(self.type.shape) - 1


class Made(NamedTuple):
    """A node to be."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


class Constant(NamedTuple):
    """Fixed numbers that a node reads: the shape of a reshape, the bounds of a clip."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    numbers: tuple[float, ...] | tuple[int, ...]


class Site:
    """One application of an op, while its rule writes the nodes for it.

    `name` is the call path, `weights` leads from the op's own names of its tensors to the initialisers that
    hold them. Names of what lies inside start with that path and a slash.
    """

    def __init__(self, name: str, weights: Mapping[str, str]):
        self.name, self.weights = name, weights
        self.nodes: list[Made] = []
        self.constants: list[Constant] = []
        self._used: dict[str, int] = {}

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Write a node and give the name of its output. An input that is left out is ""."""
        return self.several(1, kind, *inputs, **attributes)[0]

    def several(self, outputs: int, kind: str, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """Write a node of several outputs and give their names."""
        name = self._inside(kind)
        made = (name,) if outputs == 1 else tuple(f"{name}.{number}" for number in range(outputs))
        self.nodes.append(Made(kind, name, inputs, made, attributes))
        return made

    def integers(self, numbers: Iterable[int]) -> str:
        """A list of integers that a node reads."""
        numbers = tuple(numbers)
        return self._constant("int64", (len(numbers),), numbers)

    def numbers(self, numbers: Iterable[float]) -> str:
        """A list of numbers that a node reads."""
        numbers = tuple(numbers)
        return self._constant("float32", (len(numbers),), numbers)

    def scalar(self, number: float) -> str:
        return self._constant("float32", (), (number,))

    def floats(self, rows: Sequence[Sequence[float]]) -> str:
        """A matrix."""
        return self._constant("float32", (len(rows), len(rows[0])), tuple(number for row in rows for number in row))

    def table(self, rows: Sequence[Sequence[int]]) -> str:
        """A matrix of indices."""
        return self._constant("int64", (len(rows), len(rows[0])), tuple(number for row in rows for number in row))

    def filled(self, number: float, size: int) -> str:
        """The same number `size` times."""
        return self.numbers((number,) * size)

    def unsqueezed(self, value: str, axes: Sequence[int]) -> str:
        """The value with axes of size 1 put in; as it is if there are none."""
        return self.node("Unsqueeze", value, self.integers(axes)) if axes else value

    def channelwise(self, weight: str, x: Value) -> str:
        """A tensor of one number a channel, so shaped that it meets the channels of `x`."""
        return self.unsqueezed(self.weights[weight], range(1, x.spatial + 1))

    def _constant(self, dtype: str, shape: tuple[int, ...], numbers: tuple[Any, ...]) -> str:
        for known in self.constants:
            if known[1:] == (dtype, shape, numbers):
                return known.name
        constant = Constant(self._inside("const"), dtype, shape, numbers)
        self.constants.append(constant)
        return constant.name

    def _inside(self, kind: str) -> str:
        number = self._used[kind] = self._used.get(kind, 0) + 1
        return f"{self.name}/{kind}" + (f"_{number}" if number > 1 else "")


Rule = Callable[..., "str | Sequence[str]"]
RULES: dict[type[Op], Rule] = {}
MERGES: set[type[Op]] = set()
"""ops whose inputs may be learned tensors, which have no batch axis"""
_R = TypeVar("_R", bound=Rule)


def rule(*ops: type[Op], merges: bool = False) -> Callable[[_R], _R]:
    """Register the function as the rule of these ops."""

    def register(function: _R) -> _R:
        for op in ops:
            RULES[op] = function
            if merges:
                MERGES.add(op)
        return function

    return register


def lower(site: Site, op: Op, inputs: Sequence[Value]) -> tuple[str, ...]:
    """Write the nodes of an op and give the names of its outputs. Raises `UnsupportedError`."""
    kind = type(op)
    found = RULES.get(kind)
    if found is None:
        raise UnsupportedError(f"onnx cannot lower `{kind.op}`")
    if kind not in MERGES and not all(value.batched for value in inputs):
        raise UnsupportedError(f"onnx cannot apply `{kind.op}` to a learned tensor")
    made = found(site, op, *inputs)
    return (made,) if isinstance(made, str) else tuple(made)


def batch_axis(axis: int, rank: int) -> int:
    """The axis in a tensor that has the batch in front, counted from 0; `rank` without the batch."""
    return axis % rank + 1
