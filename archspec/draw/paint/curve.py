"""Arrow heads: where the line ends and which triangle stands on its end. Every painter draws the same one."""

from __future__ import annotations

from math import hypot

from archspec.draw.scene import Path, Point

SLIM = 0.4
"""half the width of a head, in lengths"""


def direction(path: Path) -> Point:
    """The unit vector in which the path arrives at its last point."""
    tip = path.points[-1]
    for before in reversed(path.points[:-1]):
        length = hypot(tip.x - before.x, tip.y - before.y)
        if length > 0.01:
            return Point((tip.x - before.x) / length, (tip.y - before.y) / length)
    return Point(1.0, 0.0)


def head(path: Path) -> tuple[Point, Point, Point]:
    """The tip and the two corners of the head."""
    tip, (dx, dy) = path.points[-1], direction(path)
    back, half = path.head, max(path.head * SLIM, path.width * 1.15)
    x, y = tip.x - dx * back, tip.y - dy * back
    return tip, Point(x - dy * half, y + dx * half), Point(x + dy * half, y - dx * half)


def shortened(path: Path) -> tuple[Point, ...]:
    """The line without the part that lies under its head."""
    if not path.head:
        return path.points
    dx, dy = direction(path)
    back = path.head * 0.9
    *points, control, tip = path.points
    end = Point(tip.x - dx * back, tip.y - dy * back)
    before = points[-2] if len(points) > 1 else points[0]
    # The last control point moves along, but never behind the piece that it belongs to.
    reach = hypot(tip.x - before.x, tip.y - before.y)
    by = min(back, reach / 2)
    return (*points, Point(control.x - dx * by, control.y - dy * by), end)
