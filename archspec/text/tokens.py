"""A first look at an expression, token by token, before Python's parser sees it.

It bounds the nesting, and words the mistakes that Python's own messages describe badly. What passes
can make Python's tokenizer neither warn nor run out of stack.
"""

from __future__ import annotations

import keyword
import re
from typing import NamedTuple


class Malformed(Exception):
    """An expression is wrong at characters `start` to `end` of its text."""

    def __init__(self, code: str, message: str, start: int, end: int, label: str = "", *, help: str = ""):
        super().__init__(message)
        self.code, self.message, self.start, self.end = code, message, start, end
        self.label = label
        self.help = (help,) if help else ()


class Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def operand(self) -> bool:
        """It can begin a value."""
        return self.kind in ("number", "string") or (self.kind == "name" and self.text not in _WORDS)

    @property
    def closes(self) -> bool:
        """It can end a value."""
        return self.operand or self.text in (")", "]", "}")


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<number>0[xX]\w* | \.?[0-9](?:[eE][+-](?=[0-9])|\w|\.(?!\.))*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<operator>&&|\|\||=>|=<|<>|===|!==|\*\*=?|//=?|>>=?|<<=?|[<>=!+*/%-]=|->|:=|\.\.\.
                    |[-+*/%<>=()\[\]{},.:@|&^~])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_NUMBER = re.compile(
    r"0[xX](_?[0-9a-fA-F])+|0[oO](_?[0-7])+|0[bB](_?[01])+|[1-9](_?[0-9])*|0(_?0)*"
    r"|(([0-9](_?[0-9])*)?\.[0-9](_?[0-9])*|[0-9](_?[0-9])*\.)([eE][+-]?[0-9](_?[0-9])*)?"
    r"|[0-9](_?[0-9])*[eE][+-]?[0-9](_?[0-9])*"
)
_WORDS = frozenset(keyword.kwlist) - {"True", "False", "None"}
_OPENERS = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_PAIRS = {"(": ")", "[": "]", "{": "}"}

_ELSEWHERE = {
    "&&": "write `and`",
    "||": "write `or`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "<>": "write `!=`",
    "===": "write `==`",
    "!==": "write `!=`",
    "!": "write `not`",
    "?": "write `a if condition else b`",
    "^": "a power is written with `**`",
    "->": "a pipe is written with `>>`",
    ";": "",
    "$": "only names and `from` take holes; write the expression without `${}`",
    "\\": "",
    "`": "",
    "#": "",
}


def check_tokens(text: str, depth: int) -> list[Token]:
    """The tokens of `text`. Raises `Malformed`."""
    tokens: list[Token] = []
    brackets: list[Token] = []
    for match in _TOKEN.finditer(text):
        token = Token(match.lastgroup or "", match[0], match.start())
        if token.kind == "space":
            continue
        _check_token(token, tokens[-1] if tokens else None, text, brackets)
        if token.text in _PAIRS:
            brackets.append(token)
            if len(brackets) > depth:
                raise Malformed(
                    "A0225",
                    f"brackets nested deeper than {depth} levels",
                    token.start,
                    token.end,
                    help="the bound is `expression_depth`; raise it with `--limit expression_depth=N`",
                )
        elif token.text in (")", "]", "}"):
            _close(token, brackets)
        tokens.append(token)
    if brackets:
        opened = brackets[-1]
        raise Malformed("A0221", f"`{opened.text}` is never closed", opened.start, opened.end)
    return tokens


def _close(token: Token, brackets: list[Token]) -> None:
    if not brackets:
        raise Malformed("A0221", f"`{token.text}` closes nothing", token.start, token.end)
    opened = brackets.pop()
    wanted = _PAIRS[opened.text]
    if wanted != token.text:
        message = f"`{token.text}` closes `{opened.text}`, which wants `{wanted}`"
        raise Malformed("A0221", message, token.start, token.end)


