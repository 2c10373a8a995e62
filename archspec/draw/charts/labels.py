"""Room for the names in a scatter: each beside its circle, none on another name or circle's middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians, sin


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """
        >>> Box(0, 0, 2, 2).meets(Box(1, 1, 3, 3)), Box(0, 0, 1, 1).meets(Box(1, 0, 2, 1))
        (True, False)
        """
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def inside(self, other: Box) -> bool:
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.bottom <= self.bottom
            and self.top <= other.top
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """A circle with a name: its middle and radius, and the size of its name as set, all in points."""

    x: float
    y: float
    radius: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name goes: the middle of its box, and where a line from the circle ends, if one should lead to it."""

    x: float
    y: float
    end: tuple[float, float] | None


ANGLES = (0, 180, 90, 270, 35, 145, 325, 215, 60, 120, 300, 240, 15, 165, 345, 195)
GAPS = (3, 10, 20, 32, 46, 62, 80)
LED = 10
"""a name that far from its circle, in points, has a line to it"""


def place(marks: Sequence[Mark], room: Box) -> list[Place | None]:
    """A place for each name, the first marks first; None where there is no room for it.

    Greedy: nearest ring first, on it right, left, above, below, then askew. A name keeps clear of all names
    placed before, of the middles of all circles, and as far as it can of the circles themselves.
    """
    taken: list[Box] = []
    found: list[Place | None] = []
    lines: list[tuple[float, float, float, float]] = []
    for mark in marks:
        best: tuple[float, Place, Box] | None = None
        for penalty, spot, box in _candidates(mark):
            if best is not None and penalty >= best[0]:
                break
            if not box.inside(room) or any(box.meets(other) for other in taken):
                continue
            if any(_cuts(line, box) for line in lines):
                continue
            if spot.end and any(_cuts((mark.x, mark.y, *spot.end), other) for other in taken):
                continue
            cost = penalty + sum(_covers(box, other) for other in marks if other is not mark)
            if best is None or cost < best[0]:
                best = cost, spot, box
        if best is None or best[0] >= HOPELESS:
            found.append(None)
            continue
        found.append(best[1])
        taken.append(best[2])
        if best[1].end:
            lines.append((mark.x, mark.y, *best[1].end))
    return found


HOPELESS = 1000


def _candidates(mark: Mark) -> Iterator[tuple[float, Place, Box]]:
    """Places around a mark, from the best to the worst, with how bad each is."""
    half, rise = mark.width / 2, mark.height / 2
    for ring, gap in enumerate(GAPS):
        for order, angle in enumerate(ANGLES):
            across, up = cos(radians(angle)), sin(radians(angle))
            reach = mark.radius + gap
            x = mark.x + across * reach + _sign(across) * half
            y = mark.y + up * reach + _sign(up) * rise
            box = Box(x - half, y - rise, x + half, y + rise)
            nearest = (min(max(mark.x, box.left), box.right), min(max(mark.y, box.bottom), box.top))
            yield 3 * ring + 0.2 * order, Place(x, y, nearest if gap >= LED else None), box


def _sign(value: float) -> float:
    """-1 to 1, and 0 where a name stands right above or beside its circle.

    >>> _sign(cos(radians(90))), _sign(1.0)
    (0.0, 1.0)
    """
    return 0.0 if abs(value) < 0.3 else (1.0 if value > 0 else -1.0)


def _covers(box: Box, mark: Mark) -> float:
    """How bad it is to set a name on a circle, or so near that it seems to be the circle's."""
    across = max(box.left - mark.x, 0.0, mark.x - box.right)
    up = max(box.bottom - mark.y, 0.0, mark.y - box.top)
    gap = hypot(across, up)
    if gap < min(4.0, mark.radius):
        return HOPELESS
    if gap < mark.radius:
        return 5.0 + 5.0 * (1 - gap / mark.radius)
    return 2.0 if gap < mark.radius + 6 else 0.0


def _cuts(line: tuple[float, float, float, float], box: Box) -> bool:
    """Whether a line runs through a box, as far as fifteen looks along it tell."""
    x0, y0, x1, y1 = line
    for step in range(1, 16):
        t = step / 16
        x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
        if box.left < x < box.right and box.bottom < y < box.top:
            return True
    return False
