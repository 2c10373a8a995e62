"""From top to bottom: chains, residual and bottleneck blocks, gates, highways, and whatever is made of such."""

from __future__ import annotations

from dataclasses import replace

from archspec.draw.blocks.fit import MOST, best, repeats
from archspec.draw.blocks.maker import Maker
from archspec.draw.blocks.piece import Piece
from archspec.draw.parts import Drawing, Style, arrow, note
from archspec.draw.picture import Body
from archspec.draw.scene import Bounds, Element, Point, Text
from archspec.draw.structure import Series
from archspec.draw.words import shape


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if style.direction == "right" or repeats(body) or len(body.blocks) > MOST:
        return None
    found = best(body, frame, style, whole, ENDS)
    if found is None:
        return None
    maker, piece = found
    high = piece.h + ENDS
    top = frame.y + max(0.0, (frame.h - high) / 2)
    axis = frame.cx + (piece.left - piece.right) / 2
    return Drawing(tuple(ended(maker, piece, axis, top)), unsaid(maker))


ENDS = 2 * (14 + 34)
"""height of the input above a piece and of the output below it"""


def ended(maker: Maker, piece: Piece, x: float, y: float) -> list[Element]:
    """A piece between x and y."""
    inside, outside = maker.body.inputs[0], maker.body.type_of(maker.body.outputs[0].ref)
    small = maker.look.small
    top = y + 48
    low = top + piece.h
    said: list[Element] = maker.notes(piece.last, x, low + 15, size=False)
    return [
        Text(Point(x, y + 6), note("x", Point(0, 0), size=18, hue="ink", italic=True).line),
        arrow(Point(x, y + 16), Point(x, top), head=0 if piece.split else 9),
        note(shape(inside), Point(x + 10, y + (28 if piece.split else 30)), "start", small),
        *piece.draw(x, top),
        arrow(Point(x, low), Point(x, low + 32)),
        *said,
        note(shape(outside), Point(x + 10, low + 15), "start", small),
        Text(Point(x, low + 41), note("y", Point(0, 0), size=18, hue="ink", italic=True).line),
    ]


def whole(maker: Maker, items: Series) -> Piece:
    """The piece of a body from top to bottom, as wide as its ends need it."""
    piece = maker.row(items)
    left, _ = maker.beside(piece.last)
    return replace(piece, left=max(piece.left, left), right=max(piece.right, 100.0))


def unsaid(maker: Maker) -> tuple[str, ...]:
    """For the legend: what rides on every convolution and is not said beside the edges."""
    same = riders_of(maker.body)
    return (f"each conv with {same}",) if same and not maker.look.riders else ()


def riders_of(body: Body) -> str:
    """What rides on every convolution of a body, if it is the same on all of them and on nothing else."""
    convs = [block for block in body.blocks if block.role in ("conv", "conv1")]
    others = any(block.after for block in body.blocks if block.role not in ("conv", "conv1"))
    found = {block.after for block in convs}
    return ", ".join(next(iter(found))) if len(found) == 1 and not others else ""
