"""What is equal, what repeats, and what is made of series and parallels: found by structure, never by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from archspec.draw.picture import Block, Body, Mark, Repeat
from archspec.draw.words import kernel, sizes
from archspec.ops.base import Category, Op
from archspec.program.model import INPUT, Ref


def keyed(body: Body) -> Body:
    """The body with its structural keys."""
    return replace(body, shape=_key(body, _exact), kin=_key(_plain(body), _coarse))


def unit_key(block: Block) -> str:
    """Equal for blocks that a folded box may stand for: modules of one kin, ops of one kind and kernel."""
    return block.body.kin if block.body is not None else _coarse(block)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=9).hexdigest()


def _key(body: Body, describe: Callable[[Block], str]) -> str:
    parts = [f"{len(body.inputs)}"]
    for block in body.blocks:
        args = ",".join(f"{node}.{output}" for node, output in block.args)
        parts.append(f"{describe(block)}({args}){block.only or ''}")
    parts += [f"->{out.ref.node}.{out.ref.output}" for out in body.outputs]
    return _digest(";".join(parts))


def _exact(block: Block) -> str:
    if block.body is not None:
        return f"{block.body.shape} {block.mark}" if block.mark else block.body.shape
    assert block.op is not None
    return f"{_coarse(block)} {getattr(block.op, 'stride', '')} {block.after} {block.mark}"


def _coarse(block: Block) -> str:
    if block.body is not None:
        return block.body.kin
    op = block.op
    assert op is not None
    rank = len(block.input.spatial)
    grouped = op.category is Category.CONV and getattr(op, "groups", 1) > 1
    window = kernel(op, rank)
    return f"{op.op} {window} {sizes(getattr(op, 'dilation', 1), rank) if window else ''} {grouped}"


def _plain(body: Body) -> Body:
    """The body with norms and activations gone, and the projections of its shortcuts taken for identities.

    A projection is a branch of an addition that holds at most one convolution, while every other branch
    holds more.
    """
    uses = Counter(ref for block in body.blocks for ref in block.args)
    gone = {number: block.args[0] for number, block in enumerate(body.blocks) if block.role in ("norm", "activation")}
    for block in body.blocks:
        if block.op is None or block.op.op != "add" or len(block.args) < 2:
            continue
        sources = [_projection(body, ref, uses) for ref in block.args]
        if sum(source is not None for source in sources) == 1:
            gone |= {ref.node: source for ref, source in zip(block.args, sources, strict=True) if source is not None}
    return without(body, gone)


_LIGHT = ("conv", "conv1", "pool", "shape", "norm", "activation")


def _projection(body: Body, ref: Ref, uses: Counter[Ref]) -> Ref | None:
    """Where a branch of at most one convolution starts; None for an empty branch and one that holds more."""
    weights, start = 0, ref
    while ref.node >= 0:
        block = body.blocks[ref.node]
        if len(block.args) != 1 or block.role not in _LIGHT:
            break
        weights += block.role in ("conv", "conv1")
        if weights > 1:
            return None
        ref = block.args[0]
    return ref if ref != start and (ref.node < 0 or uses[ref] > 1) else None


def without(body: Body, gone: Mapping[int, Ref]) -> Body:
    """The body in which blocks stand for values before them; what nothing reads then is left out as well."""

    def real(ref: Ref) -> Ref:
        while ref.node in gone:
            ref = gone[ref.node]
        return ref

    if not gone:
        return body
    outputs = [replace(out, ref=real(out.ref)) for out in body.outputs]
    wanted = {out.ref.node for out in outputs}
    for number in range(len(body.blocks) - 1, -1, -1):
        if number in wanted:
            wanted.update(real(ref).node for ref in body.blocks[number].args)
    places = {old: new for new, old in enumerate(sorted(number for number in wanted if number >= 0))}

    def moved(ref: Ref) -> Ref:
        ref = real(ref)
        return Ref(places[ref.node], ref.output) if ref.node >= 0 else ref

    blocks = tuple(replace(body.blocks[old], args=tuple(map(moved, body.blocks[old].args))) for old in places)
    return replace(body, blocks=blocks, outputs=tuple(replace(out, ref=moved(out.ref)) for out in outputs))


def marked(body: Body, mark: Mark) -> Body:
    """The body with everything in it marked."""
    return replace(body, blocks=tuple(replace(block, mark=mark) for block in body.blocks))


def opened(body: Body, numbers: Collection[int]) -> Body:
    """The body with the insides of these modules in place of their boxes. Names grow by that of the module."""
    blocks: list[Block] = []
    values: list[tuple[Ref, ...]] = []

    def real(ref: Ref) -> Ref:
        return ref if ref.node < 0 else values[ref.node][ref.output]

    for number, block in enumerate(body.blocks):
        args = tuple(map(real, block.args))
        inside = block.body
        if inside is None or number not in numbers:
            blocks.append(replace(block, args=args))
            values.append(tuple(Ref(len(blocks) - 1, place) for place in range(len(block.outputs))))
            continue
        start = len(blocks)

        def here(ref: Ref, args: tuple[Ref, ...] = args, start: int = start) -> Ref:
            return args[ref.output] if ref.node < 0 else Ref(start + ref.node, ref.output)

        blocks += [
            replace(
                part,
                name=f"{block.name}.{part.name}",
                args=tuple(map(here, part.args)),
                only=part.only or block.only,
                shares=part.shares or (block.shares and f"{block.shares}.{part.name}"),
                mark=part.mark or (block.mark if block.mark in ("added", "removed") else ""),
            )
            for part in inside.blocks
        ]
        outs = tuple(here(out.ref) for out in inside.outputs)
        if block.after and len(outs) == 1 and outs[0].node >= start:
            last = blocks[outs[0].node]
            blocks[outs[0].node] = replace(last, after=last.after + block.after, outputs=block.outputs)
        values.append(outs)
    outputs = tuple(replace(out, ref=real(out.ref)) for out in body.outputs)
    return repeat(keyed(replace(body, blocks=tuple(blocks), outputs=outputs, repeat=None)))


# --------------------------------------------------------------------------------------------------- repeats


def repeat(body: Body) -> Body:
    """The body with what it repeats, if that is all there is in it: two units or more of one kin."""
    for wire in (_chain, _joined, _parallel):
        found = wire(body)
        if found is not None:
            return replace(body, repeat=found)
    return body


def count(body: Body) -> str:
    """How many units a body repeats: "24"; in a difference "24 → 32"."""
    marks = [body.blocks[number].mark for number in body.repeat.units] if body.repeat is not None else []
    before, after = (sum(mark != alone for mark in marks) for alone in ("added", "removed"))
    return f"{before} → {after}" if before != after and before and after else str(len(marks))


def _whole(body: Body, last: int) -> bool:
    return len(body.outputs) == 1 and body.outputs[0].ref == Ref(last) and len(body.inputs) == 1


def _chain(body: Body) -> Repeat | None:
    blocks = body.blocks
    if len(blocks) < 2 or not _whole(body, len(blocks) - 1):
        return None
    key = unit_key(blocks[0])
    for number, block in enumerate(blocks):
        if block.args != (Ref(number - 1),) or unit_key(block) != key or block.label.out != blocks[0].label.out:
            return None
    return Repeat(tuple(range(len(blocks))), "chain")


def _parallel(body: Body) -> Repeat | None:
    """Three branches or more of one kin, and what joins them."""
    *branches, join = body.blocks or (None,)
    if join is None or len(branches) < 3 or not _whole(body, len(branches)) or not is_op(join, "add", "concat"):
        return None
    key = unit_key(branches[0])
    if any(unit_key(branch) != key or branch.args != (Ref(INPUT),) or branch.body is None for branch in branches):
        return None
    whole = sorted(join.args) == [Ref(number) for number in range(len(branches))]
    return Repeat(tuple(range(len(branches))), "parallel") if whole else None


def _joined(body: Body) -> Repeat | None:
    """x, F(x) ⋈ x, … where ⋈ is an addition or a concat in either order."""
    blocks = body.blocks
    if len(blocks) < 4 or len(blocks) % 2 or not _whole(body, len(blocks) - 1):
        return None
    key, join = unit_key(blocks[0]), blocks[1].op
    if join is None or join.op not in ("add", "concat"):
        return None
    running = Ref(INPUT)
    for number in range(0, len(blocks), 2):
        unit, merge = blocks[number], blocks[number + 1]
        if unit_key(unit) != key or unit.args != (running,) or merge.op is None or merge.op.op != join.op:
            return None
        if set(merge.args) != {running, Ref(number)} or len(merge.args) != 2:
            return None
        running = Ref(number + 1)
    return Repeat(tuple(range(0, len(blocks), 2)), "residual" if join.op == "add" else "dense")


# -------------------------------------------------------------------------------------- series and parallels


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches between a split and the block that joins them (its number). An empty branch is an identity.

    Branches stand in the order of the join's arguments.
    """

    branches: tuple[Series, ...]
    join: int


