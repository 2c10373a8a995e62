"""How a whole network is set: its cells with their words, and where the row is cut into bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archspec.draw.mainline import Main, Tight, names, words
from archspec.draw.parts import say, widest
from archspec.draw.picture import Body
from archspec.draw.scene import Line
from archspec.draw.slide import Canvas
from archspec.draw.trunk import Cell

LABELS = 62.0
"""room at the left for the names of the rows"""
CARDS = 6.0


@dataclass(frozen=True, slots=True)
class Heights:
    """How the height of a slide is shared out."""

    box: float
    """of the box with the largest maps"""
    bar: float
    """of the longest bar"""


@dataclass(frozen=True, slots=True)
class Plan:
    """A row taken apart, with the words of each cell on its main line."""

    body: Body
    row: Sequence[Cell]
    main: Main
    tight: Tight
    words: dict[int, tuple[Line, ...]]
    names: dict[str, str]
    fields: tuple[tuple[int, ...], ...]
    """the resolution that each cell of the main line works at"""

    def cell(self, place: int) -> Cell:
        return self.row[self.main.line[place]]

    def width(self, place: int) -> float:
        cell = self.cell(place)
        if cell.unit.role in ("merge", "concat"):
            return 26.0
        return max(widest(self.words[place]) + 2 * self.tight.pad, 34.0)


def plan(body: Body, row: Sequence[Cell], main: Main, tight: Tight) -> Plan:
    called = names(row)
    said = {place: words(row[number], called.get(row[number].key, ""), tight) for place, number in enumerate(main.line)}
    return Plan(body, row, main, tight, said, called, tuple(field_of(row[number]) for number in main.line))


def field_of(cell: Cell) -> tuple[int, ...]:
    """The resolution that a cell works at: what a pool or a transition is given, what all others make."""
    if cell.parts:
        return field_of(max(cell.parts, key=lambda part: part.mads))
    unit = cell.unit
    if cell.times == 1 and cell.entry.downsamples:
        if unit.role == "pool":
            return cell.entry.input.spatial
        if unit.body is not None:
            inner = max(unit.body.blocks, key=lambda block: block.mads)
            return inner.output.spatial
    out = cell.exit.output.spatial
    return out if not out or out[-1] > 1 else (cell.entry.input.spatial if unit.role == "pool" else ())


@dataclass(frozen=True, slots=True)
class Cut:
    """The cells of one band, and whether the input stands in front."""

    start: int
    end: int


def input_width(plan: Plan) -> float:
    return max(widest((say(name, plan.tight.size),)) for name in plan.body.names) + 12


def needs(plan: Plan, start: int, end: int) -> float:
    gap = plan.tight.gap
    wide = sum(plan.width(place) + (CARDS if stacked(plan.cell(place)) else 0) for place in range(start, end))
    head = max(input_width(plan) + gap, LABELS) if start == 0 else LABELS
    return head + wide + gap * (end - start - 1) + CARDS


def stacked(cell: Cell) -> bool:
    return cell.times > 1 and cell.unit.role not in ("merge", "concat")


def cut(plan: Plan, canvas: Canvas, bands: int) -> list[Cut] | None:
    """The main line in so many bands of about one length, or None if one of them is too wide."""
    room = canvas.width - 2 * canvas.margin
    count = len(plan.main.line)
    if bands == 1:
        return [Cut(0, count)] if needs(plan, 0, count) <= room else None
    if count < 2 * bands or any(side.end is not None for side in plan.main.sides):
        return None
    room -= 16  # for the line that leads to the next band
    total = needs(plan, 0, count) - LABELS
    cuts: list[Cut] = []
    start = 0
    for band in range(bands):
        if band == bands - 1:
            end = count
        else:
            end = start + 1
            while end < count - (bands - band - 1) and needs(plan, start, end + 1) - LABELS <= total / bands + 20:
                end += 1
        if end <= start or needs(plan, start, end) > room:
            return None
        cuts.append(Cut(start, end))
        start = end
    return cuts
