"""Several branches that meet in one circle; many equal ones are folded to the first two and the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archspec.draw.blocks.columns import columns
from archspec.draw.blocks.piece import Piece
from archspec.draw.parts import arrow, dot, merge, note
from archspec.draw.picture import Block
from archspec.draw.scene import Element, Point
from archspec.draw.structure import Series, flat, unit_key

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker

MANY = 4


def piece(maker: Maker, branches: list[Series], join: Block | None) -> Piece:
    """The branches and their circle. With no join they end in one line, for a circle that others reach as well."""
    look, count = maker.look, len(branches)
    branches = [branches[number] for number in shown(maker, branches)]
    folded = len(branches) < count
    rows = [_sided(maker, maker.row(branch)) for branch in branches]
    found = columns(rows, look.space, 1 if folded else None)
    r = look.circle if join is not None else 0.0
    drop = max(look.gap * 0.8, 22.0) + r
    h = look.lead + found.h + drop + r
    words = f"{count} paths" if folded else ""

    def draw(x: float, y: float) -> list[Element]:
        top = y + look.lead
        low, centre = top + found.h, Point(x, y + h - r)
        elements = [*found.draw(x, top, Point(x, y)), dot(Point(x, y), "edge", 3.0)]
        for row, place in zip(rows, found.places, strict=True):
            at = x + place
            elements += maker.notes(row.last, at, low + min(drop - r, 30) / 2 - 1, size=False)
            if abs(place) < 1:
                elements.append(arrow(Point(at, low), Point(x, centre.y - r), head=9 if join else 0))
            elif join is None:
                elements.append(arrow(Point(at, low), Point(at, centre.y), centre, head=0))
            else:
                side = r if place > 0 else -r
                elements.append(arrow(Point(at, low), Point(at, centre.y), Point(x + side, centre.y)))
        if join is not None:
            elements.append(merge(join, centre, maker.style, r))
        else:
            elements.append(dot(centre, "edge", 3.0))
        if words and found.gap is not None:
            middle = (found.places[1] + found.places[2]) / 2
            elements.append(note(words, Point(x + middle, top + found.h / 2 + 24), "middle", look.small, bold=True))
        return elements

    return Piece(found.w / 2, found.w / 2, h, draw, join, split=True)


def shown(maker: Maker, branches: Sequence[Series]) -> list[int]:
    """Which branches are drawn: all, or of many equal ones the first two and the last."""
    keys = {tuple(unit_key(maker.body.blocks[number]) for number in flat(branch)) for branch in branches}
    if len(keys) == 1 and len(branches) > MANY:
        return [0, 1, len(branches) - 1]
    return list(range(len(branches)))


def _sided(maker: Maker, row: Piece) -> Piece:
    left, _ = maker.beside(row.last)
    return Piece(max(row.left, left), row.right, row.h, row.draw, row.last, row.split)
