"""Series and parallels from top to bottom: rows of boxes on an axis, and what joins branches, each in its own form."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.draw.blocks import added, gated, highway, joined
from archspec.draw.blocks.piece import NORMS, Look, Piece, Words
from archspec.draw.metrics import width
from archspec.draw.parts import Style, arrow, box, cards, merge, note, riders, say
from archspec.draw.picture import Block, Body
from archspec.draw.scene import Bounds, Element, Point, Rect
from archspec.draw.structure import Parallel, Series
from archspec.draw.words import is_changed, shape
from archspec.ops.base import Category


class Maker:
    """Makes the pieces of one body in one look."""

    def __init__(self, body: Body, style: Style, look: Look):
        self.body, self.style, self.look = body, style, look
        self.words = Words(look)

    def row(self, items: Series) -> Piece:
        """Blocks and parallels one behind the other on one axis."""
        return self.stack([self.block(item) if isinstance(item, int) else self.parallel(item) for item in items])

    def stack(self, parts: Sequence[Piece]) -> Piece:
        """Pieces one behind the other, with what flows between them written beside the arrows."""
        gaps = [
            max(self.look.gap * 0.62, self.look.small + 7 if self.look.riders else 12.0)
            if part.split
            else self.look.gap
            for part in parts[1:]
        ]
        sides = [self.beside(part.last) for part in parts[:-1]]

        def draw(x: float, y: float) -> list[Element]:
            elements = parts[0].draw(x, y)
            y += parts[0].h
            for before, part, gap in zip(parts, parts[1:], gaps, strict=False):
                elements += self.edge(before.last, x, y, y + gap, head=not part.split)
                elements += part.draw(x, y + gap)
                y += gap + part.h
            return elements

        return Piece(
            max([part.left for part in parts] + [left for left, _ in sides]),
            max([part.right for part in parts] + [right for _, right in sides]),
            sum(part.h for part in parts) + sum(gaps),
            draw,
            parts[-1].last,
            parts[0].split,
        )

    def block(self, number: int) -> Piece:
        """A box, or the circle of what joins by arithmetic."""
        block = self.body.blocks[number]
        if block.role == "merge":
            return self.circle(block)
        lines = self.words.of(block)
        w, h = self.words.width, self.words.high(lines)
        deck = block.body is not None and block.body.repeat is not None

        def draw(x: float, y: float) -> list[Element]:
            front = box(block, Bounds(x - w / 2, y, w, h), lines, self.style)
            return [*(cards(front) if deck else ()), front]

        boxed = Piece(w / 2, w / 2 + (6 if deck else 0), h, draw, block)
        return self.led(block, boxed) if block.before and self.look.riders else boxed

    def led(self, block: Block, boxed: Piece) -> Piece:
        """A box with the small one of its norm and activation above it."""
        line = say(", ".join(block.before), self.look.small)
        w, h, gap = max(boxed.left * 2, line.width + 16), self.look.small + 11, 15.0

        def draw(x: float, y: float) -> list[Element]:
            small = Rect(Bounds(x - w / 2, y, w, h), "activation", "activation.fill", label=(line,))
            return [small, arrow(Point(x, y + h), Point(x, y + h + gap), head=8), *boxed.draw(x, y + h + gap)]

        return Piece(max(boxed.left, w / 2), max(boxed.right, w / 2), h + gap + boxed.h, draw, block)

    def circle(self, block: Block) -> Piece:
        r = self.look.circle
        return Piece(r, r, 2 * r, lambda x, y: [merge(block, Point(x, y + r), self.style, r)], block)

    def parallel(self, item: Parallel) -> Piece:
        """Branches and what joins them, in the form that the join asks for."""
        join = self.body.blocks[item.join]
        if join.op is not None and join.op.category is Category.CONCAT:
            return joined.piece(self, item)
        if highway.fits(item, join):
            return highway.piece(self, item)
        if gated.fits(item, join):
            return gated.piece(self, item)
        return added.piece(self, item)

    # ------------------------------------------------------------------------------------------- beside lines

    def left_of(self, block: Block | None) -> str:
        """Left of the edge that leaves a block: what rides on it."""
        if block is None or not self.look.riders or block.role in ("norm", "activation"):
            return ""
        return riders(block)

    def right_of(self, block: Block | None) -> str:
        """Right of it: what flows there."""
        if block is None or not self.look.sizes:
            return ""
        if self.look.sizes == "channels":
            return str(block.output.channels) if self.look.gap >= 26 else ""
        # Where it is narrow only what changes is said; the channels stand on the box.
        same = block.output.spatial == block.input.spatial and block.role != "concat"
        return "" if same and self.look.gap < 26 else shape(block.output)

    def beside(self, block: Block | None) -> tuple[float, float]:
        """How far the words beside an edge reach to its left and its right."""
        left, right = self.left_of(block), self.right_of(block)
        return (
            width(left, self.look.small) + 12 if left else 0.0,
            width(right, self.look.small) + 12 if right else 0.0,
        )

    def edge(
        self, block: Block | None, x: float, top: float, bottom: float, *, head: bool = True, size: bool = True
    ) -> list[Element]:
        """The edge that leaves a block, straight down, with the words beside it."""
        line = arrow(Point(x, top), Point(x, bottom), head=9 if head else 0)
        return [line, *self.notes(block, x, (top + bottom) / 2 - (2 if head else 0), size=size)]

    def notes(self, block: Block | None, x: float, y: float, *, size: bool = True) -> list[Element]:
        """The words beside an edge that leaves a block."""
        left, right = self.left_of(block), self.right_of(block) if size else ""
        elements: list[Element] = []
        if left and block is not None:
            passive = all(word in NORMS for word in block.after)
            hue = "changed" if any(map(is_changed, block.after)) else "muted" if passive else "words"
            elements.append(note(left, Point(x - 10, y), "end", self.look.small, hue))
        if right:
            elements.append(note(right, Point(x + 10, y), "start", self.look.small))
        return elements
