"""A shape rule's refusal in words: each operand with its shape and origin, and what changed the channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archspec.language.elaborate.values import Value
from archspec.ops.base import Op, OpError
from archspec.program.model import Call, Module, Node
from archspec.text.diagnostics import Diagnostic, Label, SpecError
from archspec.text.source import Span

_CODES = {"cannot add tensors of different shapes": "A0301"}
_SHOWN = 4
"""operands that are listed where none has a place of its own"""


def refused(
    modules: Mapping[str, Module], error: OpError, values: Sequence[Value], span: Span, places: Sequence[Span | None]
) -> SpecError:
    """The error at the operand that is wrong, or at every operand where they clash."""
    labels = []
    for at, (value, place) in enumerate(zip(values, places, strict=False)):
        if place is not None and error.operand in (None, at):
            labels.append(Label(place, f"{value.types[0]} from {_whence(modules, value)}"))
    if not labels:
        reads = ", ".join(f"{value.types[0]} from {_whence(modules, value)}" for value in values[:_SHOWN])
        labels = [Label(span, f"reads {reads}" if reads else "")]
    helps = [error.help] if error.help else []
    if error.clash:
        helps.extend(_culprits(modules, values))
    code = _CODES.get(error.message, "A0309" if error.clash else "A0308")
    return SpecError([Diagnostic(code, error.message, tuple(labels), tuple(helps))])


def _node(value: Value) -> Node | None:
    """The node that made a value; None for an input of its body."""
    at = value.refs[0].node
    return value.builder.nodes[at] if at >= 0 else None


def _whence(modules: Mapping[str, Module], value: Value) -> str:
    """A value by its step's name, or by what made it if the step has none."""
    node = _node(value)
    what, span = f"`{value.label}`", value.span
    if node is not None and value.label == node.name and not node.named:
        if isinstance(node.body, Op):
            what = f"`{node.body.op}`"
        elif modules[node.body.module].kind == "module":
            module = modules[node.body.module]
            what, span = f"`{module.template}`", module.origin
        else:
            what = f"the {modules[node.body.module].kind}"
    return what if span is None else f"{what} (line {span.line})"


def _culprits(modules: Mapping[str, Module], values: Sequence[Value]) -> Iterator[str]:
    """For operands made by a module of the spec that changes the channels: the step in it that does."""
    channels = {value.types[0].shape[:1] for value in values}
    if len(channels) < 2:
        return
    for value in values:
        node = _node(value)
        if node is None or not isinstance(node.body, Call):
            continue
        module = modules[node.body.module]
        before, after = module.inputs[0].type.shape[:1], value.types[0].shape[:1]
        if module.kind != "module" or before == after or not before or not after:
            continue
        last = _last_change(modules, module)
        if last is not None:
            step, line = " ".join(last.origin.span.text.split()), last.origin.span.line
            yield f"`{module.template}` ends in {step} at line {line}, so it {_effect(*before, *after)}"


def _last_change(modules: Mapping[str, Module], module: Module) -> Node | None:
    """The last op on the way to the output that changes the number of channels."""
    at = module.outputs[0].ref.node
    while at >= 0:
        node = module.nodes[at]
        if not node.args:
            return None
        source = node.args[0]
        reads = module.inputs[source.output].type if source.node < 0 else module.nodes[source.node].types[source.output]
        if reads.shape[:1] != node.types[0].shape[:1]:
            return node if isinstance(node.body, Op) else _last_change(modules, modules[node.body.module])
        at = source.node
    return None


def _effect(before: int, after: int) -> str:
    if after == 2 * before:
        return "doubles the channels"
    if before == 2 * after:
        return "halves the channels"
    return f"makes {after} channels of {before}"
