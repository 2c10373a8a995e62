"""Where all paths meet, and how many run side by side: cut points and width of the flat graph."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from archspec.analysis.route import Edges
from archspec.program.flatten import Flat, FlatNode, flatten
from archspec.program.model import INPUT, Program
from archspec.program.read import input_names
from archspec.text.limits import Limits

WORK = 20_000_000
"""edges that the search for the width looks at before it gives up: some seconds"""


@dataclass(frozen=True, slots=True)
class Structure:
    """The shape of the graph between inputs and main output, in inference."""

    cut_points: tuple[str, ...]
    """names of the ops through which every path goes, in order"""
    width: int | None
    """the most edges of which no path has two; None if finding it would take too long"""
    nodes: int
    """ops on some path"""


def structure(program: Program, edges: Edges = "data", limit: int = Limits().nodes) -> Structure:
    """Cut points and width. Raises `SpecError` (A0602) if the flat graph has more than `limit` nodes.

    The width is the maximum topological cut with unit weights (Marchal, Nagy, Simon and Vivien, "Parallel
    scheduling of DAGs under memory constraints", IPDPS 2018): 1 for a chain, 2 for a residual network, 4 for
    GoogLeNet's modules. It is the largest antichain of edges, so that it needs no order of execution.
    """
    flat = flatten(program, "inference", limit)
    graph = _Graph(flat, edges)
    return Structure(tuple(flat.nodes[at - 1].name for at in graph.cuts()), graph.width(), len(graph.useful) - 2)


class _Graph:
    """Edges between ops that lie on some path; 0 stands for the inputs, ops are counted from 1, and the end is last."""

    def __init__(self, flat: Flat, edges: Edges):
        size = len(flat.nodes)
        end = size + 1
        reads = [(), *(_reads(node, edges) for node in flat.nodes), (flat.outputs[0].ref.node + 1,)]
        reached = [True] + [False] * end
        for at in range(1, end + 1):
            reached[at] = any(reached[source] for source in reads[at])
        wanted = [False] * end + [reached[end]]
        for at in range(end, 0, -1):
            if wanted[at]:
                for source in reads[at]:
                    wanted[source] = reached[source]
        self.end = end
        self.useful = [at for at in range(end + 1) if wanted[at]] or [0, end]
        self.reads = {at: [source for source in reads[at] if wanted[source]] for at in self.useful}

    def cuts(self) -> list[int]:
        """Nodes that no edge jumps over, in an order in which edges only go forward.

        An edge that jumps over a node is part of a path around it; and a path around it has such an edge.
        """
        found = []
        furthest = 0
        ahead: dict[int, int] = {}
        for at in self.useful:
            for source in self.reads[at]:
                ahead[source] = at
        for at in self.useful:
            if furthest <= at and 0 < at < self.end:
                found.append(at)
            furthest = max(furthest, ahead.get(at, 0))
        return found

    def width(self) -> int | None:
        """The largest width between two cuts: no edge passes a cut."""
        cuts = [0, *self.cuts(), self.end]
        place = {at: number for number, at in enumerate(self.useful)}
        known: dict[tuple[tuple[int, ...], ...], int] = {}
        best, work = 0, WORK
        for first, last in pairwise(cuts):
            start = place[first]
            between = self.useful[start + 1 : place[last] + 1]
            shape = tuple([tuple([place[source] - start for source in self.reads[at]]) for at in between])
            found = known.get(shape)
            if found is None:
                found, work = _widest(shape, work)
                known[shape] = found
            if work < 0:
                return None
            best = max(best, found)
        return best


def _reads(node: FlatNode, edges: Edges) -> tuple[int, ...]:
    """The ops that a flat node reads along edges, each once for each time."""
    steers = node.op.steers if edges == "data" else ()
    if not steers:
        return tuple([0 if ref.node == INPUT else ref.node + 1 for ref in node.args])
    names = input_names(node.op, len(node.args), node.node.absent)
    return tuple(
        0 if ref.node == INPUT else ref.node + 1
        for ref, name in zip(node.args, names, strict=True)
        if name not in steers
    )


def _widest(reads: tuple[tuple[int, ...], ...], work: int) -> tuple[int, int]:
    """The largest antichain of edges of a graph from 0 to its last node, and what is left of `work`.

    `reads[k]` are the nodes that node k + 1 reads. By the duality of flow and cut it is the smallest flow that
    sends at least 1 along every edge: one that does is made, and then as much of it is sent back as goes.
    """
    last = len(reads)
    if all(len(sources) == 1 for sources in reads):
        return 1, work
    edges = [(source, target) for target, sources in enumerate(reads, 1) for source in sources]
    flow = [1] * len(edges)
    leaving: list[list[int]] = [[] for _ in range(last + 1)]
    entering: list[list[int]] = [[] for _ in range(last + 1)]
    for number, (source, target) in enumerate(edges):
        leaving[source].append(number)
        entering[target].append(number)
    for node in range(1, last):
        flow[leaving[node][0]] += max(0, _sum(flow, entering[node]) - _sum(flow, leaving[node]))
    for node in range(last - 1, 0, -1):
        flow[entering[node][0]] += max(0, _sum(flow, leaving[node]) - _sum(flow, entering[node]))
    total = _sum(flow, leaving[0])
    while True:
        # Backwards from the end: an edge with flow to spare may be left, and any edge may take more.
        came: dict[int, tuple[int, int]] = {last: (-1, 0)}
        queue = deque([last])
        while queue and 0 not in came:
            node = queue.popleft()
            for number in entering[node]:
                source = edges[number][0]
                if flow[number] > 1 and source not in came:
                    came[source] = (number, -1)
                    queue.append(source)
            for number in leaving[node]:
                target = edges[number][1]
                if target not in came:
                    came[target] = (number, 1)
                    queue.append(target)
            work -= len(entering[node]) + len(leaving[node])
        if 0 not in came or work < 0:
            return total, work
        steps = []
        node = 0
        while node != last:
            number, sign = came[node]
            steps.append((number, sign))
            node = edges[number][1] if sign < 0 else edges[number][0]
        amount = min((flow[number] - 1 for number, sign in steps if sign < 0), default=0)
        for number, sign in steps:
            flow[number] += sign * amount
        total -= amount


def _sum(flow: list[int], edges: list[int]) -> int:
    return sum([flow[number] for number in edges])
