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
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from archspec.analysis.memory_names import releases
from archspec.ops.base import Category, Op, Tensor
from archspec.ops.footprint import NOTHING_KEPT, Extra
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
    born: int
    """bytes of `made`"""
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
    """Summaries of all modules of a program, for a batch, and `width` bytes of a floating-point value."""

    def __init__(self, program: Program, batch: int, width: int):
        self.program, self.batch, self.width = program, batch, width
        self.learned = _learned(program)
        self.still = _still(program)
        self.releases = _releases(program)
        self.sizes: dict[Tensor, int] = {}
        self.training: dict[str, Summary] = {}
        self.inference: dict[str, Summary] = {}
        for module in program.modules.values():
            walk = Walk(self, module, "training")
            found = self.training[module.id] = walk.summary()
            self.inference[module.id] = Walk(self, module, "inference").summary() if walk.differs else found
        self.given = sum([self.bytes(port.type) for port in program.graph.inputs])
        """bytes of the network's inputs"""

    @property
    def peak(self) -> int:
        """Most bytes that are alive at once in inference, the network's inputs included."""
        return self.given + self.inference[self.program.main].peak

    def peak_at(self) -> list[Node]:
        """The op that runs at the peak, behind the calls that lead to it, outermost first."""
        path: list[Node] = []
        module = self.program.graph
        while module.nodes:
            node = module.nodes[self.inference[module.id].at]
            path.append(node)
            if not isinstance(node.body, Call):
                break
            module = self.program.modules[node.body.module]
        return path

    @property
    def kept(self) -> int:
        """Bytes that backward wants; the network's inputs are among them if some op keeps them."""
        main, ports = self.training[self.program.main], self.program.graph.inputs
        own = sum([storage.size for storage in main.made if storage.kept])
        return main.kept + own + sum([self.bytes(ports[place].type) for place in main.keeps])

    @property
    def copies(self) -> int:
        """Bytes of `kept` that concatenations made."""
        main = self.training[self.program.main]
        return main.copies + sum([storage.size for storage in main.made if storage.kept and storage.copied])

    def bytes(self, type: Tensor, fixed: bool = False) -> int:
        """Of a value, for the whole batch unless it is `fixed` and the same for all samples."""
        size = self.sizes.get(type)
        if size is None:
            size = self.sizes[type] = type.elements * BYTES.get(type.dtype, self.width)
        return size if fixed else size * self.batch

    def extra(self, extra: Extra) -> int:
        """Bytes of what an op makes besides its outputs."""
        each = sum([self.bytes(type) for type in extra.each]) if extra.each else 0
        return each + sum([self.bytes(type, True) for type in extra.once]) if extra.once else each


class Traits(NamedTuple):
    """What an op's class says of memory, looked up once."""

    view: bool
    variadic: bool
    idle: bool
    overwrites: bool
    keeps: bool
    scratch: bool
    concat: bool
    weighs: bool


@cache
def traits(kind: type[Op]) -> Traits:
    return Traits(
        kind.view,
        kind.variadic,
        kind.idle is not Op.idle,
        kind.overwrites,
        kind.keeps is not Op.keeps,
        kind.scratch is not Op.scratch,
        kind.category is Category.CONCAT,
        kind.weights is not Op.weights,
    )


