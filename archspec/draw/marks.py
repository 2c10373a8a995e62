"""A scene in which only marks have colour: what has none goes grey, and lines take the mark of what they lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from archspec.draw.check import border
from archspec.draw.metrics import width
from archspec.draw.parts import say
from archspec.draw.picture import Mark
from archspec.draw.scene import Bounds, Circle, Element, Line, Path, Point, Rect, Text
from archspec.draw.slide import Canvas
from archspec.draw.theme import MARKS

PLAIN = "norm"
"""the role whose hues unmarked boxes have"""
NAMES: tuple[tuple[Mark, str], ...] = (
    ("", "the same"),
    ("added", "added"),
    ("removed", "removed"),
    ("changed", "changed"),
)


def coloured(elements: Iterable[Element], marks: Mapping[str, str], *, bars: bool = True) -> list[Element]:
    """The elements of a difference, unmarked ones in grey.

    A line that starts or ends at an added part is added, one at a removed part removed. So is the piece of a
    concat's bar that it leads to, unless `bars` is false: then it is a stack of all that a dense block made.
    """
    everything = [_boxed(item, marks) for item in elements]
    marked = [item for item in everything if isinstance(item, (Rect, Circle)) and item.stroke in MARKS and item.width]
    hosts = [item for item in marked if not (isinstance(item, Rect) and item.kind == "frame")]
    lines = {id(item): _mark(item, hosts) for item in everything if isinstance(item, Path) and item.kind == "edge"}
    ends = [
        (lines[id(item)], item.points[-1])
        for item in everything
        if bars and isinstance(item, Path) and lines.get(id(item))
    ]
    found: list[Element] = []
    for item in everything:
        if isinstance(item, Path):
            found.append(_line(item, lines.get(id(item), "")))
        elif isinstance(item, Text):
            found.append(replace(item, line=_words(item.line)))
        elif isinstance(item, Circle):
            found.append(item if item.stroke in MARKS else _dot(item))
        else:
            found.append(_rect(item, hosts, ends))
    return found


def _boxed(item: Element, marks: Mapping[str, str]) -> Element:
    """A box in the hue of its block's mark, where its layout painted it otherwise. `marks` is by keys of blocks."""
    if not isinstance(item, Rect) or item.kind != "box" or item.tag is None or item.stroke in MARKS:
        return item
    mark = marks.get(item.tag.key, "")
    return replace(item, stroke=mark, fill=f"{mark}.fill", dashed=mark == "removed") if mark else item


def _mark(path: Path, hosts: Sequence[Rect | Circle]) -> str:
    marks = {
        item.stroke for item in hosts for end in (path.points[0], path.points[-1]) if border(item, end) <= 3.0
    }  # fmt: skip
    return next((mark for mark in ("error", "removed", "added") if mark in marks), "")


def _line(path: Path, mark: str) -> Path:
    if path.kind == "rule":
        return path
    if mark:
        return replace(path, stroke=mark, width=max(path.width, 2.4), dashed=path.dashed or mark == "removed")
    return replace(path, stroke="edge")


def _dot(item: Circle) -> Circle:
    fill = f"{PLAIN}.fill" if item.label else "edge"
    return replace(item, stroke=PLAIN if item.stroke else "", fill=fill if item.fill else "")


def _rect(item: Rect, hosts: Sequence[Rect | Circle], ends: Collection[tuple[str, Point]]) -> Rect:
    if item.kind == "segment" and not item.stroke:
        mark = next((mark for mark, end in ends if border(item, end) <= 3.0), "")
        label = tuple(Line(line.runs, line.size, "p0.text") for line in item.label)
        return replace(item, fill=mark or "p0", stroke="paper", width=1.0, label=label)
    if item.stroke in MARKS:
        return replace(item, label=tuple(map(_words, item.label)))
    if item.kind == "card":
        mark = next((host.stroke for host in hosts if _behind(item.at, host.at)), PLAIN)
        return replace(item, stroke=mark, fill=f"{mark}.fill", dashed=mark == "removed")
    if item.kind == "bar":
        return item
    return replace(
        item,
        stroke=PLAIN if item.stroke else "",
        fill=f"{PLAIN}.fill" if item.fill else "",
        label=tuple(map(_words, item.label)),
    )


def _behind(card: Bounds, front: Bounds) -> bool:
    """Whether a card lies behind a box: as large, and a little up and to the right."""
    return abs(card.w - front.w) + abs(card.h - front.h) < 1 and 0 < card.x - front.x < 8 and 0 < front.y - card.y < 8


def _words(line: Line) -> Line:
    """Words keep the hue of a mark; others are black or grey."""

    def plain(hue: str) -> str:
        return hue if hue in ("", "ink", "muted", *MARKS) else "muted" if hue in ("words", "skip", "gate") else "ink"

    return Line(tuple(replace(run, hue=plain(run.hue)) for run in line.runs), line.size, plain(line.hue))


def legend(canvas: Canvas, elements: Sequence[Element], y: float) -> list[Element]:
    """One row: the marks that are there, and what has none."""
    boxes = [item for item in elements if isinstance(item, (Rect, Circle)) and item.stroke]
    present = {item.stroke for item in boxes if not (isinstance(item, Rect) and item.kind == "frame")}
    names = [(mark, words) for mark, words in NAMES if (mark or PLAIN) in present]
    if all(not mark for mark, _ in names):
        return []
    size = 13.0
    total = sum(30 + width(words, size) for _, words in names) + 26 * (len(names) - 1)
    x = canvas.margin + (canvas.width - 2 * canvas.margin - total) / 2
    parts: list[Element] = []
    for mark, words in names:
        paint = mark or PLAIN
        at = Bounds(x, y - 8, 24, 16)
        parts.append(Rect(at, paint, f"{paint}.fill", "swatch", 2.2 if mark else 1.6, 5.0, mark == "removed"))
        parts.append(Text(Point(x + 30, y), say(words, size, "muted"), "start"))
        x += 30 + width(words, size) + 26
    return parts


def moved(elements: Iterable[Element], by: float) -> list[Element]:
    """The elements so much lower."""
    found: list[Element] = []
    for item in elements:
        if isinstance(item, Path):
            found.append(replace(item, points=tuple(Point(x, y + by) for x, y in item.points)))
        elif isinstance(item, Rect):
            found.append(replace(item, at=Bounds(item.at.x, item.at.y + by, item.at.w, item.at.h)))
        elif isinstance(item, Circle):
            found.append(replace(item, centre=Point(item.centre.x, item.centre.y + by)))
        else:
            found.append(replace(item, at=Point(item.at.x, item.at.y + by)))
    return found
