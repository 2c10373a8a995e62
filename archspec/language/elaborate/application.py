"""Application: an op or a module and the values it reads become a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.construct import ModuleTarget, OpTarget, Target
from archspec.language.elaborate.refusals import refused
from archspec.language.elaborate.values import PoisonedError, Value, usable
from archspec.language.spec import FileModule
from archspec.ops.base import OpError
from archspec.program.model import Call, Origin
from archspec.text.diagnostics import SpecError, fault
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborator import Elaborator


def apply(
    elaborator: Elaborator,
    builder: Builder,
    target: Target,
    values: Sequence[Value],
    keywords: Mapping[str, Value],
    *,
    key: str,
    name: str,
    span: Span,
    named: bool = False,
    lends: Mapping[str, str] | None = None,
    ties: Mapping[str, str] | None = None,
    places: Sequence[Span | None] = (),
) -> Value:
    """A new node that applies the target. `places`: where each value is named, for the message."""
    for value in (*values, *keywords.values()):
        usable(value)
    elaborator.count(span)
    if isinstance(target, OpTarget):
        op = target.op
        single, absent = flat(op.op, op.inputs, op.optional, op.variadic, values, keywords, span)
        try:
            types = elaborator.infer(op, tuple([value.types[0] for value in single]), span)
        except OpError as error:
            wrong = refused(elaborator.modules, error, single, span, places)
            if elaborator.unfinished is not None:
                elaborator.unfinished.op(builder, op, single, name, span, named, wrong)
            raise wrong from None
        origin = Origin(span, target.hints)
        return builder.add(
            op, single, types, name=name, key=key, origin=origin, named=named, absent=absent, ties=ties or {}
        )
    inputs = ports(target)
    single, absent = flat(target.definition.name, inputs, frozenset(), False, values, keywords, span)
    try:
        module = elaborator.concrete(target, tuple(value.types[0] for value in single), key, span)
    except PoisonedError:
        if elaborator.unfinished is not None:
            elaborator.unfinished.call(builder, target, single, name, span, named)
        raise
    outputs = module.outputs
    return builder.add(
        Call(module.id),
        single,
        tuple(elaborator.type_of(module, output) for output in outputs),
        name=name,
        key=key,
        origin=Origin(span, target.hints),
        named=named,
        names=tuple(output.name for output in outputs),
        lends=lends or {},
        ties=ties or {},
    )


def ports(target: ModuleTarget) -> tuple[str, ...]:
    if isinstance(target.definition, FileModule):
        return tuple(one.name for one in target.unit.spec.inputs)
    return target.definition.inputs


def flat(
    what: str,
    inputs: Sequence[str],
    optional: frozenset[str],
    variadic: bool,
    values: Sequence[Value],
    keywords: Mapping[str, Value],
    span: Span,
) -> tuple[list[Value], frozenset[int]]:
    """One value an input. A single value of several parts feeds several inputs; a window its latest."""
    if not inputs:
        return [], frozenset()
    needed = len(inputs) - len(optional)
    if len(values) == 1 and len(values[0].refs) > 1:
        whole = values[0]
        take = whole.refs if variadic or not whole.window else whole.refs[-len(inputs) :]
        skip = len(whole.refs) - len(take)
        given = [part(whole, at) for at in range(skip, len(whole.refs))]
    else:
        given = [one(value, what, span) for value in values]
    if variadic:
        if keywords or len(given) < needed:
            raise fault("A0311", f"`{what}` joins at least {needed} nodes, and is given {len(given)}", span)
        return given, frozenset()
    slots: dict[int, Value] = dict(enumerate(given))
    for key, value in keywords.items():
        if key not in inputs:
            raise fault("A0311", f"`{what}` has no input `{key}`", span, help="its inputs are " + ", ".join(inputs))
        at = inputs.index(key)
        if at in slots:
            raise fault("A0311", f"the input `{key}` of `{what}` is given twice", span)
        slots[at] = one(value, what, span)
    missing = [name for at, name in enumerate(inputs) if at not in slots and name not in optional]
    if len(given) > len(inputs) or missing:
        raise miscounted(what, inputs, given, missing, keywords, span)
    last = max(slots)
    return [slots[at] for at in sorted(slots)], frozenset(at for at in range(last) if at not in slots)


def miscounted(
    what: str,
    inputs: Sequence[str],
    given: Sequence[Value],
    missing: Sequence[str],
    keywords: Mapping[str, Value],
    span: Span,
) -> SpecError:
    count = len(given) + len(keywords)
    takes = f"{len(inputs)} inputs ({', '.join(inputs)})" if len(inputs) > 1 else "one input"
    shown = ", ".join(f"`{value.label}`" for value in given)
    each = ", ".join(f"{name}=…" for name in inputs)
    help = (
        f"give a node for each: `from: [{', '.join('…' for _ in inputs)}]`, or `({each})` after it" if missing else ""
    )
    return fault(
        "A0311", f"`{what}` takes {takes}, and is given {count}", span, f"reads {shown}" if shown else "", help=help
    )


def one(value: Value, what: str, span: Span) -> Value:
    if len(usable(value).refs) == 1:
        return value
    if value.window:
        return part(value, len(value.refs) - 1)
    names = value.names or tuple(str(at) for at in range(len(value.refs)))
    choice = f"`{value.label}.{names[0]}`" if value.names else f"`{value.label}[0]`"
    raise fault(
        "A0311",
        f"`{what}` reads one value, and `{value.label}` is {len(value.refs)}",
        span,
        help=f"say which one: {choice}",
    )


def part(value: Value, at: int) -> Value:
    label = f"{value.label}.{value.names[at]}" if value.names else f"{value.label}[{at}]"
    return Value(value.builder, (value.refs[at],), (value.types[at],), label, value.span)
