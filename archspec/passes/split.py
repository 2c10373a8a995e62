"""One network  ⟹  two that run one after the other: all before a place in the order of execution, and the rest.

The place may lie inside modules: these fall into two as well. Names along calls, and so the keys of the state dict,
are those of the whole network; each half has its share of them. What the second half reads, the first gives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archspec.program.model import INPUT, Call, Kind, Loop, Module, Node, Output, Port, Program, Ref
from archspec.program.read import type_of
from archspec.program.verify import verify
from archspec.program.weights import Weights

Path = tuple[int, ...]
"""numbers of nodes along calls, outermost first: the place right before that node"""
PER_COPY = {"chain": 1, "residual": 2, "dense": 2}
"""nodes that each copy of a loop has"""


def split(program: Program, at: Path) -> tuple[Program, Program]:
    """The two halves, as programs. Instances that both would apply, and tensors that are tied across the place,
    are the caller's business: `archspec.analysis.cuts` knows where there are none.

    The first half gives a tuple, in the order in which the second takes it; the second gives what the whole gave.
    Numbers of nodes in the first half are those of the whole, so that the last cut is to be made first.
    Raises `SpecError` (A0601) if a half is inconsistent.

    >>> from archspec.passes.example import network, show
    >>> first, second = split(network("[4, 8, 8]", "part: [conv(8), relu]", "head: conv(2)"), (0, 1))
    >>> show(first)
    graph(x: [4, 8, 8])
      part  graph.part:head(x)  [8, 8, 8]
    <BLANKLINE>
    graph.part:head(input: [4, 8, 8])
      0  conv(8)(input)  [8, 8, 8]  40
    >>> show(second)
    graph(part: [8, 8, 8])
      part  graph.part:tail(part)  [8, 8, 8]
      head  conv(2)(part)          [2, 8, 8]  18
    <BLANKLINE>
    graph.part:tail(x: [8, 8, 8])
      1  relu(x)  [8, 8, 8]
    """
    trail = [program.graph]
    for number in at[:-1]:
        body = trail[-1].nodes[number].body
        assert isinstance(body, Call)
        trail.append(program.modules[body.module])
    halves: _Halves | None = None
    heads: dict[str, Module] = {}
    tails: dict[str, Module] = {}
    for module, number in reversed([*zip(trail, at, strict=True)]):
        halves = _Cut(program, module, number, halves).halves()
        heads[halves.head.id], tails[halves.tail.id] = halves.head, halves.tail
    assert halves is not None
    return _program(program, heads, halves.head), _program(program, tails, halves.tail)


def _program(whole: Program, parts: dict[str, Module], main: Module) -> Program:
    modules = {id: module for id, module in whole.modules.items() if id not in parts} | parts
    reached: set[str] = set()
    stack = [main.id]
    while stack:
        id = stack.pop()
        if id not in reached:
            reached.add(id)
            stack += [node.body.module for node in modules[id].nodes if isinstance(node.body, Call)]
    # How many samples go at one time was a hint for a network of one input and one output, which a half need not be.
    left = {id: modules[id] for id in modules if id in reached}
    return verify(whole._replace(main=main.id, modules=left, portion=None))


class _Value(NamedTuple):
    """A value of a module that falls into two: where it is made, and what it is there."""

    side: str
    """"input" of the module, or in its "head" or "tail" """
    ref: Ref


class _Halves(NamedTuple):
    head: Module
    tail: Module
    reads: tuple[int, ...]
    """numbers of the module's inputs that the head takes"""
    given: tuple[_Value, ...]
    """what the tail takes: inputs of the module, and outputs of the head by their number"""
    outputs: tuple[_Value, ...]
    """what each output of the module is: one of its inputs, or an output of a half by its number"""


