"""What a class constructs, as trees; and merging the trees of several copies into one with slots.

The tree of one concrete node holds one value a leaf. `merge` lays trees of aligned nodes on top of
each other (anti-unification): where they agree the tree stays, where only numbers differ a `Slot`
holds one value a copy, and anything else is a `Mismatch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from archspec.backends.pytorch.rules.base import Value, same
from archspec.ops.init import Init


class Mismatch(Exception):
    """These copies are not instances of one class."""


class Missing:
    """Stands where a copy has no value, because the node is skipped there; any value will do."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
Known = Value | Missing


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of a constructor call: one for each copy."""

    values: tuple[Known, ...]
    field: str = ""
    """what to call it if it must become a constructor argument"""
    hint: str | None = None
    """the expression it was written with; to be trusted only after it was evaluated"""

    @property
    def present(self) -> list[Value]:
        return [value for value in self.values if not isinstance(value, Missing)]

    @property
    def constant(self) -> bool:
        present = self.present
        return all(identical(value, present[0]) for value in present)


@dataclass(frozen=True, slots=True)
class Item:
    """One argument of a constructor call."""

    name: str
    value: Tree
    positional: bool = False
    default: Slot | None = None
    """torch's default, which may depend on other arguments; an argument equal to it is not written"""


@dataclass(frozen=True, slots=True)
class New:
    """A constructor call: `nn.Conv2d(…)`, or a class of the generated file.

    `reads` and `gives` are the channels of its first input and of its output: what numbers inside
    are likely to be.
    """

    callee: str
    items: tuple[Item, ...] = ()
    reads: Slot = field(default=Slot((0,)))
    gives: Slot = field(default=Slot((0,)))
    inits: tuple[tuple[str, Init], ...] = ()
    """what starts its weights, where the spec says so"""


@dataclass(frozen=True, slots=True)
class Chain:
    """`nn.Sequential` of parts. A part that is None is skipped and takes no number."""

    parts: tuple[Tree | None, ...]
    whens: tuple[str | None, ...] = ()
    """for each part the condition it was written with, if any; to be trusted only after it was evaluated"""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A part of a chain that only some copies have (in merged trees)."""

    part: Tree
    present: Slot


@dataclass(frozen=True, slots=True)
class Copies:
    """`times` copies of a part, one after the other.

    In the tree of one node `parts` are the copies. In a merged tree there is one part, whose slots
    hold a value for each copy of each instance, in that order.
    """

    parts: tuple[Tree, ...]
    times: Slot


Tree = Slot | New | Chain | Maybe | Copies


def leaf(value: Value, field: str = "", hint: str | None = None) -> Slot:
    return Slot((value,), field, hint)


def identical(one: Known, other: Known) -> bool:
    """Equal, and written alike: 1, 1.0 and True are three values."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    return type(one) is type(other) and one == other


def merge(trees: Sequence[Tree | None]) -> Tree:
    """One tree of trees that differ in numbers only; None stands for a copy without this node.

    Raises `Mismatch`.
    """
    first = next(tree for tree in trees if tree is not None)
    if any(tree is not None and type(tree) is not type(first) for tree in trees):
        raise Mismatch
    match first:
        case Slot():
            return _merge_slots([tree for tree in trees if tree is None or isinstance(tree, Slot)])
        case New():
            return _merge_calls([tree for tree in trees if tree is None or isinstance(tree, New)])
        case Chain():
            return _merge_chains([tree for tree in trees if tree is None or isinstance(tree, Chain)])
        case Copies():
            return _merge_copies([tree for tree in trees if tree is None or isinstance(tree, Copies)])
        case Maybe():
            raise Mismatch  # merged trees are not merged again


def _merge_slots(slots: Sequence[Slot | None]) -> Slot:
    given = [slot for slot in slots if slot is not None]
    hint = next((slot.hint for slot in given if slot.hint is not None), None)
    values = [MISSING if slot is None else slot.values[0] for slot in slots]
    return Slot(tuple(values), given[0].field, hint)


