"""Two bodies as one: what both have stands once, what was removed stays in its place, what was added is put in.

Steps are paired by an alignment of the two rows of blocks in which a pair counts by its names and by its
structure. A removed chain and the added chain that took its place stand one behind the other where nothing
else reads what they read, side by side else. Marks tell them apart, and labels say "64 → 128".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from archspec.draw.changes import both
from archspec.draw.pairing import Names, Pairs
from archspec.draw.picture import Block, Body, Exit, Mark
from archspec.draw.structure import keyed, repeat
from archspec.ops.base import Category
from archspec.program.model import INPUT, Program, Ref


class Union:
    """The bodies of two programs, joined pair by pair, each pair once."""

    def __init__(
        self, a: Program, b: Program, bodies_a: Mapping[str, Body], bodies_b: Mapping[str, Body], names: Names
    ):
        self._a, self._b, self._pairs = a, b, Pairs(a, b, names)
        self._bodies = bodies_a, bodies_b
        self._made: dict[tuple[int, int], Body] = {}

    def main(self) -> Body:
        """The two networks as one."""
        return self.of(self._bodies[0][self._a.main], self._bodies[1][self._b.main])

    def of(self, a: Body, b: Body) -> Body:
        """The second body with marks. Its costs are those of the second without those of the first."""
        key = id(a), id(b)
        if key not in self._made:
            self._made[key] = self._joined(a, b)
        return self._made[key]

    def _joined(self, a: Body, b: Body) -> Body:
        return _Wiring(a, b, self._pairs.of(a, b), self).body()


@dataclass(slots=True)
class _Part:
    """A block of the union, its operands as places in the union."""

    block: Block
    args: list[Ref]
    mark: Mark


class _Wiring:
    """Puts the blocks of two bodies into one. Places are those of `parts` until they are put in order."""

    def __init__(self, a: Body, b: Body, pairs: Sequence[tuple[int, int]], union: Union):
        self.a, self.b, self.union = a, b, union
        self.there = dict(pairs)
        self.back = {j: i for i, j in pairs}
        self.parts: list[_Part] = []
        self.of_a: dict[int, int] = {}
        self.of_b: dict[int, int] = {}

    def body(self) -> Body:
        a, b = self.a, self.b
        gone = [number for number in range(len(a.blocks)) if number not in self.there]
        if not gone and len(self.back) == len(b.blocks) and all(
            [self.there.get(ref.node, INPUT) for ref in a.blocks[i].args] == [ref.node for ref in b.blocks[j].args]
            for i, j in self.there.items()
        ):  # fmt: skip
            blocks = [self._both(a.blocks[self.back[j]], block) for j, block in enumerate(b.blocks)]
            made = replace(b, blocks=tuple(blocks))
            return repeat(keyed(replace(made, repeat=None))) if any(block.mark for block in blocks) else made
        self._place()
        for i, place in self.of_a.items():
            if i not in self.there:
                self.parts[place].args = [self._in_a(ref) for ref in a.blocks[i].args]
        for j, place in self.of_b.items():
            self.parts[place].args = [self._in_b(ref) for ref in b.blocks[j].args]
        for i, j in self.there.items():
            self._merge(i, j)
        exits = self._exits()
        return self._ordered(exits)

    def _place(self) -> None:
        """Every block once: what was removed before what was added, between what stayed."""
        i = 0
        for j, block in enumerate([*self.b.blocks, None]):
            partner = self.back.get(j, -1)
            upto = len(self.a.blocks) if block is None else partner
            while i < upto:
                if i not in self.there:
                    old = self.a.blocks[i]
                    self.of_a[i] = self._add(
                        replace(old, mark="removed", params=-old.params, mads=-old.mads), "removed"
                    )
                i += 1
            if block is None:
                break
            if partner >= 0:
                kept = self._both(self.a.blocks[partner], block)
                self.of_a[partner] = self.of_b[j] = self._add(kept, kept.mark)
                i = max(i, partner + 1)
            else:
                self.of_b[j] = self._add(replace(block, mark="added"), "added")

    def _add(self, block: Block, mark: Mark) -> int:
        self.parts.append(_Part(block, [], mark))
        return len(self.parts) - 1

    def _in_a(self, ref: Ref) -> Ref:
        return Ref(self.of_a[ref.node], ref.output) if ref.node >= 0 else ref

    def _in_b(self, ref: Ref) -> Ref:
        return Ref(self.of_b[ref.node], ref.output) if ref.node >= 0 else ref

    def _origin(self, ref: Ref, mark: Mark) -> Ref:
        """Where a chain of blocks with this mark starts: the value that its first block reads."""
        while ref.node >= 0 and self.parts[ref.node].mark == mark and self.parts[ref.node].args:
            ref = self.parts[ref.node].args[0]
        return ref

    def _merge(self, i: int, j: int) -> None:
        """The operands of a block that both have, where they were another's before."""
        part = self.parts[self.of_b[j]]
        before = [self._in_a(ref) for ref in self.a.blocks[i].args]
        joins = part.block.role in ("merge", "concat") or len(part.args) > 1
        for place, old in enumerate(before):
            if old in part.args or old.node < 0 or self.parts[old.node].mark != "removed":
                continue
            new = part.args[place] if place < len(part.args) else None
            taken = self._taken(old, part.args, new)
            if taken is not None:
                part.args[taken] = old
            elif not any(self._before(old, arg, joins) for arg in part.args) and joins:
                part.args.insert(min(place, len(part.args)), old)

    def _taken(self, old: Ref, args: Sequence[Ref], new: Ref | None) -> int | None:
        """The operand that a removed chain started from: the chain stands between the two again."""
        source = self._origin(old, "removed")
        if source in args and self.uses_of(source) < 2:
            return args.index(source)
        if new is not None and source == new:
            return args.index(new)
        return None

    def uses_of(self, ref: Ref) -> int:
        """Blocks of either network that read a value."""
        return sum(ref in part.args for part in self.parts if part.mark != "removed")

    def _before(self, old: Ref, new: Ref, joins: bool) -> bool:
        """A removed chain put before the added one that took its place."""
        if new.node < 0 or self.parts[new.node].mark != "added":
            return False
        source = self._origin(new, "added")
        if source != self._origin(old, "removed") or (joins and self.uses_of(source) > 1):
            return False
        ref, chain = new, []
        while ref.node >= 0 and self.parts[ref.node].mark == "added":
            chain.append(ref.node)
            ref = self.parts[ref.node].args[0]
        for number in chain:
            self.parts[number].args = [old if arg == source else arg for arg in self.parts[number].args]
        return True

    def _exits(self) -> list[Exit]:
        """The outputs of the second, and those that only the first has."""
        found = []
        earlier = {out.name: out for out in self.a.outputs}
        for place, out in enumerate(self.b.outputs):
            new = self._in_b(out.ref)
            before = earlier.pop(out.name, None)
            if before is None and place == 0 and len(self.a.outputs) == 1 == len(self.b.outputs):
                before = earlier.pop(self.a.outputs[0].name, None)
            if before is not None:
                old = self._in_a(before.ref)
                if old.node >= 0 and self.parts[old.node].mark == "removed":
                    if self._origin(old, "removed") == new or self._before(old, new, False):
                        new = old if self._origin(old, "removed") == new else new
            found.append(replace(out, ref=new))
        return [*found, *(replace(out, ref=self._in_a(out.ref)) for out in earlier.values())]

    def _ordered(self, exits: Sequence[Exit]) -> Body:
        """The parts that an output reads, each behind what it reads and else in the order in which they stand."""
        wanted = {out.ref.node for out in exits}
        stack = list(wanted)
        while stack:
            number = stack.pop()
            for ref in self.parts[number].args if number >= 0 else ():
                if ref.node not in wanted:
                    wanted.add(ref.node)
                    stack.append(ref.node)
        order = self._order(wanted)
        if order is None:
            return replace(self.b, blocks=tuple(replace(block, mark="changed") for block in self.b.blocks))
        new = {old: place for place, old in enumerate(order)} | {INPUT: INPUT}
        blocks = []
        for number in order:
            part = self.parts[number]
            blocks.append(_fed(part, tuple(Ref(new[ref.node], ref.output) for ref in part.args)))
        extra = len(self.a.inputs) - len(self.b.inputs)
        more = self.a.inputs[len(self.b.inputs) :] if extra > 0 else ()
        names = self.a.names[len(self.b.names) :] if extra > 0 else ()
        body = Body(
            inputs=(*self.b.inputs, *more),
            names=(*self.b.names, *names),
            blocks=tuple(blocks),
            outputs=tuple(replace(out, ref=Ref(new[out.ref.node], out.ref.output)) for out in exits),
            id=self.b.id,
        )
        return repeat(keyed(body))

    def _order(self, wanted: Collection[int]) -> list[int] | None:
        """The parts behind what they read, else as they stand; None if they read each other in a circle."""
        readers: dict[int, list[int]] = {}
        missing: dict[int, int] = {}
        for number in (number for number in range(len(self.parts)) if number in wanted):
            sources = {ref.node for ref in self.parts[number].args if ref.node >= 0}
            missing[number] = len(sources)
            for source in sources:
                readers.setdefault(source, []).append(number)
        ready = [number for number, count in missing.items() if not count]
        order: list[int] = []
        while ready:
            order.append(heappop(ready))
            for reader in readers.get(order[-1], ()):
                missing[reader] -= 1
                if not missing[reader]:
                    heappush(ready, reader)
        return order if len(order) == len(missing) else None

    def _both(self, old: Block, new: Block) -> Block:
        inside = self.union.of(old.body, new.body) if old.body is not None and new.body is not None else None
        return both(old, new, inside)


def _fed(part: _Part, args: tuple[Ref, ...]) -> Block:
    """The block with its operands in the union. One that joins more than it did is given types for all of them."""
    block = part.block
    if len(args) <= len(block.inputs):
        return replace(block, args=args)
    more = (block.inputs[-1:] or block.outputs[:1]) * (len(args) - len(block.inputs))
    steers = block.steers if block.op is None or block.op.category is not Category.CONCAT else frozenset[int]()
    return replace(block, args=args, inputs=(*block.inputs, *more), steers=steers)
