"""What is wrong with a scene: the rules of a readable slide, checked on its geometry. A good scene has no problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import hypot

from archspec.draw.scene import FLOOR, LEADING, Bounds, Circle, Line, Path, Point, Rect, Scene, Text, number

SLACK = 0.75
"""points that two things may share: less than a hairline"""


def problems(scene: Scene) -> list[str]:
    """Every breach of a rule, one line each.

    Nothing lies outside the canvas; no type is below the floor; words fit their box; boxes, circles, bars
    and words do not overlap; no line runs through a box or through words that do not cut it; an edge starts
    and ends on a border, on a dot or beside a word.
    """
    return list(_problems(scene))


def _problems(scene: Scene) -> Iterator[str]:
    canvas = Bounds(0, 0, scene.width, scene.height)
    rects = [item for item in scene.elements if isinstance(item, Rect)]
    circles = [item for item in scene.elements if isinstance(item, Circle)]
    texts = [item for item in scene.elements if isinstance(item, Text)]
    paths = [item for item in scene.elements if isinstance(item, Path)]
    everything: list[Rect | Circle | Text] = [*rects, *circles, *texts]
    for item in everything:
        at = item.bounds if isinstance(item, Text) else item.at
        if not _inside(at, canvas):
            yield f"{_name(item)} is outside the canvas"
        for line in (item.line,) if isinstance(item, Text) else item.label:
            if line.size < FLOOR - 1e-6:
                yield f"{_name(item)}: type of {number(line.size)} pt"
        if not isinstance(item, Text) and item.label:
            yield from _label(item, item.label)
    for path in paths:
        if not all(_inside(Bounds(x, y, 0, 0), canvas) for x, y in samples(path)):
            yield f"{_name(path)} is outside the canvas"

    solid: list[Rect | Circle] = [item for item in rects if item.kind in ("box", "segment", "bar", "swatch")]
    solid += [item for item in circles if item.radius > 6]
    frames = [item for item in rects if item.kind == "frame"]
    for one, other in combinations(solid, 2):
        if _overlap(one.at, other.at):
            yield f"{_name(one)} and {_name(other)} overlap"
    for one_text, other_text in combinations(texts, 2):
        if _overlap(one_text.bounds, other_text.bounds):
            yield f"{_name(one_text)} and {_name(other_text)} overlap"
    for text in texts:
        for item in solid:
            if _overlap(text.bounds, item.at):
                yield f"{_name(text)} lies on {_name(item)}"
    cards = [item for item in rects if item.kind == "card"]
    for card in cards:
        for item in (*solid, *texts):
            at = item.bounds if isinstance(item, Text) else item.at
            if item.group != card.group and _overlap(at, card.at):
                yield f"{_name(item)} lies on a card of {card.group}"
    for frame in frames:
        for item in (*solid, *texts, *(other for other in frames if other is not frame)):
            at = item.bounds if isinstance(item, Text) else item.at
            if _overlap(at, frame.at) and not _inside(at, frame.at) and not _inside(frame.at, at):
                yield f"{_name(item)} crosses {_name(frame)}"
    for path in paths:
        yield from _line(path, solid, circles, texts, cards)


def _label(item: Rect | Circle, label: Sequence[Line]) -> Iterator[str]:
    room, high = (item.at.w, item.at.h) if isinstance(item, Rect) else (item.radius * 1.9, item.radius * 1.9)
    for line in label:
        if line.width > room - 2:
            yield f"{_name(item)}: `{line.text}` is {number(line.width)} pt wide in {number(room)}"
    tall = sum(line.size * LEADING for line in label) - label[0].size * (LEADING - 1)
    if tall > high:
        yield f"{_name(item)}: its words are {number(tall)} pt high in {number(high)}"


def _line(
    path: Path, solid: Sequence[Rect | Circle], circles: Sequence[Circle], texts: Sequence[Text], cards: Sequence[Rect]
) -> Iterator[str]:
    points = samples(path)
    margin = SLACK + path.width / 2
    box = Bounds(
        min(x for x, _ in points),
        min(y for _, y in points),
        max(x for x, _ in points) - min(x for x, _ in points),
        max(y for _, y in points) - min(y for _, y in points),
    )
    near = box.grown(8)
    for item in solid:
        if _touch(near, item.at) and any(_within(item, point, margin + 0.5) for point in points):
            yield f"{_name(path)} runs through {_name(item)}"
    for text in texts:
        if not text.plate and _touch(near, text.bounds) and any(_in(text.bounds, point, -SLACK) for point in points):
            yield f"{_name(path)} runs through {_name(text)}"
    if path.kind == "rule":
        return
    for end, point in (("start", path.points[0]), ("end", path.points[-1])):
        if end in path.loose:
            continue
        on = any(border(item, point) <= 3.0 for item in (*solid, *circles, *cards))
        if not on and not any(_in(text.bounds.grown(9), point, 0) for text in texts):
            yield f"{_name(path)}: its {end} {number(point.x)},{number(point.y)} touches nothing"


def samples(path: Path) -> list[Point]:
    """Points along the curve, about three points apart on a straight line."""
    found: list[Point] = [path.points[0]]
    for k in range(0, len(path.points) - 3, 3):
        a, b, c, d = path.points[k : k + 4]
        steps = max(4, int(hypot(d.x - a.x, d.y - a.y) / 4))
        for step in range(1, steps + 1):
            t = step / steps
            u = 1 - t
            found.append(
                Point(
                    u**3 * a.x + 3 * u * u * t * b.x + 3 * u * t * t * c.x + t**3 * d.x,
                    u**3 * a.y + 3 * u * u * t * b.y + 3 * u * t * t * c.y + t**3 * d.y,
                )
            )
    return found


def _inside(inner: Bounds, outer: Bounds) -> bool:
    return (
        inner.x >= outer.x - SLACK
        and inner.y >= outer.y - SLACK
        and inner.right <= outer.right + SLACK
        and inner.bottom <= outer.bottom + SLACK
    )


def _overlap(a: Bounds, b: Bounds) -> bool:
    return a.x < b.right - SLACK and b.x < a.right - SLACK and a.y < b.bottom - SLACK and b.y < a.bottom - SLACK


def _touch(a: Bounds, b: Bounds) -> bool:
    return a.x <= b.right and b.x <= a.right and a.y <= b.bottom and b.y <= a.bottom


def _in(at: Bounds, point: Point, grown: float) -> bool:
    return at.x - grown < point.x < at.right + grown and at.y - grown < point.y < at.bottom + grown


def _within(item: Rect | Circle, point: Point, margin: float) -> bool:
    """Whether a point lies deeper than `margin` inside."""
    if isinstance(item, Circle):
        return hypot(point.x - item.centre.x, point.y - item.centre.y) < item.radius - margin
    return _in(item.at, point, -margin)


def border(item: Rect | Circle, point: Point) -> float:
    """Distance of a point from the border; a small dot is a point."""
    if isinstance(item, Circle):
        distance = hypot(point.x - item.centre.x, point.y - item.centre.y)
        return max(0.0, distance - item.radius) if item.radius <= 6 else abs(distance - item.radius)
    at = item.at
    dx = max(at.x - point.x, 0, point.x - at.right)
    dy = max(at.y - point.y, 0, point.y - at.bottom)
    if dx or dy:
        return hypot(dx, dy)
    return min(point.x - at.x, at.right - point.x, point.y - at.y, at.bottom - point.y)


def _name(item: Rect | Circle | Path | Text) -> str:
    if isinstance(item, Text):
        return f"text `{item.line.text}`"
    if isinstance(item, Path):
        (ax, ay), (bx, by) = item.points[0], item.points[-1]
        return f"{item.kind} {number(ax)},{number(ay)} → {number(bx)},{number(by)}"
    words = " ".join(line.text for line in item.label)
    kind = item.kind if isinstance(item, Rect) else "circle"
    return f"{kind} `{words or (item.tag.key if item.tag else '')}` at {number(item.at.x)},{number(item.at.y)}"
