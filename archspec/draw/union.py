"""Two bodies as one: what both have stands once, what was removed stays in its place, what was added is put in.

Steps are paired by an alignment of the two rows of blocks in which a pair counts by its names and by its
structure. A removed chain and the added chain that took its place stand one behind the other where nothing
else reads what they read, side by side else. Marks tell them apart, and labels say "64 → 128".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from heapq import heappop, heappush

from archspec.draw.picture import Block, Body, Exit, Label, Mark
from archspec.draw.structure import keyed, repeat, unit_key
from archspec.ops.base import Category
from archspec.program.model import INPUT, Call, Program, Ref
from archspec.program.read import literal

MANY = 400
"""blocks in a row beyond which they are paired by names alone: an alignment takes quadratic time"""

Names = Mapping[tuple[str, str], Mapping[str, str]]
"""by two ids of modules: a step's name in the first → its counterpart's in the second; a pair of modules that is not
in it has equal names for equal steps"""


class Union:
    """The bodies of two programs, joined pair by pair, each pair once."""

    def __init__(
        self, a: Program, b: Program, bodies_a: Mapping[str, Body], bodies_b: Mapping[str, Body], names: Names
    ):
        self._a, self._b, self._names = a, b, names
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
        pairs = _checked(a, b, self._aligned(a, b))
        return _Wiring(a, b, pairs, self).body()

    # ------------------------------------------------------------------------------------------------ pairs

    def _partner(self, one: str, two: str, name: str) -> str:
        """The counterpart's name of a block, which may stand in steps that the body opened; "" if there is none."""
        names = self._names.get((one, two))
        if names is None:
            return name
        if name in names:
            return names[name]
        for at in (at for at in range(len(name) - 1, 0, -1) if name[at] == "."):
            head = name[:at]
            if head in names:
                callees = _callee(self._a, one, head), _callee(self._b, two, names[head])
                rest = self._partner(*callees, name[at + 1 :]) if all(callees) else ""
                return f"{names[head]}.{rest}" if rest else ""
        return ""

    def _aligned(self, a: Body, b: Body) -> list[tuple[int, int]]:
        partners = [self._partner(a.id, b.id, block.name) for block in a.blocks]
        start = 0
        least = min(len(a.blocks), len(b.blocks))
        while start < least and partners[start] == b.blocks[start].name and _alike(a.blocks[start], b.blocks[start]):
            start += 1
        found = [(number, number) for number in range(start)]
        rest = len(a.blocks) - start, len(b.blocks) - start
        if min(rest) == 0:
            return found
        if max(rest) > MANY:
            matcher = SequenceMatcher(None, partners[start:], [block.name for block in b.blocks[start:]], False)
            return found + [
                (start + i + k, start + j + k) for i, j, size in matcher.get_matching_blocks() for k in range(size)
            ]
        best = [[0] * (rest[1] + 1) for _ in range(rest[0] + 1)]
        for i in range(rest[0] - 1, -1, -1):
            one, row, below = a.blocks[start + i], best[i], best[i + 1]
            for j in range(rest[1] - 1, -1, -1):
                two = b.blocks[start + j]
                both = _score(one, two, partners[start + i] == two.name)
                row[j] = max(below[j], row[j + 1], below[j + 1] + both if both else 0)
        i = j = 0
        while i < rest[0] and j < rest[1]:
            one, two = a.blocks[start + i], b.blocks[start + j]
            both = _score(one, two, partners[start + i] == two.name)
            if both and best[i][j] == best[i + 1][j + 1] + both:
                found.append((start + i, start + j))
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                i += 1
            else:
                j += 1
        return found


def _callee(program: Program, module: str, name: str) -> str:
    node = next((node for node in program.modules[module].nodes if node.name == name), None)
    return node.body.module if node is not None and isinstance(node.body, Call) else ""


def _alike(one: Block, two: Block) -> bool:
    """Whether two blocks are of one kind, whatever their numbers are."""
    return (one.body is None) == (two.body is None) and unit_key(one) == unit_key(two)


def _score(one: Block, two: Block, named: bool) -> int:
    """How well two blocks go together; 0: not at all."""
    if (one.body is None) != (two.body is None) or one.only != two.only:
        return 0
    same = unit_key(one) == unit_key(two)
    if one.op is not None and two.op is not None:
        kin = one.op.op == two.op.op or one.role == two.role == "pool"
    else:
        kin = one.template == two.template
    if not (same or kin):
        return 0
    return 4 * same + 1 + 2 * named + 2 * (one.label.text == two.label.text)


