"""Plain steps, which most are: `conv1: conv(64, 3)(x)`, `relu`, `sum: x + y`.

Where an op like it was applied to such types before, there is nothing to find out but what the names mean. All else is
left to `stages.py`: what comes for the first time, what has more to it, and what is wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archspec.language.elaborate.construct import OpTarget, Target, join_target
from archspec.language.elaborate.elaborator import Elaborator, is_construction
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.values import Value
from archspec.language.spec import Step
from archspec.ops.base import Op, Tensor
from archspec.program.model import Node, Origin, Ref
from archspec.text.expression import Applied, Expression

JOINS = {"+": "add", "-": "sub", "*": "mul"}


class Known(NamedTuple):
    """An op, as its construction was written, applied to values of some types."""

    op: Op
    hints: Mapping[str, str]
    given: Sequence[Tensor]
    """of what it reads; kept, so that nothing else gets their ids"""
    types: tuple[Tensor, ...]
    """of what it gives"""


def plain(elaborator: Elaborator, step: Step, scope: Scope, read: Value) -> Value | None:
    """The value of a plain step, now a node of the body and one of its names; None if there is more to it."""
    action, names = step.action, step.names
    if type(action) is not Expression or action.applied is None or len(names) > 1 or not step.is_bare:
        return None
    name, called = None, action.applied
    _, _, operands = called
    if names:
        parts, scalar = names[0]
        _, name, place, _ = scalar
        if name in scope.nodes or scope.is_number(name) or parts != (name,):
            return None
    values = _values(scope, operands) if operands else [read] if len(read.refs) == 1 else None
    if values is None:
        return None
    known = _known(elaborator, scope, action, called, [value.types[0] for value in values])
    if known is None:
        return None
    op, hints, _, types = known
    builder, span = scope.builder, action.span()
    elaborator.count(span)
    refs = [value.refs if value.builder is builder else builder.bring(value).refs for value in values]
    args = refs[0] if len(refs) == 1 else tuple([ref for (ref,) in refs])
    at, key = len(builder.nodes), str(builder.position) if name is None else name
    label = builder.unique(key)
    builder.append(Node(label, key, op, args, types, Origin(span, hints), name is not None))
    builder.position += 1
    made = (Ref(at),) if len(types) == 1 else tuple([Ref(at, output) for output in range(len(types))])
    if name is None:
        builder.keys.setdefault(key, step.span)
        return Value(builder, made, types, label, span)
    builder.keys.setdefault(key, place)
    value = scope.nodes[name] = Value(builder, made, types, name, place)
    return value


def _values(scope: Scope, names: tuple[str, ...]) -> list[Value] | None:
    """The values that names mean; None if one of them means something else, has failed, or is several."""
    found: list[Value] = []
    nodes, numbers, params = scope.nodes, scope.numbers, scope.unit.params
    for name in names:
        value = nodes.get(name) or scope.find_node(name)
        if value is None or len(value.refs) != 1 or name == "it" or name in numbers or name in params:
            return None
        found.append(value)
    return found


def _known(
    elaborator: Elaborator, scope: Scope, expression: Expression, called: Applied, given: list[Tensor]
) -> Known | None:
    """What was constructed and applied so before."""
    name, numbers, _ = called
    if name not in JOINS and (scope.is_number(name) or scope.find_shared(name) is not None):
        return None
    asked = (scope.unit, name, numbers, *map(id, given))
    known = elaborator.plain.get(asked)
    if known is None:
        target = _target(elaborator, scope, expression, called)
        if isinstance(target, OpTarget) and _takes(target.op, len(given)):
            types = elaborator.inferred(target.op, tuple(given))
            if types is not None:
                known = elaborator.plain[asked] = Known(target.op, target.hints, given, types)
    return known


def _target(elaborator: Elaborator, scope: Scope, expression: Expression, called: Applied) -> Target | None:
    if called.name in JOINS:
        return join_target(JOINS[called.name])
    tree = expression.tree
    node = tree.func if called.operands and isinstance(tree, ast.Call) else tree
    return elaborator.call_target(scope, expression, node) if is_construction(node) else None


def _takes(op: Op, given: int) -> bool:
    """Whether an op has inputs for so many values, in order."""
    inputs = len(op.inputs)
    return 0 < inputs - len(op.optional) <= given and (op.variadic or given <= inputs)
