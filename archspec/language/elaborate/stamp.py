"""A copy that is like the one before in all but its name and place is stamped, not elaborated anew."""

from __future__ import annotations

from collections.abc import Sequence

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
            (tail or "", [self._relative(ref) for ref in node.args], node.body, node[4:])
            for node, tail in zip(nodes, tails, strict=True)
        ]
        self._gives = [self._relative(ref) for ref in self._value.refs]

    def fits(self, read: Value) -> bool:
        """Whether the copy that reads `read` would have the same nodes, if its expression is the same."""
        same = self._plain and read.types == self._read.types
        return same and (self._loose or self._builder.bring(read).refs == self._read.refs)

    @property
    def size(self) -> int:
        """Nodes of a copy."""
        return len(self._nodes)

    def make(self, names: Sequence[str], read: Value) -> Value:
        """The copies called `names`: the first reads `read`, each of the others what the one before gives.

        Returns what the last one gives. This is the loop that makes deep networks: it takes a few µs a node.
        """
        builder, value, own = self._builder, self._value, self._tail(self._value.label)
        nodes, taken, here = builder.nodes, builder.names, len(builder.nodes)
        refs, others = builder.bring(read).refs, tuple(self._rest)
        builder.stamped.append((here, here + len(names) * self.size))
        for name in names:
            outside = refs + others
            for tail, reads, body, rest in self._nodes:
                key = name + tail
                args = tuple([outside[output] if at < 0 else Ref(here + at, output) for at, output in reads])
                nodes.append(Node._make((key, key, body, args, *rest)))
                taken.add(key)
            refs = tuple([outside[output] if at < 0 else Ref(here + at, output) for at, output in self._gives])
            here += self.size
        label = value.label if own is None else names[-1] + own
        return Value(builder, refs, value.types, label, value.span, value.names, value.window)

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
