"""Source lines with labels drawn under them, for `render.py`. Pure text in, rows of cells out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Style = Literal["", "strong", "gutter", "first", "other"]
Cell = tuple[str, Style]
Row = list[Cell]
"""characters, each one column wide (or with its combining marks), and how to paint them"""

WIDTH = 120
"""columns of source shown; a longer line is clipped around its labels"""
TAB = 4


@dataclass(frozen=True)
class Mark:
    """Characters `start` to `end` of one line, underlined; `first` marks the place of the mistake."""

    start: int
    end: int
    text: str
    first: bool


def clean(text: str, most: int = 500) -> str:
    """Text that is safe and sane on a terminal: no control characters, not endless."""
    if len(text) > most:
        half = most // 2
        text = f"{text[:half]} … {text[-half:]}"
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def width_of(character: str) -> int:
    """Columns a printable character takes on a terminal."""
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _columns(line: str) -> list[int]:
    """The display column of each character of a line, and of its end."""
    columns, at = [], 0
    for character in line:
        columns.append(at)
        at += TAB - at % TAB if character == "\t" else width_of(_shown(character))
    return [*columns, at]


def draw(line: str, marks: Iterable[Mark]) -> list[Row]:
    """The line and the rows below it: underlines, and the labels' texts."""
    columns = _columns(line)
    placed = sorted(
        (_Placed(columns[min(mark.start, len(line))], _end(mark, line, columns), mark) for mark in marks),
        key=lambda placed: (placed.start, placed.end),
    )
    low, high = _window(placed, columns[-1])
    rows = [_source_row(line, columns, low, high)]
    shift = low - (1 if low else 0)
    clipped = [placed_.moved(shift, low, high) for placed_ in placed]
    return rows + _label_rows(clipped)


def _end(mark: Mark, line: str, columns: Sequence[int]) -> int:
    start = columns[min(mark.start, len(line))]
    return max(start + 1, columns[min(mark.end, len(line))])


@dataclass(frozen=True)
class _Placed:
    """A mark in display columns."""

    start: int
    end: int
    mark: Mark

    def moved(self, shift: int, low: int, high: int) -> _Placed:
        start = min(max(self.start, low), high - 1)
        return _Placed(start - shift, max(start + 1, min(self.end, high)) - shift, self.mark)

    @property
    def style(self) -> Style:
        return "first" if self.mark.first else "other"


def _window(placed: Sequence[_Placed], width: int) -> tuple[int, int]:
    """The display columns that are shown."""
    if width <= WIDTH:
        return 0, max(width, max((each.end for each in placed), default=0)) + 1
    first = next((each for each in placed if each.mark.first), placed[0])
    low = max(0, min(first.start - WIDTH // 3, width - WIDTH))
    return low, low + WIDTH


def _source_row(line: str, columns: Sequence[int], low: int, high: int) -> Row:
    row: Row = [("…", "gutter")] if low else []
    for character, begin, end in zip(line, columns, columns[1:], strict=False):
        if begin < low or end > high:
            continue
        row.append((" " * (end - begin) if character == "\t" else _shown(character), ""))
    if columns[-1] > high:
        row.append(("…", "gutter"))
    return row


def _label_rows(placed: Sequence[_Placed]) -> list[Row]:
    """Underlines with the rightmost text beside them; the other texts below, hung from their starts."""
    underline = _Canvas()
    for each in sorted(placed, key=lambda each: each.mark.first):
        underline.write(each.start, ("^" if each.mark.first else "-") * (each.end - each.start), each.style)
    reach = max((each.end for each in placed), default=0)
    texts = [each for each in placed if each.mark.text]
    beside = next((each for each in reversed(texts) if each.end == reach), None)
    if beside is not None:
        underline.write(reach + 1, clean(beside.mark.text), beside.style)
    rows = [underline.row]
    below = [each for each in texts if each is not beside]
    if below:
        hooks = _Canvas()
        for each in below:
            hooks.write(each.start, "|", each.style)
        rows.append(hooks.row)
    for number in range(len(below) - 1, -1, -1):
        each, canvas = below[number], _Canvas()
        for other in below[:number]:
            if other.start < each.start:
                canvas.write(other.start, "|", other.style)
        canvas.write(each.start, clean(each.mark.text), each.style)
        rows.append(canvas.row)
    return rows


class _Canvas:
    """One row that is written at columns."""

    def __init__(self) -> None:
        self.row: Row = []

    def write(self, column: int, text: str, style: Style) -> None:
        while len(self.row) < column + len(text):
            self.row.append((" ", ""))
        self.row[column : column + len(text)] = [(character, style) for character in text]
