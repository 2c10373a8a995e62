"""Where the memory is: the rows behind `memory --by module | layer`, and what is alive at the peak."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.analysis.memory_lifetimes import Lifetimes, Walk
from archspec.ops.base import Op
from archspec.program.flatten import flat_size, flatten
from archspec.program.model import INPUT, Call, Mode, Module, Node, Program
from archspec.program.read import construction, stands_aside
from archspec.program.weights import join_key
from archspec.text.limits import DEFAULT_LIMITS

Row = dict[str, Any]
SCREEN = 24
"""rows that a table by module has at most when nobody asks for a depth"""


DEEPEST = DEFAULT_LIMITS.nesting + 1


def alive_at_peak(lives: Lifetimes) -> list[Row]:
    """What is alive when the peak is reached, the largest first: `name` of the step that made it, and `bytes`.

    What the running op needs besides is called by the name of the op and "(at work)".
    """
    program = lives.program
    rows = [{"name": port.name, "bytes": lives.deeds.bytes(port.type)} for port in program.graph.inputs]
    module, prefix = program.graph, ""
    while module.nodes:
        walk, at = _walks(lives, module, "inference"), lives.inference[module.id].at
        node = module.nodes[at]
        name = join_key(prefix, node.name)
        for storage, birth in enumerate(walk.births()):
            if birth != INPUT and birth < at <= walk.last[storage] and walk.size[storage]:
                rows.append({"name": join_key(prefix, module.nodes[birth].name), "bytes": walk.size[storage]})
        if not isinstance(node.body, Call):
            rows.append({"name": name, "bytes": walk.effects[at].born})
            rows.append({"name": f"{name} (at work)", "bytes": walk.effects[at].rise - walk.effects[at].born})
            break
        module, prefix = program.modules[node.body.module], name
    return sorted((row for row in rows if row["bytes"]), key=lambda row: -row["bytes"])


def by_module(lives: Lifetimes, depth: int | None = None) -> list[Row]:
    """One row a module or op that makes values, down to `depth` calls; without one, as deep as `SCREEN` rows allow.

    Columns: `layer` (names along the calls), `level`, `op` or module, `output` shape, `alive` (most bytes
    that are alive while it runs, whoever made them) and `kept` (bytes made inside that backward wants). The
    `kept` of the rows of level 1 and of the network's inputs add up to `Memory.training`.
    """
    if depth is not None:
        return list(_rows(lives, depth))
    best = list(_rows(lives, 1))
    for level in range(2, DEEPEST):
        rows = []
        for row in _rows(lives, level):
            rows.append(row)
            if len(rows) > SCREEN:
                return best
        if len(rows) == len(best):
            break
        best = rows
    return best


def by_layer(lives: Lifetimes, limit: int = DEFAULT_LIMITS.nodes) -> list[Row]:
    """One row for each application of an op that makes or keeps values, in order. Columns as in `by_module`.

    Raises `SpecError` as `flatten` does.
    """
    if flat_size(lives.program) > limit:
        flatten(lives.program, limit=limit)
    return list(_rows(lives, DEEPEST, leaves=True))


def _walks(lives: Lifetimes, module: Module, mode: Mode) -> Walk:
    """A module's walk, in full."""
    walk = Walk(lives, module, mode)
    walk.summary()
    return walk


def _rows(lives: Lifetimes, depth: int, leaves: bool = False) -> Iterator[Row]:
    """Rows down to a depth; with `leaves`, those of ops alone, which have no level."""
    program = lives.program
    walks: dict[tuple[str, Mode], Walk] = {}

    def walk(module: Module, mode: Mode) -> Walk:
        if (module.id, mode) not in walks:
            walks[module.id, mode] = _walks(lives, module, mode)
        return walks[module.id, mode]

    def visit(
        module: Module, prefix: str, level: int, base: int, wanted: frozenset[int], again: bool = False
    ) -> Iterator[Row]:
        """`base`: bytes alive when the module is called; `wanted`: which of what it gives back is kept; `again`: in
        backward it is computed again, since it, or a module around it, is checkpointed."""
        again = again or module.checkpointed
        runs, keeps = walk(module, "inference"), walk(module, "training")
        live = lives.inference[module.id].live
        kept = {storage for storage, number in keeps.back.items() if number in wanted}
        kept |= set() if again else keeps.kept
        made: list[list[int]] = [[] for _ in module.nodes]
        for storage, birth in enumerate(keeps.births()):
            if birth != INPUT:
                made[birth].append(storage)
        for number, node in enumerate(module.nodes):
            if node.skipped:
                continue
            ours = 0 if again else keeps.effects[number].kept
            ours += sum([keeps.size[storage] for storage in made[number] if storage in kept])
            leaf = not isinstance(node.body, Call)
            if leaf and not (runs.effects[number].born or ours):
                continue
            name = join_key(prefix, node.name)
            row = {
                "layer": name,
                **({} if leaves else {"level": level}),
                "op": _what(program, node),
                "output": list(node.types[0].shape),
                "alive": 0 if stands_aside(node, "inference") else base + live[number] + runs.effects[number].rise,
                "kept": ours,
            }
            if leaf or not leaves:
                yield row
            if isinstance(node.body, Call) and level < depth:
                inside = frozenset(place for place, storage in enumerate(made[number]) if storage in kept)
                callee = program.modules[node.body.module]
                yield from visit(callee, name, level + 1, base + live[number], inside, again)

    main = lives.training[program.main].made
    everything = frozenset(place for place, storage in enumerate(main) if storage.kept)
    yield from visit(program.graph, "", 1, lives.given, everything)


def _what(program: Program, node: Node) -> str:
    if isinstance(node.body, Op):
        return construction(node.body, init=False)
    module = program.modules[node.body.module]
    if module.loop:
        name = f"{len(module.loop.names)} times"
    else:
        name = module.template if module.kind == "module" else ""
    return ", ".join([name] * bool(name) + ["checkpointed"] * module.checkpointed)
