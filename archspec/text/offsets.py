"""Where each character of a scalar stands in its file, through quotes, escapes and folded lines.

PyYAML gives only the two ends of a scalar. Here its text is read again from the source, each
character with its place; a reading that differs from PyYAML's is not trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

_Placed = tuple[str, int]

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_WIDTHS = {"x": 2, "u": 4, "U": 8}
_BREAK = re.compile(r"[ \t]*(?:\r\n|[\r\n])\s*")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|$)")


def extent(event: yaml.Event) -> tuple[int, int]:
    """First and last place of an event."""
    start, end = event.start_mark, event.end_mark
    assert start is not None, "PyYAML marks the events of every text"
    assert end is not None, "PyYAML marks the events of every text"
    return start.index, end.index


def offsets_of(source: str, event: yaml.ScalarEvent) -> tuple[int, ...] | range:
    """The place of each character of `event.value` in `source`, and of its end: one more than characters."""
    text = event.value
    start, end = extent(event)
    if event.style in ("|", ">"):
        header = _HEADER.search(source, start, end)
        return _match(text, _block_readings(source, header.end() if header else start, end, event.style), start, end)
    begin = _skip_properties(source, start, end) if event.anchor or event.tag else start
    if event.style in ("'", '"'):
        begin, end = source.find(event.style, begin, end) + 1, end - 1
    if source.startswith(text, begin) and begin + len(text) == end:
        return range(begin, end + 1)
    return _match(text, [_flow_reading(source, begin, end, event.style or "")], begin, end)


def _skip_properties(source: str, start: int, end: int) -> int:
    """Past an anchor and a tag."""
    found = re.compile(r"(?:[&!]\S*\s*)+").match(source, start, end)
    return found.end() if found else start


def _match(text: str, readings: Sequence[list[_Placed]], start: int, end: int) -> tuple[int, ...] | range:
    for reading in readings:
        if "".join(character for character, _ in reading) == text:
            if not reading:
                return range(start, start + 1)
            _, at = reading[-1]
            return (*(place for _, place in reading), min(end, at + 1))
    return tuple(min(start + at, end) for at in range(len(text) + 1))


def _flow_reading(source: str, start: int, end: int, style: str) -> list[_Placed]:
    """A plain or quoted scalar: one line break reads as a space, n as n - 1 line breaks."""
    found: list[_Placed] = []
    at = start
    while at < end:
        folded = _BREAK.match(source, at, end)
        if folded:
            found += _fold(source, at, folded.end())
            at = folded.end()
        elif style == '"' and source[at] == "\\":
            character, size = _escape(source, at, end)
            found += [(character, at)] if character else []
            at += size
        elif style == "'" and source.startswith("''", at):
            found.append(("'", at))
            at += 2
        else:
            found.append((source[at], at))
            at += 1
    return found


def _fold(source: str, start: int, end: int) -> Iterator[_Placed]:
    breaks = [found.start() for found in _NEWLINE.finditer(source, start, end)]
    return iter([(" ", start)] if len(breaks) == 1 else [("\n", at) for at in breaks[1:]])


def _escape(source: str, at: int, end: int) -> tuple[str, int]:
    """What the escape at `at` means and how long it is."""
    letter = source[at + 1] if at + 1 < end else ""
    if letter in _WIDTHS:
        size = 2 + _WIDTHS[letter]
        return chr(int(source[at + 2 : at + size], 16)), size
    if letter in ("\r", "\n"):  # an escaped line break joins the lines
        rest = re.compile(r"(?:\r\n|[\r\n])[ \t]*").match(source, at + 1, end)
        return "", 1 + len(rest[0]) if rest else 2
    return _ESCAPES.get(letter, letter), 2


def _block_readings(source: str, start: int, end: int, style: str) -> list[list[_Placed]]:
    """A literal or folded block, read once for each indentation it may have and each way its end is chomped."""
    lines: list[tuple[int, int]] = []
    at = start
    for found in _NEWLINE.finditer(source, start, end):
        lines.append((at, found.start()))
        at = found.end()
    if at < end:
        lines.append((at, end))
    texts = [source[first:last] for first, last in lines]
    widths = [len(text) - len(text.lstrip(" ")) for text in texts if text.strip(" ")]
    deepest = min(widths) if widths else max(map(len, texts), default=0)
    readings = []
    for indent in range(deepest, -1, -1):
        placed = _block_reading(source, lines, indent, style == ">")
        kept = len(placed)
        readings.append(placed)
        while kept and placed[kept - 1][0] == "\n":
            kept -= 1
        readings += [placed[: kept + 1], placed[:kept]] if kept < len(placed) else []
    return readings


def _block_reading(source: str, lines: list[tuple[int, int]], indent: int, folded: bool) -> list[_Placed]:
    found: list[_Placed] = []
    pending: list[_Placed] = []  # line breaks since the last line that is not empty
    begun = False
    after_blank = False
    for first, last in lines:
        begin = min(first + indent, last)
        if begin == last:
            pending.append(("\n", last))
            continue
        blank = source[begin] in " \t"
        if folded and begun and not blank and not after_blank:
            found += [(" ", pending[0][1])] if len(pending) == 1 else pending[1:]
        else:
            found += pending
        found += [(source[at], at) for at in range(begin, last)]
        pending = [("\n", last)]
        begun, after_blank = True, blank
    return found + pending
