"""Blanks inside expressions: as PEP 8 has them, but for runs of blanks that align columns.

A comma keeps the blanks behind it; where one has several, the parenthesis keeps its own too:

    inception( 64,   96, 128)
    inception(192,   96, 208)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from archspec.language.fmt.edits import Edit, apply_edits
from archspec.language.spec import Spec
from archspec.text.document import Scalar
from archspec.text.expression import Expression, Template
from archspec.text.limits import Limits
from archspec.text.source import Span
from archspec.text.tokens import Token, check_tokens

_WORDS = frozenset(("and", "or", "not", "in", "if", "else"))
_TIGHT = frozenset((".", ":", "**"))
_CLOSE = frozenset(")]")


def space_expressions(spec: Spec, limits: Limits) -> Iterator[Edit]:
    """The blanks to change in every expression of a file."""
    for expression in _expressions(spec):
        scalar = expression.scalar
        if not isinstance(scalar.value, str):
            continue  # a number of YAML, which may be none of Python
        at = expression.start
        inner = ((at + start, at + end, text) for start, end, text in gaps(expression.text, limits))
        for start, end, text in (*_margins(expression), *inner):
            first, last = scalar.offsets[start], scalar.offsets[end]
            if scalar.span.source.text[first:last] == scalar.text[start:end]:
                yield Edit(first, last, text)


def _margins(expression: Expression) -> Iterator[tuple[int, int, str]]:
    """The blanks around the expression of a hole: `${ i }`."""
    text, start, end = expression.scalar.text, expression.start, expression.start + len(expression.text)
    left, right = len(text[:start].rstrip(" ")), len(text) - len(text[end:].lstrip(" "))
    if text[:left].endswith("${"):
        yield left, start, ""
        yield end, right, ""


def _expressions(value: object) -> Iterator[Expression]:
    match value:
        case Expression():
            yield value
        case Template():
            yield from _expressions(value.parts)
        case Scalar() | Span():
            pass
        case Mapping():
            for one in value.values():
                yield from _expressions(one)
        case tuple():
            for one in value:
                yield from _expressions(one)


def spaced(text: str, limits: Limits) -> str:
    """An expression with its blanks in place.

    >>> spaced("conv( 4*width,3 , stride = 2 if j==0 else -1)", Limits())
    'conv(4 * width, 3, stride=2 if j == 0 else -1)'
    >>> spaced("inception( 64,   96,208)", Limits())
    'inception( 64,   96, 208)'
    """
    return apply_edits(text, (Edit(*gap) for gap in gaps(text, limits)))


def gaps(text: str, limits: Limits) -> Iterator[tuple[int, int, str]]:
    """Each stretch between two tokens that should be another: its ends and what should stand there."""
    tokens = check_tokens(text, limits.expression_depth)
    aligned = re.search(r",[ \t]{2,}", text) is not None
    for at, (left, right) in enumerate(pairwise(tokens)):
        unary = left.text in ("+", "-") and (at == 0 or not _ends_value(tokens[at - 1]))
        found = text[left.end : right.start]
        wanted = _wanted(left, right, found, unary, aligned)
        if wanted != found and "\n" not in found:
            yield left.end, right.start, wanted


def _ends_value(token: Token) -> bool:
    return token.closes and token.text not in _WORDS


def _wanted(left: Token, right: Token, found: str, unary: bool, aligned: bool) -> str:
    if aligned and left.text == "(":
        return found
    if left.text in ("(", "[") or right.text in _CLOSE or right.text == "," or unary:
        return ""
    if left.text == ",":
        return " " * len(found) if found.strip("\t") else " "
    if {left.text, right.text} & _TIGHT or "=" in (left.text, right.text):
        return ""
    if right.text in ("(", "[") and _ends_value(left):
        return ""
    return " "
