"""Several values become one: the join of branches and copies, and what a body gives back."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archspec.language.elaborate.application import apply, one
from archspec.language.elaborate.builder import bundle
from archspec.language.elaborate.construct import join_target
from archspec.language.elaborate.elaborator import Elaborator
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.stages import Place, Stages
from archspec.language.elaborate.values import Value, usable
from archspec.language.spec import Out
from archspec.program.model import Output
from archspec.text.document import Scalar
from archspec.text.source import Span


def join_values(
    elaborator: Elaborator,
    scope: Scope,
    values: Sequence[Value],
    labels: Sequence[str],
    join: Scalar | None,
    span: Span,
) -> Value:
    """One node of the join, or without a join a value of several parts with the labels as names."""
    builder = scope.builder
    for value in values:
        usable(value)
    if len(values) == 1:
        return values[0]
    if join is None:
        return bundle(builder, [one(value, "branches", span) for value in values], "join", span, labels)
    singles = [one(v, join.text, span).called(label, v.span) for v, label in zip(values, labels, strict=True)]
    target = join_target(join.text)
    if target.op.variadic:
        name = builder.unique("join")  # inlined branches share a body with others
        return apply(elaborator, builder, target, singles, {}, key=name, name=name, span=join.span)
    total = singles[0]
    for at, value in enumerate(singles[1:]):
        name = builder.unique("join" if at == len(singles) - 2 else f"join.{at}")
        total = apply(elaborator, builder, target, [total, value], {}, key=name, name=name, span=join.span)
    return total


def body_output(elaborator: Elaborator, scope: Scope, out: Out) -> Value:
    """What `out` (or `outputs` of the network) names; joins written there are nodes of the body."""
    builder = scope.builder
    values, names = [], []
    for at, (name, expression) in enumerate(out.values):
        key = "out" if out.single else name or f"out{at}"
        stages = Stages(elaborator, scope.reading(None), expression, Place(key, key, key, False), None)
        tree = expression.tree
        before = len(builder.nodes)
        value = stages.operand(tree) if isinstance(tree, ast.Name) else stages.stage(tree)
        builder.claim_all(builder.nodes[before:], expression.span())
        values.append(usable(value))
        names.append(name or (tree.id if isinstance(tree, ast.Name) else str(at)))
    if out.single:
        return values[0]
    singles = [one(value, "out", expression.span()) for value, (_, expression) in zip(values, out.values, strict=True)]
    return bundle(builder, singles, "out", out.values[0][1].span(), names)


def outputs_of(value: Value) -> list[Output]:
    """The outputs of a module that gives this value back."""
    if len(value.refs) == 1:
        return [Output("output", value.refs[0])]
    names = value.names or tuple(str(at) for at in range(len(value.refs)))
    return [Output(name, ref) for name, ref in zip(names, value.refs, strict=True)]