Series = tuple["int | Parallel", ...]
"""blocks by number, and parallels, one behind the other; a parallel's join is part of it"""

DEEPEST = 60
"""parallels in each other's branches that anybody could still read"""


def series(body: Body) -> Series | None:
    """The body as series and parallels; None if it is none (several inputs or outputs, crossing branches)."""
    if len(body.outputs) != 1 or len(body.inputs) != 1 or any(len(block.outputs) > 1 for block in body.blocks):
        return None
    above = _dominators(body)
    seen: set[int] = set()

    def run(end: int, start: int, nested: int = 0) -> Series | None:
        """From behind `start` up to and with `end`."""
        items: list[int | Parallel] = []
        if nested > DEEPEST:
            return None
        while end != start:
            if end in seen or end == INPUT:
                return None
            seen.add(end)
            args = [ref.node for ref in body.blocks[end].args]
            if not args:
                return None
            if len(args) == 1:
                items.append(end)
                end = args[0]
                continue
            fork = above[end]
            branches = [run(arg, fork, nested + 1) for arg in args]
            if any(branch is None for branch in branches):
                return None
            items.append(Parallel(tuple(branch for branch in branches if branch is not None), end))
            end = fork
        return tuple(reversed(items))

    found = run(body.outputs[0].ref.node, INPUT)
    return found if found is not None and len(seen) == len(body.blocks) else None


