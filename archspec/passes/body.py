"""A module while a pass works on it: nodes come, go and change, and references follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from archspec.ops.base import Op, Tensor
from archspec.passes.facts import Facts
from archspec.passes.rewrite import Old, Recipe, Recipes, Rewritten
from archspec.program.model import INPUT, Module, Node, Origin, Output, Program, Ref
from archspec.program.weights import join_key

OUTPUT = -2
"""as a reader: the module gives the value back"""


class Body:
    """The nodes of one module by number. New ones get numbers behind the old; `order` is that of execution."""

    def __init__(self, module: Module, facts: Facts):
        self.module, self.facts = module, facts
        self.nodes: dict[int, Node] = dict(enumerate(module.nodes))
        self.order = list(self.nodes)
        self.tensors: dict[str, Recipe] = {}
        """recipes of what changed, by key in the module"""
        self.moved: dict[str, str] = {}
        self._stands: dict[Ref, Ref] = {}
        """a value that is no longer made → the one that stands in its place"""
        self._shown: set[Ref] | None = None
        self._through: dict[Ref, Ref] = {}
        """what a skipped node gives → what it stands for"""
        self._behind: dict[int, list[int]] = {}
        """new nodes, by the one that they run right before"""
        self._names = {node.name for node in module.nodes}
        self._keys = {node.key for node in module.nodes}
        self.readers: dict[Ref, dict[int, None]] = {}
        """who reads each value, skipped nodes seen through; `OUTPUT` for the module itself"""
        for at, node in self.nodes.items():
            if node.skipped:
                self._through[Ref(at)] = self.value(node.args[0])
            else:
                self._read(at, node.args)
        self._read(OUTPUT, tuple(output.ref for output in module.outputs))

    def value(self, ref: Ref) -> Ref:
        """Where a value is really made: skipped nodes stand for their argument."""
        while True:
            further = self._stands.get(ref) or self._through.get(ref)
            if further is None:
                return ref
            ref = further

    def type(self, ref: Ref) -> Tensor:
        ref = self.value(ref)
        return self.module.inputs[ref.output].type if ref.node == INPUT else self.nodes[ref.node].types[ref.output]

    def given(self, at: int) -> tuple[Tensor, ...]:
        """Types of what a node is given."""
        return tuple(self.type(ref) for ref in self.nodes[at].args)

    def ops(self) -> Iterator[tuple[int, Node, Op]]:
        """The op nodes that run in inference, in order, as they are when their turn comes."""
        for at in tuple(self.order):
            node = self.nodes.get(at)
            if node is not None and isinstance(node.body, Op) and not node.skipped and node.only is None:
                yield at, node, node.body

    def producer(self, at: int) -> tuple[int, Node, Op] | None:
        """The op that makes the first argument of a node, if nobody else reads that and its instance may change."""
        ref = self.value(self.nodes[at].args[0])
        node = self.nodes.get(ref.node)
        if node is None or not isinstance(node.body, Op) or node.only or len(self.readers.get(ref, ())) != 1:
            return None
        return (ref.node, node, node.body) if self.facts.own(self.module, node) else None

    def bare(self, at: int) -> bool:
        """Whether no skipped node, which has the type of what it stands for, stands for this node's output."""
        if self._shown is None:
            self._shown = set(self._through.values())
        return Ref(at) not in self._shown

    # changes

    def remove(self, at: int) -> None:
        """Take a node of one output out: its first argument stands in its place."""
        self.stand(Ref(at), self.nodes[at].args[0])
        del self.nodes[at]

    def stand(self, old: Ref, new: Ref) -> None:
        """Let `new` be read wherever `old` was."""
        readers = self.readers.setdefault(self.value(new), {})
        readers.pop(old.node, None)
        readers.update(self.readers.pop(old, {}))
        self._stands[old] = self._made(new)

    def change(self, at: int, op: Op, **parts: Any) -> None:
        """Let a node apply another op; what was written of arguments that changed is forgotten."""
        node = self.nodes[at]
        assert isinstance(node.body, Op)
        before = node.body
        kept = {
            name: text
            for name, text in node.origin.arguments.items()
            if isinstance(op, type(before)) and getattr(op, name, None) == getattr(before, name, None)
        }
        self.nodes[at] = node._replace(body=op, origin=node.origin._replace(arguments=kept), **parts)

    def swap(self, first: int, second: int) -> None:
        """Let the second node, which alone reads the first (see `bare`), run before it. Both have one input and
        one output."""
        one, other = self.nodes[first], self.nodes[second]
        assert isinstance(one.body, Op)
        assert isinstance(other.body, Op)
        given = self.given(first)
        moved = other._replace(args=one.args, types=other.body.infer(*given))
        self.nodes[first] = moved
        self.nodes[second] = one._replace(args=(Ref(first),), types=one.body.infer(*moved.types))

    def absorb(self, first: int, second: int, args: tuple[Ref, ...]) -> None:
        """Let a node, which the second alone reads (see `bare`), run in that one's place and give its output,
        of the same type, from `args`."""
        for ref in self.nodes[first].args:
            self.readers[self.value(ref)].pop(first, None)
        self.nodes[second] = self.nodes.pop(first)._replace(args=args)
        self.readers.pop(Ref(first), None)
        self._read(second, args)

    def insert(self, before: int, name: str, op: Op, args: tuple[Ref, ...], origin: Origin, named: bool = True) -> Ref:
        """A new node, to run right before another. It gets a free name like `name`, which is its key too."""
        free, number = name, 2
        while free in self._names or free in self._keys:
            free, number = f"{name}_{number}", number + 1
        self._names.add(free)
        self._keys.add(free)
        at = len(self.order)
        types = op.infer(*(self.type(ref) for ref in args))
        self.nodes[at] = Node(free, free, op, args, types, origin._replace(arguments={}), named)
        self.order.append(at)
        self._behind.setdefault(before, []).append(at)
        self._read(at, args)
        return Ref(at)

    def _read(self, at: int, args: tuple[Ref, ...]) -> None:
        for ref in args:
            self.readers.setdefault(self.value(ref), {})[at] = None

    def _made(self, ref: Ref) -> Ref:
        """The value that stands in the place of one that is no longer made."""
        while ref in self._stands:
            ref = self._stands[ref]
        return ref

    def recipe(self, at: int, name: str, recipe: Recipe) -> None:
        """How a tensor of a node follows from old ones."""
        self.tensors[join_key(self.nodes[at].key, name)] = recipe

    def old(self, at: int, name: str) -> Recipe:
        """What a tensor of a node is made of now: earlier changes of the same pass count."""
        key = join_key(self.nodes[at].key, name)
        return self.tensors.get(key, Old(key))

    # the end

    def done(self) -> tuple[Module, Recipes] | None:
        """The new module and its recipes, or None if nothing changed."""
        old = self.module
        new_ids = {at for behind in self._behind.values() for at in behind}
        order = [
            at
            for first in self.order
            if first not in new_ids
            for at in (*self._sequence(first), first)
            if at in self.nodes
        ]
        place = {at: number for number, at in enumerate(order)}

        def moved(ref: Ref) -> Ref:
            ref = self._made(ref)
            return ref if ref.node == INPUT else Ref(place[ref.node], ref.output)

        nodes = tuple(self.nodes[at]._replace(args=tuple(map(moved, self.nodes[at].args))) for at in order)
        outputs = tuple(Output(o.name, moved(o.ref), o.only, o.weight) for o in old.outputs)
        if nodes == old.nodes and outputs == old.outputs:
            return None
        same = order == list(range(len(old.nodes)))
        return (old if same else without_loop(old))._replace(nodes=nodes, outputs=outputs), Recipes(
            self.tensors, self.moved
        )

    def _sequence(self, first: int) -> list[int]:
        """New nodes before a node, those before these first."""
        found: list[int] = []
        for at in self._behind.get(first, ()):
            found += [*self._sequence(at), at]
        return found


