"""A branch that only steers: beside the data, down a column or along a row, to the product that it ends in.

So squeeze and excitation is drawn: pool, fc, fc, sigmoid, ×.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.draw.blocks.piece import Piece
from archspec.draw.metrics import width
from archspec.draw.parts import arrow, dot, merge, note, riders
from archspec.draw.picture import Block
from archspec.draw.scene import Element, Point
from archspec.draw.structure import Parallel, Series

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker


def fits(item: Parallel, join: Block) -> bool:
    """Whether one of two branches steers the other."""
    if len(item.branches) != 2 or len(join.steers) != 1:
        return False
    (steering,) = join.steers
    return bool(item.branches[steering])


def piece(maker: Maker, item: Parallel) -> Piece:
    """The data on the axis, what steers beside it."""
    (steering,) = maker.body.blocks[item.join].steers
    gate, data = item.branches[steering], item.branches[1 - steering]
    if maker.look.across and not data and all(isinstance(part, int) for part in gate):
        return _across(maker, item, gate)
    return _down(maker, item, gate, data)


def _down(maker: Maker, item: Parallel, steering: Series, data: Series) -> Piece:
    """The steering column to the left of the axis."""
    join, look = maker.body.blocks[item.join], maker.look
    gate = maker.row(steering)
    inner = maker.row(data) if data else None
    r = look.circle
    drop = max(look.gap * 0.7, 26.0)
    core = look.lead + gate.h + drop  # down to the middle of the circle
    if inner is not None:
        core = max(core, look.lead + inner.h + look.gap * 0.85 + r)
    own = max(inner.left, maker.beside(inner.last)[0], r) if inner is not None else r
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


def _across(maker: Maker, item: Parallel, gate: Series) -> Piece:
    """The steering boxes in a row to the right of the axis, which saves height."""
    join, look = maker.body.blocks[item.join], maker.look
    boxes = [maker.block(part) for part in gate if isinstance(part, int)]
    words = [riders(box.last) if box.last is not None and look.riders else "" for box in boxes]
    gaps = [max(24.0, width(word, look.small) + 18) for word in words]
    high = max(box.h for box in boxes)
    r = look.circle
    axis = max(look.small + 6, high / 2 - 10.0)  # of the row, under the split
    core = axis + high / 2 + max(18.0, r - 4)
    start = r + 26.0
    right = start + sum(box.left + box.right for box in boxes) + sum(gaps)

    def draw(x: float, y: float) -> list[Element]:
        level, end, at = y + axis, y + core, x + start
        elements: list[Element] = [
            arrow(Point(x, y), Point(x, end - r)),
            arrow(Point(x, level), Point(at, level)),
            dot(Point(x, level), "edge", 3.5),
            dot(Point(x, y), "edge", 1.0),  # the line goes on
        ]
        for box, word, gap in zip(boxes, words, gaps, strict=True):
            elements += box.draw(at + box.left, level - box.h / 2)
            at += box.left + box.right
            if word:
                elements.append(
                    note(word, Point(at + (gap - 6) / 2, level - look.small * 0.8), "middle", look.small, "words")
                )
            if box is not boxes[-1]:
                elements.append(arrow(Point(at, level), Point(at + gap, level)))
                at += gap
        far = at + gaps[-1] - 4
        elements.append(
            arrow(
                Point(at, level), Point(far, level), Point(far, end), Point(x + r, end),
                stroke="gate", width=2.4, head=10,
            )
        )  # fmt: skip
        return [*elements, merge(join, Point(x, end), maker.style, r)]

    return Piece(r, right, core + r, draw, join, split=True)
