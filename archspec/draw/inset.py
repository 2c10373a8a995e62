"""A module drawn small, from left to right, for the frames below a whole network.

Words shrink in steps, from "1×1 conv, 128" with its norms beside it down to a chip that says "1×1", until it fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from archspec.draw.dag import Plate, small
from archspec.draw.inset_pieces import Piece, between_arrows, concat, grown, merged, row
from archspec.draw.parts import Drawing, Style, box, label_lines, merge, producer, say, tag, widest
from archspec.draw.picture import Block, Body
from archspec.draw.scene import LEADING, Bounds, Element, Line, Point, Run
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
        return between_arrows(self.run(items), self.form.gap + 4)

    def run(self, items: Series) -> Piece:
        parts: list[Piece] = []
        for item in items:
            parts += self.block(item) if isinstance(item, int) else self.parallel(item)
        return row(parts, self.form.gap)

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
        r = 12.0 if len(block.label.word) == 1 else 15.0
        return Piece(2 * r, r, r, lambda x, y: [merge(block, Point(x + r, y), self.style, r)])

    def parallel(self, item: Parallel) -> list[Piece]:
        join = self.body.blocks[item.join]
        steering = [branch for place, branch in enumerate(item.branches) if place in join.steers]
        data = [branch for place, branch in enumerate(item.branches) if place not in join.steers]
        if join.op is not None and join.op.category.value == "concat":
            lone = len(item.branches) == 2 and sum(not branch for branch in item.branches) == 1
            found = [self.grown(item, join) if lone else self.concat(item, join)]
        else:
            skips = sum(not branch for branch in data)
            found = [merged(self.runs(data), self.runs(steering), skips, self.circle(join), self.form.gap)]
        if self.form.riders and join.after:
            found.append(self.boxed(join, _riders(join.after, self.form.size), role="activation"))
        return found

    def runs(self, branches: Sequence[Series]) -> list[Piece]:
        return [self.run(branch) for branch in branches if branch]

    def grown(self, item: Parallel, join: Block) -> Piece:
        """What one branch makes, put to what went in, and how many channels that adds."""
        number = next(place for place, branch in enumerate(item.branches) if branch)
        fresh, size = join.inputs[number].channels, self.form.size
        words = (Line((Run(f"+ {fresh}", bold=True),), size, producer(0)), say("new", size, "muted"))
        said = words if self.form.channels and not self.form.chip else ()
        return grown(self.run(item.branches[number]), said, self.form.gap)

    def concat(self, item: Parallel, join: Block) -> Piece:
        wrong = tag(join, self.style) if join.mark == "error" else None
        return concat([self.run(branch) if branch else None for branch in item.branches], self.form.gap, wrong)


def _riders(words: Sequence[str], size: float, folded: bool = True) -> tuple[Line, ...]:
    size = min(size, 12.5)
    if folded:
        return tuple(say(word, size) for word in words)
    return (say(", ".join(words), size),)


def _brief(block: Block) -> str:
    """A word for a chip without a kernel."""
    return block.label.word.removeprefix("global ").removesuffix(" pool") if block.role == "pool" else block.label.word
