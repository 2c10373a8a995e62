"""Cells of pairs, found by structure: sums of two ops each, joined by a concat, and what they read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from archspec.draw.picture import Body
from archspec.draw.structure import is_op
from archspec.program.model import Ref


@dataclass(frozen=True, slots=True)
class Pair:
    """A sum, the two ops before it (None: the value itself) and the values that they read."""

    add: int
    ops: tuple[int | None, ...]
    reads: tuple[Ref, ...]
    level: int


@dataclass(frozen=True, slots=True)
class Cell:
    pairs: tuple[Pair, ...]
    join: int
    stems: dict[Ref, tuple[int, ...]]
    """values that pairs read and that are no sums, with the blocks that make them of the inputs"""


def found(body: Body) -> Cell | None:
    """The parts of a body that is a cell of at least two pairs, at most one of which reads another."""
    if len(body.outputs) != 1 or body.outputs[0].ref.node < 0:
        return None
    join = body.outputs[0].ref.node
    adds = [number for number, block in enumerate(body.blocks) if is_op(block, "add") and len(block.args) == 2]
    last = body.blocks[join]
    if not is_op(last, "concat") or len(adds) < 2 or last.after or len(set(last.args)) < len(last.args):
        return None
    uses = Counter(ref for block in body.blocks for ref in block.args)
    pairs: list[Pair] = []
    levels: dict[int, int] = {}
    taken = {join, *adds}
    for add in adds:
        ops: list[int | None] = []
        reads: list[Ref] = []
        for ref in body.blocks[add].args:
            block = body.blocks[ref.node] if ref.node >= 0 else None
            if block is not None and ref.node not in adds and len(block.args) == 1 and uses[ref] == 1:
                ops.append(ref.node)
                reads.append(block.args[0])
                taken.add(ref.node)
            else:
                ops.append(None)
                reads.append(ref)
        level = 1 + max((levels.get(ref.node, 0) for ref in reads), default=0)
        levels[add] = level
        pairs.append(Pair(add, tuple(ops), tuple(reads), level))
    sources = {ref: () for pair in pairs for ref in pair.reads if ref.node not in levels}
    sources |= {ref: () for ref in body.blocks[join].args if ref.node not in levels}
    made_of = {ref: _made(body, ref) for ref in sources}
    stems = {ref: made_of[ref] for ref in sorted(sources, key=lambda ref: (given(body, ref, made_of[ref]), ref))}
    made = [number for numbers in stems.values() for number in numbers]
    known = taken | set(made)
    if len(made) != len(set(made)) or len(known) != len(body.blocks) or taken & set(made) or max(levels.values()) > 2:
        return None
    return Cell(tuple(pairs), join, stems)


def given(body: Body, ref: Ref, numbers: tuple[int, ...]) -> int:
    """The place of the input that a value is made of."""
    return next((arg.output for number in numbers for arg in body.blocks[number].args if arg.node < 0), ref.output)


def _made(body: Body, ref: Ref) -> tuple[int, ...]:
    """Every block that a value is made of."""
    found: set[int] = set()
    waiting = [ref.node]
    while waiting:
        number = waiting.pop()
        if number >= 0 and number not in found:
            found.add(number)
            waiting += [arg.node for arg in body.blocks[number].args]
    return tuple(sorted(found))
