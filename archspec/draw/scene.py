"""The scene: what a picture is made of, in points, before anybody says how to paint it.

The origin is the top left corner and y grows downwards. A scene knows hues, not colours (`theme.py`
maps them), and every element says what it is, so that `check.py` can tell a box from a frame. The
order of the elements is the order in which they are painted; `Scene.of` puts lines below boxes and
boxes below words, which is the one order that Graphviz can paint as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from archspec.draw.metrics import width

FLOOR = 12.0
"""the smallest type on a slide, in points"""
MARGIN = 36.0
LEADING = 1.16
"""distance between baselines, in sizes"""


class Point(NamedTuple):
    x: float
    y: float


class Bounds(NamedTuple):
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def cx(self) -> float:
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        return self.y + self.h / 2

    def grown(self, by: float) -> Bounds:
        return Bounds(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)


@dataclass(frozen=True, slots=True)
class Tag:
    """What an element stands for, for painters that can tell it (hover text, folding, names of shapes)."""

    key: str = ""
    """names along the calls that lead to the node: "features.denseblock1.denselayer3" """
    hover: str = ""
    """lines about it: the op as one writes it, shapes, params, multiply-adds"""
    file: str = ""
    line: int = 0
    """where it is written, counted from 1; 0: unknown"""
    opens: bool = False
    """a module that has an inside: `--focus KEY` draws it"""


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one style. A raised or lowered run is painted at 0.7 of the size."""

    text: str
    bold: bool = False
    italic: bool = False
    hue: str = ""
    """where it differs from that of the line"""
    shift: Literal["", "up", "down"] = ""

    @property
    def scale(self) -> float:
        return 0.7 if self.shift else 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    runs: tuple[Run, ...]
    size: float
    hue: str = "ink"

    @property
    def width(self) -> float:
        return sum(width(run.text, self.size * run.scale, run.bold) for run in self.runs)

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


RectKind = Literal["box", "segment", "card", "frame", "bar", "swatch"]
"""box      holds words and touches no other box
segment  a piece of a concat bar: it may touch its neighbours
card     an empty offset copy behind a box
frame    encloses others; never filled
bar      a bar of a chart
swatch   a sample of a hue in the legend"""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with its words, which are centred as a block."""

    at: Bounds
    stroke: str
    """hue of the border; "": none"""
    fill: str
    """hue of the inside; "": none"""
    kind: RectKind = "box"
    width: float = 1.6
    radius: float = 8.0
    dashed: bool = False
    label: tuple[Line, ...] = ()
    tag: Tag | None = None
    group: str = ""
    """elements of one group belong together: a box, its cards and what is written on them"""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle with at most one line in it; filled and small, it is the dot where a line splits."""

    centre: Point
    radius: float
    stroke: str
    fill: str
    width: float = 1.6
    label: tuple[Line, ...] = ()
    dashed: bool = False
    tag: Tag | None = None
    group: str = ""

    @property
    def at(self) -> Bounds:
        r = self.radius
        return Bounds(self.centre.x - r, self.centre.y - r, 2 * r, 2 * r)


PathKind = Literal["edge", "rule"]
"""edge  carries data: it starts and ends on something
rule  a line of a ruler, a chart or a table"""


@dataclass(frozen=True, slots=True)
class Path:
    """Cubic Béziers: a start, then three points each (two controls and an end).

    With a head the last point is its tip. `loose` names the ends that touch nothing: "start", "end".
    """

    points: tuple[Point, ...]
    stroke: str = "edge"
    width: float = 2.0
    head: float = 0.0
    """length of the arrow head; 0: none"""
    dashed: bool = False
    kind: PathKind = "edge"
    loose: frozenset[str] = frozenset()
    tag: Tag | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line that stands by itself. `at` is at the anchor's end, half-way up the capitals."""

    at: Point
    line: Line
    anchor: Literal["start", "middle", "end"] = "middle"
    plate: bool = False
    """painted on a piece of paper that cuts the line behind it"""
    tag: Tag | None = None
    group: str = ""

    @property
    def bounds(self) -> Bounds:
        """Of the capitals and small letters, without the space above and below them."""
        w, h = self.line.width, self.line.size * 0.76
        left = {"start": self.at.x, "middle": self.at.x - w / 2, "end": self.at.x - w}[self.anchor]
        return Bounds(left, self.at.y - h / 2, w, h)


Element = Rect | Circle | Path | Text


def _layer(element: Element) -> int:
    if isinstance(element, Rect):
        return {"frame": 0, "card": 2}.get(element.kind, 3)
    return 1 if isinstance(element, Path) else 3 if isinstance(element, Circle) else 4


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture. Width and height in points; `title` and `notes` are for readers that do not look."""

    width: float
    height: float
    elements: tuple[Element, ...]
    title: str = ""
    notes: str = ""
    """source of the network, one line each: the notes of a slide"""
    key: str = ""
    """names along the calls that lead to what it shows; "": the whole network"""
    missing: tuple[str, ...] = field(default=(), compare=False)
    """what did not fit and was left out, for the one who asked"""

    @staticmethod
    def of(
        width: float,
        height: float,
        elements: Iterable[Element],
        title: str = "",
        notes: str = "",
        missing: Iterable[str] = (),
        key: str = "",
    ) -> Scene:
        """The scene of these elements, lines below boxes below words."""
        return Scene(width, height, tuple(sorted(elements, key=_layer)), title, notes, key, tuple(missing))

    def dump(self) -> str:
        """One line an element, for people and for golden tests."""
        lines = [f"scene {number(self.width)} x {number(self.height)} {self.title}".rstrip()]
        return "\n".join([*lines, *map(_dump, self.elements)]) + "\n"


def number(value: float) -> str:
    """At most two decimals, none that say nothing.

    >>> number(12.0), number(1 / 3), number(-0.001)
    ('12', '0.33', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _dump(element: Element) -> str:
    key = f" @{element.tag.key}" if element.tag and element.tag.key else ""
    if isinstance(element, Text):
        x, y = element.at
        return f"text {number(x)},{number(y)} {element.anchor} {_words(element.line)}{key}"
    dash = " dashed" if element.dashed else ""
    if isinstance(element, Path):
        points = " ".join(f"{number(x)},{number(y)}" for x, y in element.points)
        head = f" head {number(element.head)}" if element.head else ""
        return f"{element.kind} {element.stroke} {number(element.width)}{head}{dash} {points}{key}"
    label = " | ".join(map(_words, element.label))
    place = " ".join(map(number, element.at))
    kind = element.kind if isinstance(element, Rect) else "circle"
    return f"{kind} {place} {element.stroke or '-'}/{element.fill or '-'}{dash} {label}".rstrip() + key


def _words(line: Line) -> str:
    marks = {"up": "^", "down": "_", "": ""}
    runs = "".join(marks[run.shift] + (f"*{run.text}*" if run.bold else run.text) for run in line.runs)
    return f"[{number(line.size)} {line.hue}] {runs}"
