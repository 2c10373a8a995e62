"""Branches that meet in an addition: identities run beside as skips, projections as dashed skips with their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.draw.blocks.piece import Piece
from archspec.draw.metrics import width
from archspec.draw.parts import arrow, dot, merge, note
from archspec.draw.scene import Element, Point
from archspec.draw.structure import Parallel, Series

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker

_LIGHT = ("conv", "conv1", "pool", "shape", "norm", "activation")


@dataclass(frozen=True, slots=True)
class Skip:
    """A line beside the axis: an identity, or a projection with its boxes on it."""

    word: str
    piece: Piece | None
    dashed: bool

    def half(self, size: float) -> float:
        wide = width(self.word, size, True) / 2 + 8
        return max(wide, self.piece.left if self.piece else 0.0)

    def beyond(self, size: float) -> float:
        return max(width(self.word, size, True) / 2, self.piece.right if self.piece else 0.0)


def piece(maker: Maker, item: Parallel) -> Piece:
    join = maker.body.blocks[item.join]
    main, skips = sorted_out(maker, item)
    if not main and not skips:
        return maker.circle(join)
    if len(main) > 1:
        from archspec.draw.blocks.fan import fan

        inner = fan(maker, main, join)
        return beside(maker, inner, skips, join, met=True) if skips else inner
    inner = maker.row(main[0]) if main else Piece(20, 20, 40, lambda x, y: [], None)
    return beside(maker, inner, skips, join)


def sorted_out(maker: Maker, item: Parallel) -> tuple[list[Series], list[Skip]]:
    """Branches that transform, and those that only carry on what came in."""
    blocks = maker.body.blocks
    light = [branch for branch in item.branches if _light(maker, branch)]
    heavy = [branch for branch in item.branches if not _light(maker, branch)]
    if not heavy:
        heavy = [branch for branch in item.branches if branch]
        light = [branch for branch in item.branches if not branch]
    skips = []
    for branch in light:
        # A norm or an activation on the skip does not make it a projection.
        weights = any(isinstance(part, int) and blocks[part].params for part in branch)
        word = "identity" if not branch else "projection" if weights else "shortcut"
        skips.append(Skip(word, maker.row(branch) if branch else None, bool(branch)))
    return heavy, skips


def _light(maker: Maker, branch: Series) -> bool:
    """Whether a branch is a shortcut: at most one convolution and no activation behind it."""
    weights = 0
    for part in branch:
        if not isinstance(part, int):
            return False
        block = maker.body.blocks[part]
        weights += block.role in ("conv", "conv1")
        if block.role not in _LIGHT or weights > 1 or any(word not in ("BN", "LN", "GN") for word in block.after):
            return False
    return True


def beside(maker: Maker, inner: Piece, skips: list[Skip], join: object, *, met: bool = False) -> Piece:
    """A piece on the axis with skips to its right, and the circle where they meet.

    With `met` the piece ends in the circle already.
    """
    from archspec.draw.picture import Block

    assert isinstance(join, Block)
    look = maker.look
    r, size = look.circle, look.small + 1
    lead = look.lead if not inner.split else max(14.0, look.lead * 0.8)
    fall = 0.0 if met else max(look.gap * 0.85, 18.0)
    left, right = maker.beside(inner.last)
    reach = max(inner.right, width(maker.left_of(inner.last), 0) if met else 0.0, 24.0)
    del right
    tall = [skip.piece.h + 2 * look.lead + 24 for skip in skips if skip.piece is not None]
    core = max([inner.h + fall, *(need - lead - r for need in tall)])
    places: list[float] = []
    at = reach
    for skip in skips:
        at += max(skip.half(size), 22.0) + (10 if skip.piece else 12)
        places.append(at)
        at += skip.beyond(size)
    h = lead + core + (0 if met else 2 * r)

    def draw(x: float, y: float) -> list[Element]:
        top = y + lead
        end = y + h - r  # middle of the circle
        elements: list[Element] = []
        if inner.last is not None or (inner.h and inner.split):
            elements.append(arrow(Point(x, y), Point(x, top), head=0 if inner.split else 9))
            elements += inner.draw(x, top)
            if not met:
                elements += maker.edge(inner.last, x, top + inner.h, end - r, size=False)
        else:
            elements.append(arrow(Point(x, y), Point(x, end - r)))
        if not met:
            elements.append(merge(join, Point(x, end), maker.style, r))
        for skip, shift in zip(skips, places, strict=True):
            elements += _skip(maker, skip, x, x + shift, y, end, r)
        if skips:
            elements.append(dot(Point(x, y), "skip"))
        return elements

    return Piece(max(inner.left, left, r), max([at, inner.right]), h, draw, join, split=True)


def _skip(maker: Maker, skip: Skip, x: float, far: float, y: float, end: float, r: float) -> list[Element]:
    size = maker.look.small + 1
    corner = 14.0
    elements: list[Element] = []
    width_ = 2.8
    tip = Point(x + r, end)
    if skip.piece is None:
        elements.append(
            arrow(
                Point(x, y), Point(far, y), Point(far, end), tip,
                stroke="skip", width=width_, head=11, radius=corner, dashed=skip.dashed,
            )
        )  # fmt: skip
        elements.append(note(skip.word, Point(far, (y + end) / 2), "middle", size, "skip", plate=True, bold=True))
        return elements
    inner = skip.piece
    top = (y + end) / 2 - inner.h / 2
    low = top + inner.h
    # The boxes stand in the middle of the line; the word is on the part before or behind them.
    word = (low + end - 4) / 2
    elements += [
        arrow(Point(x, y), Point(far, y), Point(far, top), stroke="skip", width=width_, head=11, radius=corner, dashed=True),
        arrow(Point(far, low), Point(far, end), tip, stroke="skip", width=width_, head=11, radius=corner, dashed=True),
        *inner.draw(far, top),
    ]  # fmt: skip
    room = end - corner - low
    if room >= size + 8:
        said = maker.left_of(inner.last)
        label = f"{skip.word}, {said}" if said else skip.word
        elements.append(note(label, Point(far, low + room / 2), "middle", size, "skip", plate=True, bold=True))
    del word
    return elements
