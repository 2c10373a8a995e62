"""What names stand for while a spec is elaborated: nodes, shared instances, ops as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.ops.base import Tensor
from archspec.program.model import Ref
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.builder import Builder
    from archspec.language.elaborate.scope import Scope
    from archspec.language.files import Unit
    from archspec.text.expression import Expression


class PoisonedError(Exception):
    """Something read a step that failed; that step's own mistake has been told, so nothing more is."""


@dataclass(slots=True, eq=False)
class Value:
    """What a step stands for: one node output, or several with their names. Never changed.

    `window` marks the last outputs of a `last(k)` loop: who reads fewer values gets the latest.
    """

    # Not frozen: to make one would take four times as long, and every step does.

    builder: Builder
    refs: tuple[Ref, ...]
    types: tuple[Tensor, ...]
    label: str
    span: Span | None = None
    names: tuple[str, ...] = ()
    window: bool = False

    def called(self, label: str, span: Span | None) -> Value:
        """The same under another name. (`dataclasses.replace` takes five times as long, and every step does this.)"""
        return Value(self.builder, self.refs, self.types, label, span, self.names, self.window)


POISON = Value(None, (), (), "")  # type: ignore[arg-type]


def usable(value: Value) -> Value:
    """The value, unless its step failed."""
    if value is POISON:
        raise PoisonedError
    return value


@dataclass(frozen=True, slots=True)
class OpName:
    """The value of a param of type `op`: a name, and the file it is looked up in."""

    name: str
    unit: Unit

    def __repr__(self) -> str:
        return f"{self.name}@{id(self.unit)}"


@dataclass(slots=True, eq=False)
class Shared:
    """One instance, applied wherever its name is called. Its weights live in the body that declares it."""

    name: str
    expression: Expression
    scope: Scope
    uses: int = 0
    first: object = None
