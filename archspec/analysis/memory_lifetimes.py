"""When each value of a network comes and goes, and which of them backward keeps.

Values live as they do where the program runs one op after the other, in the order of its nodes (eager
PyTorch): a value is freed after the last node that reads it, and what a module is given lives until the
call returns, since its caller holds it. Views share the storage of what they show, an op that may write
over its input does, a concatenation is a copy.

A module's peak above what was there when it was called, what it keeps, and which of its outputs are new
do not depend on where it is called: each distinct module is walked once, callees before callers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archspec.analysis.memory_names import releases
from archspec.ops.base import Category, Op, Tensor
from archspec.ops.footprint import Extra
from archspec.program.model import INPUT, Call, Mode, Module, Node, Program, Ref
from archspec.program.read import operand_types, stands_aside

NOTHING: Mapping[int, int] = {}
BYTES = {"int64": 8, "bool": 1}
"""of a value whose dtype is no choice"""


class Storage(NamedTuple):
    """Bytes that a module makes and gives back."""

    size: int
    kept: bool
    """backward wants it"""
    copied: bool
    """a concatenation made it"""
    fixed: bool
    """it has no batch axis, being made of learned tensors alone"""


class Summary(NamedTuple):
    """What a caller must know of one concrete module. Bytes of what it was given are not in it."""

    outputs: tuple[int, ...]
    """for each the number of the input that it is, or shows; or -1 - k for storage k of `made`"""
    made: tuple[Storage, ...]
    peak: int
    at: int
    """number of the node that runs at the peak"""
    live: Sequence[int]
    """bytes alive before each node"""
    keeps: tuple[int, ...]
    """numbers of the inputs that backward wants"""
    kept: int
    """bytes that it made, did not give back, and backward wants"""
    copies: int
    """those of `kept` that concatenations made"""


class Lifetimes:
    """Summaries of all modules of a program, for a batch, and bytes of a floating-point value."""

    def __init__(self, program: Program, mode: Mode, batch: int, width: int):
        self.program, self.mode, self.batch, self.width = program, mode, batch, width
        self.learned = _learned(program)
        self.modules: dict[str, Summary] = {}
        self.releases = _releases(program) if mode == "inference" else {}
        for module in program.modules.values():
            self.modules[module.id] = _Walk(self, module).summary()
        self.given = sum([self.bytes(port.type) for port in program.graph.inputs])
        """bytes of the network's inputs"""

    @property
    def main(self) -> Summary:
        return self.modules[self.program.main]

    @property
    def peak(self) -> int:
        """Most bytes that are alive at once, the network's inputs included."""
        return self.given + self.main.peak

    @property
    def kept(self) -> int:
        """Bytes that backward wants; the network's inputs are among them if some op does."""
        main = self.main
        ports = self.program.graph.inputs
        return (
            main.kept
            + sum([s.size for s in main.made if s.kept])
            + sum([self.bytes(ports[p].type) for p in main.keeps])
        )

    @property
    def copies(self) -> int:
        """Bytes of `kept` that concatenations made."""
        return self.main.copies + sum([s.size for s in self.main.made if s.kept and s.copied])

    def peak_at(self) -> list[tuple[Module, Node]]:
        """The op that runs at the peak, behind the calls that lead to it, outermost first."""
        path: list[tuple[Module, Node]] = []
        module = self.program.graph
        while module.nodes:
            node = module.nodes[self.modules[module.id].at]
            path.append((module, node))
            if not isinstance(node.body, Call) or stands_aside(node, self.mode):
                break
            module = self.program.modules[node.body.module]
        return path

    def bytes(self, type: Tensor, fixed: bool = False) -> int:
        size = type.elements * BYTES.get(type.dtype, self.width)
        return size if fixed else size * self.batch

    def extra(self, extra: Extra) -> int:
        each = sum([self.bytes(type) for type in extra.each]) if extra.each else 0
        return each + sum([self.bytes(type, True) for type in extra.once]) if extra.once else each


