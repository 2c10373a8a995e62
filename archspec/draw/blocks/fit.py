"""How large a body can be drawn: looks are tried from the largest, with modules opened as deep as they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from archspec.draw.blocks.maker import Maker
from archspec.draw.blocks.piece import Look, Piece, natural
from archspec.draw.parts import Style
from archspec.draw.picture import Body
from archspec.draw.scene import Bounds
from archspec.draw.structure import Series, opened, series

MOST = 128
"""boxes; a body of more is no picture of one module"""

Step = tuple[float, float, float, int, tuple[int, ...]]
"""size of type on boxes, height of a box, size of type beside lines, lines in a box, gaps from wide to narrow"""

_STEPS: tuple[Step, ...] = (
    (16.0, 44.0, 13.0, 1, (52, 46, 40, 34, 30)),
    (15.0, 38.0, 13.0, 1, (34, 30, 26)),
    (15.0, 38.0, 13.0, 2, (46, 38, 30, 26)),
    (14.0, 32.0, 12.0, 2, (30, 26, 23)),
    (13.0, 28.0, 12.0, 2, (40, 34, 30, 26, 23, 20)),
    (12.0, 24.0, 12.0, 2, (23, 20, 18)),
    (12.0, 22.0, 12.0, 3, (40, 34, 28, 24, 20, 18)),
    (12.0, 22.0, 12.0, 3, (17, 15)),  # too narrow for words beside the edges
)
_ROOMS = (200.0, 176.0, 150.0, 128.0, 108.0, 92.0, 80.0, 70.0, 62.0)
_SPACES = (50.0, 36.0, 24.0, 12.0, 7.0)


Make = Callable[[Maker, Series], Piece]


def best(body: Body, frame: Bounds, style: Style, make: Make, ends: float) -> tuple[Maker, Piece] | None:
    """The piece of a body in the largest look in which it fits; `ends` is what stands above and below it."""
    high = frame.h - ends
    views = [(view, items) for view in unfolded(body) if least(view) <= high and (items := series(view))]
    for steps in (_STEPS[:5], _STEPS[5:]):
        for view, items in views:
            for step in steps:
                for look in _looks(step, style, view):
                    found = _fitted(view, items, style, look, step, make, frame.w, high)
                    if found is not None:
                        return found
    return None


def _looks(step: Step, style: Style, body: Body) -> Iterator[Look]:
    """Looks of one size of type without their widths."""
    text, box, small, folds, gaps = step
    beside = style.detail == "full" and gaps[0] > 18
    for across in (False, True) if any(block.steers for block in body.blocks) else (False,):
        yield Look(text, box, folds=folds, small=small, riders=beside, sizes="shapes" if beside else "", across=across)


def _fitted(
    body: Body, items: Series, style: Style, look: Look, step: Step, make: Make, wide: float, high: float
) -> tuple[Maker, Piece] | None:
    """The widest boxes and columns with which a look fits, and then the widest gaps. Narrower boxes are never lower."""
    *wider, narrowest = step[-1]
    needed, before = natural(body, look.text), 1e9
    columns = any(len(block.args) > 1 for block in body.blocks)
    for room in _ROOMS:
        width = min(room, max(needed + (28.0 if room >= 120 else 16.0), min(room * 0.8, 160.0)))
        if width >= before:
            continue
        before = width
        for space in _SPACES if columns else _SPACES[:1]:
            tight = replace(look, room=room, width=width, space=space, gap=float(narrowest))
            maker = Maker(body, style, tight)
            piece = make(maker, items)
            if not maker.words.fits or piece.h > high:
                return None
            if piece.left + piece.right > wide:
                continue
            for gap in wider:
                other = Maker(body, style, replace(tight, gap=float(gap)))
                loose = make(other, items)
                if other.words.fits and loose.h <= high and loose.left + loose.right <= wide:
                    return other, loose
            return maker, piece
    return None


def unfolded(body: Body) -> list[Body]:
    """The body with its modules opened, from the deepest to none: those that repeat nothing and are no network."""
    views = [body]
    while len(views) < 4:
        last = views[-1]
        numbers = {
            number
            for number, block in enumerate(last.blocks)
            if block.body is not None and not repeats(block.body) and series(block.body)
        }
        if not numbers or sum(len(b.body.blocks) if b.body else 1 for b in last.blocks) > MOST:
            break
        views.append(opened(last, numbers))
    return views[::-1]


def least(body: Body) -> float:
    """Less than the height of a body in the smallest look: its longest way from top to bottom."""
    down: list[float] = []
    for block in body.blocks:
        above = max((down[ref.node] for ref in block.args if ref.node >= 0), default=-14.0)
        down.append(above + 14.0 + (28.0 if block.role in ("merge", "concat") else 22.0))
    return max(down, default=0.0)


def repeats(body: Body) -> bool:
    """Whether a body is a row of equal modules, or of many equal ops, that other layouts fold."""
    if body.repeat is None or body.repeat.wire == "parallel":
        return False
    return any(block.body is not None for block in body.blocks) or len(body.blocks) > 4