def _checked(a: Body, b: Body, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs whose first operands have one origin, as far back as the last blocks that are paired."""
    found: list[tuple[int, int]] = []
    there: dict[int, int] = {INPUT: INPUT}
    back = {INPUT}

    def origin(body: Body, number: int, paired: Mapping[int, int] | set[int]) -> int:
        while number not in paired:
            number = body.blocks[number].args[0].node if body.blocks[number].args else INPUT
        return number

    for i, j in pairs:
        one, two = a.blocks[i], b.blocks[j]
        if len(one.args) == 1 and len(two.args) == 1:
            if there[origin(a, one.args[0].node, there)] != origin(b, two.args[0].node, back):
                continue
        found.append((i, j))
        there[i] = j
        back.add(j)
    return found


# ----------------------------------------------------------------------------------------------------- wiring


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
        self.uses = Counter(ref for block in (*a.blocks, *b.blocks) for ref in set(block.args))

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
                both = self._both(self.a.blocks[partner], block)
                self.of_a[partner] = self.of_b[j] = self._add(both, both.mark)
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

    # -------------------------------------------------------------------------------------------------- words

    def _both(self, old: Block, new: Block) -> Block:
        """A block that both have, with what changed in its words."""
        params, mads = new.params - old.params, new.mads - old.mads
        if old.body is not None and new.body is not None:
            body = self.union.of(old.body, new.body)
            inside = any(block.mark for block in body.blocks)
            after, before = _riders(old.after, new.after), _riders(old.before, new.before)
            mark: Mark = "changed" if inside or after != new.after or before != new.before else ""
            return replace(new, body=body, mark=mark, params=params, mads=mads, after=after, before=before)
        label = changed(old.label, new.label)
        after, before = _riders(old.after, new.after), _riders(old.before, new.before)
        differs = label != new.label or after != new.after or before != new.before
        other = _other(old, new)
        if other and not differs:
            label = replace(label, notes=(*label.notes, other))
        return replace(
            new,
            label=label,
            after=after,
            before=before,
            params=params,
            mads=mads,
            mark="changed" if differs or other else "",
            was=old.output.channels if old.label.out != new.label.out and old.label.out.isdecimal() else 0,
            code=f"{old.code} → {new.code}" if other or label != new.label else new.code,
        )


def _other(old: Block, new: Block) -> str:
    """What two ops differ in, as a note: "padding half → 0"; how their weights start is left out."""
    one, two = old.op, new.op
    if one is None or two is None or type(one) is not type(two):
        return f"{one.op if one else ''} → {two.op if two else ''}"
    for name in type(one).model_fields:
        before, after = getattr(one, name), getattr(two, name)
        if before != after and "init" not in name:
            return f"{name} {literal(before)} → {literal(after)}"
    return ""


def _fed(part: _Part, args: tuple[Ref, ...]) -> Block:
    """The block with its operands in the union. One that joins more than it did is given types for all of them."""
    block = part.block
    if len(args) <= len(block.inputs):
        return replace(block, args=args)
    more = (block.inputs[-1:] or block.outputs[:1]) * (len(args) - len(block.inputs))
    steers = block.steers if block.op is None or block.op.category is not Category.CONCAT else frozenset[int]()
    return replace(block, args=args, inputs=(*block.inputs, *more), steers=steers)


def _riders(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """
    >>> _riders(("ReLU",), ("BN", "ReLU")), _riders(("BN", "ReLU"), ("BN",))
    (('+BN', 'ReLU'), ('BN', '−ReLU'))
    """
    if tuple(old) == tuple(new):
        return tuple(new)
    found: list[str] = []
    for tag, i, ii, j, jj in SequenceMatcher(None, list(old), list(new), autojunk=False).get_opcodes():
        if tag == "equal":
            found += new[j:jj]
        else:
            found += [f"−{word}" for word in old[i:ii]] + [f"+{word}" for word in new[j:jj]]
    return tuple(found)


_PLAIN = {"/": "/1", "groups": "1 group", "dilation": "dilation 1"}
"""what a note says where nothing is said of its kind"""


def changed(old: Label, new: Label) -> Label:
    """The words of a box with what they were before.

    >>> changed(Label("conv", "1×1", "64"), Label("conv", "1×1", "128")).text
    '1×1 conv, 64 → 128'
    >>> changed(Label("conv", "3×3", "64", ("/2",)), Label("conv", "3×3", "128", ("32 groups",))).text
    '3×3 conv, 64 → 128, stride 2 → 1, 1 → 32 groups'
    >>> changed(Label("max pool", "3×3"), Label("avg pool", "5×5")).text
    '3×3 → 5×5 max → avg pool'
    """
    if old == new:
        return new
    word = new.word
    if old.word != new.word:
        first, _, tail = new.word.rpartition(" ")
        start, _, end = old.word.rpartition(" ")
        word = f"{start} → {first} {tail}" if tail == end and start and first else f"{old.word} → {new.word}"
    return Label(
        word,
        _arrow(old.kernel, new.kernel),
        _arrow(old.out, new.out),
        _notes(old.notes, new.notes),
    )


def _arrow(old: str, new: str) -> str:
    return new if old == new or not old else f"{old} → {new}" if new else ""


def _notes(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    before, after = ({_kind(note): note for note in notes} for notes in (old, new))
    found = []
    for kind in {**before, **after}:
        one, two = before.get(kind, _PLAIN.get(kind, "")), after.get(kind, _PLAIN.get(kind, ""))
        if one == two:
            found.append(two)
        elif kind == "/":
            found.append(f"stride {one[1:]} → {two[1:]}")
        elif kind == "groups":
            found.append(f"{one.split()[0]} → {two}")
        else:
            found.append(_arrow(one, two) or f"no {one}")
    return tuple(found)


def _kind(note: str) -> str:
    return "/" if note.startswith("/") else re.sub(r"[\d×., ]+", "", note)
