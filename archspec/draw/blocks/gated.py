"""A branch that only steers: a side column whose line ends in the product, as squeeze and excitation has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.draw.blocks.piece import Piece
from archspec.draw.parts import arrow, dot, merge
from archspec.draw.picture import Block
from archspec.draw.scene import Element, Point
from archspec.draw.structure import Parallel

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker


def fits(item: Parallel, join: Block) -> bool:
    """Whether one of two branches steers the other."""
    if len(item.branches) != 2 or len(join.steers) != 1:
        return False
    (steering,) = join.steers
    return bool(item.branches[steering])


def piece(maker: Maker, item: Parallel) -> Piece:
    """The data on the axis, the steering column to its left."""
    join, look = maker.body.blocks[item.join], maker.look
    (steering,) = join.steers
    gate = maker.row(item.branches[steering])
    data = item.branches[1 - steering]
    inner = maker.row(data) if data else None
    r = look.circle
    drop = max(look.gap * 0.7, 26.0)
    core = look.lead + gate.h + drop  # down to the middle of the circle
    if inner is not None:
        core = max(core, look.lead + inner.h + look.gap * 0.85 + r)
    own = max(inner.left if inner is not None else 0.0, maker.beside(inner.last)[0] if inner is not None else 0.0, r)
    side = own + 24 + gate.right
    left = side + max(gate.left, maker.beside(gate.last)[0])

    def draw(x: float, y: float) -> list[Element]:
        end, at = y + core, x - side
        top = end - drop - gate.h if inner is None else y + look.lead
        low = top + gate.h
        elements: list[Element] = [
            arrow(Point(x, y), Point(at, y), Point(at, top)),
            *gate.draw(at, top),
            arrow(Point(at, low), Point(at, end), Point(x - r, end), stroke="gate", head=10, width=2.4),
            *maker.notes(gate.last, at, low + (drop - 12) / 2, size=False),
        ]
        if inner is None:
            elements.append(arrow(Point(x, y), Point(x, end - r)))
        else:
            elements.append(arrow(Point(x, y), Point(x, y + look.lead), head=0 if inner.split else 9))
            elements += inner.draw(x, y + look.lead)
            elements += maker.edge(inner.last, x, y + look.lead + inner.h, end - r, size=False)
        return [*elements, merge(join, Point(x, end), maker.style, r), dot(Point(x, y), "edge", 3.5)]

    right = max(inner.right if inner is not None else 0.0, r)
    return Piece(left, right, core + r, draw, join, split=True)
