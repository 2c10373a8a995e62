"""What an elaboration that fails had made by then: every body closed where it stopped, the step that failed in it.

Only who asks for it (`elaborate_partly`) gives an elaborator one of these; it is told from the places where an
error passes by, so that an elaboration that succeeds pays nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.construct import ModuleTarget
from archspec.language.elaborate.elaborator import TooLargeError
from archspec.language.elaborate.values import POISON, PoisonedError, Value
from archspec.language.spec import Step
from archspec.ops.base import Op, Tensor
from archspec.ops.registry import OPS
from archspec.program.model import Call, Module, Origin, Output, Ref
from archspec.text.diagnostics import SpecError
from archspec.text.expression import Expression
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborator import Elaborator

_SHOWN = 48
"""letters of a step that stands for itself"""


class Fault(NamedTuple):
    """What is wrong with a node, which says only as much of its outputs as its own arguments say."""

    message: str = ""
    """as the diagnostic has it; "": it calls a module in which something is wrong"""
    text: str = ""
    """the step as it is written, where no op or module could be made of it"""


class Unfinished:
    """Keeps the broken parts of one elaboration."""

    def __init__(self, elaborator: Elaborator):
        self._elaborator = elaborator
        self._found: dict[int, dict[str, Fault]] = {}
        self._modules: dict[object, Module] = {}
        self._placed: list[SpecError] = []
        self.faults: dict[str, Mapping[str, Fault]] = {}
        """by module id, then by the name of the node"""

    def op(
        self, builder: Builder, op: Op, values: Sequence[Value], name: str, span: Span, named: bool, error: SpecError
    ) -> None:
        """An op that refuses what it is given."""
        self._placed.append(error)
        given = values[0].types[0] if values else Tensor((1,))
        out = getattr(op, "out", None)
        shape = (out, *given.shape[1:]) if isinstance(out, int) and len(given.shape) != 1 else given.shape
        if isinstance(out, int) and len(given.shape) == 1:
            shape = (out,)
        self._add(builder, op, values, (given._replace(shape=shape),), name, span, named, _fault(error))

    def step(self, builder: Builder, step: Step, read: Value, error: SpecError) -> None:
        """A step of which no node could be made; nothing if its mistake stands in a node already."""
        if any(error is placed for placed in self._placed):
            return
        self._placed.append(error)
        action = step.action
        text = " ".join((action.text if isinstance(action, Expression) else action.span.text.split("\n")[0]).split())
        text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        plain = len(step.names) == 1 and step.names[0].is_plain
        name = step.names[0].scalar.text if plain else str(builder.position)
        values = [] if read is POISON or not read.refs else [_first(read)]
        types = values[0].types if values else (Tensor((1,)),)
        self._add(builder, OPS["identity"](), values, types, name, step.span, plain, _fault(error)._replace(text=text))

    def call(
        self, builder: Builder, target: ModuleTarget, values: Sequence[Value], name: str, span: Span, named: bool
    ) -> None:
        """A module that could not be made, applied. (One that was too deep or too large was never begun.)"""
        module = self._modules.get(self._key(target, tuple(value.types[0] for value in values)))
        if module is not None:
            self._apply(builder, module, values, name, span, named)

    def module(self, target: ModuleTarget, builder: Builder, span: Span) -> None:
        """A module of the spec, as far as it got."""
        types = tuple(port.type for port in builder.inputs)
        self._modules[self._key(target, types)] = self.close(builder, span)

    def body(
        self, outer: Builder, inner: Builder, name: str, span: Span, named: bool, error: PoisonedError | SpecError
    ) -> None:
        """A nested body, as far as it got, applied once. A mistake that stands in none of its nodes is its own."""
        if not inner.nodes or isinstance(error, TooLargeError):
            return
        own = isinstance(error, SpecError) and not any(error is placed for placed in self._placed)
        self._apply(outer, self.close(inner, span), inner.captured, name, span, named)
        if own and isinstance(error, SpecError):
            self._placed.append(error)
            self._found[id(outer)][outer.nodes[-1].name] = _fault(error)

    def close(self, builder: Builder, span: Span, outputs: Sequence[Output] = ()) -> Module:
        """A body with its loose ends as outputs: after those it has, first the ones at which something is wrong."""
        found = self._found.get(id(builder), {})
        read = {ref.node for node in builder.nodes for ref in node.args} | {output.ref.node for output in outputs}
        ends = [number for number in range(len(builder.nodes)) if number not in read]
        ends.sort(key=lambda number: builder.nodes[number].name not in found)
        outputs = [*outputs, *(Output(builder.nodes[number].name, Ref(number)) for number in ends)]
        if not outputs:
            outputs = [Output("output", Ref(-1, place)) for place in range(len(builder.inputs))]
        module = self._elaborator.close(builder, outputs, origin=span)
        self.faults[module.id] = found
        return module

    @staticmethod
    def _key(target: ModuleTarget, types: tuple[Tensor, ...]) -> object:
        return id(target.definition), id(target.unit), repr(target.values), types

    def _apply(
        self, builder: Builder, module: Module, values: Sequence[Value], name: str, span: Span, named: bool
    ) -> None:
        types = tuple(self._elaborator.type_of(module, output) for output in module.outputs)
        self._add(builder, Call(module.id), values, types, name, span, named, Fault())

    def _add(
        self,
        builder: Builder,
        body: Op | Call,
        values: Sequence[Value],
        types: tuple[Tensor, ...],
        name: str,
        span: Span,
        named: bool,
        fault: Fault,
    ) -> None:
        usable = [value for value in values if value is not POISON]
        builder.add(body, usable, types, name=name, key=name, origin=Origin(span), named=named)
        self._found.setdefault(id(builder), {})[builder.nodes[-1].name] = fault


def _fault(error: SpecError) -> Fault:
    return Fault(error.diagnostics[0].message if error.diagnostics else "")


def _first(value: Value) -> Value:
    return Value(value.builder, value.refs[:1], value.types[:1], value.label, value.span)
