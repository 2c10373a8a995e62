"""From a Program to the tree of boxes that layouts take. Each distinct concrete module is looked at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from archspec.draw.picture import Block, Body, Exit, Figures, Label, Share
from archspec.draw.structure import keyed, repeat, separable
from archspec.draw.words import RIDES, humanised, label, role, word
from archspec.ops.base import Op, Tensor
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref
from archspec.program.read import construction, input_names, operand_types

if TYPE_CHECKING:
    from archspec.language.elaborate.unfinished import Fault

_NONE: Mapping[str, Any] = MappingProxyType({})
_NAMELESS = ("steps", "pipe", "branches")
"""nested bodies that only group: their blocks stand in the body around them"""
_QUIET = ("flatten", "reshape", "identity")
"""ops that no lecture mentions: they ride too, without a word"""


def fold(
    program: Program,
    figures: Figures,
    mode: str | None = None,
    folded: Collection[str] = (),
    faults: Mapping[str, Mapping[str, Fault]] = _NONE,
) -> dict[str, Body]:
    """Every concrete module as blocks, by its id. What exists in the other mode than `mode` is left out.

    Steps and modules whose names are in `folded` stay boxes where they would stand in line. `faults` says which nodes
    could not be made, by module id and name.
    """
    bodies: dict[str, Body] = {}
    for module in program.modules.values():
        shares, broken = figures.shares.get(module.id, ()), faults.get(module.id, _NONE)
        bodies[module.id] = _body(module, program, bodies, shares, mode, folded, broken)
    return bodies


def _body(
    module: Module,
    program: Program,
    bodies: Mapping[str, Body],
    shares: Sequence[Share],
    mode: str | None,
    folded: Collection[str],
    faults: Mapping[str, Fault],
) -> Body:
    values: list[tuple[Ref, ...]] = []
    blocks: list[Block] = []
    owners: dict[str, str] = {}
    inputs = tuple(Ref(INPUT, place) for place in range(len(module.inputs)))

    def given(node: Node) -> tuple[Ref, ...]:
        return tuple(inputs[ref.output] if ref.node == INPUT else values[ref.node][ref.output] for ref in node.args)

    for number, node in enumerate(module.nodes):
        args = given(node)
        absent = mode is not None and node.only is not None and node.only != mode
        fault = faults.get(node.name)
        idle = isinstance(node.body, Op) and node.body.op == "identity" and fault is None
        if node.skipped or absent or idle:
            values.append(args[:1] * len(node.types))
            continue
        share = shares[number] if shares else Share()
        if isinstance(node.body, Call):
            callee, body = program.modules[node.body.module], bodies[node.body.module]
            kept = node.name in folded or callee.template in folded or (fault is not None and fault.message != "")
            stepped = module.loop is not None and module.loop.wire in ("dense", "residual")
            spliced = None if kept else _spliced(node, callee, body, args, share, len(blocks), not stepped)
            if spliced is not None:
                new, outs = spliced
                blocks += new
                values.append(outs)
                continue
            block = _call(node, callee, body, args, operand_types(module, node), share)
        else:
            block = _op(node, node.body, args, operand_types(module, node), share)
        if fault is not None:
            block = replace(block, mark="error", label=Label(fault.text) if fault.text else block.label)
        if node.key in owners:
            block = replace(block, shares=owners[node.key])
        elif block.params or share.params:
            owners[node.key] = node.name
        blocks.append(block)
        values.append(tuple(Ref(len(blocks) - 1, place) for place in range(len(node.types))))
    exits = tuple(
        Exit(
            out.name,
            (inputs[out.ref.output] if out.ref.node == INPUT else values[out.ref.node][out.ref.output]),
            out.only,
        )
        for out in module.outputs
        if mode is None or out.only in (None, mode)
    )
    blocks, exits = _ridden(*_alive(blocks, exits))
    body = Body(
        inputs=tuple(port.type for port in module.inputs),
        names=tuple(port.name for port in module.inputs),
        blocks=tuple(blocks),
        outputs=exits,
        id=module.id,
    )
    return repeat(keyed(body))


def _op(node: Node, op: Op, args: tuple[Ref, ...], types: tuple[Tensor, ...], share: Share) -> Block:
    names = input_names(op, len(args), node.absent)
    return Block(
        name=node.name,
        role=role(op, types),
        label=label(op, types, node.types),
        args=args,
        inputs=types,
        outputs=node.types,
        op=op,
        steers=frozenset(place for place, name in enumerate(names) if name in op.steers),
        params=share.params,
        mads=share.mads,
        only=node.only,
        code=construction(op, init=False),
        span=node.origin.span,
    )


def _call(
    node: Node, callee: Module, body: Body, args: tuple[Ref, ...], types: tuple[Tensor, ...], share: Share
) -> Block:
    named = callee.template if callee.kind == "module" else node.name
    return Block(
        name=node.name,
        role="module",
        label=Label(humanised(named), separable(body)),
        args=args,
        inputs=types,
        outputs=node.types,
        body=body,
        template=callee.template,
        params=share.params,
        mads=share.mads,
        only=node.only,
        span=node.origin.span,
    )


def _spliced(
    node: Node, callee: Module, body: Body, args: tuple[Ref, ...], share: Share, start: int, bare: bool
) -> tuple[list[Block], tuple[Ref, ...]] | None:
    """The blocks of a call that is no box of its own, as blocks of the caller, and what its outputs are there.

    A body of one block is that block, whatever it is called, also with a norm and an activation before it
    if `bare` says so; a nested body without a name of its own stands in line, unless it repeats something.
    """
    if bare and callee.kind == "module":
        body = _bare(body)
    single = len(body.blocks) == 1 and not body.blocks[0].shares
    if not single and (callee.kind not in _NAMELESS or body.repeat):
        return None

    def here(ref: Ref) -> Ref:
        return args[ref.output] if ref.node == INPUT else Ref(start + ref.node, ref.output)

    blocks = [
        replace(
            block,
            name=node.name if single else f"{node.name}.{block.name}",
            args=tuple(map(here, block.args)),
            only=block.only or node.only,
            params=share.params if single else block.params,
            span=block.span,
        )
        for block in body.blocks
    ]
    return blocks, tuple(here(out.ref) for out in body.outputs)


def _bare(body: Body) -> Body:
    """A norm and an activation, then one op: that op alone, with them as what comes before it."""
    if len(body.blocks) != 2 or len(body.inputs) != 1 or len(body.outputs) != 1:
        return body
    ride, block = body.blocks
    if (
        ride.role not in ("norm", "activation")
        or ride.mark
        or block.mark
        or block.args != (Ref(0),)
        or block.op is None
        or block.role in ("norm", "activation")
    ):
        return body
    words = (ride.label.word, *ride.after)
    first = Ref(INPUT)
    return replace(
        body,
        blocks=(replace(block, args=(first,), before=words, params=ride.params + block.params),),
        outputs=(replace(body.outputs[0], ref=Ref(0)),),
    )


def _alive(blocks: Sequence[Block], exits: tuple[Exit, ...]) -> tuple[list[Block], tuple[Exit, ...]]:
    """Without what no output reads, which is so where parts of the other mode are left out."""
    wanted = {out.ref.node for out in exits}
    for number in range(len(blocks) - 1, -1, -1):
        if number in wanted:
            wanted.update(ref.node for ref in blocks[number].args)
    if all(number in wanted for number in range(len(blocks))):
        return list(blocks), exits
    return _numbered(
        [block for number, block in enumerate(blocks) if number in wanted],
        {
            Ref(old, place): Ref(new, place)
            for new, old in enumerate(number for number in range(len(blocks)) if number in wanted)
            for place in range(len(blocks[old].outputs))
        },
        exits,
    )


def _numbered(
    blocks: Sequence[Block], new: Mapping[Ref, Ref], exits: Sequence[Exit]
) -> tuple[list[Block], tuple[Exit, ...]]:
    return (
        [replace(block, args=tuple(new.get(ref, ref) for ref in block.args)) for block in blocks],
        tuple(replace(out, ref=new.get(out.ref, out.ref)) for out in exits),
    )


def _ridden(blocks: Sequence[Block], exits: tuple[Exit, ...]) -> tuple[list[Block], tuple[Exit, ...]]:
    """Norms, activations and dropout put on the block that they follow, if nothing else reads what it gives."""
    uses = Counter(ref for block in blocks for ref in block.args)
    uses.update(out.ref for out in exits)
    kept: list[Block] = []
    new: dict[Ref, Ref] = {}
    for number, block in enumerate(blocks):
        words = _rides(block)
        source = block.args[0] if block.args else None
        host = new.get(source, source) if source is not None else None
        if words is not None and source is not None and host is not None and host.node >= 0 and uses[source] == 1:
            under = kept[host.node]
            if host == Ref(host.node) and len(under.outputs) == 1 and under.only == block.only:
                kept[host.node] = replace(
                    under,
                    role="activation" if under.role == "norm" and block.role == "activation" else under.role,
                    after=under.after + words,
                    outputs=block.outputs,
                    params=under.params + block.params,
                    mads=under.mads + block.mads,
                )
                new[Ref(number)] = host
                continue
        if words == () and host is not None:
            new[Ref(number)] = host  # a flatten of what is no box: nobody draws it
            continue
        for place in range(len(block.outputs)):
            new[Ref(number, place)] = Ref(len(kept), place)
        kept.append(replace(block, args=tuple(new.get(ref, ref) for ref in block.args)))
    return kept, tuple(replace(out, ref=new.get(out.ref, out.ref)) for out in exits)


def _rides(block: Block) -> tuple[str, ...] | None:
    """The words of a block that may ride on the one before it; None: it is a box."""
    if block.op is None or len(block.args) != 1 or block.mark == "error":
        return None
    if block.op.op in _QUIET:
        return block.after
    if block.op.category in RIDES or block.op.op in ("scale", "bias", "multiply"):
        return (word(block.op) if block.op.op != "multiply" else f"× {_short(block.op)}", *block.after)
    return None


def _short(op: Op) -> str:
    return f"{getattr(op, 'factor', 1):g}"
