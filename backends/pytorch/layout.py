"""Breaking long lines as ruff format does (line length 88).

Source is written flat, one statement a line, already spaced as ruff would; this file only breaks
what is too long, or what has a trailing comma inside brackets (the "magic" comma: one item a line).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WIDTH = 88
INDENT = "    "
_OPEN, _CLOSE = "([{", ")]}"


def lay_out(line: str) -> list[str]:
    """One flat statement, with its indentation, as the lines it takes.

    >>> print("\\n".join(lay_out("x = f(a, b,)")))
    x = f(
        a,
        b,
    )
    """
    text = line.lstrip(" ")
    return _statement(text, len(line) - len(text))


def _statement(text: str, indent: int) -> list[str]:
    pad = " " * indent
    if not _has_magic(text) and indent + len(text) <= WIDTH:
        return [pad + text]
    head, value = _split_statement(text)
    if value is not None and not _has_magic(value):
        two = _sum_of_two(head, value, indent)
        if two is not None:
            return two
    if value is not None and _is_operation(value):
        inner = _operands(value, indent + 4)
        return [f"{pad}{head}(", *inner, f"{pad})"]
    if _ends_in_bracket(text):
        return _bracketed(text, indent)
    return [pad + text]


def _sum_of_two(head: str, value: str, indent: int) -> list[str] | None:
    """`a(…) + b(…)` needs no brackets around it: the first call breaks unless the second can."""
    parts = next((found for words in OPERATORS if len(found := _split(value, words)) > 1), [])
    if len(parts) != 2 or parts[1].startswith((" if ", " or ", " and ")):
        return None
    left, right = parts
    pad = " " * indent
    opened = right.find("(")
    if right.endswith(")") and opened > 0 and indent + len(head + left + right[: opened + 1]) <= WIDTH:
        lines = _bracketed(f"{head}{left}{right}", indent)
    elif left.endswith(")") and right.endswith(")"):
        *first, last = _bracketed(f"{head}{left}", indent)
        if len(last + right) <= WIDTH:
            lines = [*first, last + right]
        else:
            lines = [*first, *_bracketed(f"{last.strip()}{right}", indent)]
    else:
        return None
    return lines if lines[0].startswith(pad) and all(len(line) <= WIDTH for line in lines) else None


def _split_statement(text: str) -> tuple[str, str | None]:
    """`self.a = ` and the value; `return ` and the value."""
    if text.startswith("return "):
        return "return ", text[7:]
    depth = 0
    for at, sign in _code(text):
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth -= 1
        elif sign == "=" and depth == 0 and text[at - 1 : at + 2] == " = ":
            return text[: at + 2], text[at + 2 :]
    return "", None


def _code(text: str) -> Iterator[tuple[int, str]]:
    """The characters outside string literals, and where they stand."""
    inside = False
    for at, sign in enumerate(text):
        if sign == '"':
            inside = not inside
        elif not inside:
            yield at, sign


def _has_magic(text: str) -> bool:
    return any(
        sign == "," and text[at + 1 : at + 2] in _CLOSE and text[at + 1 : at + 2] and not _is_single(text, at)
        for at, sign in _code(text)
    )


def _is_single(text: str, comma: int) -> bool:
    """Whether the comma makes a tuple of one: `(8,)`."""
    depth = 0
    for at in range(comma - 1, -1, -1):
        sign = text[at]
        if sign in _CLOSE:
            depth += 1
        elif sign in _OPEN:
            if depth == 0:
                return sign == "(" and (at == 0 or not (text[at - 1].isalnum() or text[at - 1] in "_)]"))
            depth -= 1
        elif sign == "," and depth == 0:
            return False
    return False


def _split(text: str, words: tuple[str, ...]) -> list[str]:
    """Split before each of the words where they stand outside brackets and strings."""
    parts, start, depth = [], 0, 0
    for at, sign in _code(text):
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth -= 1
        elif depth == 0 and at > start:
            for word in words:
                if text.startswith(word, at):
                    parts.append(text[start:at])
                    start = at
                    break
    parts.append(text[start:])
    return parts


OPERATORS = ((" if ", " else "), (" or ",), (" and ",), (" + ", " - "), (" * ", " // ", " / ", " % "))
"""from loose to tight"""


def _is_operation(text: str) -> bool:
    return any(len(_split(text, words)) > 1 for words in OPERATORS)


def _operands(text: str, indent: int) -> list[str]:
    """An operation inside brackets: on one line if it fits, else one operand a line."""
    pad = " " * indent
    if not _has_magic(text) and indent + len(text) <= WIDTH:
        return [pad + text]
    for words in OPERATORS:
        parts = _split(text, words)
        if len(parts) > 1:
            lines = []
            for part in parts:
                lines += _expression(part.strip(), indent)
            return lines
    return _expression(text, indent)


def _expression(text: str, indent: int) -> list[str]:
    pad = " " * indent
    if not _has_magic(text) and indent + len(text) <= WIDTH:
        return [pad + text]
    if _ends_in_bracket(text):
        return _bracketed(text, indent)
    return [pad + text]


def _ends_in_bracket(text: str) -> bool:
    return bool(re.search(r"[)\]}][:,]?$", text)) or text.endswith((") -> None:", "):")) or " -> " in text


def _last_bracket(text: str) -> tuple[int, int]:
    """Where the bracket to break stands: of a signature its arguments, else the last one."""
    opened: list[int] = []
    pairs = []
    for at, sign in _code(text):
        if sign in _OPEN:
            opened.append(at)
        elif sign in _CLOSE:
            start = opened.pop()
            if not opened:
                pairs.append((start, at))
    return pairs[0] if text.startswith("def ") else pairs[-1]


def _bracketed(text: str, indent: int) -> list[str]:
    start, end = _last_bracket(text)
    pad = " " * indent
    head, body, tail = text[: start + 1], text[start + 1 : end], text[end:]
    if not body:
        return [pad + text]
    magic = body.endswith(",")
    items = [item for item in (part.lstrip(",").strip() for part in _split(body, (",",))) if item]
    flat = ", ".join(items)
    alone = len(items) == 1 and (items[0].startswith("*") or " for " in items[0])
    if not magic and not _has_magic(body) and indent + 4 + len(flat) <= WIDTH:
        return [pad + head, f"{pad}    {flat}", pad + tail]
    if text[start] == "(" and len(items) == 1 and not magic and _groups(head) and not _is_generator(items[0]):
        return [pad + head, *_operands(items[0], indent + 4), pad + tail]
    lines = []
    for item in items:
        broken = _item(item, indent + 4)
        generator = alone and not item.startswith("*")
        lines += broken if generator else [*broken[:-1], broken[-1] + ","]
    return [pad + head, *lines, pad + tail]


def _groups(head: str) -> bool:
    """Whether the bracket at the end only groups: nothing is called or indexed by it."""
    before = head[:-1].rstrip()
    return not before or not (before[-1].isalnum() or before[-1] in "_)]")


def _is_generator(text: str) -> bool:
    return " for " in text


def _item(text: str, indent: int) -> list[str]:
    """One item of a list of arguments."""
    pad = " " * indent
    if not _has_magic(text) and indent + len(text) + 1 <= WIDTH:
        return [pad + text]
    parts = _split(text, (" for ",))
    if len(parts) > 1 and not text.startswith("*"):
        return [line for part in parts for line in _expression(part.strip(), indent)]
    name = re.match(r"\w+=", text)
    value = text[name.end() :] if name else text
    if _is_operation(value):
        if name:
            return [f"{pad}{name.group()}(", *_operands(value, indent + 4), f"{pad})"]
        return _operands(value, indent)
    if _ends_in_bracket(text):
        return _bracketed(text, indent)
    return [pad + text]
