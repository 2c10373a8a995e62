"""Expressions of the language: Python's expression grammar, parsed by `ast` and held to a white list.

Nothing is executed here; `evaluate.py` computes what `parse_expression` lets through.
"""

from __future__ import annotations

import ast
import math
import re
from functools import lru_cache
from keyword import kwlist
from typing import Any, NamedTuple

from archspec.text.diagnostics import SpecError, fault
from archspec.text.document import Scalar
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.source import Span
from archspec.text.tokens import Malformed, check_tokens, explain_syntax

DEEPEST = 150
"""nesting beyond which no limit can be raised: it would end Python's stack"""

LITERALS = {"true": True, "false": False, "null": None}
"""YAML's spellings, which mean the same inside expressions"""

_ALLOWED = (
    ast.Name,
    ast.Constant,
    ast.Call,
    ast.keyword,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.List,
    ast.Tuple,
    ast.Subscript,
    ast.Slice,
    ast.Attribute,
)
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.RShift)

_FOREIGN: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lambda: ("a lambda", "define a module under `modules`"),
    ast.ListComp: ("a comprehension", "use a `for` step, or `repeat`"),
    ast.SetComp: ("a comprehension", "use a `for` step, or `repeat`"),
    ast.DictComp: ("a comprehension", "use a `for` step, or `repeat`"),
    ast.GeneratorExp: ("a comprehension", "use a `for` step, or `repeat`"),
    ast.NamedExpr: ("an assignment", "give the value a name under `params`"),
    ast.JoinedStr: ("an f-string", "names take holes without it: block${i + 1}"),
    ast.Starred: ("unpacking with `*`", "write the arguments out"),
    ast.Await: ("`await`", ""),
    ast.Yield: ("`yield`", ""),
    ast.YieldFrom: ("`yield`", ""),
    ast.Set: ("a set", "write a list: [a, b]"),
    ast.Dict: ("a dictionary", "write a list: [a, b]"),
    ast.MatMult: ("`@`", ""),
    ast.LShift: ("`<<`", "multiply by a power: x * 2**n"),
    ast.BitOr: ("`|`", "write `or`"),
    ast.BitAnd: ("`&`", "write `and`"),
    ast.BitXor: ("`^`", "a power is written with `**`"),
    ast.Invert: ("`~`", "write `not`"),
    ast.Is: ("`is`", "write `==`"),
    ast.IsNot: ("`is not`", "write `!=`"),
}


_CHECKED = frozenset(
    [
        *_OPERATORS,
        *(ast.UAdd, ast.USub, ast.Not, ast.And, ast.Or),
        *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
        *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.List, ast.Tuple, ast.Subscript, ast.Slice),
    ]
)
"""kinds of syntax nodes that are fine whatever is in them"""

_PLAIN = re.compile(
    r"[A-Za-z]\w*(?:\((?:ARG(?:,[ ]?ARG)*)?\)){0,2} | [A-Za-z]\w*\ [-+*]\ [A-Za-z]\w*".replace(
        "ARG", r"(?:(?:[A-Za-z]\w*=)?(?:[A-Za-z]\w*|[1-9][0-9]{0,9}|0))"
    ),
    re.VERBOSE | re.ASCII,
)
"""what most expressions are, `conv(64, 3)(x)` or `x + y`: no token of it needs a look of its own"""
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
            self._tree = _tree(self.text, len(self.text), _APPLIED_DEPTH, _APPLIED_BITS)
        return self._tree

    def _range(self, node: ast.AST | None) -> tuple[int, int]:
        start, end = getattr(node, "col_offset", None), getattr(node, "end_col_offset", None)
        if start is None or end is None:
            return 0, len(self.text)
        if self.text.isascii():
            return start, end
        columns = _columns(self.text)
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


@lru_cache(maxsize=1024)
def _columns(text: str) -> tuple[int, ...]:
    """Character of each UTF-8 byte of a text, the unit of ast's columns, and of its end."""
    return (*(at for at, character in enumerate(text) for _ in character.encode()), len(text))


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
        tree = _tree(text, limits.expression_length, depth, limits.integer_bits)
    except Malformed as bad:
        raise _located(bad, scalar, start) from None
    return Expression(text, tree, scalar, start)


def _located(bad: Malformed, scalar: Scalar, start: int) -> SpecError:
    place = scalar.part(start + bad.start, start + bad.end)
    return fault(bad.code, bad.message, place, bad.label, help=bad.help)


_SPACE = re.compile(r"\s")


