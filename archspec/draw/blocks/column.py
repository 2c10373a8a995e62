"""From top to bottom: chains, residual and bottleneck blocks, gates, highways, and whatever is made of such."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from archspec.draw.blocks.maker import Maker
from archspec.draw.blocks.piece import Look, Piece, Words
from archspec.draw.parts import Drawing, Style, arrow, note
from archspec.draw.picture import Body
from archspec.draw.scene import Bounds, Element, Point, Text
from archspec.draw.structure import Series, opened, series
from archspec.draw.words import shape

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


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if style.direction == "right" or repeats(body) or len(body.blocks) > MOST:
        return None
    found = best(body, frame, style, whole)
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


def best(
    body: Body, frame: Bounds, style: Style, make: Callable[[Maker, Series], Piece], ends: float = ENDS
) -> tuple[Maker, Piece] | None:
    """The largest look in which a body fits, with its modules opened as deep as they fit."""
    views = [(view, items) for view in unfolded(body) if least(view) + ends <= frame.h and (items := series(view))]
    for steps in (_STEPS[:5], _STEPS[5:]):
        for view, items in views:
            for look, gaps in _looks(steps, style, view):
                found: tuple[Maker, Piece] | None = None
                for gap in reversed(gaps):
                    maker = Maker(view, style, replace(look, gap=float(gap)))
                    piece = make(maker, items)
                    high, wide = piece.h + ends <= frame.h, piece.left + piece.right <= frame.w
                    if not (maker.words.fits and high and wide):
                        break
                    found = maker, piece
                if found is not None:
                    return found
    return None


def _looks(steps: Sequence[Step], style: Style, body: Body) -> Iterator[tuple[Look, Sequence[int]]]:
    """Looks from the largest, each with the gaps that it may have."""
    full = style.detail == "full"
    gates = any(block.steers for block in body.blocks)
    columns = any(len(block.args) > 1 for block in body.blocks)
    for text, box, small, folds, gaps in steps:
        for across in (False, True) if gates else (False,):
            beside = full and gaps[0] > 18
            widths: set[float] = set()
            for room in _ROOMS:
                wide = Words(body, style, Look(text, box, room)).width
                if wide not in widths:
                    widths.add(wide)
                    for space in _SPACES if columns else _SPACES[:1]:
                        yield (
                            Look(text, box, room, 0.0, space, folds, small, beside, "shapes" if beside else "", across),
                            gaps,
                        )


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
