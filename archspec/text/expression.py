"""Expressions of the language and text with holes for them, and where each part stands in its file.

Nothing is executed here; `evaluate.py` computes what `parse_expression` lets through.
"""

from __future__ import annotations

import ast
import math
import re
from keyword import kwlist
from typing import NamedTuple

from archspec.text.diagnostics import SpecError, fault
from archspec.text.document import Scalar
from archspec.text.grammar import DEEPEST, LITERALS, character_columns, syntax_tree
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.source import Span
from archspec.text.tokens import Malformed

_APPLIED = re.compile(
    r"(NAME)(\(INT(?:,[ ]?INT)*\))?(?:\((NAME(?:,[ ]?NAME)*)\))? | (NAME)\ ([-+*])\ (NAME)".replace(
        "NAME", r"[A-Za-z]\w*"
    ).replace("INT", "[1-9][0-9]{0,8}"),
    re.VERBOSE | re.ASCII,
)
_APPLIED_DEPTH, _APPLIED_BITS = 3, 30
"""bounds that any such expression keeps"""
_RESERVED = frozenset((*kwlist, *LITERALS))


class Applied(NamedTuple):
    """`conv(64, 3)(x)`, `relu(x)`, `conv(64, 3)` or `x + y`: names, and whole numbers in the construction."""

    name: str
    """of what is constructed, or the sign of a join"""
    numbers: str
    """that it is constructed with, as written: `(64, 3)`, or nothing"""
    operands: tuple[str, ...]
    """the names in the call that follows, which may be nodes"""

    @staticmethod
    def of(text: str, limits: Limits = DEFAULT_LIMITS) -> Applied | None:
        """The parts of an expression, if there is no more to it and it keeps to the limits."""
        found = _APPLIED.fullmatch(text)
        if found is None or len(text) > limits.expression_length:
            return None
        if limits.expression_depth < _APPLIED_DEPTH or limits.integer_bits < _APPLIED_BITS:
            return None
        name, numbers, names, left, sign, right = found.groups()
        if name is None:
            return None if left in _RESERVED or right in _RESERVED else Applied(sign, "", (left, right))
        operands = () if names is None else tuple(names.replace(" ", "").split(",")) if "," in names else (names,)
        if name in _RESERVED or not _RESERVED.isdisjoint(operands):
            return None
        return Applied(name, numbers or "", operands)


class Expression:
    """One expression and where it stands. Trees are shared between equal texts: never change one."""

    __slots__ = ("_spans", "_tree", "applied", "scalar", "start", "text")

    def __init__(self, text: str, tree: ast.expr | Applied, scalar: Scalar, start: int = 0):
        """`start`: first character of the expression in `scalar.text`."""
        self.text, self.scalar, self.start = text, scalar, start
        self.applied = tree if isinstance(tree, Applied) else None
        self._tree = None if isinstance(tree, Applied) else tree
        self._spans: dict[ast.AST, Span] | None = None

    @property
    def tree(self) -> ast.expr:
        """Python's syntax tree of it. What is `Applied` has none until it is asked for: it is large."""
        if self._tree is None:
            self._tree = syntax_tree(self.text, len(self.text), _APPLIED_DEPTH, _APPLIED_BITS)
        return self._tree

    def _range(self, node: ast.AST | None) -> tuple[int, int]:
        start, end = getattr(node, "col_offset", None), getattr(node, "end_col_offset", None)
        if start is None or end is None:
            return 0, len(self.text)
        if self.text.isascii():
            return start, end
        columns = character_columns(self.text)
        return columns[start], columns[end]

    def span(self, node: ast.AST | None = None) -> Span:
        """Where a part of the expression stands in its file; the whole of it for None."""
        if node is None:
            whole, size = self.scalar.span, len(self.text)
            # As long as the scalar in the file, quotes and all: then it is that scalar.
            return whole if whole.end - whole.start == size else self.scalar.part(self.start, self.start + size)
        if self._spans is None:
            self._spans = {}
        found = self._spans.get(node)  # a loop asks for the same one again and again
        if found is None:
            start, end = self._range(node)
            found = self._spans[node] = self.scalar.part(self.start + start, self.start + end)
        return found

    def source(self, node: ast.AST | None = None) -> str:
        """The text of a part of the expression, as written."""
        start, end = self._range(node)
        return self.text[start:end]


