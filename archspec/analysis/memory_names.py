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

from archspec.ops.base import Category
from archspec.program.model import INPUT, Call, Module, Output, Ref

DEEPEST = 3
"""calls inside each other in one expression"""
JOINS = frozenset({Category.MERGE, Category.CONCAT})
BARE = frozenset({"select", "slice", "split", "chunk", "crop", "permute", "reshape", "pad_channels", "parameter"})
"""ops that are no layers, and so are no part of a sequence"""
AFTERWARDS = frozenset({Category.NORM, Category.ACTIVATION})


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
        self.there = [False] * self.count
        self.nodes = list(module.nodes)
        others: dict[int, Ref] = {}
        for copy in copies:
            for at, node in enumerate(copy.nodes):
                if not node.skipped:
                    if not self.there[at]:
                        self.there[at], self.nodes[at] = True, node
                elif node.args:
                    others[at] = node.args[0]
        self.outputs = module.outputs
        self.inputs = [port.name for port in module.inputs]
        self._find_heads()
        self._count_reads(others)
        self.release: dict[int, int] = {}
        self.holds: dict[str, int] = {}
        """name → the node whose value it holds"""
        self.inside: dict[int, tuple[frozenset[str], int]] = {}
        """value that stands inside an expression → the names that it mentions, and calls inside each other"""
        self.named: dict[int, str] = {}
        for at in self.order:
            self._write(at)
        for at in self.holds.values():
            self.release[at] = self.count

    def _place(self, ref: Ref) -> int:
        """The number of a value, past steps that all copies skip: that of its node, inputs behind all nodes.

        A node with several values has one number for them: they get no name, and stand in no expression.
        """
        at, output = ref
        while at != INPUT and not self.there[at]:
            at, output = self.nodes[at].args[0]
        return self.count + output if at == INPUT else at

    def _find_heads(self) -> None:
        """Which steps are written at all, and which run for the training's outputs alone (they come last)."""
        main = self._alive([output for output in self.outputs if output.only != "training"])
        alive = self._alive(self.outputs)
        written = [at for at in range(self.count) if alive[at] and self.there[at]]
        self.order = [at for at in written if main[at]]
        self.heads = [at for at in written if not main[at]]

    def _alive(self, outputs: Sequence[Output]) -> bytearray:
        """For each node whether one of the outputs needs it; one place more, for the inputs."""
        alive = bytearray(self.count + 1)
        for output in outputs:
            alive[output.ref.node] = 1
        for at in range(self.count - 1, -1, -1):
            if alive[at]:
                for node, _ in self.nodes[at].args:
                    alive[node] = 1
        return alive

    def _count_reads(self, others: Mapping[int, Ref]) -> None:
        values = self.count + len(self.inputs)
        self.reader: list[int | None] = [None] * values
        """the first node that reads each"""
        self.left = [0] * values
        """how often each value is still to be read"""
        self.args: list[list[int]] = [[]] * self.count
        for at in [*self.order, *self.heads]:
            args = self.args[at] = [self._place(ref) for ref in self.nodes[at].args]
            if at in others and others[at] != self.nodes[at].args[0]:
                args.append(self._place(others[at]))
            for value in args:
                self.left[value] += 1
                if self.reader[value] is None:
                    self.reader[value] = at
        for output in self.outputs:
            self.left[self._place(output.ref)] += 1
        self.total = self.left.copy()
        # Not strict: a network that gives back its input has no node at all.
        self.next = dict(zip(self.order, [*self.order[1:], self.count], strict=False))
        """the step behind each"""

    def _write(self, at: int) -> None:
        node, args, left, inside = self.nodes[at], self.args[at], self.left, self.inside
        for value in args:
            left[value] -= 1
        depth = 1
        inner: list[frozenset[str]] = []
        if inside:
            for value in args:
                if value in inside:
                    names, calls = inside[value]
                    inner.append(names)
                    depth = max(depth, 1 + calls)
                    if not left[value]:
                        del inside[value]  # `_free` looks at all that are left
        if len(node.types) > 1:
            self.release[at] = self.count
        elif not node.args or (node.only is None and len(args) == len(node.args) and self._stands_inside(at, depth)):
            inside[at] = frozenset([self.named[value] for value in args if value in self.named]).union(*inner), depth
        else:
            name = self._name(at)
            if name in self.holds:
                self.release[self.holds[name]] = at
            self.holds[name] = at
            self.named[at] = name

    def _stands_inside(self, at: int, depth: int) -> bool:
        """Whether the value is written where it is read."""
        if self.total[at] != 1:
            return False
        reader = self.reader[at]
        if reader is None:
            return depth <= DEEPEST and not self.heads and self.next[at] == self.count
        if reader not in self.next:
            return False
        mine, body = self._category(at), self._category(reader)
        if body in JOINS or (body is None and len(self.args[reader]) > 1):
            return depth <= 2 and self._all_for(at, reader)
        if self.next[at] != reader:
            return False
        if body in AFTERWARDS and mine is not None:
            return depth < DEEPEST and mine is not Category.ACTIVATION
        key = self.nodes[at].key
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
        node, reader = self.nodes[at], self.reader[at]
        own = [node.name] if node.named else []
        apart = bool(own) and (self.total[at] > 1 or reader != self.next[at])
        for name in (*own, "x", "out") if apart else ("x", "out", *own):
            if self._free(name):
                return name
        return f"{at}"

    def _free(self, name: str) -> bool:
        """Whether nothing will read what the name holds."""
        for at, (names, _) in self.inside.items():
            if name in names and self.left[at]:
                return False
        if name in self.holds:
            return not self.left[self.holds[name]]
        port = 0 if name == "x" and len(self.inputs) == 1 else self.inputs.index(name) if name in self.inputs else None
        return port is None or not self.left[self.count + port]
