"""An inception module: columns that hang from the layer before and end in a bar in their colours."""

from __future__ import annotations

from dataclasses import replace

from archspec.draw.blocks import joined
from archspec.draw.blocks.column import riders_of
from archspec.draw.blocks.fit import best
from archspec.draw.blocks.maker import Maker
from archspec.draw.blocks.piece import Piece
from archspec.draw.metrics import width
from archspec.draw.parts import Drawing, Style, arrow, note
from archspec.draw.picture import Body
from archspec.draw.scene import Bounds, Point
from archspec.draw.structure import Parallel, Series, series
from archspec.draw.words import shape
from archspec.ops.base import Category

OUT = 44.0
"""height of the arrow that goes out, and of what it carries"""


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    items = series(body) if style.direction != "right" and len(body.blocks) <= 64 else None
    if not items or not _form(body, items):
        return None
    found = best(body, frame, style, _whole, OUT)
    if found is None:
        return None
    maker, piece = found
    top = frame.y + max(0.0, (frame.h - piece.h - OUT) / 2)
    axis = frame.cx + (piece.left - piece.right) / 2
    low = top + piece.h
    out = shape(body.type_of(body.outputs[0].ref))
    elements = [
        *piece.draw(axis, top),
        arrow(Point(axis, low), Point(axis, low + 30)),
        *maker.notes(piece.last, axis, low + 14, size=False),
        note(out, Point(axis, low + 38), "middle", 15.0, "ink"),
    ]
    legend = ["bar and line width: channels", "M, G: multiply-adds of the branch"]
    same = riders_of(maker.body)
    if same:
        legend[:1] = [f"each conv with {same}", "width: channels"]
    if frame.w < 700:
        legend = legend[:1]
    first = items[0]
    assert isinstance(first, Parallel)
    return Drawing(tuple(elements), tuple(legend), facts=(f"{len(first.branches)} branches",))


def _form(body: Body, items: Series) -> bool:
    """Whether it begins with branches, all of them transforming, that a concat joins."""
    first = items[0]
    if not isinstance(first, Parallel):
        return False
    join = body.blocks[first.join]
    return join.op is not None and join.op.category is Category.CONCAT and sum(map(bool, first.branches)) >= 2


def _whole(maker: Maker, items: Series) -> Piece:
    if riders_of(maker.body):
        maker.look = replace(maker.look, riders=False)
    maker.look = replace(maker.look, sizes="channels" if maker.look.sizes else "")
    first, *rest = items
    assert isinstance(first, Parallel)
    parts = [joined.piece(maker, first, head=True), *([maker.row(tuple(rest))] if rest else [])]
    piece = maker.stack(parts)
    half = width(shape(maker.body.type_of(maker.body.outputs[0].ref)), 15.0) / 2
    return replace(piece, left=max(piece.left, half), right=max(piece.right, half))
