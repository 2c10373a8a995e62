"""How an op becomes torch source, as data. The emitter reads it; only `literal` and the `render` methods write text.

Nothing of a spec reaches source but numbers, booleans and words of a fixed list: see `literal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from math import isfinite
from types import EllipsisType, MappingProxyType
from typing import Any, TypeVar

from archspec.ops.base import Op, Tensor
from archspec.ops.init import Init

NONE: Mapping[str, str] = MappingProxyType({})
WORDS = frozenset(
    {
        "bicubic",
        "bilinear",
        "circular",
        "constant",
        "fan_in",
        "fan_out",
        "hardsigmoid",
        "hardswish",
        "inference",
        "leaky_relu",
        "linear",
        "nearest",
        "none",
        "reflect",
        "relu",
        "relu6",
        "replicate",
        "same",
        "selu",
        "sigmoid",
        "silu",
        "tanh",
        "training",
        "trilinear",
        "zeros",
    }
)
"""every text that may stand in quotes in generated source"""


class UnsupportedError(ValueError):
    """PyTorch has no rule for this op, or none for these arguments."""


class Precedence(IntEnum):
    """How tightly an expression binds: one that binds less than its place asks for is put in brackets."""

    LOOSE = 0
    ADD = 1
    MUL = 2
    ATOM = 3


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument of a call. An argument that equals torch's default is known but not written."""

    name: str
    """torch's name of it: `kernel_size`"""
    value: Value
    field: str | None = None
    """where the value comes from: a field of the op, or `in_channels` and the like; copies that differ
    only in such values can share a class that takes them as constructor arguments"""
    positional: bool = False
    default: Value | EllipsisType = ...
    """torch's default; `...` if it has none. Kept even when equal: another copy may differ from it"""

    @property
    def written(self) -> bool:
        return self.default is ... or not same(self.value, self.default)

    def render(self, names: Mapping[str, str] = NONE) -> str:
        value = names.get(self.name) or literal(self.value)
        return value if self.positional else f"{self.name}={value}"


@dataclass(frozen=True, slots=True)
class Layer:
    """A constructor call: `nn.Conv2d(3, 64, 7, stride=2)`.

    >>> Layer("nn.Dropout", (Arg("p", 0.2, "p"),)).render({"p": "rate"})
    'nn.Dropout(p=rate)'
    """

    cls: str
    args: tuple[Arg, ...] = ()

    def render(self, names: Mapping[str, str] = NONE) -> str:
        """Its source. `names` puts a name in the place of an argument's literal: {"out_channels": "width"}."""
        return f"{self.cls}({', '.join(arg.render(names) for arg in self.args if arg.written or arg.name in names)})"


Value = None | bool | int | float | str | tuple["Value", ...] | Layer


@dataclass(frozen=True, slots=True)
class Functional:
    """An expression over the inputs: `torch.cat(({inputs}), dim=1)`.

    In `template`, {0}, {1}, … are inputs, {inputs} all of them with commas between, {name} is the
    value of the argument of that name. An infix template binds as `precedence` says and leans left.
    """

    template: str
    args: tuple[Arg, ...] = ()
    precedence: Precedence = Precedence.ATOM
    operands: Precedence = Precedence.LOOSE
    """how tightly the first input must bind to stand without brackets; of an infix form the others more"""

    def render(self, inputs: Sequence[tuple[str, Precedence]], names: Mapping[str, str] = NONE) -> str:
        """Its source for these inputs, each with its own precedence.

        >>> add = Functional("{0} + {1}", precedence=Precedence.ADD, operands=Precedence.ADD)
        >>> add.render([("x", Precedence.ATOM), ("y + z", Precedence.ADD)])
        'x + (y + z)'
        """
        first = self.operands
        others = first if first in (Precedence.LOOSE, Precedence.ATOM) else Precedence(first + 1)
        texts = [
            text if binds >= (others if number else first) else f"({text})"
            for number, (text, binds) in enumerate(inputs)
        ]
        values = {arg.name: names.get(arg.name) or literal(arg.value) for arg in self.args}
        return self.template.format(*texts, inputs=", ".join(texts), **values)


@dataclass(frozen=True, slots=True)
class Helper:
    """A class or function that generated source must carry: torch has no such thing of its own."""

    name: str
    source: str
    imports: tuple[str, ...] = ()
    """modules of Python's own that it needs"""


