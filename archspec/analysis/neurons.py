"""Paths between single units, the exponential reuse of features: fan-ins multiplied along the way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log10, prod

from archspec.analysis.paths import walk
from archspec.analysis.route import Edges, Step, route
from archspec.analysis.semiring import LOGARITHM
from archspec.ops.base import Category, Op, Tensor
from archspec.program.model import Module, Program
from archspec.program.read import operand_types


def neuron_paths(program: Program, edges: Edges = "data") -> float:
    """Decimal logarithm of the number of paths from units of the inputs to one unit of the main output.

    A unit is one number of a tensor. A path goes from a unit to those that read it: a unit of a convolution
    or linear layer reads `fan_in` units, one of a pooling its window, any other the unit at its place. So the
    count is the product of fan-ins along a path of the graph, summed over all paths. A unit of a concatenation
    lies in one of its parts; there and wherever else units differ, the mean over units counts, which is exact
    if what follows reads all of them alike. Edges are not looked at: windows may reach into the padding.
    Minus infinity if there is no path.
    """
    rows = walk(route(program, edges, sizes=True), LOGARITHM, _factors)
    found = float("-inf")
    for value in rows.values():
        found = value if found == float("-inf") else LOGARITHM.plus(found, value)
    return found


def _factors(module: Module, step: Step) -> Sequence[float]:
    node = step.node
    assert isinstance(node.body, Op)
    types = operand_types(module, node)
    return [_factor(node.body, types, node.types, place) for place in step.places]


@lru_cache(maxsize=4096)
def _factor(op: Op, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], place: int) -> float:
    """The logarithm of how many units of an input a unit of the output reads, on average."""
    if op.category is Category.CONCAT:
        return log10(inputs[place].elements / outputs[0].elements)
    return log10(fan_in(op, inputs))


def fan_in(op: Op, inputs: tuple[Tensor, ...]) -> float:
    """Units of its input that a unit of the output reads: multiply-adds per output where there are any.

    >>> from archspec.ops.conv import Conv
    >>> fan_in(Conv(out=64, kernel=3, padding="half"), (Tensor((32, 8, 8)),))
    288.0
    """
    mads = op.mads(*inputs)
    if mads:
        return mads / sum(output.elements for output in op.infer(*inputs))
    if op.category not in (Category.POOL, Category.CONV, Category.LINEAR):
        return 1.0
    ways = op.reach(*inputs)[0][0]
    return float(prod(size if way is None else way[1].size for way, size in zip(ways, inputs[0].shape, strict=True)))
