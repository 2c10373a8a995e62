"""Which cuts share a network out among devices: no stage slower than it must be, then as little to send as can be.

The slowest stage sets the pace of a pipeline, and what crosses a cut travels for each sample, there and back. So the
multiply-adds of the slowest stage are made as few as they can be, or brought within `slack` of an even share, if that
is possible. Of all plans that do so the one is taken whose cuts send least; of several such the most even one, and
then the one whose fullest device holds least. Each step is exact: a bound found by bisection, and a dynamic programme
over all places under it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from archspec.analysis.cuts import Cuts
from archspec.analysis.memory import WIDTHS, Dtype, lifetimes
from archspec.analysis.memory_table import by_layer
from archspec.ops.base import Tensor
from archspec.program.model import INPUT

By = Literal["mads", "memory"]
SLACK = 0.05
"""of an even share, that the slowest stage may have more if less is sent for it"""
MOMENTS = 3
"""tensors besides a weight that training holds: its gradient, and Adam's two moments"""


class Loads(NamedTuple):
    """Of all ops before each place: multiply-adds in inference, and bytes that training holds."""

    mads: list[int]
    memory: list[int]


class Block(NamedTuple):
    """A part of a network that no cut divides."""

    name: str
    share: float
    """of what is shared out"""
    why: str
    """what holds its ops together; nothing if it is one op"""


def loads(cuts: Cuts, batch: int, dtype: Dtype) -> Loads:
    """What each op brings, added up. Shared weights come with their first application."""
    width = WIDTHS[dtype]
    kept: dict[str, int] = {}
    for row in by_layer(lifetimes(cuts.program, batch, dtype), cuts.limit):
        kept[row["layer"]] = kept.get(row["layer"], 0) + row["kept"]
    nodes, ports = cuts.flat.nodes, cuts.program.graph.inputs
    held: set[str] = set()
    known: dict[tuple[int, tuple[Tensor, ...]], int] = {}
    mads, memory = [], []
    for number, node in enumerate(nodes):
        types = tuple(ports[at].type if by == INPUT else nodes[by].types[at] for by, at in node.args)
        if (id(node.op), types) not in known:
            known[id(node.op), types] = node.op.mads(*types)
        mads.append(0 if number in cuts.training else known[id(node.op), types])
        size = kept.pop(node.name, 0)
        if node.weights and held.isdisjoint(node.weights):
            held.update(node.weights)
            size += sum(type.elements for type in node.op.weights(*types).values()) * width * (1 + MOMENTS)
            size += sum(type.elements * width for type in node.op.buffers(*types).values())
        memory.append(size)
    return Loads([*accumulate(mads, initial=0)], [*accumulate(memory, initial=0)])


def choose(cuts: Cuts, loads: Loads, stages: int, by: By = "mads", slack: float = SLACK) -> tuple[int, ...]:
    """The places to cut at, in order: one fewer than there are stages. What is shared out evenly is `by`.

    Raises `ValueError` if the network has too few places.

    >>> import archspec
    >>> cuts = Cuts(archspec.load("vgg16").program)
    >>> [cuts.name(place, len(cuts)) for place in choose(cuts, loads(cuts, 1, "float32"), 2)]
    ['features.14']
    """
    places = [0, *cuts.free, len(cuts)]
    if len(places) - 1 < stages:
        raise ValueError(f"the network can be cut at {len(cuts.free)} places, which makes fewer than {stages} stages")
    first, second = loads if by == "mads" else (loads.memory, loads.mads)
    sent = [0, *(cuts.elements[place] for place in cuts.free), 0]
    search = _Search([first[at] for at in places], [second[at] for at in places], sent, stages)
    return tuple(places[at] for at in search.best(slack))


def in_the_way(cuts: Cuts, load: Sequence[int], stages: int) -> Block | None:
    """The part with the largest share of a load that an even division into stages would divide, if no cut can."""
    places = [0, *cuts.free, len(cuts)]
    before, total = [load[place] for place in places], load[-1]
    pairs = []
    for stage in range(1, stages):
        after = bisect_left(before, -(-stage * total // stages))
        if stages * before[after] > stage * total:
            pairs.append((places[after - 1], places[after]))
    if not pairs:
        return None
    first, end = max(pairs, key=lambda pair: load[pair[1]] - load[pair[0]])
    whys = [one.why for one in cuts.held if one.first < end and first < one.last]
    return Block(cuts.name(first, end), (load[end] - load[first]) / total, whys[0] if whys else "")


class _Search:
    """Over the places by number, the two ends among them. `main` and `side` are loads before each place."""

    def __init__(self, main: Sequence[int], side: Sequence[int], sent: Sequence[int], stages: int):
        self.main, self.side, self.sent, self.stages = main, side, sent, stages

    def best(self, slack: float) -> list[int]:
        """Numbers of the places to cut at."""
        total, held = self.main[-1], self.side[-1]
        even = -(-total // self.stages)
        least = _least(even, total, self._enough)
        bound = max(least, even + even * round(slack * 10**6) // 10**6)
        fewest = self._sends(bound, held)
        bound = _least(least, bound, lambda tried: self._sends(tried, held) == fewest)
        room = _least(-(-held // self.stages), held, lambda tried: self._sends(bound, tried) == fewest)
        found = self._cheapest(bound, room)
        assert found is not None
        return found[1]

    def _enough(self, bound: int) -> bool:
        """Whether the stages are enough if none may have more than that: each goes as far as it can."""
        at = 0
        for _ in range(self.stages):
            at = bisect_right(self.main, self.main[at] + bound) - 1
        return at == len(self.main) - 1

    def _sends(self, bound: int, room: int) -> int | None:
        found = self._cheapest(bound, room)
        return None if found is None else found[0]

    def _cheapest(self, bound: int, room: int) -> tuple[int, list[int]] | None:
        """The cuts that send least if no stage has more than that of either load, and how much they send."""
        end, total = len(self.main) - 1, self.main[-1]
        costs: dict[int, int] = {0: 0}
        back: list[dict[int, int]] = []
        for stage in range(1, self.stages + 1):
            # A place that the stages before cannot reach, or those after cannot go on from, is none for this one.
            low = max(stage, bisect_left(self.main, total - (self.stages - stage) * bound))
            high = min(end - (self.stages - stage), bisect_right(self.main, stage * bound) - 1)
            low = end if stage == self.stages else low
            before, reached, source = iter(costs), {}, {}
            waiting = next(before, None)
            window: deque[int] = deque()
            for place in range(low, high + 1):
                while waiting is not None and waiting < place:
                    while window and costs[window[-1]] >= costs[waiting]:
                        window.pop()
                    window.append(waiting)
                    waiting = next(before, None)
                main, side = self.main[place] - bound, self.side[place] - room
                while window and (self.main[window[0]] < main or self.side[window[0]] < side):
                    window.popleft()
                if window:
                    source[place] = window[0]
                    reached[place] = costs[window[0]] + self.sent[place]
            costs = reached
            back.append(source)
        if end not in costs:
            return None
        cuts = [end]
        for source in reversed(back):
            cuts.append(source[cuts[-1]])
        return costs[end], cuts[-2:0:-1]


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number from `low` to `high` for which something holds that holds for all above it."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