@lru_cache(maxsize=8192)
def _tree(text: str, length: int, depth: int, bits: int) -> ast.expr:
    """The checked tree of a stripped text. Raises `Malformed`. All of it on line 1: line breaks become spaces."""
    if len(text) > length:
        raise Malformed(
            "A0225",
            f"an expression of {len(text):,} characters, where {length:,} are allowed",
            0,
            min(len(text), 40),
            help="the bound is `expression_length`; raise it with `--limit expression_length=N`",
        )
    if depth < 1 or not _PLAIN.fullmatch(text):
        check_tokens(text, depth)
    flat = _SPACE.sub(" ", text)
    try:
        tree = ast.parse(flat, mode="eval").body
    except SyntaxError as error:
        if "too many nested" in error.msg:
            raise _too_deep(text, depth) from None
        raise explain_syntax(error, text, check_tokens(text, depth)) from None
    except (MemoryError, RecursionError, ValueError):
        raise _too_deep(text, depth) from None
    return _checked(tree, text, depth, bits)


def _too_deep(text: str, depth: int) -> Malformed:
    return Malformed(
        "A0225",
        f"an expression nested deeper than {depth} levels",
        0,
        min(len(text), 40),
        help="the bound is `expression_depth`; raise it with `--limit expression_depth=N`",
    )


def _checked(root: ast.expr, text: str, depth: int, bits: int) -> ast.expr:
    """The tree with YAML's literals made constants, if all of it is on the white list."""
    columns = None if text.isascii() else [at for at, character in enumerate(text) for _ in character.encode()]

    def refuse(node: ast.AST, code: str, message: str, help: str = "") -> Malformed:
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        end = len(text.encode()) if end is None else end
        if columns is not None:
            start, end = columns[start], columns[end - 1] + 1
        return Malformed(code, message, start, end, help=help)

    holder = ast.Expression(root)
    pending: list[tuple[ast.AST, int]] = [(holder, 0)]
    while pending:
        parent, level = pending.pop()
        if level > depth:
            raise _too_deep(text, depth)
        for name in parent._fields:
            value: Any = getattr(parent, name, None)
            for at, node in enumerate(value) if isinstance(value, list) else ((-1, value),):
                if not isinstance(node, ast.AST) or isinstance(node, ast.expr_context):
                    continue
                kind: type[ast.AST] = type(node)
                if isinstance(node, ast.Name) and node.id in LITERALS:
                    node = ast.copy_location(ast.Constant(LITERALS[node.id]), node)
                    kind = ast.Constant
                    if at < 0:
                        setattr(parent, name, node)
                    else:
                        value[at] = node
                if kind not in _CHECKED and not (isinstance(node, ast.Name) and node.id[:2] != "__"):
                    _check_node(node, parent, bits, refuse)
                if kind is not ast.Name and kind is not ast.Constant:
                    pending.append((node, level + 1))
                elif level >= depth:
                    raise _too_deep(text, depth)
    return holder.body


def _check_node(node: ast.AST, parent: ast.AST, bits: int, refuse: object) -> None:
    assert callable(refuse)
    foreign = _FOREIGN.get(type(node))
    if foreign is not None:
        place = node if hasattr(node, "col_offset") else parent
        raise refuse(place, "A0223", f"{foreign[0]} is not part of the language", foreign[1])
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name.startswith("__"):
                raise refuse(node, "A0224", f"`{name}` is not a name: it begins with two underscores")
        case ast.Constant(value=value):
            if not (value is None or isinstance(value, bool | int | float | str)):
                kind = {bytes: "a byte string", complex: "a complex number"}.get(type(value), "`...`")
                raise refuse(node, "A0223", f"{kind} is not part of the language")
            if isinstance(value, int) and value.bit_length() > bits:
                help = "the bound is `integer_bits`; raise it with `--limit integer_bits=N`"
                raise refuse(node, "A0225", f"a number of more than {bits} bits", help)
            if isinstance(value, float) and not math.isfinite(value):
                raise refuse(node, "A0225", "a number too large for a float")
        case ast.operator():
            raise refuse(parent, "A0223", "this operator is not part of the language")
        case ast.keyword(arg=None):
            raise refuse(node, "A0223", "unpacking with `**` is not part of the language", "write the arguments out")
        case ast.keyword(arg=str(name)) if name.startswith("__"):
            raise refuse(node, "A0224", f"`{name}` is not a name: it begins with two underscores")
        case ast.Call(keywords=keywords) if len(keywords) > 1 and len({keyword.arg for keyword in keywords}) < len(
            keywords
        ):
            names = [keyword.arg for keyword in keywords]
            again = next(keyword for at, keyword in enumerate(keywords) if keyword.arg in names[:at])
            raise refuse(again, "A0220", f"the argument `{again.arg}` is given twice")
        case ast.Call(func=function) if not isinstance(function, ast.Name | ast.Attribute | ast.Call):
            raise refuse(function, "A0223", "only a name can be called", "multiplication is written with `*`")
        case _ if not isinstance(node, _ALLOWED):
            raise refuse(node, "A0223", "this is not part of the language")
