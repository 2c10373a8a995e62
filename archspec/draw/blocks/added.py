"""Branches that meet in an addition: identities run beside as skips, projections as dashed skips with their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.draw.blocks import fan
from archspec.draw.blocks.piece import NORMS, Piece
from archspec.draw.metrics import width
from archspec.draw.parts import arrow, dot, merge, note
from archspec.draw.scene import Element, Point
from archspec.draw.structure import Parallel, Series

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker

_LIGHT = ("conv", "conv1", "pool", "shape", "norm", "activation")
_CORNER, _WIDTH, _HEAD = 14.0, 2.8, 11.0


@dataclass(frozen=True, slots=True)
class Skip:
    """A line beside the axis: an identity, or a projection with its boxes on it."""

    word: str
    row: Piece | None

    def reach(self, size: float) -> tuple[float, float]:
        """To the left and to the right of its line."""
        half = width(self.word, size, True) / 2 + 4
        return max(half, self.row.left if self.row else 0.0), max(half, self.row.right if self.row else 0.0)


def piece(maker: Maker, item: Parallel) -> Piece:
    """The branches, their skips and the circle in which they meet."""
    join, look = maker.body.blocks[item.join], maker.look
    main, skips = sorted_out(maker, item)
    if len(main) != 1 and not skips:
        return fan.piece(maker, main, join)
    inner = maker.row(main[0]) if len(main) == 1 else fan.piece(maker, main, None) if main else None
    r, size = look.circle, look.small + 1
    lead = max(14.0, look.lead * 0.8) if inner is not None and inner.split else look.lead
    fall = max(look.gap * 0.85, 20.0)
    high = inner.h if inner is not None else 0.0
    rows = [skip.row.h + 2 * look.lead + 46 - r for skip in skips if skip.row is not None]
    core = max([lead + high + fall, *rows])
    h = core + 2 * r
    left, _ = maker.beside(inner.last if inner is not None else None)
    left = max(inner.left if inner is not None else 0.0, left, r)
    right = max(inner.right if inner is not None else 0.0, r)
    mirrored = right > 2 * left
    at = max(left if mirrored else right, 24.0)
    places = []
    for skip in skips:
        before, behind = skip.reach(size)
        places.append(at + 16 + (behind if mirrored else before))
        at = places[-1] + (before if mirrored else behind)
    sign = -1 if mirrored else 1

    def draw(x: float, y: float) -> list[Element]:
        end = y + core + r
        elements: list[Element] = []
        if inner is None:
            elements.append(arrow(Point(x, y), Point(x, end - r)))
        else:
            elements.append(arrow(Point(x, y), Point(x, y + lead), head=0 if inner.split else 9))
            elements += inner.draw(x, y + lead)
            elements += maker.edge(inner.last, x, y + lead + inner.h, end - r, size=False)
        for skip, place in zip(skips, places, strict=True):
            elements += _line(maker, skip, Point(x, y), x + sign * place, Point(x + sign * r, end))
        return [*elements, merge(join, Point(x, end), maker.style, r), dot(Point(x, y), "skip")]

    return Piece(at if mirrored else left, right if mirrored else at, h, draw, join, split=True)


def sorted_out(maker: Maker, item: Parallel) -> tuple[list[Series], list[Skip]]:
    """Branches that transform, and those that carry on what came in."""
    light = [branch for branch in item.branches if _light(maker, branch)]
    heavy = [branch for branch in item.branches if not _light(maker, branch)]
    if not heavy:
        heavy = [branch for branch in item.branches if branch]
        light = [branch for branch in item.branches if not branch]
    return heavy, [_skip(maker, branch) for branch in light]


def _skip(maker: Maker, branch: Series) -> Skip:
    if not branch:
        return Skip("identity", None)
    weights = any(isinstance(part, int) and maker.body.blocks[part].params for part in branch)
    return Skip("projection" if weights else "shortcut", maker.row(branch))


def _light(maker: Maker, branch: Series) -> bool:
    """Whether a branch is a shortcut: at most one convolution, and no activation behind it."""
    weights = 0
    for part in branch:
        if not isinstance(part, int):
            return False
        block = maker.body.blocks[part]
        weights += block.role in ("conv", "conv1")
        if block.role not in _LIGHT or weights > 1 or any(word not in NORMS for word in block.after):
            return False
    return True


def _line(maker: Maker, skip: Skip, start: Point, far: float, tip: Point) -> list[Element]:
    """A skip from its dot to the circle, with its word and its boxes on it."""
    size = maker.look.small + 1
    corners = (start, Point(far, start.y))
    ends = (Point(far, tip.y), tip)
    row = skip.row
    if row is None:
        line = arrow(*corners, *ends, stroke="skip", width=_WIDTH, head=_HEAD, radius=_CORNER)
        word = note(skip.word, Point(far, (start.y + tip.y) / 2), "middle", size, "skip", plate=True, bold=True)
        return [line, word]
    low_most = tip.y - _CORNER - size - 14
    top = max(start.y + _CORNER + 12, min((start.y + tip.y - row.h) / 2, low_most - row.h))
    low = top + row.h
    said = maker.left_of(row.last)
    word_at = Point(far, (low + tip.y - _CORNER) / 2)
    return [
        arrow(*corners, Point(far, top), stroke="skip", width=_WIDTH, head=_HEAD, radius=_CORNER, dashed=True),
        *row.draw(far, top),
        arrow(Point(far, low), *ends, stroke="skip", width=_WIDTH, head=_HEAD, radius=_CORNER, dashed=True),
        note(skip.word, word_at, "middle", size, "skip", plate=True, bold=True),
        *([note(said, Point(far - 10, low + 11), "end", 12.0)] if said and word_at.y - low > size + 10 else []),
    ]
