"""All that is known of the paths of a network, as plain data: what `archspec paths` prints and charts draw."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isinf

from archspec.analysis.lengths import Lengths, path_lengths, share_within, spread
from archspec.analysis.neurons import neuron_paths
from archspec.analysis.paths import Edges, log_paths, path_figures
from archspec.analysis.semiring import MANY
from archspec.analysis.structure import structure
from archspec.program.model import Program
from archspec.text.limits import Limits


@dataclass(frozen=True, slots=True)
class PathProfile:
    """The paths from the inputs of a network to its main output, in inference. Lengths are in weighted layers."""

    name: str
    edges: Edges
    count: int | None
    """exact; None if it is too large to be counted (2^1048576 at the latest)"""
    log10: float | None
    """decimal logarithm of the count; None if there is no path"""
    longest: int
    shortest: int
    mean: Fraction | None
    """mean length, exact; None without a count, or without a path"""
    deviation: float | None
    """standard deviation of the lengths"""
    lengths: Lengths | None
    """entry d is the number of paths of d weighted layers; None if that would be too many digits"""
    within: Fraction | None
    """share of the paths whose length is at most one standard deviation from the mean, exact"""
    neurons: float | None
    """decimal logarithm of the number of paths from input units to one output unit (`neuron_paths`)"""
    cut_points: tuple[str, ...] | None
    """ops through which every path goes; None if the flat graph is beyond the bound `nodes`"""
    width: int | None
    """the most edges of which no path has two (`structure`)"""


def path_profile(program: Program, edges: Edges = "data", limit: int = Limits().nodes) -> PathProfile:
    """Everything about the paths of a program. `limit` bounds the flat graph for cut points and width."""
    from archspec.program.flatten import flat_size

    figures = path_figures(program, edges)
    found = spread(program, edges)
    lengths = path_lengths(program, edges, found) if found is not None or figures.count == 0 else None
    shape = structure(program, edges, limit) if flat_size(program) <= limit else None
    neurons = neuron_paths(program, edges)
    return PathProfile(
        name=program.name,
        edges=edges,
        count=None if figures.count is MANY else figures.count,
        log10=log_paths(program, edges) if figures.count else None,
        longest=figures.longest,
        shortest=figures.shortest,
        mean=figures.mean,
        deviation=None if found is None else found.deviation,
        lengths=lengths,
        within=share_within(lengths, found.sums) if lengths and found is not None else None,
        neurons=None if isinf(neurons) else neurons,
        cut_points=None if shape is None else shape.cut_points,
        width=None if shape is None else shape.width,
    )
