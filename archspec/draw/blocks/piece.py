"""Pieces of a picture that runs from top to bottom: they know their extent, and draw themselves once told where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from archspec.draw.metrics import width
from archspec.draw.parts import height, label_lines
from archspec.draw.picture import Block, Body, Label
from archspec.draw.scene import Element, Line, Run
from archspec.draw.structure import count as times

NORMS = ("BN", "LN", "GN", "IN")
"""words of norms: without an activation they are passive"""


@dataclass(frozen=True, slots=True)
class Look:
    """How large everything is, in points. The same for all boxes of one picture."""

    text: float = 16.0
    box: float = 44.0
    """height of a box of one line"""
    room: float = 176.0
    """width that a box may have"""
    width: float = 176.0
    """width that boxes have"""
    gap: float = 52.0
    """between boxes, along the flow"""
    space: float = 36.0
    """between columns"""
    folds: int = 1
    """lines in a box at most"""
    small: float = 13.0
    """words beside lines"""
    riders: bool = True
    """norms and activations stand beside the edges"""
    sizes: Literal["shapes", "channels", ""] = "shapes"
    """what they say of what flows there"""
    across: bool = False
    """what steers runs to the right, not down"""

    @property
    def circle(self) -> float:
        """Radius of a join."""
        return 18.0 if self.box >= 40 else 16.0 if self.box >= 32 else 14.0

    @property
    def lead(self) -> float:
        """From where a line splits to the first box behind it."""
        return max(16.0, self.gap * 0.4)


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


def natural(body: Body, text: float) -> float:
    """How wide the longest label of a body is on one line: all boxes of a picture have one width."""
    return max((_wide(block, text) for block in body.blocks if block.role not in ("merge", "concat")), default=0.0)


class Words:
    """The labels of boxes in one look."""

    def __init__(self, look: Look):
        self.look = look
        self.fits = True
        """False once a label was too wide"""
        self.width = look.width
        self.pad = 12.0 if look.room >= 84 else 8.0

    def of(self, block: Block) -> tuple[Line, ...]:
        """What is written on a box."""
        look = self.look
        if block.role in ("norm", "activation"):
            lines = _small(block, look.text, self.width - self.pad)
        else:
            lines = _lines(block.label, look.text, self.width - self.pad, look.folds, block.body is not None)
        self.fits = self.fits and lines is not None
        if lines and block.body is not None and block.body.repeat is not None:
            count = Run(f"× {times(block.body)}", bold=True)
            lines = (*lines, Line((count,), look.text + 2, "module"))
        return lines or ()

    def high(self, lines: tuple[Line, ...]) -> float:
        """The height of a box with these words."""
        return max(self.look.box, height(lines) + 8)


@lru_cache(maxsize=1 << 13)
def _lines(label: Label, size: float, room: float, folds: int, bold: bool) -> tuple[Line, ...] | None:
    """`label_lines`, remembered: many looks are tried on the same few labels."""
    return label_lines(label, size, room, folds=folds, bold=bold)


def _small(block: Block, size: float, room: float) -> tuple[Line, ...] | None:
    words = ", ".join((block.label.text, *block.after))
    return _lines(Label(words), size, room, 1, False)


def _wide(block: Block, size: float) -> float:
    if block.role in ("norm", "activation"):
        return width(", ".join((block.label.text, *block.after)), size)
    lines = _lines(block.label, size, 1e4, 1, block.body is not None)
    return max((line.width for line in lines or ()), default=0.0)