class Template(NamedTuple):
    """Text with holes: `denseblock${i + 1}` is the text "denseblock" and the expression `i + 1`."""

    parts: tuple[str | Expression, ...]
    scalar: Scalar

    @property
    def is_plain(self) -> bool:
        """It has no holes."""
        return not self.parts or (len(self.parts) == 1 and isinstance(self.parts[0], str))


def parse_expression(scalar: Scalar, limits: Limits = DEFAULT_LIMITS) -> Expression:
    """The expression that a YAML value holds. Raises `SpecError`.

    >>> from archspec.text.parse import parse
    >>> from archspec.text.source import Source
    >>> expression = parse_expression(parse(Source("a.yaml", "4 * width")))
    >>> expression.source(expression.tree.right)
    'width'
    """
    applied = Applied.of(scalar.text, limits) if isinstance(scalar.value, str) else None
    if applied is not None:
        return Expression(scalar.text, applied, scalar)
    if not scalar.text.strip():
        raise fault("A0220", "an expression is missing here", scalar.span)
    if not isinstance(scalar.value, str):
        if isinstance(scalar.value, float) and not math.isfinite(scalar.value):
            raise fault("A0220", f"`{scalar.text}` is not a finite number", scalar.span)
        size = len(scalar.text)
        constant = ast.Constant(scalar.value, lineno=1, col_offset=0, end_lineno=1, end_col_offset=size)
        return Expression(scalar.text, constant, scalar)
    return _parse_part(scalar, 0, len(scalar.text), limits)


def parse_template(scalar: Scalar, limits: Limits = DEFAULT_LIMITS) -> Template:
    """Text that may hold `${expression}`. Raises `SpecError`."""
    text = scalar.text
    if "${" not in text:
        return Template((text,) if text else (), scalar)
    parts: list[str | Expression] = []
    at = 0
    while (hole := text.find("${", at)) >= 0:
        if hole > at:
            parts.append(text[at:hole])
        end = _hole_end(text, hole + 2)
        if end < 0:
            place = scalar.part(hole, len(text))
            raise fault("A0226", "`${` is never closed", place, help="close it with `}`")
        if not text[hole + 2 : end].strip():
            place = scalar.part(hole, end + 1)
            raise fault("A0226", "`${}` holds no expression", place, help="name a value: ${i + 1}")
        parts.append(_parse_part(scalar, hole + 2, end, limits))
        at = end + 1
    if at < len(text):
        parts.append(text[at:])
    return Template(tuple(parts), scalar)


def _hole_end(text: str, at: int) -> int:
    """The `}` that ends a hole, or -1. Only a string can hold another one: the language has no braces."""
    quote = ""
    for place in range(at, len(text)):
        character = text[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "}":
            return place
    return -1


def _parse_part(scalar: Scalar, start: int, end: int, limits: Limits) -> Expression:
    raw = scalar.text[start:end]
    text = raw.strip()
    start += len(raw) - len(raw.lstrip())
    try:
        depth = min(limits.expression_depth, DEEPEST)
        tree = syntax_tree(text, limits.expression_length, depth, limits.integer_bits)
    except Malformed as bad:
        raise _located(bad, scalar, start) from None
    return Expression(text, tree, scalar, start)


def _located(bad: Malformed, scalar: Scalar, start: int) -> SpecError:
    place = scalar.part(start + bad.start, start + bad.end)
    return fault(bad.code, bad.message, place, bad.label, help=bad.help)
