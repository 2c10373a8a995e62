"""When each value of a network comes and goes, and which of them backward keeps.

Values live as they do where the program runs one op after the other, in the order of its nodes (eager
PyTorch): a value is freed after the last node that reads it, and what a module is given lives until the
call returns, since its caller holds it. Views share the storage of what they show, an op that may write
over its input does, a concatenation is a copy.

A module's peak above what was there when it was called, what it keeps, and which of its outputs are new
do not depend on where it is called: each distinct module is walked once, callees before callers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from archspec.analysis.memory_names import releases
from archspec.analysis.memory_ops import NO_EFFECT, Deeds, Effect
from archspec.analysis.memory_recomputed import from_outside, made_again, most_at_once
from archspec.ops.base import Op
from archspec.program.model import INPUT, Call, Mode, Module, Node, Program, Ref
from archspec.program.overwrite import may_overwrite, read_counts
from archspec.program.read import operand_types, stands_aside, value_types

NOTHING: Mapping[int, int] = {}


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
    effect: Effect
    """of a call: `rise` is its peak"""
    at: int
    """number of the node that runs at the peak"""
    live: Sequence[int]
    """bytes alive before each node"""
    keeps: tuple[int, ...]
    """numbers of the inputs that backward wants"""
    copies: int
    """those of `effect.kept` that concatenations made"""
    differs: bool
    """in inference values lie or last otherwise than in training"""


class Lifetimes:
    """Summaries of all modules of a program, for a batch, and `width` bytes of a floating-point value."""

    def __init__(self, program: Program, batch: int, width: int):
        self.program = program
        self.deeds = Deeds(batch, width)
        self.learned = _learned(program)
        self.still = _still(program)
        self.releases = _releases(program)
        self.training: dict[str, Summary] = {}
        self.inference: dict[str, Summary] = {}
        again: dict[str, int] = {}
        for module in program.modules.values():
            walk = Walk(self, module, "training")
            found = self.training[module.id] = walk.summary()
            self.inference[module.id] = Walk(self, module, "inference").summary() if walk.differs else found
            if module.checkpointed:
                self.training[module.id] = from_outside(found, len(module.inputs))
                again[module.id] = made_again(found)
        self.recomputed = most_at_once(program, again)
        """bytes that backward makes again of checkpointed modules, at most at once"""
        self.given = sum([self.deeds.bytes(port.type) for port in program.graph.inputs])
        """bytes of the network's inputs"""

    @property
    def peak(self) -> int:
        """Most bytes that are alive at once in inference, the network's inputs included."""
        return self.given + self.inference[self.program.main].effect.rise

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
        return main.effect.kept + own + sum([self.deeds.bytes(ports[place].type) for place in main.keeps])

    @property
    def copies(self) -> int:
        """Bytes of `kept` that concatenations made."""
        main = self.training[self.program.main]
        return main.copies + sum([storage.size for storage in main.made if storage.kept and storage.copied])


