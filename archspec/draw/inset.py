"""A module drawn small, from left to right, for the frames below a whole network.

A piece knows its extent and draws itself once it is told where. Words shrink in steps, from
"1×1 conv, 128" with its norms beside it down to a chip that says "1×1", until the piece fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from archspec.draw.dag import Plate, small
from archspec.draw.parts import (
    Drawing,
    Style,
    arrow,
    box,
    dot,
    label_lines,
    merge,
    producer,
    say,
    straight,
    tag,
    widest,
)
from archspec.draw.picture import Block, Body
from archspec.draw.scene import LEADING, Bounds, Element, Line, Path, Point, Rect, Run, Text
from archspec.draw.structure import Parallel, Series, count, series
from archspec.draw.words import is_changed


@dataclass(frozen=True, slots=True)
class Form:
    """How much a piece says."""

    folds: int
    """lines of a label at most"""
    size: float = 13.0
    riders: bool = False
    """norms and activations are boxes of their own"""
    chip: bool = False
    """a box says its kernel only, or its word where it has none"""
    channels: bool = True
    gap: float = 16.0


FORMS = (
    Form(1, 15.0, riders=True, gap=20.0),
    Form(1, riders=True),
    Form(2, riders=True),
    Form(2, 12.0, riders=True, gap=12.0),
    Form(1),
    Form(2, gap=14.0),
    Form(2, 12.0, gap=13.0),
    Form(1, 12.0, chip=True, gap=13.0),
    Form(1, 12.0, chip=True, channels=False, gap=12.0),
)
"""from the most words to the fewest"""


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


def pieces(body: Body, style: Style, channels: Mapping[int, str] | None = None) -> list[Piece]:
    """The body in every form that is different, from the most words to the fewest; none if it is not made of series and
    parallels. `channels` says what stands for the channels out of a block instead of their number."""
    items = series(body)
    if not items:
        return [_plated(plate) for plate in small(body, style, channels or {})]
    found: list[Piece] = []
    for form in FORMS:
        piece = _Maker(body, style, form, channels or {}).whole(items)
        piece = replace(piece, channels=form.channels)
        if not any(abs(piece.w - other.w) < 1 and abs(piece.h - other.h) < 1 for other in found):
            found.append(piece)
    return found


def _plated(plate: Plate) -> Piece:
    half = plate.height / 2
    return Piece(plate.width, half, half, lambda x, y: plate.draw(x, y - half), plate.look.out)


LARGE = (
    Form(1, 18.0, riders=True, gap=34.0),
    Form(1, 16.0, riders=True, gap=28.0),
    Form(2, 16.0, riders=True, gap=24.0),
    Form(1, 14.0, riders=True, gap=20.0),
    Form(2, 14.0, riders=True, gap=18.0),
    *FORMS,
)
"""for a slide of its own"""


def large(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    """A module on a slide of its own, as large as it fits; None if it is not made of series and parallels."""
    items = series(body)
    if not items:
        return None
    for form in LARGE:
        piece = _Maker(body, style, replace(form, riders=form.riders and style.detail == "full"), {}).whole(items)
        if piece.w <= frame.w and piece.h <= frame.h:
            x = frame.x + (frame.w - piece.w) / 2
            return Drawing(tuple(piece.draw(x, frame.y + (frame.h - piece.h) / 2 + piece.up)))
    return None


class _Maker:
    """Makes pieces of one body in one form."""

    def __init__(self, body: Body, style: Style, form: Form, channels: Mapping[int, str]):
        self.body, self.style, self.form, self.channels = body, style, form, channels

    def whole(self, items: Series) -> Piece:
        """With the arrow that comes in and the one that goes out."""
        inner, gap = self.run(items), self.form.gap + 4

        def draw(x: float, y: float) -> list[Element]:
            return [
                arrow(Point(x, y), Point(x + gap, y), loose=["start"], head=8),
                *inner.draw(x + gap, y),
                arrow(Point(x + gap + inner.w, y), Point(x + 2 * gap + inner.w, y), loose=["end"], head=8),
            ]

        return Piece(inner.w + 2 * gap, inner.up, inner.down, draw)

    # ------------------------------------------------------------------------------------------- in a row

    def run(self, items: Series) -> Piece:
        parts: list[Piece] = []
        for item in items:
            parts += self.block(item) if isinstance(item, int) else self.parallel(item)
        return self.row(parts)

    def row(self, parts: Sequence[Piece]) -> Piece:
        gap = self.form.gap

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

    def block(self, number: int) -> list[Piece]:
        """A box, and what rides on it as a second one if this form shows it."""
        block = self.body.blocks[number]
        if block.role == "merge":
            return [self.circle(block)]
        lines = self.words(number)
        if not self.form.riders:
            return [self.boxed(block, lines)]
        rides = [block.before, block.after if block.role not in ("norm", "activation") else ()]
        before, after = ([self.rider(block, words)] if words else [] for words in rides)
        if block.mark == "changed" and block.op is not None and any(rides) and "→" not in block.code:
            block = replace(block, mark="")  # what rides on it was changed
        return [*before, self.boxed(block, lines), *after]

    def rider(self, block: Block, words: Sequence[str]) -> Piece:
        """The box of what rides on a block."""
        if block.mark == "changed" and not any(map(is_changed, words)):
            block = replace(block, mark="")
        return self.boxed(block, _riders(words, self.form.size), role="activation")

    def boxed(self, block: Block, lines: Sequence[Line], role: str = "") -> Piece:
        size = self.form.size
        w = max(widest(lines) + (18 if size > 12 else 12), 30.0)
        h = len(lines) * size * LEADING + (13 if size > 12 else 9)

        def draw(x: float, y: float) -> list[Element]:
            made = box(block, Bounds(x, y - h / 2, w, h), lines, self.style, role=role)
            return [replace(made, width=1.6, tag=made.tag if not role else None)]

        return Piece(w, h / 2, h / 2, draw)

    def words(self, number: int) -> tuple[Line, ...]:
        block, form = self.body.blocks[number], self.form
        label = block.label
        if block.role in ("norm", "activation"):
            return _riders((label.word, *block.after), form.size, folded=form.folds > 1 or form.riders)
        out = (self.channels.get(number, label.out) if label.out else "") if form.channels else ""
        if form.chip:
            named = not label.kernel or "→" in label.word
            head = Run(_brief(block)) if named else Run(label.kernel, bold=True)
            tail = (Run(f", {out}"),) if out else ()
            return (Line((head, *tail), form.size),)
        if block.body is not None and block.body.repeat is not None:
            units = block.body.repeat.units
            unit = block.body.blocks[units[0]].label
            times = count(block.body)
            word = f"{times} paths" if block.body.repeat.wire == "parallel" else f"{unit.word} × {times}"
            label = replace(unit, word=word)
        label = replace(label, out=out if block.op is not None else "")
        bold = block.body is not None
        for room in (0.0, 60.0, 90.0, 400.0) if form.folds > 1 else (400.0,):
            lines = label_lines(label, form.size, room, folds=form.folds, bold=bold)
            if lines:
                return lines
        return (say(label.text, form.size, bold=bold),)

    def circle(self, block: Block) -> Piece:
        r = _radius(block)
        return Piece(2 * r, r, r, lambda x, y: [merge(block, Point(x + r, y), self.style, r)])

    # ----------------------------------------------------------------------------------------- side by side

    def parallel(self, item: Parallel) -> list[Piece]:
        join = self.body.blocks[item.join]
        steering = [branch for place, branch in enumerate(item.branches) if place in join.steers]
        data = [branch for place, branch in enumerate(item.branches) if place not in join.steers]
        if join.op is not None and join.op.category.value == "concat":
            lone = len(item.branches) == 2 and sum(not branch for branch in item.branches) == 1
            found = [self.grown(item, join) if lone else self.concat(item, join)]
        else:
            found = [self.merged(data, steering, join)]
        if self.form.riders and join.after:
            found.append(self.boxed(join, _riders(join.after, self.form.size), role="activation"))
        return found

    def merged(self, data: Sequence[Series], steering: Sequence[Series], join: Block) -> Piece:
        """Branches that meet in a circle: identities in an arc above, what only steers in one below."""
        gap, r = self.form.gap, _radius(join)
        skips = sum(not branch for branch in data)
        rows = [self.run(branch) for branch in data if branch]
        below = [self.run(branch) for branch in steering if branch]
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
        circle = self.circle(join)

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
                elements += [
                    _elbow(Point(start, y), Point(indent, axis), start),
                    *row.draw(indent, axis),
                ]
                # A branch away from the axis enters the circle from above or below.
                if abs(axis - y) < 2:
                    elements.append(arrow(Point(indent + row.w, axis), Point(centre.x - r, axis), head=8))
                else:
                    side = -r if axis < y else r
                    if abs(axis - y) <= r + 6:
                        elements.append(_elbow(Point(indent + row.w, axis), Point(centre.x - r, y), right + gap / 2))
                    else:
                        elements.append(
                            arrow(
                                Point(indent + row.w, axis), Point(centre.x, axis), Point(centre.x, y + side),
                                head=8, radius=8,
                            )
                        )  # fmt: skip
                top += row.h + space
            for number in range(skips):
                level = y - inner - 12.0 * (number + 1)
                elements.append(
                    arrow(
                        Point(start, y), Point(start, level), Point(centre.x, level), Point(centre.x, y - r),
                        stroke="skip", width=2.4, head=8, radius=10,
                    )
                )  # fmt: skip
            if skips:
                elements.append(dot(Point(start, y), "skip", 3.5))
            low = y + max(down, r)
            for row in below:
                axis = low + 10 + row.up
                indent = left + (wide - row.w) / 2
                elements += [
                    arrow(
                        Point(start, y), Point(start, axis), Point(indent, axis), stroke="edge", head=8, radius=8
                    ),
                    *row.draw(indent, axis),
                    arrow(
                        Point(indent + row.w, axis), Point(centre.x, axis), Point(centre.x, y + r),
                        stroke="gate", head=8, radius=8,
                    ),
                ]  # fmt: skip
                low += row.h + 10
            return [*elements, *circle.draw(centre.x - r, y)]

        return Piece(4 + gap + wide + gap + 2 * r, total_up, total_down, draw)

    def grown(self, item: Parallel, join: Block) -> Piece:
        """What one branch makes, put to what went in: the skip enters the bar from above."""
        gap, wide = self.form.gap, 16.0
        number = next(place for place, branch in enumerate(item.branches) if branch)
        row = self.run(item.branches[number])
        fresh = join.inputs[number].channels
        size = self.form.size
        said = (Line((Run(f"+ {fresh}", bold=True),), size, producer(0)), say("new", size, "muted"))
        beside = self.form.channels and not self.form.chip
        words = sum(line.width for line in said) + 14 if beside else 0.0
        old = max(row.up, 16.0) + 4

        def draw(x: float, y: float) -> list[Element]:
            start, left = x + 4, x + 4 + gap
            end = left + row.w + gap
            level, top = y - max(row.up, old) - 13, y - old
            elements = [
                dot(Point(start, y), "skip", 3.5),
                arrow(Point(start, y), Point(left, y), head=8),
                *row.draw(left, y),
                arrow(Point(left + row.w, y), Point(end, y), stroke=producer(0), head=8),
                Rect(Bounds(end, top, wide, old - 7), "", producer(-1), "segment", 0.0, 0.0),
                Rect(Bounds(end, y - 7, wide, 14), "", producer(0), "segment", 0.0, 0.0),
                arrow(
                    Point(start, y), Point(start, level), Point(end + wide / 2, level), Point(end + wide / 2, top),
                    stroke="skip", width=2.4, head=8, radius=10,
                ),
            ]  # fmt: skip
            if beside:
                out = (Point(end + wide, y), Point(end + wide + words, y))
                elements.append(Path(straight(*out), "edge", 2.0))
                elements += [
                    Text(Point(end + wide + 7 + place * (said[0].width + 4), y - 12), line, "start")
                    for place, line in enumerate(said)
                ]
            return elements

        return Piece(4 + gap + row.w + gap + wide + words, max(row.up, old) + 15, max(row.down, 8.0), draw)

    def concat(self, item: Parallel, join: Block) -> Piece:
        """Branches that end in a bar, each at its own piece of it, in its colour."""
        gap, bar, space = self.form.gap, 14.0, 6.0
        rows = [self.run(branch) if branch else Piece(0, 7, 7, lambda x, y: []) for branch in item.branches]
        blank = [not branch for branch in item.branches]
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
            skipped = False
            for place, number in enumerate(order):
                row = rows[number]
                axis = top + row.up
                indent = left + (wide - row.w) / 2
                paint = producer(-1 if blank[number] else number - sum(blank[:number]))
                edge = top + row.h + (space / 2 if place < len(rows) - 1 else 0)
                first = top - (space / 2 if place else 0)
                if blank[number]:
                    skipped = True
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
                piece = Rect(Bounds(end, first, bar, edge - first), "", paint, "segment", 0.0, 0.0)
                if join.mark == "error":
                    piece = replace(piece, stroke="error", width=2.2, tag=tag(join, self.style))
                elements.append(piece)
                top += row.h + space
            elements.append(dot(Point(start, y), "skip" if skipped else "edge", 3.5 if skipped else 3.0))
            return elements

        return Piece(4 + gap + wide + gap + bar, up, down, draw)


def _radius(block: Block) -> float:
    return 12.0 if len(block.label.word) == 1 else 15.0


def _elbow(start: Point, end: Point, at: float) -> Path:
    """From a point, first up or down at `at`, then to the right."""
    if abs(start.y - end.y) < 0.5:
        return arrow(start, end, head=8)
    if abs(start.x - at) < 0.5:
        return arrow(start, Point(at, end.y), end, head=8, radius=8)
    return arrow(start, Point(at, start.y), Point(at, end.y), end, head=8, radius=6)


def _riders(words: Sequence[str], size: float, folded: bool = True) -> tuple[Line, ...]:
    size = min(size, 12.5)
    if folded:
        return tuple(say(word, size) for word in words)
    return (say(", ".join(words), size),)


def _brief(block: Block) -> str:
    """A word for a chip without a kernel."""
    return block.label.word.removeprefix("global ").removesuffix(" pool") if block.role == "pool" else block.label.word