@dataclass(frozen=True, slots=True)
class Lowering:
    """What torch has for one op on given inputs.

    `layer`       as a module that is an attribute or part of an nn.Sequential (None: has no such form)
    `functional`  as an expression inside forward() (None: it owns tensors, so it must be a layer).
                  It may read `self.training`. An op with several outputs gives a tuple
    `helpers`     definitions that the layer or the expression needs, in an order that works
    `inits`       weight → what initialises it, where the spec says so (`init_statement` writes it)
    `constant`    the attribute is the value itself and is not called: a learned tensor
    `batchless`   the value has no batch axis: a learned tensor, or sums and products of such alone
    `inplace`     both forms take `inplace=True`, to overwrite their input
    `overwritable`  the output may be overwritten by a following in-place activation: neither this
                  op's own backward nor anything else needs it, and it is no view of an input
    """

    layer: Layer | None = None
    functional: Functional | None = None
    helpers: tuple[Helper, ...] = ()
    inits: Mapping[str, Init] = field(default_factory=lambda: MappingProxyType({}))
    constant: bool = False
    batchless: bool = False
    inplace: bool = False
    overwritable: bool = False


Rule = Callable[..., Lowering]
RULES: dict[type[Op], Rule] = {}
MERGES: set[type[Op]] = set()
"""ops whose rules take `learned`"""
_R = TypeVar("_R", bound=Rule)


def rule(op: type[Op], *, merges: bool = False) -> Callable[[_R], _R]:
    """Register the function as the rule of an op: it takes the op and its input types.

    The rule of an op that merges also takes `learned`: numbers of the inputs without a batch axis.
    """

    def register(function: _R) -> _R:
        RULES[op] = function
        if merges:
            MERGES.add(op)
        return function

    return register


def lower(op: Op, inputs: tuple[Tensor, ...], learned: frozenset[int] = frozenset()) -> Lowering:
    """How torch computes `op` on inputs of these types.

    `learned` holds the numbers of the inputs that have no batch axis (see `Lowering.batchless`).
    Raises `UnsupportedError` if there is no rule for the op, or none for a learned tensor.
    """
    kind = type(op)
    found = RULES.get(kind)
    if found is None:
        raise UnsupportedError(f"pytorch cannot lower `{kind.op}`")
    if kind in MERGES:
        return found(op, *inputs, learned=learned)
    if learned:
        raise UnsupportedError(f"pytorch cannot apply `{kind.op}` to a learned tensor")
    return found(op, *inputs)


def literal(value: Value) -> str:
    """The Python source of a value: the only way for anything of a spec into generated source.

    >>> literal((3, 0.5, True, "reflect"))
    '(3, 0.5, True, "reflect")'

    Raises `ValueError` for text outside `WORDS`, for infinities, and for any other type.
    """
    if isinstance(value, Layer):
        return value.render()
    if isinstance(value, tuple):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if value is None or type(value) in (bool, int) or (type(value) is float and isfinite(value)):
        return repr(value)
    if type(value) is str and value in WORDS:
        return f'"{value}"'
    raise ValueError(f"not allowed in generated source: {value!r}")


def arguments(*given: Arg | tuple[Arg, Any]) -> tuple[Arg, ...]:
    """A list of arguments. In a pair the second is torch's default: an argument equal to it is not written."""
    return tuple(item if isinstance(item, Arg) else replace(item[0], default=item[1]) for item in given)


def same(value: Any, default: Any) -> bool:
    """Equal and of one kind: True is not 1, but 1.0 is 1 where a float is meant."""
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def brief(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all are equal, as a person writes it: (3, 3) is 3."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def call(function: str, args: Iterable[Arg] = (), *, inputs: str = "{0}") -> Functional:
    """The functional form `function(input, arguments…)`."""
    args = tuple(arg for arg in args if arg.written)
    words = [f"{{{arg.name}}}" if arg.positional else f"{arg.name}={{{arg.name}}}" for arg in args]
    return Functional(f"{function}({', '.join([inputs, *words])})", args)


def method(text: str, args: Iterable[Arg] = ()) -> Functional:
    """A form like `{0}.flatten(1)`, whose input must be an atom."""
    return Functional(text, tuple(args), operands=Precedence.ATOM)


def places(args: Iterable[Arg]) -> str:
    """The places of these arguments in a template, with commas between."""
    return ", ".join(f"{{{arg.name}}}" for arg in args)
