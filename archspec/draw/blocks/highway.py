"""The gate of a highway: what a layer makes and what it was given, each multiplied by its share, T and 1 − T."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.draw.blocks.piece import Piece
from archspec.draw.parts import arrow, dot, merge, note
from archspec.draw.picture import Block, Label
from archspec.draw.scene import Element, Point
from archspec.draw.structure import Parallel

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker


def fits(item: Parallel, join: Block) -> bool:
    """Whether x itself is mixed with H(x) by T(x)."""
    if join.op is None or join.op.op != "lerp" or len(item.branches) != 3:
        return False
    given, made, gate = item.branches
    return not given and bool(made) and bool(gate)


def piece(maker: Maker, item: Parallel) -> Piece:
    """H left, T in the middle, x right; two products; their sum."""
    join, look = maker.body.blocks[item.join], maker.look
    made, gate = maker.row(item.branches[1]), maker.row(item.branches[2])
    r = look.circle
    tall = max(made.h, gate.h)
    reach = max(gate.left, maker.beside(gate.last)[0])
    left = reach + look.space + max(made.right, maker.beside(made.last)[1])
    right = max(gate.right + look.space + 14, left * 0.8)
    fall, sink = max(look.gap * 1.1, 40.0), max(look.gap, 40.0)
    lead = max(look.lead, 20.0)
    h = lead + tall + fall + 2 * r + sink + r  # the sum stands below the products

    def draw(x: float, y: float) -> list[Element]:
        low = y + lead + tall
        level = low + fall + r
        end = y + h - r
        a, b = x - left, x + right
        product, total = replace(join, label=Label("×")), replace(join, label=Label("+"))
        size = look.small + 1
        return [
            arrow(Point(x, y), Point(a, y), Point(a, low - made.h)),
            arrow(Point(x, y), Point(x, low - gate.h)),
            arrow(Point(x, y), Point(b, y), Point(b, level - r), stroke="skip", width=2.8, head=11, radius=14),
            *made.draw(a, low - made.h),
            *gate.draw(x, low - gate.h),
            arrow(Point(a, low), Point(a, level - r)),
            arrow(Point(x, low), Point(x, level), Point(a + r, level), stroke="gate", width=2.4, head=10),
            arrow(Point(x, low), Point(x, level), Point(b - r, level), stroke="gate", width=2.4, head=10),
            arrow(Point(a, level + r), Point(a, end), Point(x - r, end)),
            arrow(Point(b, level + r), Point(b, end), Point(x + r, end), stroke="skip", width=2.8, head=11, radius=14),
            *maker.notes(made.last, a, low + fall / 2 - 2, size=False),
            *maker.notes(gate.last, x, low + fall / 2 - 4, size=False),
            note("H(x)", Point(a + 10, low + fall / 2 - 2), "start", size, "ink", italic=True),
            note("T(x)", Point(x + 10, low + fall / 2 - 4), "start", size, "gate", italic=True),
            note("carry x", Point(b, (y + level) / 2), "middle", size, "skip", plate=True, bold=True),
            note("T", Point((a + x) / 2, level - 13), "middle", size, "gate", bold=True),
            note("1 − T", Point((b + x) / 2, level - 13), "middle", size, "gate", bold=True),
            merge(product, Point(a, level), maker.style, r),
            merge(product, Point(b, level), maker.style, r),
            merge(total, Point(x, end), maker.style, r),
            dot(Point(x, y), "skip"),
        ]

    far = left + max(made.left, maker.beside(made.last)[0])
    return Piece(far, right + 36, h, draw, join, split=True)
