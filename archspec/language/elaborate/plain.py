"""Plain steps, which most are: `conv1: conv(64, 3)(x)`, `relu`, `sum: x + y`.

Where an op like it was applied to such types before, there is nothing to find out but what the names mean. All else is
left to `stages.py`: what comes for the first time, what has more to it, and what is wrong.
"""

from __future__ import annotations

import ast

from archspec.language.elaborate.construct import OpTarget, Target, join_target
from archspec.language.elaborate.elaborator import Elaborator, is_construction
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.values import POISON, Value
from archspec.language.spec import Step
from archspec.ops.base import Op
from archspec.program.model import Node, Origin, Ref
from archspec.text.expression import Applied, Expression

JOINS = {"+": "add", "-": "sub", "*": "mul"}


def plain(elaborator: Elaborator, step: Step, scope: Scope, read: Value) -> Value | None:
    """The value of a plain step, now a node of the body and one of its names; None if there is more to it."""
    action, names = step.action, step.names
    if type(action) is not Expression or len(names) > 1 or (names and not names[0].is_plain) or not step.is_bare:
        return None
    called = Applied.of(action.text)
    if called is None:
        return None
    name = names[0].scalar.text if names else None
    if name is not None and (name in scope.nodes or scope.is_number(name)):
        return None
    values = [read] if not called.operands else _values(scope, called.operands)
    if values is None:
        return None
    given = []
    for value in values:
        if value is POISON or len(value.refs) != 1:
            return None
        given.append(value.types[0])
    target = _target(elaborator, scope, action, called)
    if not isinstance(target, OpTarget) or not _takes(target.op, len(given)):
        return None
    types = elaborator.inferred(target.op, tuple(given))
    if types is None:
        return None
    builder = scope.builder
    span = action.span()
    elaborator.count(span)
    refs = [value.refs if value.builder is builder else builder.bring(value).refs for value in values]
    key = name if name is not None else str(builder.position)
    args = refs[0] if len(refs) == 1 else tuple([ref for (ref,) in refs])
    at = len(builder.nodes)
    label = builder.unique(key)
    builder.append(Node(label, key, target.op, args, types, Origin(span, target.hints), name is not None))
    place = span if name is None else names[0].scalar.span
    builder.keys.setdefault(key, place if name is not None else step.span)
    builder.position += 1
    made = (Ref(at),) if len(types) == 1 else tuple([Ref(at, output) for output in range(len(types))])
    value = Value(builder, made, types, label if name is None else name, place)
    if name is not None:
        scope.nodes[name] = value
        scope.later.pop(name, None)
    return value


def _values(scope: Scope, names: tuple[str, ...]) -> list[Value] | None:
    """The nodes that names mean; None if one of them means something else."""
    found: list[Value] = []
    for name in names:
        value = scope.nodes.get(name) or scope.find_node(name)
        if value is None or name == "it" or scope.is_number(name):
            return None
        found.append(value)
    return found


def _target(elaborator: Elaborator, scope: Scope, expression: Expression, called: Applied) -> Target | None:
    name = called.name
    if name in JOINS:
        return join_target(JOINS[name])
    if scope.is_number(name) or scope.find_shared(name) is not None:
        return None
    targets, asked = elaborator.constructor.plain, (scope.unit, name, called.numbers)
    target = targets.get(asked)
    if target is None:
        tree = expression.tree
        node = tree.func if called.operands and isinstance(tree, ast.Call) else tree
        if is_construction(node):
            target = targets[asked] = elaborator.call_target(scope, expression, node)
    return target


def _takes(op: Op, given: int) -> bool:
    """Whether an op has inputs for so many values, in order."""
    inputs = len(op.inputs)
    return 0 < inputs - len(op.optional) <= given and (op.variadic or given <= inputs)