def _check_token(token: Token, before: Token | None, text: str, brackets: list[Token]) -> None:
    kind, shown, start, end = token.kind, token.text, token.start, token.end
    if kind == "other" and shown in "'\"":
        raise Malformed("A0221", f"the string is never closed: `{shown}` is missing", start, len(text))
    if kind == "string":
        if "\\" in shown:
            at = start + shown.index("\\")
            raise Malformed("A0223", "a string of an expression has no escapes", at, at + 1)
        if before is not None and before.kind == "name" and before.end == start:
            raise Malformed("A0223", f"a string takes no prefix `{before.text}`", before.start, end)
    if kind == "number" and not _NUMBER.fullmatch(shown):
        raise _bad_number(token)
    if shown in _ELSEWHERE:
        raise Malformed("A0222", f"`{shown}` is not part of an expression", start, end, help=_ELSEWHERE[shown])
    if kind == "other":
        raise Malformed("A0220", f"the character `{shown}` cannot stand in an expression", start, end)
    if shown.endswith("=") and kind == "operator" and shown not in ("==", "!=", "<=", ">=", "=", ":="):
        raise Malformed("A0222", f"`{shown}` is not part of an expression", start, end, help=f"write `{shown[:-1]}`")
    if shown == "=" and (not brackets or before is None or before.kind != "name"):
        named = before is not None and before.kind == "name" and not text[: before.start].strip()
        help = f"write `==`, or `{before.text}: …` to name a step" if named and before else "write `==`"
        raise Malformed("A0222", "`=` does not compare", start, end, help=help)
    if shown == ":" and not brackets and not re.search(r"\blambda\b", text[:start]):
        help = "a space after the colon makes it a YAML mapping, `name: value`"
        raise Malformed("A0220", "unexpected `:`", start, end, help=help)
    if before is not None and before.closes and token.operand:
        message = f"`{shown}` follows `{before.text}` without an operator"
        raise Malformed("A0220", message, start, end, help="a comma or an operator is missing")


def _bad_number(token: Token) -> Malformed:
    shown = token.text
    if re.fullmatch(r"0[0-9_]+", shown):
        help = f"write `{shown.lstrip('0_') or '0'}`"
        return Malformed("A0220", f"`{shown}` begins with a zero", token.start, token.end, help=help)
    product = re.fullmatch(r"([1-9][0-9]*(?:\.[0-9]+)?)([A-Za-z]\w*)", shown)
    help = ""
    if product:
        help = f"a product is written `{product[1]} * {product[2]}`; a name cannot begin with a digit"
    return Malformed("A0220", f"`{shown}` is neither a number nor a name", token.start, token.end, help=help)


def explain_syntax(error: SyntaxError, text: str, tokens: list[Token]) -> Malformed:
    """A syntax error of Python's parser, in the words of the language."""
    at = max(0, (error.offset or 1) - 1)
    where = [token for token in tokens if token.end > at]
    for token in tokens:
        if token.text == "=" and ('"=="' in error.msg or "'=='" in error.msg or token.start == at):
            return Malformed("A0222", "`=` does not compare", token.start, token.end, help="write `==`")
    if "positional argument follows keyword" in error.msg:
        message = "an argument without a name follows one with a name"
        place = max((token for token in tokens if token.operand and token.start < at), key=lambda token: token.start)
        return Malformed("A0220", message, place.start, place.end, help="put named arguments last")
    if "expected 'else'" in error.msg:
        return Malformed("A0220", "`if` without `else`", at, len(text), help="write `a if condition else b`")
    last = tokens[-1]
    if not where or (not last.closes and (last.kind == "operator" or last.text in _OPENERS)):
        return Malformed("A0220", "the expression ends too early", last.start, last.end)
    token = where[0]
    if token.kind == "name" and token.text in _WORDS:
        message = f"`{token.text}` is a word of the grammar and cannot stand here"
        return Malformed("A0220", message, token.start, token.end)
    return Malformed("A0220", f"unexpected `{token.text}`", token.start, token.end)
