"""Take residual units or layers out of a network, as Veit, Wilber and Belongie did to see what depends on them
("Residual Networks Behave Like Ensembles of Relatively Shallow Networks", NIPS 2016, arXiv 1605.06431).

What stands at a key is replaced by

- nothing, if it is one of the branches that an `add` sums over one value: the other branches stay;
- its input, if it has one of the type of its output;
- its shortcut, if it is a residual unit that changes the shape: the other summands of its `add` go.

A module called from several places is one concrete module: only the calls on the way to the key get a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from archspec.ops.base import Op
from archspec.program.model import INPUT, Call, Loop, Module, Node, Output, Program, Ref
from archspec.program.read import data_args, type_of
from archspec.program.verify import verify
from archspec.program.weights import join_key, tied_inside
from archspec.text.diagnostics import fault
from archspec.text.suggest import suggest

CODE = "A0604"


def lesion(program: Program, keys: Sequence[str]) -> Program:
    """The program without what stands at each of the dotted `keys` of its state dict, one after the other.

    Raises `SpecError` (A0604) if nothing stands there, shapes do not allow it, or a weight of what stays is
    one of what goes.
    """
    for key in keys:
        program = _Lesion(program, key).program()
    return verify(program)


@dataclass(slots=True)
class _Lesion:
    whole: Program
    key: str
    modules: dict[str, Module] = field(default_factory=dict)
    """new ones, by the id of the module that they stand in for"""

    def program(self) -> Program:
        main = self._module(self.whole.graph, self.key, "")
        table: dict[str, Module] = {}
        for id, module in self.whole.modules.items():
            # A new module comes after the old one, and so after what either calls.
            table[id] = module
            if id in self.modules:
                table[self.modules[id].id] = self.modules[id]
        return self.whole._replace(main=main.id, modules=_called(table, main.id))

    def _module(self, module: Module, rest: str, prefix: str) -> Module:
        """The module without what stands at `rest` in it."""
        wanted = [number for number, node in enumerate(module.nodes) if not node.skipped and node.key == rest]
        if wanted:
            made = _without(module, wanted, self)
        else:
            inside = [
                number
                for number, node in enumerate(module.nodes)
                if isinstance(node.body, Call) and not node.skipped and rest.startswith(f"{node.key}.")
            ]
            longest = max((len(module.nodes[number].key) for number in inside), default=0)
            inside = [number for number in inside if len(module.nodes[number].key) == longest]
            if not inside:
                self._unknown(module, rest, prefix)
            nodes = list(module.nodes)
            for number in inside:
                node = nodes[number]
                assert isinstance(node.body, Call)
                self._tied(module, node, rest[len(node.key) + 1 :])
                callee = self.modules.get(node.body.module) or self._module(
                    self.whole.modules[node.body.module], rest[len(node.key) + 1 :], join_key(prefix, node.key)
                )
                nodes[number] = node._replace(body=Call(callee.id))
            made = module._replace(nodes=tuple(nodes))
        made = made._replace(id=self._id(module.id))
        self.modules[module.id] = made
        return made

    def _id(self, id: str) -> str:
        taken = {*self.whole.modules, *(module.id for module in self.modules.values())}
        stem, number = id.partition("~")[0], 1
        while f"{stem}~{number}" in taken:
            number += 1
        return f"{stem}~{number}"

    def _unknown(self, module: Module, rest: str, prefix: str) -> NoReturn:
        known = list(dict.fromkeys(node.key for node in module.nodes if not node.skipped and node.key[0] != "^"))
        first, dot, deeper = rest.partition(".")
        near = suggest(rest, [key for key in known if bool(dot) == ("." in key)])
        if near is None and dot and (begin := suggest(first, known)) is not None:
            near = begin + dot + deeper
        where = f"`{prefix}`" if prefix else f"`{self.whole.name}`"
        help = f"did you mean `{join_key(prefix, near)}`?" if near else f"there is {_some(known)}"
        raise fault(CODE, f"nothing in {where} has the key `{rest[:120]}`", help=help)

    def _tied(self, module: Module, node: Node, inside: str) -> None:
        """Refuse if a weight of a callee that goes is one that something here is tied to, or is tied itself."""
        gone = join_key(node.key, inside)
        for other in module.nodes:
            for target in other.ties.values():
                if target.startswith(f"{gone}."):
                    self.refuse(other, f"`{other.key}` has weights of it")
        if tied_inside(frozenset(node.ties), inside):
            self.refuse(node, f"its weights are tied in `{node.key}`")

    def refuse(self, node: Node, why: str, help: str = "") -> NoReturn:
        raise fault(CODE, f"`{self.key}` cannot be dropped: {why}", node.origin.span, help=help)


def _without(module: Module, wanted: Sequence[int], lesion: _Lesion) -> Module:
    """The module without nodes that apply one instance."""
    nodes: dict[int, Node] = dict(enumerate(module.nodes))
    stands: dict[Ref, Ref] = {}
    """values that are no more, and what stands for each"""
    new: dict[str, Module] = {}
    for number in wanted:
        node = nodes[number]
        for other in module.nodes:
            if node.key in other.lends.values():
                lesion.refuse(other, f"`{other.key}` applies it too")
            if other.key != node.key and any(target.startswith(f"{node.key}.") for target in other.ties.values()):
                lesion.refuse(other, f"`{other.key}` has weights of it")
        join = _branch_of(module, number)
        if join is not None:
            left = tuple(ref for ref in nodes[join].args if ref.node != number)
            if len(left) == 1:
                stands[Ref(join)] = left[0]
                del nodes[join]
            else:
                nodes[join] = nodes[join]._replace(args=left)
            del nodes[number]
            continue
        given = node.args if isinstance(node.body, Call) else data_args(node)
        same = [ref for ref in given if type_of(module, ref) == node.types[0]]
        if len(node.types) == 1 and len(same) == 1:
            stands[Ref(number)] = same[0]
            del nodes[number]
            continue
        short = _shortcut(lesion, node, new)
        if short is None:
            takes = " and ".join(str(type_of(module, ref)) for ref in given) or "nothing"
            gives = " and ".join(map(str, node.types))
            lesion.refuse(
                node,
                f"it takes {takes} and gives {gives}" if len(same) != len(given) or not same else "it joins its inputs",
                "what is dropped must have one input of the shape of its output, or a shortcut around it",
            )
        nodes[number] = node._replace(body=Call(short.id))
    lesion.modules.update(new)
    return _rebuilt(module, nodes, stands)


def _branch_of(module: Module, number: int) -> int | None:
    """The `add` that a node is one branch of: all that it adds is one value, or made of that value alone."""
    readers = [at for at, node in enumerate(module.nodes) if any(ref.node == number for ref in node.args)]
    if len(readers) != 1 or any(output.ref.node == number for output in module.outputs):
        return None
    join = module.nodes[readers[0]]
    node = module.nodes[number]
    if not isinstance(join.body, Op) or join.body.op != "add" or join.skipped or not node.args:
        return None
    others = [ref for ref in join.args if ref.node != number]
    if not others or any(type_of(module, ref) != join.types[0] for ref in others[:1]):
        return None
    start = _plain(module, node.args[0])
    if all(_plain(module, ref) == start or _sources(module, ref) == {start} for ref in others):
        return readers[0]
    return None


def _plain(module: Module, ref: Ref) -> Ref:
    """The value that a ref is, steps that are skipped left out."""
    while ref.node != INPUT and module.nodes[ref.node].skipped:
        ref = module.nodes[ref.node].args[0]
    return ref


def _sources(module: Module, ref: Ref) -> set[Ref]:
    """What the node of a value reads."""
    ref = _plain(module, ref)
    return {_plain(module, given) for given in module.nodes[ref.node].args} if ref.node != INPUT else set()


def _shortcut(lesion: _Lesion, node: Node, new: dict[str, Module]) -> Module | None:
    """The module of a residual unit with its shortcut alone: what it adds that has the fewest weighted layers."""
    if not isinstance(node.body, Call):
        return None
    callee = lesion.whole.modules[node.body.module]
    if len(callee.outputs) != 1:
        return None
    at = callee.outputs[0].ref.node
    while at != INPUT:
        found = callee.nodes[at]
        if isinstance(found.body, Op) and found.body.op == "add" and not found.skipped:
            break
        given = data_args(found)
        if isinstance(found.body, Call) or found.body.weighted or len(given) != 1:
            return None
        at = given[0].node
    if at == INPUT:
        return None
    join = callee.nodes[at]
    layers = {ref: _layers(lesion.whole, callee, ref) for ref in join.args}
    least = [ref for ref, count in layers.items() if count == min(layers.values())]
    if len(least) != 1 or type_of(callee, least[0]) != join.types[0]:
        return None
    nodes = dict(enumerate(callee.nodes))
    del nodes[at]
    made = _rebuilt(callee, nodes, {Ref(at): least[0]})._replace(id=lesion._id(callee.id))
    new[callee.id] = made
    return made


def _layers(program: Program, module: Module, ref: Ref) -> int:
    """Weighted layers, those of callees each counted once, that a value depends on."""
    seen: set[int] = set()
    waiting = [ref.node]
    count = 0
    while waiting:
        at = waiting.pop()
        if at == INPUT or at in seen:
            continue
        seen.add(at)
        node = module.nodes[at]
        waiting += [given.node for given in node.args]
        if not node.skipped:
            count += node.body.weighted if isinstance(node.body, Op) else _weighted(program, node.body.module)
    return count


def _weighted(program: Program, id: str) -> int:
    inside = _called(program.modules, id)
    return sum(
        node.body.weighted
        for module in inside.values()
        for node in module.nodes
        if isinstance(node.body, Op) and not node.skipped
    )


def _rebuilt(module: Module, nodes: Mapping[int, Node], stands: Mapping[Ref, Ref]) -> Module:
    """The module with the nodes that are left and still needed, their numbers closed up."""

    def now(ref: Ref) -> Ref:
        while ref in stands:
            ref = stands[ref]
        return ref

    before = _needed(dict(enumerate(module.nodes)), [output.ref for output in module.outputs], {})
    needed = _needed(nodes, [output.ref for output in module.outputs], stands)
    kept = [number for number in nodes if number in needed or number not in before]
    place = {number: at for at, number in enumerate(kept)} | {INPUT: INPUT}

    def moved(ref: Ref) -> Ref:
        ref = now(ref)
        return Ref(place[ref.node], ref.output)

    return module._replace(
        nodes=tuple(nodes[number]._replace(args=tuple(map(moved, nodes[number].args))) for number in kept),
        outputs=tuple(Output(out.name, moved(out.ref), out.only, out.weight) for out in module.outputs),
        loop=_loop(module, nodes, kept),
    )


def _needed(nodes: Mapping[int, Node], ends: Sequence[Ref], stands: Mapping[Ref, Ref]) -> set[int]:
    needed: set[int] = set()
    waiting = list(ends)
    while waiting:
        ref = waiting.pop()
        while ref in stands:
            ref = stands[ref]
        if ref.node != INPUT and ref.node not in needed:
            needed.add(ref.node)
            waiting += nodes[ref.node].args
    return needed


def _loop(module: Module, nodes: Mapping[int, Node], kept: Sequence[int]) -> Loop | None:
    """The loop without the copies that are gone; None if what is left is no such loop."""
    loop = module.loop
    if loop is None:
        return None
    left = {nodes[number].key for number in kept if isinstance(nodes[number].body, Call)}
    names = tuple(name for name in loop.names if name in left)
    whole = loop.wire in ("chain", "residual") and len(kept) == len(names) * (1 + (loop.wire == "residual"))
    return loop._replace(names=names) if whole and names else None


def _called(modules: Mapping[str, Module], main: str) -> dict[str, Module]:
    """The modules that are reached from `main`, in the order they had."""
    reached = {main}
    waiting = [main]
    while waiting:
        for node in modules[waiting.pop()].nodes:
            if isinstance(node.body, Call) and not node.skipped and node.body.module not in reached:
                reached.add(node.body.module)
                waiting.append(node.body.module)
    return {id: module for id, module in modules.items() if id in reached}


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
