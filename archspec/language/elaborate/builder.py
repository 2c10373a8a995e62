"""One module of the program while it grows: nodes in order, inputs taken when something outside is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from types import MappingProxyType

from archspec.language.elaborate.values import Shared, Value, usable
from archspec.ops.base import Op, Tensor
from archspec.program.model import INPUT, Call, Kind, Mode, Node, Origin, Output, Port, Ref
from archspec.text.diagnostics import Label, fault
from archspec.text.source import Span

_NONE: Mapping[str, str] = MappingProxyType({})


class Builder:
    """Mutable on purpose, and only here: `Elaborator.close` freezes it into a `Module`."""

    def __init__(self, kind: Kind, template: str, parent: Builder | None = None, read: Value | None = None):
        """`read`: for a nested body, what its first step reads; it becomes the input called `input`."""
        self.kind, self.template, self.parent, self.read = kind, template, parent, read
        self.inputs: list[Port] = []
        self.captured: list[Value] = []
        """for a nested body: what each of its inputs is in the body around it"""
        self._input_of: dict[tuple[int, Ref], int] = {}
        self.nodes: list[Node] = []
        self.names: set[str] = set()
        """of the nodes"""
        self.stamped: list[tuple[int, int]] = []
        """stretches of nodes that follow from those before them and the names of the copies"""
        self.keys: dict[str, Span] = {}
        self.borrowed: dict[str, Shared] = {}
        self.position = 0
        """the number that the next unnamed step gets"""
        self.checkpointed = False

    def port(self, name: str, type: Tensor, span: Span | None = None) -> Value:
        """A new input of its own."""
        self.inputs.append(Port(name, type))
        return Value(self, (Ref(INPUT, len(self.inputs) - 1),), (type,), name, span)

    def bring(self, value: Value) -> Value:
        """The value as this body sees it: what stands in a body around becomes an input."""
        if usable(value).builder is self:
            return value
        assert self.parent is not None, "a value of another module"
        outside = self.parent.bring(value)
        refs = []
        for at, ref in enumerate(outside.refs):
            known = self._input_of.get((0, ref))
            if known is None:
                known = self._input_of[0, ref] = len(self.inputs)
                label = value.names[at] if len(value.refs) > 1 and value.names else value.label
                if self.read is not None and value.refs == self.read.refs and value.builder is self.read.builder:
                    label = "input"
                label = re.sub(r"\W+", "_", label).strip("_")
                taken = {port.name for port in self.inputs}
                name, count = label, 2
                while name in taken:
                    name, count = f"{label}_{count}", count + 1
                self.inputs.append(Port(name, value.types[at]))
                self.captured.append(Value(self.parent, (ref,), (value.types[at],), label, value.span))
            refs.append(Ref(INPUT, known))
        return Value(self, tuple(refs), value.types, value.label, value.span, value.names, value.window)

    def unique(self, name: str) -> str:
        """`name`, or the first of `name_2`, `name_3`, … that is free."""
        free, count = name, 2
        while free in self.names:
            free, count = f"{name}_{count}", count + 1
        return free

    def claim(self, key: str, span: Span) -> None:
        """Take a key of the state dict. Raises A0315 if another step has it."""
        if key in self.keys:
            raise fault(
                "A0315",
                f"two steps are called `{key}`",
                span,
                also=[Label(self.keys[key], "first here")],
                help="inside a `for`, put the loop's number in the name: `name${i}`",
            )
        self.keys[key] = span

    def claim_all(self, nodes: Sequence[Node], span: Span) -> None:
        """Take the keys of new nodes. A borrowed instance has its key elsewhere."""
        for node in nodes:
            if not node.key.startswith("^") and node.key not in self.keys:
                self.claim(node.key, span)

    def add(
        self,
        body: Op | Call,
        args: Sequence[Value],
        types: tuple[Tensor, ...],
        *,
        name: str,
        key: str,
        origin: Origin,
        label: str = "",
        named: bool = False,
        skipped: bool = False,
        only: Mode | None = None,
        absent: frozenset[int] = frozenset(),
        names: tuple[str, ...] = (),
        ties: Mapping[str, str] = _NONE,
        lends: Mapping[str, str] = _NONE,
    ) -> Value:
        name = self.unique(name)
        refs = tuple(ref for value in args for ref in self.bring(usable(value)).refs)
        self.append(Node(name, key, body, refs, types, origin, named, only, skipped, absent, ties, lends))
        at = len(self.nodes) - 1
        return Value(self, tuple(Ref(at, k) for k in range(len(types))), types, label or name, origin.span, names)

    def append(self, node: Node) -> None:
        self.names.add(node.name)
        self.nodes.append(node)

    def key_of(self, shared: Shared) -> str:
        """Where the weights of a shared instance live, seen from this body."""
        if shared.scope.builder is self:
            return shared.name
        self.borrowed[shared.name] = shared
        return f"^{shared.name}"

    def content(self) -> tuple[object, ...]:
        """All that makes two nested bodies of equal loops the same module."""
        starts, ends = zip(*self.stamped, strict=True) if self.stamped else ((), ())
        own = chain.from_iterable(map(self.nodes.__getitem__, map(slice, (0, *ends), (*starts, None))))
        nodes = (
            (n.name, n.key, n.body, n.args, n.types, n.only, n.skipped, n.absent, *n.ties.items(), *n.lends.items())
            for n in own
        )
        return self.template, self.kind, self.checkpointed, len(self.nodes), tuple(self.inputs), tuple(nodes)

    def alive(self, outputs: Sequence[Output]) -> bytearray:
        """For each node 1 if its value reaches an output, else 0; one place more, for the inputs."""
        alive = bytearray(len(self.nodes) + 1)
        for output in outputs:
            alive[output.ref.node] = 1
        for at in range(len(self.nodes) - 1, -1, -1):
            if alive[at]:
                for node, _ in self.nodes[at].args:
                    alive[node] = 1
        return alive

    def dead(self, outputs: Sequence[Output]) -> list[Node]:
        """Nodes whose values reach no output."""
        alive = self.alive(outputs)
        return [node for node, lives in zip(self.nodes, alive, strict=False) if not lives]

    def prune(self, outputs: Sequence[Output]) -> list[Output]:
        """Drop the dead nodes; the outputs with their new places."""
        alive = self.alive(outputs)
        place = [*accumulate(alive, initial=0)]
        place[INPUT] = INPUT
        self.nodes = [
            node._replace(args=tuple(Ref(place[ref.node], ref.output) for ref in node.args))
            for node, lives in zip(self.nodes, alive, strict=False)
            if lives
        ]
        return [output._replace(ref=Ref(place[output.ref.node], output.ref.output)) for output in outputs]


def bundle(
    builder: Builder,
    values: Sequence[Value],
    label: str,
    span: Span | None,
    names: Sequence[str] = (),
    *,
    window: bool = False,
) -> Value:
    """Several single values as one value of several parts, seen from `builder`."""
    brought = [builder.bring(usable(value)) for value in values]
    return Value(
        builder,
        tuple(ref for value in brought for ref in value.refs),
        tuple(type for value in brought for type in value.types),
        label,
        span,
        tuple(names),
        window,
    )
