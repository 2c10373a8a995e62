"""The grammar of a picture: boxes, arrows, skips, joins. Every layout draws with these, so that all look alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot
from typing import Literal

from archspec.draw.metrics import width, wrap
from archspec.draw.picture import Block, Body, Label
from archspec.draw.scene import LEADING, Bounds, Circle, Element, Line, Path, Point, Rect, Run, Tag, Text
from archspec.draw.theme import PRODUCERS
from archspec.draw.words import figure, shape

Direction = Literal["right", "down"]
Detail = Literal["full", "plain"]
"""plain: kernels and channels only; full: norms, activations and sizes as well"""


@dataclass(frozen=True, slots=True)
class Style:
    """How large things are, in points. Layouts ask this and keep no numbers of type of their own."""

    direction: Direction | None = None
    """None: as the layout likes it best"""
    detail: Detail = "full"
    text: float = 16.0
    """on boxes"""
    small: float = 13.0
    """sizes, notes, norms beside an edge"""
    floor: float = 12.0
    box: tuple[float, float] = (176.0, 44.0)
    """width and height of a box of one line"""
    gap: float = 52.0
    """between two boxes in the direction of the flow, with room for a word beside the arrow"""
    prefix: str = ""
    """names along the calls that lead to the body that is drawn"""
    file: str = ""
    compared: bool = False
    """costs are differences, and have a sign"""

    def cost(self, number: int) -> str:
        """A cost in words."""
        return f"+{figure(number)}" if self.compared and number > 0 else figure(number)

    def key(self, block: Block) -> str:
        return f"{self.prefix}.{block.name}" if self.prefix else block.name


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a layout gives back. The slide adds title, subtitle and the legend of the hues that occur."""

    elements: tuple[Element, ...]
    legend: tuple[str, ...] = ()
    """what lines and widths mean: "bar and line width: output channels" """
    entries: tuple[tuple[str, str], ...] = ()
    """legend entries that roles do not give: (hue, words), as a solid swatch"""
    facts: tuple[str, ...] = ()
    """for the subtitle: "4 branches", "growth rate 32" """
    missing: tuple[str, ...] = field(default=())
    """what did not fit and was left out"""


# ----------------------------------------------------------------------------------------------------- words


def say(text: str, size: float, hue: str = "ink", *, bold: bool = False, italic: bool = False) -> Line:
    return Line((Run(text, bold, italic),), size, hue)


def label_lines(
    label: Label, size: float, room: float, *, folds: int = 3, bold: bool = False
) -> tuple[Line, ...] | None:
    """A label in as few lines of at most `room` points as it takes; None if `folds` lines are not enough.

    The kernel is bold. `bold` sets the word bold where there is no kernel: names of modules.
    """
    head = (Run(label.kernel, bold=True),) if label.kernel else ()
    tail = ", ".join(part for part in (label.out, *label.notes) if part)
    word = Run(label.word, bold=bold and not head)
    space = (Run(" "),) if head else ()
    forms: list[list[tuple[Run, ...]]] = [
        [(*head, *space, word, *((Run(f", {tail}"),) if tail else ()))],
        [(*head, *space, word), *([(Run(tail),)] if tail else [])],
        [*([head] if head else []), (word,), *([(Run(tail),)] if tail else [])],
    ]
    broken = _broken(label.word, size, room, bold and not head)
    if broken:
        pieces = [(Run(part, bold=word.bold),) for part in broken]
        forms.append([*([head] if head else []), *pieces, *([(Run(tail),)] if tail else [])])
    for form in forms:
        lines = tuple(Line(runs, size) for runs in form)
        if len(lines) <= folds and all(line.width <= room for line in lines):
            return lines
    return None


def _broken(word: str, size: float, room: float, bold: bool) -> list[str]:
    return wrap(word, size, room, bold) or []


def height(lines: Sequence[Line]) -> float:
    """Of lines as a block, from the top of the first capitals to a little below the last baseline."""
    return sum(line.size * LEADING for line in lines)


def widest(lines: Sequence[Line]) -> float:
    return max((line.width for line in lines), default=0.0)


def note(
    words: str,
    at: Point,
    anchor: Literal["start", "middle", "end"] = "start",
    size: float = 13.0,
    hue: str = "muted",
    *,
    plate: bool = False,
    bold: bool = False,
    italic: bool = False,
) -> Text:
    """Words beside something."""
    return Text(at, say(words, size, hue, bold=bold, italic=italic), anchor, plate)


def riders(block: Block) -> str:
    """What rides on a block, for the word beside its edge: "BN, ReLU"."""
    return ", ".join(block.after)


# ----------------------------------------------------------------------------------------------------- boxes


def tag(block: Block, style: Style) -> Tag:
    """What a painter can tell about a block."""
    lines = [block.code or block.label.text]
    if block.before:
        lines[0] = f"{', '.join(block.before)} + {lines[0]}"
    if block.after:
        lines[0] += f" + {riders(block)}"
    lines.append(f"{' , '.join(map(shape, block.inputs))} → {' , '.join(map(shape, block.outputs))}")
    if block.params or block.mads:
        lines.append(f"{style.cost(block.params)} params, {style.cost(block.mads)} multiply-adds")
    if block.only:
        lines.append(f"{block.only} only")
    if block.shares:
        lines.append(f"uses the weights of {block.shares} again")
    line = block.span.line if block.span is not None else 0
    return Tag(style.key(block), "\n".join(lines), style.file, line, block.body is not None)


def hue(block: Block) -> str:
    """The role that a block is painted in."""
    return block.role if block.role != "concat" else "merge"


