"""Branches side by side: where their axes stand, and the lines that reach them from where they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from archspec.draw.blocks.piece import Piece
from archspec.draw.parts import arrow, say
from archspec.draw.scene import Element, Point, Text


@dataclass(frozen=True, slots=True)
class Columns:
    """Pieces side by side that end on one level. Places of axes count from the middle of the whole."""

    pieces: tuple[Piece, ...]
    places: tuple[float, ...]
    w: float
    h: float
    gap: int | None = None
    """behind this column others are left out"""

    def draw(self, x: float, y: float, start: Point | None = None, lead: float = 0.0) -> list[Element]:
        """From `start`, where the lines part, to the columns, whose highest stands at `y`.

        With no start the lines begin at `lead` above the columns' level, on something wide.
        """
        elements: list[Element] = []
        bottom = y + self.h
        for piece, place in zip(self.pieces, self.places, strict=True):
            at, top = x + place, bottom - piece.h
            if piece.h > 0:
                head = 0 if piece.split else 9
                origin = Point(at, y - lead) if start is None else start
                if abs(origin.x - at) < 1 or start is None:
                    elements.append(arrow(Point(at, origin.y), Point(at, top), head=head))
                else:
                    elements.append(arrow(origin, Point(at, origin.y), Point(at, top), head=head))
            elements += piece.draw(at, top)
        if self.gap is not None:
            middle = (self.places[self.gap] + self.places[self.gap + 1]) / 2
            elements.append(Text(Point(x + middle, y + self.h / 2), say("…", 24.0, "muted", bold=True)))
        return elements


def columns(pieces: Sequence[Piece], space: float, gap: int | None = None) -> Columns:
    """Pieces with so much space between them, more where some are left out."""
    extra = [84.0 if number == gap else 0.0 for number in range(len(pieces))]
    at, axes = 0.0, []
    for number, piece in enumerate(pieces):
        axes.append(at + piece.left)
        at += piece.left + piece.right + space + extra[number]
    w = at - space
    # Boxes of one width stand evenly, whatever is written beside them.
    if gap is None and len(pieces) > 2:
        pitch = max(b - a for a, b in pairwise(axes))
        even = [pieces[0].left + pitch * number for number in range(len(pieces))]
        if even[-1] + pieces[-1].right <= w * 1.12:
            axes, w = even, even[-1] + pieces[-1].right
    return Columns(
        tuple(pieces), tuple(axis - w / 2 for axis in axes), w, max((piece.h for piece in pieces), default=0.0), gap
    )