class Walk:
    """One module: which storage each value lies in, and until when."""

    def __init__(self, of: Lifetimes, module: Module, mode: Mode):
        self.of, self.module, self.mode = of, module, mode
        self.done = of.training if mode == "training" else of.inference
        self.sums = module.loop is not None and module.loop.wire == "parallel"
        self.differs = False
        ports = len(module.inputs)
        # Storages are numbered: first what the module is given, then what it makes.
        self.size, self.last = [0] * ports, [0] * ports
        self.kept: set[int] = set()
        self.copied: set[int] = set()
        self.fixed: set[int] = set(of.learned.get(module.id, ()))
        self.still: set[int] = set(of.still.get(module.id, ()))
        # The inputs come last, so that INPUT, which is -1, finds them.
        self.values: list[Sequence[int]] = [*(() for _ in module.nodes), range(ports)]
        self.effects: list[Effect] = []
        self.copies = 0
        self.types = value_types(module)
        self.back: dict[int, int] = {}
        """storage → its number among those given back"""
        self.counts: Sequence[int] = ()
        """how often each node is read, once somebody asked"""

    def summary(self) -> Summary:
        values, last = self.values, self.last
        for number, node in enumerate(self.module.nodes):
            args = [values[at][output] for at, output in node.args]
            if node.skipped or node.only is not None:
                self.differs = self.differs or node.only is not None
                if stands_aside(node, self.mode):
                    self._let(number, args[:1] * len(node.types))
                    continue
            for storage in args:
                last[storage] = number
            body = node.body
            if isinstance(body, Call):
                self._call(number, self.done[body.module], args)
            else:
                self._apply(number, node, body, args)
        return self._close()

    def births(self) -> list[int]:
        """For each storage the node that made it (`INPUT`: it was given)."""
        born = [INPUT] * len(self.size)
        ports = len(self.module.inputs)
        for number, made in reversed([*enumerate(self.values[:-1])]):
            for storage in made:
                if storage >= ports:
                    born[storage] = number
        return born

    def _new(self, size: int, number: int) -> int:
        self.size.append(size)
        self.last.append(number)
        return len(self.size) - 1

    def _call(self, number: int, done: Summary, args: list[int]) -> None:
        self.differs = self.differs or done.differs
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
        self._let(number, values, done.effect)
        for place in done.keeps:
            self.kept.add(args[place])
        self.copies += done.copies

    def _apply(self, number: int, node: Node, op: Op, args: list[int]) -> None:
        types = self.types
        deeds = self.of.deeds
        deed = deeds.of(op, [types[at][output] for at, output in node.args], node.types, self.mode)
        small, effect, sizes, keeps, shows, overwrites, idle, concat, weighs = deed
        if idle:
            self.differs = True
        if shows:
            self._let(number, args[:1] * len(node.types))
            return
        if self.sums and op.op == "add" and len(args) > 1:
            self._running_sum(number, node, args)
            return
        over = overwrites and self._may_overwrite(node)
        if over and keeps.inputs:  # autograd needs a copy of what is written over
            over, self.differs = False, True
        if over:
            made, effect = args[:1], small
        else:
            fixed = not args or (bool(self.fixed) and self.fixed.issuperset(args))
            if fixed:
                # A learned tensor is a weight.
                sizes = tuple([deeds.bytes(type, True) if args else 0 for type in node.types])
                effect = small.bearing(sum(sizes))
            made = [self._new(size, number) for size in sizes]
            if fixed:
                self.fixed.update(made)
            if concat:
                self.copied.update(made)
        if not weighs and args and self.still.issuperset(args):
            self.still.update(made)  # no gradient goes through it
            effect = effect._replace(kept=0)
        elif keeps.inputs or (keeps.either and not over):
            self.kept.update(args)
        elif keeps.output or keeps.either:
            self.kept.update(made)
        self._let(number, made, effect)

    def _let(self, number: int, made: Sequence[int], effect: Effect = NO_EFFECT) -> None:
        self.values[number] = made
        self.effects.append(effect)

    def _running_sum(self, number: int, node: Node, args: list[int]) -> None:
        """The sum of parallel copies grows as they come: of their outputs only the newest is alive."""
        size = self.of.deeds.bytes(node.types[0])
        for ref, storage in zip(node.args, args, strict=True):
            self.last[storage] = ref.node
            effect = self.effects[ref.node]
            self.effects[ref.node] = effect._replace(rise=max(effect.rise, 2 * size))
        first = node.args[0].node
        self.effects[first] = self.effects[first]._replace(born=self.effects[first].born + size)
        self._let(number, (self._new(size, number),))

    def _may_overwrite(self, node: Node) -> bool:
        self.counts = self.counts or read_counts(self.module)
        return may_overwrite(self.module, node, self.counts, self._is_spared)

    def _is_spared(self, at: int) -> bool:
        maker = self.module.nodes[at]
        assert isinstance(maker.body, Op)
        return maker.body.overwritable and not (maker.body.variadic and len(maker.args) == 1)

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
        live = peak = at = inside = 0
        for number, ((rise, born, kept), gone) in enumerate(zip(self.effects, freed, strict=False)):
            inside += kept
            before.append(live)
            if live + rise > peak:
                peak, at = live + rise, number
            live += born - gone
        stay = [storage for storage in self.kept if storage >= ports and storage not in back]
        made = tuple([Storage(size[one], one in self.kept, one in self.copied, one in self.fixed) for one in back])
        given = sum([storage.size for storage in made])
        return Summary(
            outputs=tuple(outputs),
            made=made,
            effect=Effect(peak, given, inside + sum([size[storage] for storage in stay])),
            at=at,
            live=before,
            keeps=tuple(sorted(storage for storage in self.kept if storage < ports)),
            copies=self.copies + sum([size[storage] for storage in stay if storage in self.copied]),
            differs=self.differs,
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
    if isinstance(op, Call) or not node.args:
        return False
    return type(op).weights is Op.weights or not op.weights(*operand_types(module, node))


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
            elif some and values.issuperset(node.args) and (node.skipped or passes(module, node)):
                values.update([Ref(number, output) for output in range(len(node.types))])
    return found