class _Walk:
    """One module: which storage each value lies in, and until when."""

    def __init__(self, of: Lifetimes, module: Module):
        self.of, self.module = of, module
        ports = len(module.inputs)
        # Storages are numbered: first what the module is given, then what it makes.
        self.size, self.last = [0] * ports, [0] * ports
        self.kept: set[int] = set()
        self.copied: set[int] = set()
        self.fixed: set[int] = set(of.learned.get(module.id, ()))
        # The inputs come last, so that INPUT, which is -1, finds them.
        self.values: list[Sequence[int]] = [*(() for _ in module.nodes), range(ports)]
        self.rises: list[int] = []
        """for each node, the bytes that it needs while it runs, outputs included"""
        self.born: list[int] = []
        """for each node, the bytes that it makes"""
        self.inside = self.copies = 0
        self.uses: Counter[Ref] | None = None

    def summary(self) -> Summary:
        nodes, values, last, mode = self.module.nodes, self.values, self.last, self.of.mode
        rises, born, skips = self.rises, self.born, stands_aside
        for number, node in enumerate(nodes):
            args = [values[at][output] for at, output in node.args]
            if (node.skipped or node.only is not None) and skips(node, mode):
                values[number] = args[:1] * len(node.types)
                rises.append(0)
                born.append(0)
                continue
            for storage in args:
                last[storage] = number
            if isinstance(node.body, Call):
                self._call(number, node.body.module, args)
            else:
                self._apply(number, node, node.body, args)
        return self._close()

    def _new(self, size: int, number: int) -> int:
        self.size.append(size)
        self.last.append(number)
        return len(self.size) - 1

    def _call(self, number: int, callee: str, args: Sequence[int]) -> None:
        done = self.of.modules[callee]
        made = []
        for size, kept, copied, fixed in done.made:
            storage = self._new(size, number)
            made.append(storage)
            if kept:
                self.kept.add(storage)
            if copied:
                self.copied.add(storage)
            if fixed:
                self.fixed.add(storage)
        self.values[number] = [args[place] if place >= 0 else made[-1 - place] for place in done.outputs]
        self.rises.append(done.peak)
        self.born.append(sum([storage.size for storage in done.made]))
        for place in done.keeps:
            self.kept.add(args[place])
        self.inside += done.kept
        self.copies += done.copies

    def _apply(self, number: int, node: Node, op: Op, args: Sequence[int]) -> None:
        of, kind = self.of, type(op)
        training = of.mode == "training"
        if op.view or (op.variadic and len(args) == 1) or (not training and op.idle()):
            self.values[number] = args[:1] * len(node.types)
            self.rises.append(0)
            self.born.append(0)
            return
        if op.op == "add" and self.module.loop is not None and self.module.loop.wire == "parallel":
            self._running_sum(number, node, args)
            return
        types = operand_types(self.module, node)
        keeps = op.keeps(*types) if training and kind.keeps is not Op.keeps else None
        over = op.overwrites and not (keeps and keeps.inputs) and self._may_overwrite(node)
        born = rest = 0
        if over:
            self.values[number] = args[:1]
        else:
            fixed = not self.fixed.isdisjoint(args) and self.fixed.issuperset(args)
            made = []
            for type_ in node.types:
                size = 0 if not args else of.bytes(type_, fixed)  # a learned tensor is a weight
                made.append(self._new(size, number))
                born += size
            if fixed or not args:
                self.fixed.update(made)
            if op.category is Category.CONCAT:
                self.copied.update(made)
            self.values[number] = made
        if keeps is not None:
            if keeps.inputs or (keeps.either and not over):
                self.kept.update(args)
            if keeps.output or (keeps.either and over):
                self.kept.update(self.values[number])
            self.inside += of.extra(keeps.aside)
        elif not training and kind.scratch is not Op.scratch:
            rest = of.extra(op.scratch(*types))
        self.rises.append(born + rest)
        self.born.append(born)

    def _running_sum(self, number: int, node: Node, args: Sequence[int]) -> None:
        """The sum of parallel copies grows as they come: of their outputs only the newest is alive."""
        size = self.of.bytes(node.types[0])
        for ref, storage in zip(node.args, args, strict=True):
            self.last[storage] = ref.node
            self.rises[ref.node] = max(self.rises[ref.node], 2 * size)
        self.born[node.args[0].node] += size
        self.values[number] = [self._new(size, number)]
        self.rises.append(0)
        self.born.append(0)

    def _may_overwrite(self, node: Node) -> bool:
        """Whether nobody but this node wants its input, and the input's maker does not need it either."""
        ref = node.args[0]
        if ref.node == INPUT or node.only is not None:
            return False
        maker = self.module.nodes[ref.node]
        op = maker.body
        if maker.skipped or maker.only is not None or isinstance(op, Call) or len(maker.types) != 1:
            return False
        if not op.overwritable or (op.variadic and len(maker.args) == 1):
            return False
        if self.uses is None:
            self.uses = Counter(arg for other in self.module.nodes for arg in other.args)
            self.uses.update(output.ref for output in self.module.outputs)
        return self.uses[ref] == 1

    def _close(self) -> Summary:
        module, size, last = self.module, self.size, self.last
        count, ports = len(module.nodes), len(module.inputs)
        outputs: list[int] = []
        back: dict[int, int] = {}
        """storage → its number among those given back"""
        for output in module.outputs:
            if output.only in (None, self.of.mode) or module.id != self.of.program.main:
                storage = self.values[output.ref.node][output.ref.output]
                last[storage] = count
                outputs.append(storage if storage < ports else -1 - back.setdefault(storage, len(back)))
        for number, until in self.of.releases.get(module.id, NOTHING).items():
            for storage in self.values[number]:
                last[storage] = max(last[storage], until)
        freed = [0] * (count + 1)
        for storage in range(ports, len(size)):
            freed[last[storage]] += size[storage]
        before: list[int] = []
        live = peak = at = 0
        for number, (rise, born, gone) in enumerate(zip(self.rises, self.born, freed, strict=False)):
            before.append(live)
            if live + rise > peak:
                peak, at = live + rise, number
            live += born - gone
        stay = [storage for storage in self.kept if storage >= ports and storage not in back]
        return Summary(
            outputs=tuple(outputs),
            made=tuple(Storage(size[one], one in self.kept, one in self.copied, one in self.fixed) for one in back),
            peak=peak,
            at=at,
            live=before,
            keeps=tuple(sorted(storage for storage in self.kept if storage < ports)),
            kept=self.inside + sum([size[storage] for storage in stay]),
            copies=self.copies + sum([size[storage] for storage in stay if storage in self.copied]),
        )


def _releases(program: Program) -> dict[str, Mapping[int, int]]:
    """For a module: the values that it holds longer than it reads them."""
    copies: dict[tuple[str, int], list[Module]] = {}
    for module in program.modules.values():
        copies.setdefault((module.template, len(module.nodes)), []).append(module)
    return {module.id: found for group in copies.values() if (found := releases(group)) for module in group}


def _learned(program: Program) -> Mapping[str, frozenset[int]]:
    """For a module: numbers of its inputs that are learned tensors wherever it is called."""
    if not any(not node.args for module in program.modules.values() for node in module.nodes):
        return {}
    found: dict[str, frozenset[int]] = {}
    for module in reversed(program.modules.values()):
        learned = {Ref(INPUT, port) for port in found.get(module.id, ())}
        for number, node in enumerate(module.nodes):
            if isinstance(node.body, Call):
                mine = frozenset(place for place, ref in enumerate(node.args) if ref in learned)
                before = found.get(node.body.module)
                found[node.body.module] = mine if before is None else before & mine
            elif all(ref in learned for ref in node.args):
                learned.update(Ref(number, output) for output in range(len(node.types)))
    return found
