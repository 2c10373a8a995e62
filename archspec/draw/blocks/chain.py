"""Equal modules one behind the other: as often as they come, and below what is inside of each that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from archspec.draw.inset import pieces
from archspec.draw.inset_pieces import Piece
from archspec.draw.metrics import width
from archspec.draw.parts import Drawing, Style, arrow, box, cards, frame, note, say, widest
from archspec.draw.picture import Block, Body
from archspec.draw.scene import Bounds, Element, Line, Point, Run, Text
from archspec.draw.words import shape

MOST = 4
"""boxes of a row, and frames below it"""
ROW, TITLE, SPACE = 66.0, 30.0, 16.0
"""heights of the boxes and of a frame's title, and the space between frames"""


@dataclass(frozen=True, slots=True)
class Group:
    """Units of one structure that follow each other, counted from 1."""

    block: Block
    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    @property
    def numbers(self) -> str:
        """Which they are: "1", "2 – 6"."""
        return f"{self.first}" if self.count == 1 else f"{self.first} – {self.last}"


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if body.repeat is None or body.repeat.wire != "chain" or style.direction == "down":
        return None
    groups = _groups([body.blocks[number] for number in body.repeat.units])
    insides = {group.block.body.shape: group for group in reversed(groups) if group.block.body is not None}
    if not insides or len(groups) > MOST or any(group.block.body is None for group in groups):
        return None
    shown = [group for group in groups if group.block.body is not None and insides[group.block.body.shape] is group]
    chosen = _chosen(shown, frame, style)
    if chosen is None:
        return None
    inside, made = chosen
    row = _Row(body, groups, style, frame.w)
    if row.wide > frame.w:
        return None
    frames = [piece.h + TITLE + 24 for piece in made]
    tall = ROW + 62 + sum(frames) + SPACE * (len(frames) - 1)
    y = frame.y + (frame.h - tall) / 2
    elements = row.draw(frame.cx - row.wide / 2, y + ROW / 2 + 6)
    y += ROW + 62
    wide = max(piece.w for piece in made) + 40
    for group, piece, high in zip(inside, made, frames, strict=True):
        elements += _frame(group, piece, Bounds(frame.cx - wide / 2, y, wide, high), several=len(shown) > 1)
        y += high + SPACE
    missing = tuple(f"{group.block.label.text} {group.numbers}" for group in shown if group not in inside)
    return Drawing(tuple(elements), facts=(f"{len(body.repeat.units)} in a row",), missing=missing)


def _groups(units: Sequence[Block]) -> list[Group]:
    found: list[Group] = []
    at = 1
    for _, same in groupby(units, key=lambda unit: unit.body.shape if unit.body is not None else ""):
        members = list(same)
        found.append(Group(members[0], at, at + len(members) - 1))
        at += len(members)
    return found


def _chosen(groups: Sequence[Group], frame: Bounds, style: Style) -> tuple[list[Group], list[Piece]] | None:
    """The groups whose inside finds room: all, or those that come most often."""
    often = sorted(groups, key=lambda group: -group.count)
    for many in range(len(groups), 0, -1):
        kept = [group for group in groups if group in often[:many]]
        made = _insides(kept, frame, style)
        if made is not None:
            return kept, made
    return None


def _insides(groups: Sequence[Group], frame: Bounds, style: Style) -> list[Piece] | None:
    """The inside of each group with as many words as fit, the same for all if they can."""
    room = frame.h - ROW - 62 - (TITLE + 24) * len(groups) - SPACE * (len(groups) - 1)
    found: list[Piece] = []
    for group in groups:
        assert group.block.body is not None
        forms = [piece for piece in pieces(group.block.body, style) if piece.w + 40 <= frame.w]
        piece = next((piece for piece in forms if piece.h <= room / len(groups)), None)
        if piece is None:
            return None
        found.append(piece)
    return found


class _Row:
    """The units from left to right, equal ones behind each other as one box."""

    def __init__(self, body: Body, groups: Sequence[Group], style: Style, room: float):
        self.body, self.groups, self.style = body, groups, style
        self.lines = [self._lines(group) for group in groups]
        sizes = [shape(group.block.output) for group in groups]
        self.box = max(
            110.0, *(widest(lines) + 32 for lines in self.lines), *(width(size, 13.0) + 14 for size in sizes)
        )
        if (len(groups) + 1) * 40.0 + len(groups) * self.box > room - 24:
            self.box = max(
                80.0, *(widest(lines) + 16 for lines in self.lines), *(width(size, 13.0) + 8 for size in sizes)
            )
        self.gap = max(22.0, min(40.0, (room - 26 - len(groups) * self.box) / (len(groups) + 1)))
        self.wide = len(groups) * self.box + (len(groups) + 1) * self.gap + 24

    def _lines(self, group: Group) -> list[Line]:
        lines = [say(group.block.label.text, 16.0, bold=True)]
        if group.count > 1:
            lines.append(Line((Run(f"× {group.count}", bold=True),), 20.0, "module"))
        return lines

    def draw(self, x: float, y: float) -> list[Element]:
        elements: list[Element] = [Text(Point(x + 5, y), say("x", 18.0, italic=True))]
        x += 12
        places = []
        for group, lines in zip(self.groups, self.lines, strict=True):
            x += self.gap
            front = box(group.block, Bounds(x, y - ROW / 2, self.box, ROW), lines, self.style)
            if group.count > 1:
                elements += cards(front)
            elements.append(front)
            elements.append(note(shape(group.block.output), Point(front.at.cx, y + ROW / 2 + 15), "middle"))
            places.append((x, x + self.box + (6 if group.count > 1 else 0)))
            x += self.box
        ends = [(0.0, places[0][0] - self.gap), *places, (x + self.gap, 0.0)]
        elements += [arrow(Point(before, y), Point(after, y)) for (_, before), (after, _) in pairwise(ends)]
        return [*elements, Text(Point(x + self.gap + 7, y), say("y", 18.0, italic=True))]


def _frame(group: Group, piece: Piece, at: Bounds, *, several: bool) -> list[Element]:
    name = group.block.label.text
    title = f"{name} {group.numbers}" if several else f"one {name[:1].lower()}{name[1:]}"
    return [
        frame(at, "module"),
        note(title, Point(at.x + 14, at.y + 17), "start", 13.5, "module", bold=True),
        *piece.draw(at.cx - piece.w / 2, at.y + TITLE + 4 + piece.up),
    ]