def box(block: Block, at: Bounds, lines: Sequence[Line], style: Style, *, role: str = "") -> Rect:
    """The box of a block. What exists in one mode alone has a dashed border."""
    paint = block.mark or role or hue(block)
    return Rect(
        at,
        paint,
        f"{paint}.fill",
        radius=min(8.0, at.w / 4, at.h / 4) if block.role != "module" else min(10.0, at.w / 4, at.h / 4),
        width=2.2 if block.role == "module" or block.mark else 1.6,
        dashed=block.only is not None or block.mark == "removed",
        label=tuple(lines),
        tag=tag(block, style),
        group=style.key(block),
    )


def cards(front: Rect, step: float = 3.0) -> list[Rect]:
    """The two offset cards behind the box of a folded module."""
    return [
        Rect(
            Bounds(front.at.x + by, front.at.y - by, front.at.w, front.at.h),
            "card",
            "card.fill",
            "card",
            1.0,
            front.radius,
            group=front.group,
        )
        for by in (2 * step, step)
    ]


def merge(block: Block, centre: Point, style: Style, radius: float = 18.0) -> Circle:
    """The circle of an addition or a product."""
    sign = block.label.word
    size = round(radius * 22 / 18, 1)
    while width(sign, size, True) > 1.8 * radius and size > style.floor:
        size = max(size - 1, style.floor)
    paint = block.mark or "merge"
    return Circle(
        centre,
        radius,
        paint,
        f"{paint}.fill",
        width=2.2 if block.mark else 1.6,
        label=(say(sign, size, bold=True),),
        tag=tag(block, style),
        group=style.key(block),
        dashed=block.only is not None or block.mark == "removed",
    )


def frame(at: Bounds, stroke: str) -> Rect:
    """The dashed frame of an inset."""
    return Rect(at, stroke, "", "frame", 1.2, 12.0, dashed=True)


def producer(place: int) -> str:
    """The hue of the concat's input at `place`, the first being 0; place -1 is what went in."""
    return PRODUCERS[0] if place < 0 else PRODUCERS[1 + place % (len(PRODUCERS) - 1)]


def bar(
    at: Bounds,
    channels: Sequence[int],
    hues: Sequence[str],
    *,
    upright: bool = False,
    size: float = 15.0,
    least: float = 4.0,
) -> list[Rect]:
    """A concat as a bar in segments, as long as the channels of each producer; a number where it fits.

    An upright bar has its first segment at the top. No segment is shorter than `least`.
    """
    total = sum(channels) or 1
    length = at.h if upright else at.w
    spare = length - least * len(channels)
    segments, start = [], at.y if upright else at.x
    for count, paint in zip(channels, hues, strict=True):
        extent = least + spare * count / total
        place = Bounds(at.x, start, at.w, extent) if upright else Bounds(start, at.y, extent, at.h)
        line = say(str(count), size, f"{paint}.text", bold=True)
        fits = line.width + 6 <= place.w and line.size <= place.h
        segments.append(Rect(place, "", paint, "segment", 0.0, 0.0, label=(line,) if fits else ()))
        start += extent
    return segments


# ----------------------------------------------------------------------------------------------------- lines


def straight(*corners: Point) -> tuple[Point, ...]:
    """A polyline as Béziers."""
    points = [corners[0]]
    for a, b in pairwise(corners):
        points += [Point(a.x + (b.x - a.x) * part / 3, a.y + (b.y - a.y) * part / 3) for part in (1, 2, 3)]
    return tuple(points)


def rounded(corners: Sequence[Point], radius: float = 12.0) -> tuple[Point, ...]:
    """A polyline with round corners as Béziers; a corner is never rounder than half of its shorter side."""
    points: list[Point] = [corners[0]]

    def to(end: Point) -> None:
        a = points[-1]
        if hypot(end.x - a.x, end.y - a.y) > 1e-6:
            points.extend(straight(a, end)[1:])

    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        legs = [hypot(other.x - corner.x, other.y - corner.y) for other in (before, after)]
        r = min(radius, legs[0] / 2, legs[1] / 2)
        if r < 0.5:
            to(corner)
            continue
        start, end = (
            Point(corner.x + (other.x - corner.x) * r / leg, corner.y + (other.y - corner.y) * r / leg)
            for other, leg in zip((before, after), legs, strict=True)
        )
        to(start)
        k = 0.448  # 1 - 0.552: the control points of a quarter circle lie that far from the corner
        points += [
            Point(corner.x + (start.x - corner.x) * k, corner.y + (start.y - corner.y) * k),
            Point(corner.x + (end.x - corner.x) * k, corner.y + (end.y - corner.y) * k),
            end,
        ]
    to(corners[-1])
    return tuple(points)


def arrow(
    *corners: Point,
    stroke: str = "edge",
    width: float = 2.0,
    head: float = 9.0,
    radius: float = 12.0,
    dashed: bool = False,
    loose: Sequence[str] = (),
) -> Path:
    """A line along corners with a head at the last, which is where the tip touches. Head 0: none."""
    return Path(rounded(corners, radius), stroke, width, head, dashed, loose=frozenset(loose))


def dot(at: Point, stroke: str = "skip", radius: float = 3.5) -> Circle:
    """Where a line splits."""
    return Circle(at, radius, "", stroke, 0.0)


def inputs_of(body: Body, number: int) -> tuple[Block | None, ...]:
    """The blocks that block `number` reads; None for an input of the body."""
    return tuple(body.blocks[ref.node] if ref.node >= 0 else None for ref in body.blocks[number].args)
