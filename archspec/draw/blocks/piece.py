"""Pieces of a picture that runs from top to bottom: they know their extent, and draw themselves once told where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from archspec.draw.metrics import width
from archspec.draw.parts import Style, height, label_lines, widest
from archspec.draw.picture import Block, Body
from archspec.draw.scene import Element, Line


@dataclass(frozen=True, slots=True)
class Look:
    """How large everything is, in points. The same for all boxes of one picture."""

    text: float = 16.0
    box: float = 44.0
    """height of a box of one line"""
    room: float = 176.0
    """width of every box"""
    gap: float = 52.0
    """between boxes, along the flow"""
    space: float = 30.0
    """between columns"""
    folds: int = 1
    """lines in a box at most"""
    small: float = 13.0
    """words beside lines"""
    riders: bool = True
    """norms and activations stand beside the edges"""
    sizes: bool = True
    """as do the shapes"""

    @property
    def circle(self) -> float:
        return 18.0 if self.box >= 40 else 16.0 if self.box >= 32 else 14.0

    @property
    def lead(self) -> float:
        """From where a line splits to the first box behind it."""
        return max(15.0, self.gap * 0.4)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something with its place open. Data comes in at the top of its axis and leaves at the bottom of it."""

    left: float
    """how far it reaches to the left of the axis"""
    right: float
    h: float
    draw: Callable[[float, float], list[Element]]
    """given its axis and its top"""
    last: Block | None = None
    """what gives its output; None: it passes on what came in"""
    split: bool = False
    """it begins where a line splits: what leads to it has no arrow head"""

    @property
    def w(self) -> float:
        return self.left + self.right

    def grown(self, left: float = 0.0, right: float = 0.0) -> Piece:
        """With at least that much to both sides."""
        return replace(self, left=max(self.left, left), right=max(self.right, right))


class Words:
    """The labels of a body's boxes in one look: all boxes are as wide as the widest needs, up to the room there is."""

    def __init__(self, body: Body, style: Style, look: Look):
        self.look = look
        self.fits = True
        """False once a label was too wide"""
        padding = 28.0 if look.room >= 120 else 18.0
        boxed = [block for block in body.blocks if block.role not in ("merge", "concat")]
        natural = max((_wide(block, look.text) + padding for block in boxes_of(boxed)), default=84.0)
        self.width = min(look.room, max(natural, 84.0))
        self.cache: dict[int, tuple[Line, ...]] = {}

    def of(self, block: Block) -> tuple[Line, ...]:
        """What is written on a box."""
        label = block.label
        if block.role in ("norm", "activation"):
            label = replace(label, word=", ".join((label.word, *block.after)))
        lines = label_lines(label, self.look.text, self.width - 12, folds=self.look.folds, bold=block.body is not None)
        if lines is None:
            self.fits = False
            return ()
        return lines

    def high(self, lines: tuple[Line, ...]) -> float:
        return max(self.look.box, height(lines) + 8)


def boxes_of(blocks: list[Block]) -> list[Block]:
    """Those whose words decide how wide boxes are: one that is far longer than the others is folded instead."""
    return blocks


def _wide(block: Block, size: float) -> float:
    label = block.label
    if block.role in ("norm", "activation"):
        return width(", ".join((label.word, *block.after)), size)
    lines = label_lines(label, size, 1e4, folds=1, bold=block.body is not None)
    return widest(lines or ())
