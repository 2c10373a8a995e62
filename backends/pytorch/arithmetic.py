"""Expressions of constructor arguments: parsed from a hint or built here, evaluated, and written anew.

Text of a spec never reaches source: it is parsed, walked by a white list, and rendered from the tree.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

from archspec.backends.pytorch.rules.base import Value, literal

Env = Mapping[str, Any]

BINARY: dict[type[ast.operator], tuple[str, int, Callable[[Any, Any], Any]]] = {
    ast.Add: (" + ", 6, operator.add),
    ast.Sub: (" - ", 6, operator.sub),
    ast.Mult: (" * ", 7, operator.mul),
    ast.Div: (" / ", 7, operator.truediv),
    ast.FloorDiv: (" // ", 7, operator.floordiv),
    ast.Mod: (" % ", 7, operator.mod),
}
COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}
TERNARY, OR, AND, NOT, COMPARISON, UNARY, ATOM = 1, 2, 3, 4, 5, 8, 9
LONGEST = 60
"""characters of a hint that is still worth reading in source"""


class Unknown(Exception):
    """Not an expression of these names, or one whose value cannot be had."""


def parse(text: str) -> ast.expr:
    """Raises `Unknown` if the text is no expression, or a long one."""
    if len(text) > LONGEST:
        raise Unknown
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unknown from error


def evaluate(node: ast.expr, env: Env) -> Any:
    """The value of an expression of names, numbers, arithmetic and comparisons. Raises `Unknown`."""
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.Name(id=name) if name in env:
            return env[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            a, b = evaluate(left, env), evaluate(right, env)
            if not (isinstance(a, int | float) and isinstance(b, int | float)):
                raise Unknown
            try:
                return BINARY[type(op)][2](a, b)
            except ArithmeticError as error:
                raise Unknown from error
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = evaluate(operand, env)
            if not isinstance(value, int | float):
                raise Unknown
            return -value
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not evaluate(operand, env)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(bool(evaluate(value, env)) for value in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(bool(evaluate(value, env)) for value in values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return evaluate(body, env) if evaluate(test, env) else evaluate(orelse, env)
        case ast.Compare(left=left, ops=ops, comparators=comparators) if all(type(op) in COMPARE for op in ops):
            values = [evaluate(part, env) for part in (left, *comparators)]
            try:
                return all(COMPARE[type(op)][1](a, b) for a, op, b in zip(values, ops, values[1:], strict=False))
            except TypeError as error:
                raise Unknown from error
    raise Unknown


def rename(node: ast.expr, names: Mapping[str, ast.expr]) -> ast.expr:
    """The same expression with names and attributes ("input.channels") replaced.

    Raises `Unknown` for other attributes.
    """

    class Renamer(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return names.get(node.id, node)

        def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
            if isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in names:
                return names[f"{node.value.id}.{node.attr}"]
            raise Unknown

    renamed: ast.expr = Renamer().visit(node)
    return renamed


def names_in(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def write(node: ast.expr) -> str:
    """The expression as ruff would format it on one line."""
    return _write(node)[0]


def _write(node: ast.expr) -> tuple[str, int]:
    match node:
        case ast.Constant(value=value):
            return literal(cast(Value, value)), ATOM
        case ast.Name(id=name):
            return name, ATOM
        case ast.BinOp(left=left, op=op, right=right):
            sign, binds, _ = BINARY[type(op)]
            return f"{_at_least(left, binds)}{sign}{_at_least(right, binds + 1)}", binds
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_at_least(operand, UNARY)}", UNARY
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"not {_at_least(operand, NOT)}", NOT
        case ast.BoolOp(op=op, values=values):
            word, binds = ("and", AND) if isinstance(op, ast.And) else ("or", OR)
            return f" {word} ".join(_at_least(value, binds + 1) for value in values), binds
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"{_at_least(body, OR)} if {_at_least(test, OR)} else {_at_least(orelse, TERNARY)}", TERNARY
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            parts = [_at_least(left, COMPARISON + 1)]
            for sign_between, part in zip(ops, comparators, strict=True):
                parts += [COMPARE[type(sign_between)][0], _at_least(part, COMPARISON + 1)]
            return " ".join(parts), COMPARISON
    raise Unknown


def _at_least(node: ast.expr, binds: int) -> str:
    text, own = _write(node)
    return text if own >= binds else f"({text})"


def name(text: str) -> ast.Name:
    return ast.Name(text)


def constant(value: Value) -> ast.Constant:
    """A value as an expression, whatever it is: ast.Constant holds any object, and `write` spells it."""
    return ast.Constant(cast(Any, value))


def number(value: float | int | bool) -> ast.expr:
    return (
        ast.UnaryOp(ast.USub(), ast.Constant(-value))
        if not isinstance(value, bool) and value < 0
        else ast.Constant(value)
    )


def combine(left: ast.expr, sign: type[ast.operator], right: ast.expr) -> ast.expr:
    return ast.BinOp(left, sign(), right)
