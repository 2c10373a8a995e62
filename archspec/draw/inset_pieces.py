"""The pieces of an inset, and how larger ones are made of them: in a row, and side by side.

A piece knows its extent and draws itself once it is told where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from archspec.draw.parts import arrow, dot, producer, straight
from archspec.draw.scene import Bounds, Element, Line, Path, Point, Rect, Tag, Text


@dataclass(frozen=True, slots=True)
class Piece:
    """Something with its place open: its axis is where the arrow comes in and goes out."""

    w: float
    up: float
    down: float
    draw: Callable[[float, float], list[Element]]
    """given its left end and its axis"""
    channels: bool = True
    """it says how many channels a convolution makes"""

    @property
    def h(self) -> float:
        return self.up + self.down


def row(parts: Sequence[Piece], gap: float) -> Piece:
    """One after the other, an arrow of length `gap` between two."""

    def draw(x: float, y: float) -> list[Element]:
        elements: list[Element] = []
        for number, part in enumerate(parts):
            if number:
                elements.append(arrow(Point(x, y), Point(x + gap, y), head=8))
                x += gap
            elements += part.draw(x, y)
            x += part.w
        return elements

    return Piece(
        sum(part.w for part in parts) + gap * max(0, len(parts) - 1),
        max((part.up for part in parts), default=0.0),
        max((part.down for part in parts), default=0.0),
        draw,
    )


def between_arrows(inner: Piece, length: float) -> Piece:
    """With the arrow that comes in and the one that goes out."""

    def draw(x: float, y: float) -> list[Element]:
        return [
            arrow(Point(x, y), Point(x + length, y), loose=["start"], head=8),
            *inner.draw(x + length, y),
            arrow(Point(x + length + inner.w, y), Point(x + 2 * length + inner.w, y), loose=["end"], head=8),
        ]

    return Piece(inner.w + 2 * length, inner.up, inner.down, draw)


def merged(rows: Sequence[Piece], below: Sequence[Piece], skips: int, circle: Piece, gap: float) -> Piece:
    """Branches that meet in a circle, `skips` identities in arcs above, what only steers (`below`) in others below."""
    r = circle.w / 2
    if not rows and skips:
        skips -= 1  # nothing but the identity: it is the axis
    space = 9.0
    high = sum(row.h for row in rows) + space * max(0, len(rows) - 1)
    up = rows[0].up if len(rows) == 1 else high / 2
    down = rows[0].down if len(rows) == 1 else high / 2
    wide = max([row.w for row in (*rows, *below)], default=24.0)
    inner = max(up, 14.0) if skips else up
    total_up = max(inner + 14.0 * skips, r)
    total_down = max(down, r) + sum(row.h + 10 for row in below)

    def draw(x: float, y: float) -> list[Element]:
        start, left, right = x + 4, x + 4 + gap, x + 4 + gap + wide
        centre = Point(right + gap + r, y)
        elements: list[Element] = [dot(Point(start, y), "edge", 3.0)]
        if not rows:
            elements.append(arrow(Point(start, y), Point(centre.x - r, y), head=8))
        top = y - up
        for row in rows:
            axis = y if len(rows) == 1 else top + row.up
            indent = left + (wide - row.w) / 2
            elements += [_elbow(Point(start, y), Point(indent, axis), start), *row.draw(indent, axis)]
            # A branch away from the axis enters the circle from above or below.
            end, far = Point(indent + row.w, axis), abs(axis - y)
            if far < 2:
                elements.append(arrow(end, Point(centre.x - r, axis), head=8))
            elif far <= r + 6:
                elements.append(_elbow(end, Point(centre.x - r, y), right + gap / 2))
            else:
                side = -r if axis < y else r
                elements.append(arrow(end, Point(centre.x, axis), Point(centre.x, y + side), head=8, radius=8))
            top += row.h + space
        for number in range(skips):
            level = y - inner - 12.0 * (number + 1)
            elements.append(_skip(start, y, level, Point(centre.x, y - r)))
        if skips:
            elements.append(dot(Point(start, y), "skip", 3.5))
        low = y + max(down, r)
        for row in below:
            axis = low + 10 + row.up
            indent = left + (wide - row.w) / 2
            elements += [
                arrow(Point(start, y), Point(start, axis), Point(indent, axis), head=8, radius=8),
                *row.draw(indent, axis),
                arrow(
                    Point(indent + row.w, axis), Point(centre.x, axis), Point(centre.x, y + r),
                    stroke="gate", head=8, radius=8,
                ),
            ]  # fmt: skip
            low += row.h + 10
        return [*elements, *circle.draw(centre.x - r, y)]

    return Piece(4 + gap + wide + gap + 2 * r, total_up, total_down, draw)


def grown(inner: Piece, words: Sequence[Line], gap: float) -> Piece:
    """What one branch makes, put to what went in: the skip enters the bar from above. `words` stand behind the bar."""
    wide = 16.0
    room = sum(line.width for line in words) + 14 if words else 0.0
    old = max(inner.up, 16.0) + 4

    def draw(x: float, y: float) -> list[Element]:
        start, left = x + 4, x + 4 + gap
        end = left + inner.w + gap
        level, top = y - max(inner.up, old) - 13, y - old
        elements = [
            dot(Point(start, y), "skip", 3.5),
            arrow(Point(start, y), Point(left, y), head=8),
            *inner.draw(left, y),
            arrow(Point(left + inner.w, y), Point(end, y), stroke=producer(0), head=8),
            Rect(Bounds(end, top, wide, old - 7), "", producer(-1), "segment", 0.0, 0.0),
            Rect(Bounds(end, y - 7, wide, 14), "", producer(0), "segment", 0.0, 0.0),
            _skip(start, y, level, Point(end + wide / 2, top)),
        ]
        if words:
            out = (Point(end + wide, y), Point(end + wide + room, y))
            elements.append(Path(straight(*out), "edge", 2.0))
            elements += [
                Text(Point(end + wide + 7 + place * (words[0].width + 4), y - 12), line, "start")
                for place, line in enumerate(words)
            ]
        return elements

    return Piece(4 + gap + inner.w + gap + wide + room, max(inner.up, old) + 15, max(inner.down, 8.0), draw)


def concat(branches: Sequence[Piece | None], gap: float, wrong: Tag | None = None) -> Piece:
    """Branches that end in a bar, each at its own piece of it, in its colour; None is an identity.

    `wrong`: what is told of a bar in which a mistake is.
    """
    bar, space = 14.0, 6.0
    rows = [branch or Piece(0, 7, 7, lambda x, y: []) for branch in branches]
    blank = [branch is None for branch in branches]
    order = sorted(range(len(rows)), key=lambda place: not blank[place])  # an identity runs above the others
    high = sum(row.h for row in rows) + space * (len(rows) - 1)
    wide = max((row.w for row in rows), default=20.0) or 24.0
    full = [number for number in order if not blank[number]]
    # One branch beside identities stays on the axis.
    if len(full) == 1:
        lone = rows[full[0]]
        above = high - lone.h
        up, down = above + lone.up, lone.down
    else:
        up = down = high / 2

    def draw(x: float, y: float) -> list[Element]:
        start, left = x + 4, x + 4 + gap
        end = left + wide + gap
        elements: list[Element] = []
        top = y - up
        for place, number in enumerate(order):
            row = rows[number]
            axis = top + row.up
            indent = left + (wide - row.w) / 2
            paint = producer(-1 if blank[number] else number - sum(blank[:number]))
            edge = top + row.h + (space / 2 if place < len(rows) - 1 else 0)
            first = top - (space / 2 if place else 0)
            if blank[number]:
                elements.append(
                    arrow(
                        Point(start, y), Point(start, axis), Point(end, axis),
                        stroke="skip", width=2.4, head=8, radius=8,
                    )
                )  # fmt: skip
            else:
                elements += [
                    _elbow(Point(start, y), Point(indent, axis), start),
                    *row.draw(indent, axis),
                    arrow(Point(indent + row.w, axis), Point(end, axis), stroke=paint, head=8),
                ]
            segment = Rect(Bounds(end, first, bar, edge - first), "", paint, "segment", 0.0, 0.0)
            elements.append(segment if wrong is None else replace(segment, stroke="error", width=2.2, tag=wrong))
            top += row.h + space
        elements.append(dot(Point(start, y), "skip", 3.5) if any(blank) else dot(Point(start, y), "edge", 3.0))
        return elements

    return Piece(4 + gap + wide + gap + bar, up, down, draw)


def _skip(start: float, axis: float, level: float, end: Point) -> Path:
    """An identity in an arc: from the axis up to `level`, and down to `end`."""
    corners = Point(start, axis), Point(start, level), Point(end.x, level), end
    return arrow(*corners, stroke="skip", width=2.4, head=8, radius=10)


def _elbow(start: Point, end: Point, at: float) -> Path:
    """From a point, first up or down at `at`, then to the right."""
    if abs(start.y - end.y) < 0.5:
        return arrow(start, end, head=8)
    if abs(start.x - at) < 0.5:
        return arrow(start, Point(at, end.y), end, head=8, radius=8)
    return arrow(start, Point(at, start.y), Point(at, end.y), end, head=8, radius=6)
