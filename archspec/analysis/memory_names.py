"""Which values a module holds by a name, and when it lets go of them.

A value that stands inside an expression is gone when the expression has been reckoned. One that has a
name stays until the name is given to another value, or until the call returns. So what is alive depends
on how a body is written down, and this is how the PyTorch backend writes it: a chain hands each value on
and a loop gives its running value one name; elsewhere norm and activation stand around what they follow
and short operands inside their join; the running value is called `x` (or `out`, where `x` is still
wanted), and what is read later, or more than once, goes by the name of its step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from archspec.ops.base import Category
from archspec.program.model import INPUT, Call, Module, Output, Ref

DEEPEST = 3
"""calls inside each other in one expression"""
JOINS = (Category.MERGE, Category.CONCAT)
BARE = frozenset({"select", "slice", "split", "chunk", "crop", "permute", "reshape", "pad_channels", "parameter"})
"""ops that are no layers, and so are no part of a sequence"""
AFTERWARDS = (Category.NORM, Category.ACTIVATION)


def releases(copies: Sequence[Module]) -> Mapping[int, int]:
    """Node → the node after which its value is let go, for what is held longer than it is read.

    `copies` are modules of one template with as many nodes, which share one way of being written; a
    step that only some of them skip has its name in all. The number behind the last node stands for
    the return. What is not told goes after its last use.
    """
    first = copies[0]
    if first.loop is not None or (first.kind != "graph" and _is_chain(first)):
        return {}
    return _Names(copies).release


def _is_chain(module: Module) -> bool:
    """Whether each node reads the one before, and all have numbers or all have names: a sequence."""
    if len(module.inputs) != 1 or len(module.outputs) != 1 or module.borrows:
        return False
    keys: list[str] = []
    for number, node in enumerate(module.nodes):
        if node.args != ((number - 1, 0),) or len(node.types) != 1 or node.only or node.ties or node.lends:
            return False
        if not node.skipped:
            keys.append(node.key)
            if not isinstance(node.body, Call) and node.body.op in BARE:
                return False
    if len(set(keys)) < len(keys) or any("." in key or key.startswith("^") for key in keys):
        return False
    numbers = [key.isdecimal() for key in keys]
    return module.outputs[0].ref.node == len(module.nodes) - 1 and (all(numbers) or not any(numbers))


class _Names:
    def __init__(self, copies: Sequence[Module]):
        module = copies[0]
        self.count = len(module.nodes)
        self.there = [not node.skipped for node in module.nodes]
        self.nodes = list(module.nodes)
        others: dict[int, Ref] = {}
        for copy in copies[1:]:
            for at, node in enumerate(copy.nodes):
                if not node.skipped and not self.there[at]:
                    self.there[at], self.nodes[at] = True, node
        for copy in copies:
            for at, node in enumerate(copy.nodes):
                if node.skipped and node.args:
                    others[at] = node.args[0]
        self.outputs = module.outputs
        self.ports = {port.name: self.count + at for at, port in enumerate(module.inputs)}
        """the number of each input"""
        if len(module.inputs) == 1:
            self.ports["x"] = self.count
        self.places = [*range(self.count + len(module.inputs))]
        """the number of each value, past steps that all copies skip: that of its node, inputs behind all nodes; a node
        with several values has one number for them, since they get no name and stand in no expression"""
        for at, there in enumerate(self.there):
            if not there:
                self.places[at] = self._place(self.nodes[at].args[0])
        self._find_heads()
        self._count_reads(others)
        self.release: dict[int, int] = {}
        self.holds: dict[str, int] = {}
        """name → the node whose value it holds"""
        self.inside: dict[int, tuple[frozenset[str], int]] = {}
        """value that stands inside an expression → the names that it mentions, and calls inside each other"""
        self.named: dict[int, str] = {}
        self._write()
        for at in self.holds.values():
            self.release[at] = self.count

    def _place(self, ref: Ref) -> int:
        at, output = ref
        return self.count + output if at == INPUT else self.places[at]

    def _find_heads(self) -> None:
        """Which steps are written at all, and which run for the training's outputs alone (they come last)."""
        alive = main = self._alive(self.outputs)
        if any(output.only == "training" for output in self.outputs):
            main = self._alive([output for output in self.outputs if output.only != "training"])
        self.order = [at for at in range(self.count) if main[at] and self.there[at]]
        self.heads = [at for at in range(self.count) if alive[at] and not main[at] and self.there[at]]

    def _alive(self, outputs: Sequence[Output]) -> bytearray:
        """For each node whether one of the outputs needs it; one place more, for the inputs."""
        nodes, alive = self.nodes, bytearray(self.count + 1)
        for output in outputs:
            alive[output.ref.node] = 1
        for at in range(self.count - 1, -1, -1):
            if alive[at]:
                for node, _ in nodes[at].args:
                    alive[node] = 1
        return alive

    def _count_reads(self, others: Mapping[int, Ref]) -> None:
        values, count, places = len(self.places), self.count, self.places
        reader, left = self.reader, self.left = [-1] * values, [0] * values
        """the first node that reads each value; how often each is still to be read"""
        self.args: list[list[int]] = [[]] * count
        for at in [*self.order, *self.heads]:
            given = self.nodes[at].args
            args = self.args[at] = [count + output if node == INPUT else places[node] for node, output in given]
            if at in others and others[at] != given[0]:
                args.append(self._place(others[at]))
            for value in args:
                left[value] += 1
                if reader[value] < 0:
                    reader[value] = at
        for output in self.outputs:
            left[self._place(output.ref)] += 1
        self.total = left.copy()
        self.next = [-1] * count
        """the step behind each"""
        for at, after in pairwise([*self.order, count]):
            self.next[at] = after

    def _write(self) -> None:
        left, inside, named, holds = self.left, self.inside, self.named, self.holds
        for at in self.order:
            node, args = self.nodes[at], self.args[at]
            depth = 1
            mentioned: frozenset[str] = frozenset()
            for value in args:
                left[value] -= 1
            if inside:
                for value in args:
                    if value in inside:
                        names, calls = inside[value]
                        mentioned |= names
                        depth = max(depth, 1 + calls)
                        if not left[value]:
                            del inside[value]  # `_free` looks at all that are left
            if len(node.types) > 1:
                self.release[at] = self.count
            elif not node.args or (self.total[at] == 1 and self._stands_inside(at, depth)):
                inside[at] = mentioned.union([named[value] for value in args if value in named]), depth
            else:
                name = named[at] = self._name(at)
                if name in holds:
                    self.release[holds[name]] = at
                holds[name] = at

    def _stands_inside(self, at: int, depth: int) -> bool:
        """Whether a value that is read once is written where it is read."""
        node, reader, after = self.nodes[at], self.reader[at], self.next[at]
        if node.only is not None or len(self.args[at]) != len(node.args):
            return False
        if reader < 0:
            return depth <= DEEPEST and not self.heads and after == self.count
        if self.next[reader] < 0:
            return False
        mine, body = self._category(at), self._category(reader)
        if body in JOINS or (body is None and len(self.args[reader]) > 1):
            return depth <= 2 and self._all_for(at, reader)
        if after != reader:
            return False
        if body in AFTERWARDS and mine is not None:
            return depth < DEEPEST and mine is not Category.ACTIVATION
        key = node.key
        return "." in key and key.partition(".")[0] == self.nodes[reader].key.partition(".")[0]

    def _all_for(self, at: int, reader: int) -> bool:
        """Whether the steps up to the reader are all operands of it."""
        operands = set(self.args[reader])
        at = self.next[at]
        while at != reader and at in operands:
            at = self.next[at]
        return at == reader

    def _category(self, at: int) -> Category | None:
        body = self.nodes[at].body
        return None if isinstance(body, Call) else body.category

    def _name(self, at: int) -> str:
        node = self.nodes[at]
        apart = node.named and (self.total[at] > 1 or self.reader[at] != self.next[at])
        own: tuple[str, ...] = (node.name,) if node.named else ()
        for name in (*own, "x", "out") if apart else ("x", "out", *own):
            if self._free(name):
                return name
        return f"{at}"

    def _free(self, name: str) -> bool:
        """Whether nothing will read what the name holds."""
        left, holder = self.left, self.holds.get(name, self.ports.get(name))
        if holder is None:
            return True
        free = not left[holder]
        for at, (names, _) in self.inside.items():
            free = free and (name not in names or not left[at])
        return free
