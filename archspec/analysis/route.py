"""The way that paths take through each module, cut at the places through which all of them go.

Between two such places stands a stretch of nodes. Paths through a module are those to the first cut, times
those of each stretch, times those from the last cut on; and stretches that do the same are one stretch that
comes several times. So what is reckoned along paths costs as much as the different stretches, and a hundred
thousand residual blocks are one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from archspec.ops.base import Op
from archspec.program.model import INPUT, Call, Mode, Module, Node, Output, Program, Ref
from archspec.program.read import data_args, stands_aside, type_of

Edges = Literal["data", "all"]
Masks = tuple[int, ...]
"""for each output of a module the inputs from which a path leads to it, as bits"""


class Step(NamedTuple):
    """A node of a stretch that paths go through."""

    number: int
    node: Node
    aside: bool
    """it stands for the value that it reads"""
    refs: Sequence[Ref]
    """what it reads that paths come along"""
    places: Sequence[int]
    """the place of each of `refs` among the arguments"""
    free: Sequence[int]
    """numbers of the values that nobody reads after it"""


@dataclass(slots=True)
class Stretch:
    """Steps from one cut to the next (or from the inputs, or to the outputs), and how often the like of it comes."""

    start: int
    """the node that is the cut before it, or `INPUT`"""
    steps: Sequence[Step]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Way:
    """The way through one module."""

    module: Module
    head: Stretch
    """from the inputs to the first cut; to the outputs if there is no cut"""
    stretches: tuple[Stretch, ...]
    """different ones, from one cut to the next"""
    tail: Stretch | None
    """from the last cut to the outputs; None if there is no cut"""
    outputs: tuple[Ref | None, ...]
    """where each output is found; None if no path leads to it"""


@dataclass(frozen=True, slots=True)
class Route:
    """The ways through all modules of a program, callees first. Made once for any number of walks."""

    program: Program
    edges: Edges
    ways: tuple[Way, ...]


def main_output(module: Module) -> Output:
    """The first output that exists in inference."""
    return next(output for output in module.outputs if output.only != "training")


def route(program: Program, edges: Edges = "data", *, sizes: bool = False, mode: Mode = "inference") -> Route:
    """Find the way through each distinct module, to the main output of the network.

    Stretches of the same nodes and edges are one, whatever the arguments of their ops and the types of their
    values; with `sizes`, only if these are equal too.
    """
    masks: dict[str, Masks] = {}
    ways = []
    for module in program.modules.values():
        outputs = (main_output(module),) if module.id == program.main else module.outputs
        finder = _Finder(module, outputs, masks, edges, mode, sizes)
        ways.append(finder.way())
        masks[module.id] = finder.reached()
    return Route(program, edges, tuple(ways))


@dataclass(slots=True)
class _Finder:
    module: Module
    outputs: Sequence[Output]
    callees: Mapping[str, Masks]
    edges: Edges
    mode: Mode
    sizes: bool
    masks: list[Masks] = field(default_factory=list)
    """for each node, and at the end for the inputs, from which inputs each of its outputs is reached; after a cut, from
    the cut (1)"""
    first: int | None = None
    """from which inputs the first cut is reached"""
    ops: dict[Op, int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    """number of each op object, by its id: equal ops have equal numbers, and are hashed once"""

    def reached(self) -> Masks:
        """From which inputs each output of the module is reached."""
        found = [self.masks[output.ref.node][output.ref.output] for output in self.outputs]
        return tuple([mask if self.first is None or not mask else self.first for mask in found])

    def way(self) -> Way:
        module, nodes = self.module, self.module.nodes
        asides = [stands_aside(node, self.mode) for node in nodes]
        reads = [self._reads(node, aside) for node, aside in zip(nodes, asides, strict=True)]
        last = self._uses(reads)
        # The inputs come last, so that INPUT, which is -1, finds them.
        masks = self.masks = [*(((),) * len(nodes)), tuple(1 << port for port in range(len(module.inputs)))]
        waiting = int(last[-1] >= 0 and bool(module.inputs))
        """values with paths to them that are read later"""
        start = INPUT
        steps: list[Step] = []
        head: Stretch | None = None
        stretches: dict[tuple[object, ...], Stretch] = {}
        number, period = 0, 0
        stretch = Stretch(start, ())
        while number < len(nodes):
            if last[number] < 0:
                number += 1
                continue
            if period and self._again(number, period, last):
                number += period
                start = number - 1
                stretch.times += 1
                masks[start] = (1,)
                continue
            period = 0
            node, refs, aside = nodes[number], reads[number], asides[number]
            reached = [masks[at][output] for at, output in refs]
            found = masks[number] = self._masks(node, aside, reached)
            free = [*{at for at, _ in refs if last[at] == number}]
            for at in free:
                waiting -= any(masks[at])
            number += 1
            if not any(found):
                continue
            waiting += 1
            places: Sequence[int] = range(len(refs))
            if 0 in reached:
                places = [place for place in places if reached[place]]
                refs = [refs[place] for place in places]
            steps.append(Step(number - 1, node, aside, refs, places, free))
            if waiting == 1 and len(found) == 1:
                if head is None:
                    head = Stretch(start, steps)
                    self.first = found[0]
                else:
                    signature = self._signature(start, steps, reads)
                    stretch = stretches.setdefault(signature, Stretch(start, steps, 0))
                    stretch.times += 1
                    period = number - 1 - start
                start = number - 1
                masks[start] = (1,)
                steps = []
        rest = Stretch(start, steps)
        ends = tuple([ref if masks[ref.node][ref.output] else None for ref in (output.ref for output in self.outputs)])
        return Way(module, head or rest, tuple(stretches.values()), rest if head else None, ends)

    def _signature(self, start: int, steps: Sequence[Step], reads: Sequence[Sequence[Ref]]) -> tuple[object, ...]:
        """What stretches that do the same have in common."""
        signature: list[object] = []
        for number, node, aside, refs, places, _ in steps:
            signature += (number - start, self._body(node), aside, len(places), *places)
            for at, output in refs:
                signature += (at - start, output)
            if self.sizes and len(refs) < len(reads[number]):
                signature += [type_of(self.module, ref) for ref in reads[number] if ref not in refs]
        if self.sizes:
            signature.append(type_of(self.module, Ref(start)))
        return tuple(signature)

    def _again(self, first: int, period: int, last: Sequence[int]) -> bool:
        """Whether the nodes from `first` on, as many as `period`, do the same as those before, up to a cut again."""
        nodes = self.module.nodes
        if first + period > len(nodes) or last[first - 1] >= first + period or last[first + period - 1] < 0:
            return False
        for number in range(first, first + period):
            a, b = nodes[number - period], nodes[number]
            if a.body is not b.body:
                if a.body != b.body if isinstance(a.body, Call) else self._body(a) != self._body(b):
                    return False
            if a.only != b.only or a.skipped != b.skipped or a.absent != b.absent or len(a.args) != len(b.args):
                return False
            for one, other in zip(a.args, b.args, strict=True):
                if other[0] - one[0] != period or other[1] != one[1]:
                    return False
            if number < first + period - 1 and last[number] != last[number - period] + (last[number] >= 0) * period:
                return False
        return not self.sizes or nodes[first - 1].types == nodes[first + period - 1].types

    def _body(self, node: Node) -> object:
        """What a node applies, as far as it counts."""
        if isinstance(node.body, Call):
            return node.body.module
        if not self.sizes:
            # Nothing else is looked at, so that a sweep can trace its numbers through this.
            return node.body.weighted, node.body.steers, len(node.types)
        number = self.numbers.get(id(node.body))
        if number is None:
            number = self.numbers[id(node.body)] = self.ops.setdefault(node.body, len(self.ops))
        return number

    def _uses(self, reads: Sequence[Sequence[Ref]]) -> list[int]:
        """The last node that reads each node along an edge; -1 where no output needs it. The inputs come last."""
        nodes = self.module.nodes
        last = [-1] * (len(nodes) + 1)
        for output in self.outputs:
            last[output.ref.node] = len(nodes)
        for number in range(len(nodes) - 1, -1, -1):
            if last[number] >= 0:
                for at, _ in reads[number]:
                    if last[at] < 0:
                        last[at] = number
        return last

    def _reads(self, node: Node, aside: bool) -> Sequence[Ref]:
        """What paths come along."""
        if aside:
            return node.args[:1]
        if self.edges == "data" and not isinstance(node.body, Call) and node.body.steers:
            return data_args(node)
        return node.args

    def _masks(self, node: Node, aside: bool, given: list[int]) -> Masks:
        body = node.body
        if isinstance(body, Call) and not aside:
            return tuple([_union([given[p] for p in _bits(mask)]) for mask in self.callees[body.module]])
        mask = given[0] if len(given) == 1 else _union(given)
        return (mask,) * len(node.types)


def _union(masks: Sequence[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _bits(mask: int) -> list[int]:
    """
    >>> _bits(0b1101)
    [0, 2, 3]
    """
    return [place for place in range(mask.bit_length()) if mask >> place & 1]
