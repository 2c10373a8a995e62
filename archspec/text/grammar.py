"""The grammar of expressions: Python's, parsed by `ast` and held to a white list."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

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
_SPACE = re.compile(r"\s")


@lru_cache(maxsize=8192)
def syntax_tree(text: str, length: int, depth: int, bits: int) -> ast.expr:
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
    columns = None if text.isascii() else character_columns(text)

    def refuse(node: ast.AST, code: str, message: str, help: str = "") -> Malformed:
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        end = len(text.encode()) if end is None else end
        if columns is not None:
            start, end = columns[start], columns[end]
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


def _check_node(node: ast.AST, parent: ast.AST, bits: int, refuse: Callable[..., Malformed]) -> None:
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


@lru_cache(maxsize=1024)
def character_columns(text: str) -> tuple[int, ...]:
    """Character of each UTF-8 byte of a text, the unit of ast's columns, and of its end."""
    return (*(at for at, character in enumerate(text) for _ in character.encode()), len(text))
