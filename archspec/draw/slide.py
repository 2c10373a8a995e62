"""One slide: title, subtitle, what a layout draws, and a legend that names only what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from archspec.draw.metrics import cut, width
from archspec.draw.parts import Drawing, say
from archspec.draw.scene import MARGIN, Bounds, Circle, Element, Line, Path, Point, Rect, Run, Scene, Text

NAMES = {
    "conv": "k×k conv",
    "conv1": "1×1 conv",
    "pool": "pooling",
    "activation": "norm, activation",
    "norm": "norm",
    "linear": "fully connected",
    "merge": "add, multiply",
    "module": "module",
    "shape": "reshaping",
    "error": "cannot be made",
}
"""what the legend says of a role"""


SMALLEST = 12.5
"""of a subtitle"""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where things stand on a slide of this size."""

    width: float = 960.0
    height: float = 540.0
    centred: bool = True
    """title in the middle (modules), or at the left (whole networks)"""
    legend: bool = True

    @property
    def margin(self) -> float:
        return MARGIN if min(self.width, self.height) >= 400 else 18.0

    @property
    def frame(self) -> Bounds:
        """What a layout may fill: between subtitle and legend."""
        top, bottom = 78.0, self.height - (54.0 if self.legend else 24.0)
        return Bounds(self.margin, top, self.width - 2 * self.margin, bottom - top)


def heading(canvas: Canvas, title: str, subtitle: Sequence[Run]) -> list[Element]:
    """Title and subtitle. A title that is too long is set smaller, then cut."""
    room = canvas.width - 2 * canvas.margin
    size = next((size for size in (26.0, 24.0, 22.0, 20.0, 18.0) if width(title, size, True) <= room), 18.0)
    x = canvas.width / 2 if canvas.centred else canvas.margin
    anchor: Literal["middle", "start"] = "middle" if canvas.centred else "start"
    parts: list[Element] = [Text(Point(x, 27), say(cut(title, size, room, True), size, bold=True), anchor)]
    facts = Line(tuple(subtitle), 14.0, "muted")
    if facts.width > room:
        facts = Line(tuple(subtitle), SMALLEST, "muted")
    if facts.width > room:
        facts = say(cut(facts.text, SMALLEST, room), SMALLEST, "muted")
    if facts.text:
        parts.append(Text(Point(x, 55), facts, anchor))
    return parts


def legend(canvas: Canvas, elements: Sequence[Element], drawing: Drawing) -> list[Element]:
    """One row at the bottom: a swatch for each role that occurs, then what the layout adds."""
    present = {item.stroke for item in elements if isinstance(item, (Rect, Circle)) and item.stroke in NAMES}
    entries = [(role, f"{role}.fill", words) for role, words in NAMES.items() if role in present and role != "module"]
    entries = entries if len(entries) > 1 else []
    entries += [("", paint, words) for paint, words in drawing.entries]
    boxes = [item for item in elements if isinstance(item, Circle) or (isinstance(item, Rect) and item.kind == "box")]
    if any(item.dashed for item in boxes):
        entries.append(("muted", "", "training only"))
    notes = " · ".join(drawing.legend)
    room = canvas.width - 2 * canvas.margin
    size = 12.0

    def wide(entries: Sequence[tuple[str, str, str]], notes: str) -> float:
        swatches = sum(24 + 6 + width(words, size) for _, _, words in entries)
        return swatches + 22 * (len(entries) - 1 + bool(notes)) + width(notes, size)

    while entries and wide(entries, notes) > room:
        if notes:
            notes = ""
        else:
            entries.pop()
    notes = cut(notes, size, room) if notes else ""
    y, x = canvas.height - 28.0, canvas.margin + max(0.0, room - wide(entries, notes)) / 2
    parts: list[Element] = []
    for stroke, fill, words in entries:
        dashed = not fill
        parts.append(Rect(Bounds(x, y - 8, 24, 16), stroke, fill, "swatch", 1.6 if stroke else 0.0, 5.0, dashed))
        x += 30
        parts.append(Text(Point(x, y), say(words, size, "muted"), "start"))
        x += width(words, size) + 22
    if notes:
        parts.append(Text(Point(x, y), say(notes, size, "muted"), "start"))
    return parts


def scene(
    canvas: Canvas,
    drawing: Drawing,
    title: str,
    subtitle: Sequence[Run],
    notes: str = "",
    key: str = "",
) -> Scene:
    """The finished slide."""
    elements = [*heading(canvas, title, subtitle), *drawing.elements]
    if canvas.legend:
        elements += legend(canvas, drawing.elements, drawing)
    return Scene.of(canvas.width, canvas.height, elements, title, notes, drawing.missing, key)


def extent(elements: Sequence[Element]) -> Bounds:
    """The smallest rectangle around elements."""
    boxes: list[Bounds] = []
    for item in elements:
        if isinstance(item, Path):
            xs, ys = [x for x, _ in item.points], [y for _, y in item.points]
            boxes.append(Bounds(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
        else:
            boxes.append(item.bounds if isinstance(item, Text) else item.at)
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    return Bounds(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)