def _dominators(body: Body) -> list[int]:
    """The immediate dominator of each block: the last one that every way from the input to it passes."""
    above: list[int] = []
    depth = [0] * (len(body.blocks) + 1)  # the input's is last, at INPUT

    def common(a: int, b: int) -> int:
        while a != b:
            if depth[a] >= depth[b]:
                a = above[a]
            else:
                b = above[b]
        return a

    for number, block in enumerate(body.blocks):
        found: int | None = None
        for ref in block.args:
            found = ref.node if found is None else common(found, ref.node)
        above.append(INPUT if found is None else found)
        depth[number] = depth[above[number]] + 1
    return above


def flat(items: Sequence[int | Parallel]) -> list[int]:
    """Every block of a series, by number."""
    found: list[int] = []
    for item in items:
        if isinstance(item, int):
            found.append(item)
        else:
            for branch in item.branches:
                found += flat(branch)
            found.append(item.join)
    return found


def separable(body: Body) -> str:
    """The kernel of a body whose convolutions above 1 × 1 are all depthwise and of one size: "5×5"; "" of any other."""
    kernels: set[str] = set()
    for block in body.blocks:
        if block.body is not None:
            inner = separable(block.body)
            if not inner:
                return ""
            kernels.add(inner)
        elif block.role == "conv":
            kernels.add(block.label.kernel if block.label.word.startswith("dw ") else "")
        elif block.role in ("merge", "concat"):
            return ""
    return kernels.pop() if len(kernels) == 1 else ""


def is_op(block: Block, *names: str) -> bool:
    """Whether a block is one of these ops."""
    return isinstance(block.op, Op) and block.op.op in names