def _merge_calls(calls: Sequence[New | None]) -> New:
    given = [call for call in calls if call is not None]
    first = given[0]
    for call in given:
        if call.callee != first.callee or call.inits != first.inits or len(call.items) != len(first.items):
            raise Mismatch
        for item, other in zip(call.items, first.items, strict=True):
            if item.name != other.name or item.positional != other.positional:
                raise Mismatch
    items = []
    for at, item in enumerate(first.items):
        value = merge([None if call is None else call.items[at].value for call in calls])
        defaults = [None if call is None else call.items[at].default for call in calls]
        known = all((default is None) == (call is None) for default, call in zip(defaults, calls, strict=True))
        items.append(Item(item.name, value, item.positional, _merge_slots(defaults) if known else None))
    reads = _merge_slots([None if call is None else call.reads for call in calls])
    gives = _merge_slots([None if call is None else call.gives for call in calls])
    return New(first.callee, tuple(items), reads, gives, first.inits)


def _merge_chains(chains: Sequence[Chain | None]) -> Chain:
    given = [chain for chain in chains if chain is not None]
    if len({len(chain.parts) for chain in given}) != 1:
        raise Mismatch
    parts: list[Tree | None] = []
    whens = [chain.whens or (None,) * len(chain.parts) for chain in given]
    for at in range(len(given[0].parts)):
        column = [None if chain is None else chain.parts[at] for chain in chains]
        if all(part is None for part in column):
            continue
        part = merge(column)
        present = tuple(
            MISSING if chain is None else cell is not None for chain, cell in zip(chains, column, strict=True)
        )
        hint = next((when[at] for when in whens if when[at] is not None), None)
        parts.append(part if False not in present else Maybe(part, Slot(present, "part", hint)))
    return Chain(tuple(parts))


def _merge_copies(loops: Sequence[Copies | None]) -> Copies:
    copies = [part for loop in loops if loop is not None for part in loop.parts]
    times = _merge_slots([None if loop is None else loop.times for loop in loops])
    if not copies:
        return Copies((), times)
    return Copies((merge(copies),), times)


def is_default(item: Item) -> bool:
    """Whether the argument need not be written, because every copy has torch's default."""
    if item.default is None or not isinstance(item.value, Slot):
        return False
    pairs = zip(item.value.values, item.default.values, strict=True)
    return all(isinstance(value, Missing) or same(value, default) for value, default in pairs)


def row(tree: Tree, at: int) -> tuple[object, ...]:
    """All values of copy `at` of a merged tree, to compare copies."""
    match tree:
        case Slot(values=values):
            return (_exact(values[at]),)
        case New(items=items):
            return tuple(value for item in items for value in row(item.value, at))
        case Chain(parts=parts):
            return tuple(value for part in parts if part is not None for value in row(part, at))
        case Maybe(part=part, present=present):
            return (present.values[at], *row(part, at))
        case Copies(parts=parts, times=times):
            inner = spans(times)[at]
            return (times.values[at], *(value for part in parts for copy in inner for value in row(part, copy)))


def _exact(value: Known) -> object:
    return tuple(map(_exact, value)) if isinstance(value, tuple) else (type(value), value)


def spans(times: Slot) -> list[range]:
    """Where the copies of each instance lie among the values of the part of a merged `Copies`."""
    found, start = [], 0
    for count in times.values:
        length = count if isinstance(count, int) else 0
        found.append(range(start, start + length))
        start += length
    return found


def pick(tree: Tree, chosen: Sequence[int]) -> Tree:
    """The merged tree of the chosen copies alone, in that order."""
    match tree:
        case Slot(values=values, field=field, hint=hint):
            return Slot(tuple(values[at] for at in chosen), field, hint)
        case New(callee=callee, items=items, reads=reads, gives=gives, inits=inits):
            picked = tuple(
                Item(it.name, pick(it.value, chosen), it.positional, it.default and _pick_slot(it.default, chosen))
                for it in items
            )
            return New(callee, picked, _pick_slot(reads, chosen), _pick_slot(gives, chosen), inits)
        case Chain(parts=parts):
            return Chain(tuple(None if part is None else pick(part, chosen) for part in parts))
        case Maybe(part=part, present=present):
            return Maybe(pick(part, chosen), _pick_slot(present, chosen))
        case Copies(parts=parts, times=times):
            inner = spans(times)
            copies = [copy for at in chosen for copy in inner[at]]
            return Copies(tuple(pick(part, copies) for part in parts), _pick_slot(times, chosen))


def _pick_slot(slot: Slot, chosen: Sequence[int]) -> Slot:
    return Slot(tuple(slot.values[at] for at in chosen), slot.field, slot.hint)