class Walk:
    """One module: which storage each value lies in, and until when."""

    def __init__(self, of: Lifetimes, module: Module, mode: Mode):
        self.of, self.module, self.mode = of, module, mode
        self.done = of.training if mode == "training" else of.inference
        self.differs = False
        """in inference values lie or last otherwise than in training"""
        ports = len(module.inputs)
        # Storages are numbered: first what the module is given, then what it makes.
        self.size, self.birth, self.last = [0] * ports, [INPUT] * ports, [0] * ports
        self.kept: set[int] = set()
        self.copied: set[int] = set()
        self.fixed: set[int] = set(of.learned.get(module.id, ()))
        self.still: set[int] = set(of.still.get(module.id, ()))
        # The inputs come last, so that INPUT, which is -1, finds them.
        self.values: list[Sequence[int]] = [*(() for _ in module.nodes), range(ports)]
        self.rises: list[int] = []
        """for each node, the bytes that it needs while it runs, outputs included"""
        self.born: list[int] = []
        """for each node, the bytes that it makes"""
        self.inside: list[int] = []
        """for each node, the bytes inside it that backward wants"""
        self.copies = 0
        self.back: dict[int, int] = {}
        """storage → its number among those given back"""
        self.uses: Counter[Ref] | None = None

    def summary(self) -> Summary:
        nodes, values, last, mode = self.module.nodes, self.values, self.last, self.mode
        for number, node in enumerate(nodes):
            args = [values[at][output] for at, output in node.args]
            if node.only is not None:
                self.differs = True
            if (node.skipped or node.only is not None) and stands_aside(node, mode):
                self._let(number, args[:1] * len(node.types))
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
        self.birth.append(number)
        self.last.append(number)
        return len(self.size) - 1

    def _call(self, number: int, callee: str, args: list[int]) -> None:
        done = self.done[callee]
        if done is not self.of.inference[callee]:
            self.differs = True
        first = len(self.size)
        for size, kept, copied, fixed in done.made:
            storage = self._new(size, number)
            if kept:
                self.kept.add(storage)
            if copied:
                self.copied.add(storage)
            if fixed:
                self.fixed.add(storage)
        values = [args[place] if place >= 0 else first - 1 - place for place in done.outputs]
        self._let(number, values, done.peak, done.born, done.kept)
        for place in done.keeps:
            self.kept.add(args[place])
        self.copies += done.copies

    def _apply(self, number: int, node: Node, op: Op, args: list[int]) -> None:
        of, trait = self.of, traits(type(op))
        training = self.mode == "training"
        idle = trait.idle and op.idle()
        if idle:
            self.differs = True
        if trait.view or (trait.variadic and len(args) == 1) or (idle and not training):
            self._let(number, args[:1] * len(node.types))
            return
        if op.op == "add" and self.module.loop is not None and self.module.loop.wire == "parallel":
            self._running_sum(number, node, args)
            return
        scratch = trait.scratch and (len(args) != 2 or not trait.variadic)  # a join of two is one step
        types = operand_types(self.module, node) if trait.keeps or scratch else ()
        keeps = op.keeps(*types) if trait.keeps and training else NOTHING_KEPT
        over = trait.overwrites and self._may_overwrite(node)
        if over and keeps.inputs:  # autograd needs a copy of what is written over
            over, self.differs = False, True
        born = inside = 0
        if over:
            made: Sequence[int] = args[:1]
        elif not args:  # a learned tensor is a weight
            made = [self._new(0, number)]
            self.fixed.update(made)
        else:
            fixed = bool(self.fixed) and self.fixed.issuperset(args)
            made = []
            for made_type in node.types:
                size = of.bytes(made_type, fixed)
                made.append(self._new(size, number))
                born += size
            if fixed:
                self.fixed.update(made)
            if trait.concat:
                self.copied.update(made)
        if self.still and args and self.still.issuperset(args) and _weightless(self.module, node):
            self.still.update(made)  # no gradient goes through it
        elif trait.keeps and training:
            if keeps.inputs or (keeps.either and not over):
                self.kept.update(args)
            elif keeps.output or keeps.either:
                self.kept.update(made)
            inside = of.extra(keeps.aside)
        self._let(number, made, born + of.extra(op.scratch(*types)) if scratch else born, born, inside)

    def _let(self, number: int, made: Sequence[int], rise: int = 0, born: int = 0, inside: int = 0) -> None:
        self.values[number] = made
        self.rises.append(rise)
        self.born.append(born)
        self.inside.append(inside)

    def _running_sum(self, number: int, node: Node, args: list[int]) -> None:
        """The sum of parallel copies grows as they come: of their outputs only the newest is alive."""
        size = self.of.bytes(node.types[0])
        for ref, storage in zip(node.args, args, strict=True):
            self.last[storage] = ref.node
            self.rises[ref.node] = max(self.rises[ref.node], 2 * size)
        self.born[node.args[0].node] += size
        self._let(number, [self._new(size, number)])

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
        back = self.back
        for output in module.outputs:
            if output.only is not None:
                self.differs = True
            if output.only in (None, self.mode) or module.id != self.of.program.main:
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
            born=sum([size[one] for one in back]),
            made=tuple(Storage(size[one], one in self.kept, one in self.copied, one in self.fixed) for one in back),
            peak=peak,
            at=at,
            live=before,
            keeps=tuple(sorted(storage for storage in self.kept if storage < ports)),
            kept=sum(self.inside) + sum([size[storage] for storage in stay]),
            copies=self.copies + sum([size[storage] for storage in stay if storage in self.copied]),
        )


def _releases(program: Program) -> dict[str, Mapping[int, int]]:
    """For a module: the values that it holds longer than it reads them."""
    copies: dict[tuple[str, int], list[Module]] = {}
    for module in program.modules.values():
        copies.setdefault((module.template, len(module.nodes)), []).append(module)
    return {module.id: found for group in copies.values() if (found := releases(group)) for module in group}


def _learned(program: Program) -> Mapping[str, frozenset[int]]:
    """For a module: numbers of its inputs that are learned tensors, or made of such alone, wherever it is called."""
    if any(not node.args for module in program.modules.values() for node in module.nodes):
        return _everywhere(program, frozenset(), lambda module, node: True)
    return {}


def _still(program: Program) -> Mapping[str, frozenset[int]]:
    """For a module: numbers of its inputs that no weight stands behind wherever it is called: they have no gradient."""
    ports = frozenset(range(len(program.graph.inputs)))
    return _everywhere(program, ports, _weightless)


def _weightless(module: Module, node: Node) -> bool:
    """Whether an op reads something, and has nothing to learn."""
    op = node.body
    if not isinstance(op, Op) or not node.args:
        return False
    return not traits(type(op)).weighs or not op.weights(*operand_types(module, node))


def _everywhere(
    program: Program, ports: frozenset[int], passes: Callable[[Module, Node], bool]
) -> Mapping[str, frozenset[int]]:
    """Inputs that have a property in every call of their module: those of the network that have it, and what comes
    of such values alone through ops that let it pass. Callers come before callees."""
    none: frozenset[int] = frozenset()
    found = {program.main: ports}
    for module in reversed([*program.modules.values()]):
        values = {Ref(INPUT, port) for port in found.get(module.id, none)}
        some = bool(values) or not ports
        for number, node in enumerate(module.nodes):
            if isinstance(node.body, Call):
                mine = frozenset([k for k, ref in enumerate(node.args) if ref in values]) if values else none
                before = found.get(node.body.module)
                if before is None or before:
                    found[node.body.module] = mine if before is None else before & mine
            elif some and all(ref in values for ref in node.args) and (node.skipped or passes(module, node)):
                values.update([Ref(number, output) for output in range(len(node.types))])
    return found
