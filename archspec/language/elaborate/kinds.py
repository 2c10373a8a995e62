"""What a piece of an expression stands for: a node, or a number, a word, a construction; and calls that mix these."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archspec.language.elaborate.scope import SHAPE_WORDS, Scope
from archspec.language.spec import ModuleDef
from archspec.text.diagnostics import SpecError, fault
from archspec.text.expression import Expression
from archspec.text.functions import FUNCTIONS


def is_node(scope: Scope, node: ast.expr) -> bool:
    """It stands for a value of the graph (and not for a number or a word)."""
    match node:
        case ast.Name(id=name):
            return not scope.is_number(name) and scope.find_node(name) is not None
        case ast.Attribute(value=inner, attr=word):
            return word not in SHAPE_WORDS and is_node(scope, inner) and _has_parts(scope, inner)
        case ast.Subscript(value=inner):
            return is_node(scope, inner)
        case ast.BinOp(op=ast.RShift()):
            return True
        case ast.BinOp(left=left, right=right):
            return is_node(scope, left) or is_node(scope, right)
        case ast.IfExp(body=one, orelse=other):
            return is_node(scope, one) or is_node(scope, other)
        case ast.Call(func=ast.Call()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name not in FUNCTIONS and _names_target(scope, name)
    return False


def _has_parts(scope: Scope, node: ast.expr) -> bool:
    """An attribute of it can be one of its outputs; of a single value it is a misspelt size."""
    value = scope.find_node(node.id) if isinstance(node, ast.Name) else None
    return value is None or len(value.refs) != 1


def _names_target(scope: Scope, name: str) -> bool:
    return scope.unit.has_target(name) or scope.find_shared(name) is not None or name in scope.numbers


def _is_unknown(scope: Scope, name: str) -> bool:
    """It names nothing at all."""
    return not (scope.is_number(name) or scope.find_node(name) is not None or _names_target(scope, name))


def refuse_misspelt(scope: Scope, expression: Expression, call: ast.Call, name: str, kinds: Sequence[bool]) -> None:
    """A misspelt node makes an applying call look like a construction: `relu(stme)`. Raises A0302, A0314.

    `name`: what is called; `kinds`: of each argument, whether it is a node.
    """
    found = None if all(kinds) else scope.unit.target(name)
    unknown = [arg for arg in call.args if isinstance(arg, ast.Name) and _is_unknown(scope, arg.id)]
    if found is None or not unknown:
        return
    target = found[1]
    if isinstance(target, type):
        arguments, inputs, variadic = len(target.model_fields), len(target.inputs), target.variadic
    elif isinstance(target, ModuleDef):
        arguments, inputs, variadic = len(target.params), len(target.inputs), False
    else:
        return
    applied = any(kinds) and (variadic or len(kinds) <= inputs) and len(unknown) + sum(kinds) == len(kinds)
    if applied or len(call.args) > arguments:
        raise scope.no_node(unknown[0].id, expression.span(unknown[0]))


def mixed(scope: Scope, expression: Expression, call: ast.Call, name: str) -> SpecError:
    """A0310 for a call whose arguments are some nodes and some not."""
    nodes: list[str] = []
    rest: list[str] = []
    for arg in call.args:
        (nodes if is_node(scope, arg) else rest).append(expression.source(arg))
    for keyword in call.keywords:
        given = f"{keyword.arg}={expression.source(keyword.value)}"
        (nodes if is_node(scope, keyword.value) else rest).append(given)
    return fault(
        "A0310",
        f"`{name}` is constructed and applied in one call",
        expression.span(call),
        help=f"construct, then apply: `{name}({', '.join(rest)})({', '.join(nodes)})`",
    )
