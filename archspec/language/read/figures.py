"""Figures of `expect`: exact, rounded (`2.83G`), closed forms (`4**4 * 3**26`), budgets (`<= 1.5G`)."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from fractions import Fraction
from typing import get_args

from archspec.language.read.shape import among, plain, wrong
from archspec.language.spec import Figure, Relation
from archspec.text.diagnostics import fault
from archspec.text.document import Items, Scalar, Yaml

FIGURES = (
    "params",
    "buffers",
    "mads",
    "depth",
    "depth_min",
    "depth_ops",
    "paths",
    "paths_ops",
    "receptive_field",
    "memory.weights",
    "memory.activations_peak",
    "memory.training",
    "output",
)
"""what a line of `expect` may be about, by the names of `archspec stats --format json`"""
RELATIONS: tuple[Relation, ...] = get_args(Relation)
_SUFFIX = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_NUMBER = re.compile(r"(?P<digits>\d{1,400}(?:\.(?P<fraction>\d{1,40}))?)\s?(?P<suffix>[KMGT]?)")
_CLOSED = re.compile(r"[\d\s()+*-]{1,200}")
_BITS = 100_000
"""size of a number that a closed form may come to on its way"""
_RELATION = re.compile(r"\s*(?P<relation><=|>=|<|>|==)?\s*(?P<rest>.*?)\s*", re.DOTALL)


def read_figure(key: str, value: Yaml) -> Figure:
    """One line of `expect`. `output` is a shape, or a list of shapes where there are several outputs.

    Any other is a figure, or a list of a figure and budgets that it keeps to.
    """
    if key == "output":
        return Figure(value=_shape(value), text=value.span.text.strip(), span=value.span)
    if isinstance(value, Items) and len(value) > 0:
        first, *rest = (_figure(one) for one in value)
        return first._replace(also=tuple(rest))
    return _figure(value)


def _figure(value: Yaml) -> Figure:
    if not isinstance(value, Scalar) or value.value is None or isinstance(value.value, bool):
        raise wrong(value, "a figure such as 7978856, 2.83G, 2**58 or `<= 1.5G`")
    match = _RELATION.fullmatch(value.text)
    assert match is not None  # every part of the pattern may be empty
    relation = among(match["relation"] or "==", RELATIONS)
    assert relation is not None  # the pattern lets no other through
    number, slack = _number(match["rest"], value)
    return Figure(
        value=number,
        text=value.text,
        relation=relation,
        slack=slack if relation == "==" else 0,
        span=value.span,
    )


def _number(text: str, place: Scalar) -> tuple[Fraction, Fraction]:
    if found := _NUMBER.fullmatch(text):
        scale = _SUFFIX[found["suffix"]]
        rounded = bool(found["suffix"] or found["fraction"])
        digit = Fraction(1, 10 ** len(found["fraction"] or "")) * scale
        return Fraction(Decimal(found["digits"])) * scale, digit / 2 if rounded else Fraction(0)
    if _CLOSED.fullmatch(text) and (closed := _closed(text)) is not None:
        return Fraction(closed), Fraction(0)
    raise fault(
        "A0209",
        f"`{place.text[:40]}` is not a figure",
        place.span,
        help="write 7978856, 2.83G (K M G T are powers of 1000), 2**58, or a budget such as `<= 1.5G`",
    )


def _closed(text: str) -> int | None:
    """`(2**18 + 1)**3 + 1` as a number; None if it is no such sum, or far too large."""
    try:
        return _compute(ast.parse(text, mode="eval").body)
    except SyntaxError:
        return None


def _compute(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.BinOp():
            left, right = _compute(node.left), _compute(node.right)
            if left is None or right is None:
                return None
            match node.op:
                case ast.Add():
                    return left + right
                case ast.Sub():
                    return left - right if left >= right else None
                case ast.Mult() if left.bit_length() + right.bit_length() <= _BITS:
                    return left * right
                case ast.Pow() if left.bit_length() * right <= _BITS:
                    return int(left**right)
    return None


def _shape(value: Yaml) -> tuple[object, ...]:
    sizes = plain(value) if isinstance(value, Items) else None
    nested = isinstance(sizes, list) and bool(sizes) and all(isinstance(one, list) for one in sizes)
    for one in (sizes if nested else [sizes]) if sizes is not None else [None]:
        if not isinstance(one, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in one):
            raise wrong(value, "a shape such as [1000] or [64, 56, 56]")
    assert sizes is not None
    return tuple(tuple(one) for one in sizes) if nested else tuple(sizes)