def over_modules(program: Program, work: Callable[[Body], None], wanted: Callable[[Module], bool]) -> Rewritten:
    """Let `work` change each distinct module that is wanted and may change, once."""
    facts = Facts(program)
    modules: dict[str, Module] = {}
    recipes: dict[str, Recipes] = {}
    for id, module in program.modules.items():
        modules[id] = module
        if wanted(module) and id not in facts.forms:
            body = Body(module, facts)
            work(body)
            changed = body.done()
            if changed is not None:
                modules[id], recipes[id] = changed
    return Rewritten.of(program._replace(modules=modules), recipes) if recipes else Rewritten(program)


def having(*kinds: type[Op]) -> Callable[[Module], bool]:
    """Asks whether a module applies an op of these kinds."""
    return lambda module: any(isinstance(node.body, kinds) for node in module.nodes)


def without_loop(module: Module) -> Module:
    """The module as plain steps, if it was a loop: its nodes are no longer those of equal copies."""
    return module._replace(loop=None, kind="steps" if module.kind == "repeat" else module.kind)


def changed(op: Op, **arguments: Any) -> Op:
    """The op with other arguments, checked as those of a spec are.

    >>> from archspec.ops.conv import Conv
    >>> changed(Conv(out=8, bias=False), bias=True).bias
    True
    """
    return type(op)(**{**_arguments(op), **arguments})


def turned(op: Op, kind: type[Op]) -> Op:
    """The op as one of a kind that takes all its arguments, and may take more.

    >>> from archspec.ops.conv import Conv
    >>> from archspec.ops.fused import FusedConv
    >>> turned(Conv(out=8, bias=False), FusedConv).bias
    False
    """
    return kind(**_arguments(op))


def _arguments(op: Op) -> dict[str, Any]:
    return {name: getattr(op, name) for name in type(op).model_fields}
