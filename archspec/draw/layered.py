"""Any DAG in layers: ranks along the flow, few crossings, straight lines where it can be.

The method of Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System
Structures" (IEEE SMC 11(2), 1981): ranks by the longest way, a dummy where an edge passes a rank, orders
by barycentres, positions by least squares. Graphviz's `dot` does it better for hundreds of nodes, but a
slide holds some forty, and so a picture needs no program and is the same with every version of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple


class Edge(NamedTuple):
    """From one node to another, by their numbers."""

    tail: int
    head: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands. The flow goes along x; who wants it to go down exchanges x and y."""

    width: float
    height: float
    at: tuple[tuple[float, float], ...]
    """centre of each node"""
    bends: tuple[tuple[tuple[float, float, float], ...], ...]
    """for each edge the ranks that it passes: x from, x to, and y"""
    span: tuple[tuple[float, float], ...]
    """left and right end of each node's rank"""


def layout(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], ranks_apart: float, apart: float) -> Layout:
    """Nodes of these widths and heights. Every edge leads to a node with a higher number."""
    ranks = _ranks(len(sizes), edges)
    count = max(ranks, default=-1) + 1
    layers: list[list[int]] = [[] for _ in range(count)]
    for node, rank in enumerate(ranks):
        layers[rank].append(node)
    heights = [height for _, height in sizes]
    links: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    for edge in edges:
        chain: list[int] = []
        last = edge.tail
        for rank in range(ranks[edge.tail] + 1, ranks[edge.head]):
            heights.append(5.0)
            node = len(heights) - 1
            layers[rank].append(node)
            links.append((last, node))
            chain.append(node)
            last = node
        links.append((last, edge.head))
        chains.append(chain)
    ahead: dict[int, list[int]] = {}
    behind: dict[int, list[int]] = {}
    for tail, head in links:
        ahead.setdefault(tail, []).append(head)
        behind.setdefault(head, []).append(tail)
    layers = _ordered(layers, ahead, behind)
    ys = _placed(layers, heights, ahead, behind, apart, len(sizes))
    wide = [max((sizes[node][0] for node in layer if node < len(sizes)), default=0.0) for layer in layers]
    starts: list[float] = []
    x = 0.0
    for width in wide:
        starts.append(x)
        x += width + ranks_apart
    top = min((ys[node] - heights[node] / 2 for node in ys), default=0.0)
    bottom = max((ys[node] + heights[node] / 2 for node in ys), default=0.0)
    rank_of = {node: rank for rank, layer in enumerate(layers) for node in layer}
    return Layout(
        x - ranks_apart if count else 0.0,
        bottom - top,
        tuple((starts[ranks[node]] + wide[ranks[node]] / 2, ys[node] - top) for node in range(len(sizes))),
        tuple(
            tuple(
                (starts[rank_of[node]], starts[rank_of[node]] + wide[rank_of[node]], ys[node] - top) for node in chain
            )
            for chain in chains
        ),
        tuple((starts[rank], starts[rank] + wide[rank]) for rank in ranks),
    )


def _ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    """The longest way to each node, then as near to its readers as that goes."""
    ranks = [0] * count
    for edge in sorted(edges, key=lambda edge: edge.head):
        ranks[edge.head] = max(ranks[edge.head], ranks[edge.tail] + 1)
    # What has room to move stands just before its first reader, if that makes no more lines longer than shorter.
    for node in range(count - 1, -1, -1):
        readers = [ranks[edge.head] for edge in edges if edge.tail == node]
        if readers and len(readers) >= sum(edge.head == node for edge in edges):
            ranks[node] = min(readers) - 1
    return ranks


def _ordered(
    layers: Sequence[Sequence[int]], ahead: Mapping[int, Sequence[int]], behind: Mapping[int, Sequence[int]]
) -> list[list[int]]:
    """Each rank in the order with the fewest crossings that sweeping to and fro finds."""
    best = now = [list(layer) for layer in layers]
    least = _crossings(now, ahead)
    for sweep in range(12):
        forward = sweep % 2 == 0
        now = [list(layer) for layer in now]
        for rank in range(1, len(now)) if forward else range(len(now) - 2, -1, -1):
            place = {node: number for number, node in enumerate(now[rank - 1 if forward else rank + 1])}
            links = behind if forward else ahead
            own = {node: number for number, node in enumerate(now[rank])}

            def centre(
                node: int,
                links: Mapping[int, Sequence[int]] = links,
                place: Mapping[int, int] = place,
                own: Mapping[int, int] = own,
            ) -> tuple[float, int]:
                near = [place[other] for other in links.get(node, ())]
                return (sum(near) / len(near) if near else own[node], own[node])

            now[rank].sort(key=centre)
        crossings = _crossings(now, ahead)
        if crossings < least:
            best, least = now, crossings
    return best


def _crossings(layers: Sequence[Sequence[int]], ahead: Mapping[int, Sequence[int]]) -> int:
    total = 0
    for layer, following in pairwise(layers):
        place = {node: number for number, node in enumerate(following)}
        ends = [sorted(place[head] for head in ahead.get(node, ()) if head in place) for node in layer]
        for number, heads in enumerate(ends):
            total += sum(a > b for a in heads for others in ends[number + 1 :] for b in others)
    return total


def _placed(
    layers: Sequence[Sequence[int]],
    heights: Sequence[float],
    ahead: Mapping[int, Sequence[int]],
    behind: Mapping[int, Sequence[int]],
    apart: float,
    real: int,
) -> dict[int, float]:
    """Heights on the page: each node as near to the middle of its neighbours as its rank allows."""
    ys: dict[int, float] = {}
    for layer in layers:
        y = 0.0
        for node in layer:
            ys[node] = y + heights[node] / 2
            y += heights[node] + apart
        for node in layer:
            ys[node] -= y / 2
    for sweep in range(16):
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            wanted = []
            for node in layer:
                near = (
                    [*behind.get(node, ()), *ahead.get(node, ())]
                    if sweep > 10
                    else (behind if forward else ahead).get(node, ())
                )
                wanted.append(sum(ys[other] for other in near) / len(near) if near else ys[node])
            gaps = [
                (heights[a] + heights[b]) / 2 + (apart if a < real and b < real else apart * 0.7)
                for a, b in pairwise(layer)
            ]
            weights = [1.0 if node < real else 3.0 for node in layer]
            ys |= dict(zip(layer, _spaced(wanted, gaps, weights), strict=True))
    return ys


def _spaced(wanted: Sequence[float], gaps: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The positions nearest to those wanted (least squares) that keep the order and the gaps: pooled violators."""
    offset, offsets = 0.0, [0.0]
    for gap in gaps:
        offset += gap
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []
    for want, shift, weight in zip(wanted, offsets, weights, strict=True):
        mean, heavy, size = want - shift, weight, 1
        while pools and pools[-1][0] > mean:
            other, its, members = pools.pop()
            mean = (mean * heavy + other * its) / (heavy + its)
            heavy, size = heavy + its, size + members
        pools.append((mean, heavy, size))
    flat = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + shift for mean, shift in zip(flat, offsets, strict=True)]
