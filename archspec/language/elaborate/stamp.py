"""A copy that is like the one before in all but its name and place is stamped, not elaborated anew."""

from __future__ import annotations

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.values import Value
from archspec.program.model import INPUT, Node, Ref


class Stamp:
    """The nodes of the copy called `name`, from number `start` to the last, which read `read` and gave `value`.

    They are kept as if the copy were a module: a `Ref` to node k is to the copy's own node k, and
    `Ref(INPUT, k)` is to number k of what stands outside: first what the copy reads, then the rest.
    """

    def __init__(self, builder: Builder, name: str, start: int, read: Value, value: Value):
        self._builder, self._name, self._start = builder, name, start
        self._read, self._value = builder.bring(read), builder.bring(value)
        # From outside, a copy may read one node twice: as what it reads, and by name. Only the first is another's.
        self._loose = all(ref.node != INPUT for ref in self._read.refs)
        self._rest: list[Ref] = []
        nodes = builder.nodes[start:]
        tails = [self._tail(node.key) for node in nodes]
        self._plain = all(
            tail is not None and node.name == node.key and not node.ties and not node.lends
            for node, tail in zip(nodes, tails, strict=True)
        )
        self._nodes = [
            (node, tail or "", [self._relative(ref) for ref in node.args])
            for node, tail in zip(nodes, tails, strict=True)
        ]
        self._gives = [self._relative(ref) for ref in self._value.refs]

    def fits(self, read: Value) -> bool:
        """Whether the copy that reads `read` would have the same nodes, if its expression is the same."""
        same = self._plain and read.types == self._read.types
        return same and (self._loose or self._builder.bring(read).refs == self._read.refs)

    def make(self, name: str, read: Value) -> Value:
        """The copy called `name`, which reads `read`."""
        builder, here = self._builder, len(self._builder.nodes)
        outside = (*builder.bring(read).refs, *self._rest)

        def places(refs: list[Ref]) -> tuple[Ref, ...]:
            return tuple([outside[output] if at == INPUT else Ref(here + at, output) for at, output in refs])

        for node, tail, refs in self._nodes:
            key = name + tail
            builder.append(
                Node(
                    key,
                    key,
                    node.body,
                    places(refs),
                    node.types,
                    node.origin,
                    node.named,
                    node.only,
                    node.skipped,
                    node.absent,
                    node.ties,
                    node.lends,
                )
            )
        value, own = self._value, self._tail(self._value.label)
        label = value.label if own is None else name + own
        return Value(builder, places(self._gives), value.types, label, value.span, value.names, value.window)

    def _relative(self, ref: Ref) -> Ref:
        if ref.node >= self._start:
            return Ref(ref.node - self._start, ref.output)
        outside = (*self._read.refs, *self._rest)
        if ref not in outside:
            self._rest.append(ref)
            return Ref(INPUT, len(outside))
        return Ref(INPUT, outside.index(ref))

    def _tail(self, key: str) -> str | None:
        """What stands behind the name of the copy; None for a key that is not the copy's own."""
        tail = key.removeprefix(self._name)
        return tail if key.startswith(self._name) and tail[:1] in ("", ".") else None
