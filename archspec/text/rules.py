"""What each kind of syntax node comes to: one function a kind, in the table `RULES` at the end."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from archspec.text.functions import FUNCTIONS, Function, Unfit, is_number, kind
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    from archspec.text.evaluate import Run


def _constant(run: Run, node: ast.Constant) -> object:
    return node.value


def _name(run: Run, node: ast.Name) -> object:
    return run.scope.lookup(node.id, run.expression.span(node))


def _attribute(run: Run, node: ast.Attribute) -> object:
    return run.scope.attribute(run.value(node.value), node.attr, run.expression.span(node))


def _list(run: Run, node: ast.List) -> list[object]:
    return [run.value(item) for item in node.elts]


def _tuple(run: Run, node: ast.Tuple) -> tuple[object, ...]:
    return tuple([run.value(item) for item in node.elts])


_NUMBERS = frozenset({int, float})
_ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
}


def _computes(value: object) -> bool:
    """It is a number. (A traced one is so for `isinstance` alone, which takes longer.)"""
    return type(value) in _NUMBERS or is_number(value)


def _binary(run: Run, node: ast.BinOp) -> object:
    if type(node.op) is ast.RShift:
        raise run.fail("A0368", "a pipe stands where a number is wanted", node)
    left, right = run.value(node.left), run.value(node.right)
    sign, compute = _ARITHMETIC[type(node.op)]
    if not (_computes(left) and _computes(right)):
        return _on_lists(run, node, sign, left, right)
    if sign == "**" and _least_bits(left, right) > run.meter.limits.integer_bits:
        raise run.too_big(node)
    try:
        result = compute(left, right)
    except ZeroDivisionError:
        shown = run.expression.source(node.right)
        label = "" if shown in ("0", "0.0") else f"`{shown}` is {right}"
        raise run.fail("A0361", "division by zero", node.right if sign != "**" else node, label) from None
    except OverflowError:
        raise run.fail("A0363", "the result is not a finite number", node) from None
    if isinstance(result, complex):
        raise run.fail("A0363", "a root of a negative number is not a real number", node)
    return run.bounded(result, node)


def _least_bits(base: Any, exponent: Any) -> int:
    """Bits that an integer power has at least: known before it is computed."""
    whole = type(base) is int and type(exponent) is int and abs(base) > 1
    return (base.bit_length() - 1) * exponent if whole else 0


def _on_lists(run: Run, node: ast.BinOp, sign: str, left: object, right: object) -> object:
    """`list + list` and `list * count`; everything else is a mistake."""
    if sign == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
        run.items(len(left) + len(right), node)
        return [*left, *right]
    if sign == "*":
        items, count = (left, right) if isinstance(left, list | tuple) else (right, left)
        if isinstance(items, list | tuple) and isinstance(count, int) and not isinstance(count, bool):
            run.items(len(items) * max(count, 0), node)
            return list(items) * count
    for value, operand in ((left, node.left), (right, node.right)):
        if not _computes(value):
            help = "text is never computed with; names are built in templates: block${i + 1}"
            raise run.fail(
                "A0360",
                f"`{sign}` wants numbers",
                operand,
                f"this is {kind(value)}",
                help if isinstance(value, str) else "",
            )
    raise AssertionError("both are numbers")


def _unary(run: Run, node: ast.UnaryOp) -> object:
    value = run.value(node.operand)
    if type(node.op) is ast.Not:
        return not _truth(run, value, node.operand)
    if not _computes(value):
        sign = "-" if type(node.op) is ast.USub else "+"
        raise run.fail("A0360", f"`{sign}` wants a number", node.operand, f"this is {kind(value)}")
    return -value if type(node.op) is ast.USub else value


def _truth(run: Run, value: Any, node: ast.expr) -> bool:
    if value is True or value is False:
        return value
    if value is None or isinstance(value, int | float | str | list | tuple):
        return bool(value)
    raise run.fail("A0360", "a condition is wanted here", node, f"this is {kind(value)}")


def _boolean(run: Run, node: ast.BoolOp) -> object:
    stops_at = type(node.op) is ast.Or
    value: object = None
    for operand in node.values:
        value = run.value(operand)
        if _truth(run, value, operand) is stops_at:
            break
    return value


def _choice(run: Run, node: ast.IfExp) -> object:
    return run.value(node.body if _truth(run, run.value(node.test), node.test) else node.orelse)


_FLAT = frozenset({int, float, bool, str})
_ORDER: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}


def _compare(run: Run, node: ast.Compare) -> bool:
    left_node, left = node.left, run.value(node.left)
    for comparison, right_node in zip(node.ops, node.comparators, strict=True):
        right = run.value(right_node)
        if not _holds(run, node, type(comparison), (left_node, left), (right_node, right)):
            return False
        left_node, left = right_node, right
    return True


def _holds(
    run: Run, node: ast.Compare, comparison: type[ast.cmpop], one: tuple[ast.expr, Any], other: tuple[ast.expr, Any]
) -> bool:
    (left_node, left), (right_node, right) = one, other
    ordered = _ORDER.get(comparison)
    if ordered is not None:
        sign, compute = ordered
        for value, operand in ((left, left_node), (right, right_node)):
            if not _computes(value):
                raise run.fail("A0364", f"`{sign}` compares numbers", operand, f"this is {kind(value)}")
        return compute(left, right)
    if comparison in (ast.In, ast.NotIn):
        return _contains(run, node, left, right, right_node) is (comparison is ast.In)
    if type(left) is type(right) and type(left) in _FLAT:
        return bool(left == right) is (comparison is ast.Eq)
    if left is not None and right is not None and kind(left) != kind(right):
        message = f"{kind(left)} is compared with {kind(right)}: they are never equal"
        raise run.fail("A0364", message, node)
    return _equal(run, left, right, node) is (comparison is ast.Eq)


def _contains(run: Run, node: ast.Compare, item: object, holder: object, holder_node: ast.expr) -> bool:
    if isinstance(holder, str):
        if isinstance(item, str):
            return item in holder
        raise run.fail("A0364", f"{kind(item)} cannot be in text", node)
    if isinstance(holder, list | tuple):
        return any(_equal(run, item, other, node) for other in holder)
    raise run.fail("A0364", "`in` wants a list", holder_node, f"this is {kind(holder)}")


def _equal(run: Run, left: Any, right: Any, node: ast.AST) -> bool:
    """Equality that counts its steps: lists may hold one list many times over."""
    run.spend(4, node)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        same = len(left) == len(right)
        return same and all(_equal(run, a, b, node) for a, b in zip(left, right, strict=True))
    return bool(kind(left) == kind(right) and left == right)


def _subscript(run: Run, node: ast.Subscript) -> object:
    holder = run.value(node.value)
    if not isinstance(holder, list | tuple | str):
        raise run.fail("A0360", "only a list has items", node.value, f"this is {kind(holder)}")
    if isinstance(node.slice, ast.Slice):
        lower, upper, step = (_bound(run, part) for part in (node.slice.lower, node.slice.upper, node.slice.step))
        if step == 0:
            raise run.fail("A0363", "a step of 0 never ends", node.slice)
        part = holder[lower:upper:step]
        run.spend(len(part), node)
        return part
    at = _index(run, node.slice)
    if not -len(holder) <= at < len(holder):
        size = "is empty" if not holder else f"has {len(holder)} item{'s' if len(holder) > 1 else ''}"
        message = f"no item {at}: the {'text' if isinstance(holder, str) else 'list'} {size}"
        raise run.fail("A0362", message, node.slice)
    return holder[at]


def _bound(run: Run, node: ast.expr | None) -> int | None:
    return None if node is None else _index(run, node)


def _index(run: Run, node: ast.expr) -> int:
    if isinstance(node, ast.Tuple):
        raise run.fail("A0360", "a list has one index", node, help="write a[i][k]")
    value = run.value(node)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    shown = repr(value) if isinstance(value, float) else kind(value)
    help = "divide with `//`" if isinstance(value, float) else ""
    raise run.fail("A0360", "an index is a whole number", node, f"this is {shown}", help)


def _slice(run: Run, node: ast.Slice) -> object:
    raise run.fail("A0360", "a list has one index", node, help="write a[i:k]")


def _call(run: Run, node: ast.Call) -> object:
    if not isinstance(node.func, ast.Name):
        raise run.fail("A0368", "this is not a number", node)
    function = FUNCTIONS.get(node.func.id)
    if function is None:
        near = suggest(node.func.id, FUNCTIONS)
        help = f"did you mean `{near}`?" if near else "the functions are " + ", ".join(FUNCTIONS)
        raise run.fail("A0367", f"no function `{node.func.id}`", node.func, help=help)
    if node.keywords:
        help = f"write {function.signature}"
        raise run.fail("A0367", f"`{node.func.id}` takes no named arguments", node.keywords[0], help=help)
    count = len(node.args)
    if count < function.least or (function.most is not None and count > function.most):
        message = f"`{node.func.id}` cannot take {count} argument{'' if count == 1 else 's'}"
        raise run.fail("A0367", message, node, help=f"write {function.signature}")
    return _apply(run, node, function, [run.value(argument) for argument in node.args])


def _apply(run: Run, node: ast.Call, function: Function, arguments: Sequence[Any]) -> object:
    for value in arguments:
        if isinstance(value, list | tuple):
            run.spend(len(value), node)
    try:
        result = function.call(run.meter.limits, *arguments)
    except Unfit as unfit:
        blamed = node if unfit.argument is None else node.args[unfit.argument]
        raise run.fail(unfit.code, unfit.message, blamed, help=unfit.help) from None
    except (OverflowError, ValueError):
        raise run.fail("A0363", "the result is not a finite number", node) from None
    if is_number(result):
        return run.bounded(result, node)
    if isinstance(result, list):
        run.spend(len(result), node)
    return result


RULES: dict[type[ast.expr], Callable[[Run, Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.IfExp: _choice,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Call: _call,
}