class _Cut:
    """One module, cut before node `number`, or inside the call that this is if that falls into halves."""

    def __init__(self, program: Program, module: Module, number: int, inner: _Halves | None):
        self.program, self.module, self.number, self.inner = program, module, number, inner
        self.main = module.id == program.main
        self.nodes: dict[str, list[Node]] = {"head": [], "tail": []}
        self.values: list[list[_Value]] = []
        """of each node of the module, its outputs"""
        self.wanted: dict[_Value, int] = {}
        """what the tail is given, by number"""

    def halves(self) -> _Halves:
        for number, node in enumerate(self.module.nodes):
            if node.skipped:
                value = self._value(node.args[0])
                self.values.append([value])
                if number < self.number:  # so that the nodes of the head have the numbers that they had
                    self._add(node._replace(args=(self._read(value, "head"),)), "head")
            elif number == self.number and self.inner is not None:
                self.values.append(self._both(node, self.inner))
            else:
                self.values.append(self._whole(node, "head" if number < self.number else "tail"))
        return self._close()

    def _value(self, ref: Ref) -> _Value:
        return _Value("input", ref) if ref.node == INPUT else self.values[ref.node][ref.output]

    def _whole(self, node: Node, side: str) -> list[_Value]:
        args = tuple(self._read(self._value(ref), side) for ref in node.args)
        return self._add(node._replace(args=args), side)

    def _both(self, node: Node, inner: _Halves) -> list[_Value]:
        """The call whose module falls into two: a call in either half, under the same key."""
        given = [self._value(ref) for ref in node.args]
        first = self._part(node, inner.head, [self._read(given[number], "head") for number in inner.reads])
        made = self._add(first, "head")

        def outside(value: _Value) -> _Value:
            return given[value.ref.output] if value.side == "input" else made[value.ref.output]

        args = [self._read(outside(value), "tail") for value in inner.given]
        rest = self._add(self._part(node, inner.tail, args), "tail")
        return [rest[value.ref.output] if value.side == "tail" else outside(value) for value in inner.outputs]

    def _part(self, node: Node, half: Module, args: Sequence[Ref]) -> Node:
        weights = Weights(self.program)
        return node._replace(
            body=Call(half.id),
            args=tuple(args),
            types=tuple(type_of(half, output.ref) for output in half.outputs),
            lends={name: key for name, key in node.lends.items() if name in half.borrows},
            ties={name: key for name, key in node.ties.items() if weights.find(half, name) is not None},
        )

    def _add(self, node: Node, side: str) -> list[_Value]:
        nodes = self.nodes[side]
        nodes.append(node)
        return [_Value(side, Ref(len(nodes) - 1, output)) for output in range(len(node.types))]

    def _read(self, value: _Value, side: str) -> Ref:
        """A value as a node of that half reads it; what the tail does not make, it is given."""
        if value.side == side or (value.side == "input" and side == "head"):
            return value.ref
        return Ref(INPUT, self.wanted.setdefault(value, len(self.wanted)))

    # the two modules

    def _close(self) -> _Halves:
        outputs = [self._value(output.ref) for output in self.module.outputs]
        return self._closed_main(outputs) if self.main else self._closed(outputs)

    def _closed_main(self, outputs: Sequence[_Value]) -> _Halves:
        """Whatever the network gives, its second half gives; the first passes on what it was given itself."""
        module = self.module
        ends = [
            output._replace(ref=self._read(value, "tail"))
            for output, value in zip(module.outputs, outputs, strict=True)
        ]
        ports = self._ports()
        sent = [Output(port.name, value.ref) for port, value in zip(ports, self.wanted, strict=True)]
        return _Halves(self._half("head", module.inputs, sent), self._half("tail", ports, ends), (), (), ())

    def _closed(self, outputs: Sequence[_Value]) -> _Halves:
        read = {ref.output for node in self.nodes["head"] for ref in node.args if ref.node == INPUT}
        reads = tuple(sorted(read)) or (0,)
        place = {number: at for at, number in enumerate(reads)}
        self.nodes["head"] = [
            node._replace(args=tuple(Ref(INPUT, place[r.output]) if r.node == INPUT else r for r in node.args))
            for node in self.nodes["head"]
        ]
        if not self.wanted:
            self._read(_Value("input", Ref(INPUT, 0)), "tail")
        found = dict.fromkeys([*self.wanted, *outputs])
        numbers: dict[_Value, int] = {}
        ends: dict[str, list[Output]] = {"head": [], "tail": []}
        for side, made in ends.items():
            # A half whose values nobody needs still holds its weights, and a module gives something.
            values = [value for value in found if value.side == side] or [_Value(side, Ref(len(self.nodes[side]) - 1))]
            for value in values:
                numbers[value] = len(made)
                made.append(Output(f"output_{len(made)}" if made else "output", value.ref))

        def outside(value: _Value) -> _Value:
            return value if value.side == "input" else _Value(value.side, Ref(0, numbers[value]))

        head = self._half("head", [self.module.inputs[number] for number in reads], ends["head"])
        tail = self._half("tail", self._ports(), ends["tail"])
        return _Halves(head, tail, reads, tuple(map(outside, self.wanted)), tuple(map(outside, outputs)))

    def _half(self, side: str, inputs: Sequence[Port], outputs: Sequence[Output]) -> Module:
        module, nodes = self.module, self.nodes[side]
        borrowed = {key for node in nodes for key in (node.key, *node.lends.values())}
        template = module.template
        if not self.main or side == "head":
            template = f"{template}_{side}".replace("_head_head", "_head").replace("_head_tail", "_middle")
        loop = self._loop(nodes)
        return module._replace(
            id=module.id if self.main else f"{module.id}:{side}",
            template=template,
            kind=self._kind(side, loop),
            inputs=tuple(inputs),
            nodes=tuple(nodes),
            outputs=tuple(outputs),
            loop=loop,
            borrows=tuple(name for name in module.borrows if f"^{name}" in borrowed),
        )

    def _kind(self, side: str, loop: Loop | None) -> Kind:
        if self.main:
            return "stage" if side == "head" else self.module.kind
        kind = self.module.kind
        return kind if kind == "module" or loop is not None else "steps"

    def _loop(self, nodes: Sequence[Node]) -> Loop | None:
        """The loop of the copies that a half has, if it has them whole."""
        loop = self.module.loop
        if loop is None or self.inner is not None or loop.wire not in PER_COPY:
            return None
        there = {node.key for node in nodes}
        names = tuple(name for name in loop.names if name in there)
        return loop._replace(names=names) if names and len(nodes) == PER_COPY[loop.wire] * len(names) else None

    def _ports(self) -> list[Port]:
        """The inputs of the tail, called like the steps that make them."""
        module = self.module
        taken: set[str] = set()
        ports = []
        for value in self.wanted:
            source = self.nodes["head"][value.ref.node] if value.side == "head" else None
            if source is not None:
                type, name = source.types[value.ref.output], source.name
            else:
                port = module.inputs[value.ref.output]
                type, name = port.type, port.name
            stem = name.replace(".", "_")
            stem = free = stem if stem.isidentifier() else "x"
            number = 2
            while free in taken:
                free, number = f"{stem}_{number}", number + 1
            taken.add(free)
            ports.append(Port(free, type))
        return ports
