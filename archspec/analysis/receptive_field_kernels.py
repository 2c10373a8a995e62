"""Chains of convolutions and the single kernel that sees as much.

Two 3 x 3 convolutions see what one 5 x 5 sees, with fewer weights and a nonlinearity between (Simonyan and
Zisserman 2014, 1409.1556, section 2.3); 1 x 7 and 7 x 1 see what 7 x 7 sees (Szegedy et al. 2015, 1512.00567,
section 3.2); a bottleneck's 1 x 1, 3 x 3, 1 x 1 see what its 3 x 3 sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from archspec.ops.base import Category, Tensor
from archspec.ops.window import Window
from archspec.program.flatten import Flat, FlatNode, flatten
from archspec.program.model import INPUT, Program
from archspec.text.limits import Limits

POINTWISE = (Category.NORM, Category.ACTIVATION, Category.REGULARISE)


@dataclass(frozen=True, slots=True)
class Chain:
    """Convolutions of stride 1, each read by the next alone, with at most norms and activations between."""

    kernels: tuple[tuple[int, ...], ...]
    """what each sees of its input, dilation included"""
    channels: tuple[int, ...]
    """of the input, and of the output of each"""
    kernel: tuple[int, ...]
    """of the one convolution that sees as much"""
    weights: int
    """of the chain, without biases"""
    single: int
    """weights that the one convolution would have, from the first channels to the last, ungrouped"""
    keys: tuple[str, ...]
    """the places in the state dict of the first chain like this"""
    count: int = 1
    """how many chains of the network are like this"""


def equivalents(program: Program, limit: int = Limits().nodes) -> tuple[Chain, ...]:
    """The longest chains of two convolutions or more that see more than 1 x 1, in order, equal ones counted.

    Raises `SpecError` as `flatten` does.
    """
    flat = flatten(program, "inference", limit)
    readers = Counter(ref.node for node in flat.nodes for ref in node.args)
    readers.update(out.ref.node for out in flat.outputs)
    found: dict[Chain, tuple[Chain, int]] = {}
    for links in _links(program, flat, readers):
        chain = _chain(links)
        if chain is not None:
            same = replace(chain, keys=())
            first, count = found.get(same, (chain, 0))
            found[same] = first, count + 1
    return tuple(replace(first, count=count) for first, count in found.values())


@dataclass(frozen=True, slots=True)
class _Link:
    """One convolution of stride 1."""

    key: str
    windows: tuple[Window, ...]
    given: int
    """channels"""
    out: int
    weights: int


def _links(program: Program, flat: Flat, readers: Mapping[int, int]) -> list[list[_Link]]:
    chains: list[list[_Link]] = []
    behind: dict[int, list[_Link]] = {}
    """the chain that ends at a node, or before the norms and activations that the node ends"""
    for at, node in enumerate(flat.nodes):
        if len(node.args) != 1:
            continue
        (source,) = node.args
        before = behind.get(source.node) if source.node != INPUT and readers[source.node] == 1 else None
        if node.op.category in POINTWISE:
            if before is not None:
                behind[at] = before
            continue
        x = program.graph.inputs[source.output].type if source.node == INPUT else flat.nodes[source.node].types[0]
        link = _link(node, x)
        if link is not None:
            if before is None:
                before = []
                chains.append(before)
            before.append(link)
            behind[at] = before
    return chains


def _link(node: FlatNode, x: Tensor) -> _Link | None:
    if node.op.category is not Category.CONV or not node.op.weighted:
        return None
    windows = tuple(way[1] for way in node.op.reach(x)[0][0][1:] if way is not None)
    if len(windows) != len(x.spatial) or any(window.step != 1 or len(window.spans) != 1 for window in windows):
        return None
    weights = sum(type.elements for type in node.op.weights(x).values() if len(type.shape) > 1)
    return _Link(node.key, windows, x.channels, node.types[0].channels, weights)


def _chain(links: Sequence[_Link]) -> Chain | None:
    kernel = tuple(1 + sum(link.windows[axis].size - 1 for link in links) for axis in range(len(links[0].windows)))
    if len(links) < 2 or max(kernel) == 1:
        return None
    return Chain(
        kernels=tuple(tuple(window.size for window in link.windows) for link in links),
        channels=(links[0].given, *(link.out for link in links)),
        kernel=kernel,
        weights=sum(link.weights for link in links),
        single=links[0].given * links[-1].out * prod(kernel),
        keys=tuple(link.key for link in links),
    )
