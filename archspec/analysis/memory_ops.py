"""What an op does to memory, for operands of certain types: each op is asked once for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archspec.ops.base import Category, Op, Tensor
from archspec.ops.footprint import NOTHING_KEPT, Extra, Kept
from archspec.program.model import Mode

BYTES = {"int64": 8, "bool": 1}
"""of a value whose dtype is no choice"""


class Effect(NamedTuple):
    """Bytes of what one node does, all calls inside it included."""

    rise: int = 0
    """needed while it runs, outputs included"""
    born: int = 0
    """of its outputs, what is new"""
    kept: int = 0
    """made inside it, not given back, and wanted by backward"""

    def bearing(self, size: int) -> Effect:
        """The same with new outputs of that size."""
        return Effect(self.rise + size, self.born + size, self.kept)


NO_EFFECT = Effect()


class Deed(NamedTuple):
    """What an op does to operands of certain types in one mode."""

    over: Effect
    """if it writes over its operand"""
    effect: Effect
    """if it makes new values, for the whole batch"""
    sizes: tuple[int, ...]
    """bytes of its outputs"""
    keeps: Kept
    shows: bool
    """its outputs are its first operand where it lies"""
    overwrites: bool
    """it may write over its operand"""
    idle: bool
    """it does nothing in inference"""
    concat: bool
    weighs: bool
    """it has weights"""


class Deeds:
    """Of the ops of a program, for a batch, and `width` bytes of a floating-point value."""

    def __init__(self, batch: int, width: int):
        self.batch, self.width = batch, width
        self.sizes: dict[Tensor, int] = {}
        self.found: dict[tuple[Mode | int, ...], Deed] = {}
        """by mode, and identity of an op and of the types that it is given"""

    def bytes(self, type: Tensor, fixed: bool = False) -> int:
        """Of a value, for the whole batch unless it is `fixed` and the same for all samples."""
        size = self.sizes.get(type)
        if size is None:
            size = self.sizes[type] = type.elements * BYTES.get(type.dtype, self.width)
        return size if fixed else size * self.batch

    def of(self, op: Op, given: Sequence[Tensor], outputs: Sequence[Tensor], mode: Mode) -> Deed:
        """What an op does that makes `outputs` of what it is given."""
        asked = (mode, id(op), *map(id, given))
        deed = self.found.get(asked)
        if deed is None:
            deed = self.found[asked] = self._ask(op, given, outputs, mode)
        return deed

    def _ask(self, op: Op, given: Sequence[Tensor], outputs: Sequence[Tensor], mode: Mode) -> Deed:
        idle = op.idle()
        keeps = op.keeps(*given) if mode == "training" else NOTHING_KEPT
        sizes = tuple([self.bytes(type) for type in outputs])
        scratch = 0 if op.variadic and len(given) == 2 else self._extra(op.scratch(*given))  # a join of two is one step
        over = Effect(scratch, 0, self._extra(keeps.aside))
        return Deed(
            over=over,
            effect=over.bearing(sum(sizes)),
            sizes=sizes,
            keeps=keeps,
            shows=op.view or (op.variadic and len(given) == 1) or (idle and mode == "inference"),
            overwrites=op.overwrites,
            idle=idle,
            concat=op.category is Category.CONCAT,
            weighs=bool(op.weights(*given)),
        )

    def _extra(self, extra: Extra) -> int:
        """Bytes of what an op makes besides its outputs."""
        return sum([self.bytes(type) for type in extra.each]) + sum([self.bytes(type, True) for type in extra.once])
