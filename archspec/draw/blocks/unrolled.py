"""Residual units in a row, from left to right: each is added to what it read, so that the skips make one long line."""

from __future__ import annotations

from archspec.draw.parts import Drawing, Style, arrow, box, cards, dot, label_lines, merge, note, say
from archspec.draw.picture import Body
from archspec.draw.scene import Bounds, Element, Point, Text
from archspec.draw.words import shape

MOST = 6


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if body.repeat is None or body.repeat.wire != "residual" or style.direction == "down":
        return None
    count = len(body.repeat.units)
    for shown in range(min(count, MOST), 1, -1):
        if shown == count - 1:
            continue
        for text, wide, gap in (
            (18.0, 96.0, 24.0),
            (16.0, 80.0, 24.0),
            (14.0, 66.0, 20.0),
            (13.0, 54.0, 15.0),
            (13.0, 46.0, 12.0),
        ):
            drawing = _row(body, frame, style, shown, text, wide, gap)
            if drawing is not None:
                return drawing
    return None


def _row(body: Body, frame: Bounds, style: Style, shown: int, text: float, wide: float, gap: float) -> Drawing | None:
    """The first units and the last, as many as are to be shown."""
    assert body.repeat is not None
    units = body.repeat.units
    numbers = [*units[: shown - 1], units[-1]] if shown < len(units) else list(units)
    folded = shown < len(units)
    r, lead, ends = (16.0, 22.0, 34.0) if gap > 16 else (13.0, 14.0, 22.0)
    pitch = lead + gap + wide + gap + 2 * r
    skip = 56.0 if folded else 0.0
    total = pitch * shown + skip + 2 * ends + 24
    if total > frame.w:
        return None
    lines = [label_lines(body.blocks[number].label, text, wide - 10, folds=2, bold=True) for number in numbers]
    high, rise = 64.0, 66.0
    y = frame.cy + 14
    x = frame.x + (frame.w - total) / 2 + 12
    elements: list[Element] = [
        note("x", Point(x, y), "middle", 18.0, "ink", italic=True),
        note(shape(body.inputs[0]), Point(x - 8, y + high / 2 + 24), "start", 13.0),
    ]
    x += 10
    start = x
    x += ends - 10
    for place, (number, words) in enumerate(zip(numbers, lines, strict=True)):
        if words is None:
            return None
        if folded and place == shown - 1:
            elements += [
                arrow(Point(start, y), Point(x + 6, y), head=0, loose=["end"]),
                Text(Point(x + skip / 2 - 6, y), say("…", 24.0, "muted", bold=True)),
            ]
            start = x + skip - 22
            x += skip
        unit, join = body.blocks[number], body.blocks[number + 1]
        split, left = Point(x, y), x + gap
        centre = Point(left + wide + gap + r, y)
        front = box(unit, Bounds(left, y - high / 2, wide, high), words, style)
        deck = unit.body is not None and unit.body.repeat is not None
        elements += [
            arrow(Point(start, y), split, head=0, loose=["start"] if folded and place == shown - 1 else []),
            arrow(split, Point(left, y)),
            *(cards(front) if deck else ()),
            front,
            arrow(Point(left + wide, y), Point(centre.x - r, y)),
            arrow(
                split, Point(x, y - rise), Point(centre.x, y - rise), Point(centre.x, y - r),
                stroke="skip", width=2.8, head=11, radius=14,
            ),
            merge(join, centre, style, r),
            dot(split),
        ]  # fmt: skip
        start = centre.x + r
        x = start + lead
    word = note("identity", Point(0, 0), size=14.0, hue="skip", bold=True).line
    if word.width + 40 < wide + 2 * gap + r:
        first = frame.x + (frame.w - total) / 2 + 12 + ends
        elements.append(Text(Point(first + (gap * 2 + wide + r) / 2, y - rise), word, plate=True))
    elements += [
        arrow(Point(start, y), Point(start + ends, y)),
        note("y", Point(start + ends + 9, y), "middle", 18.0, "ink", italic=True),
    ]
    return Drawing(tuple(elements), facts=(f"{len(units)} residual units",))
