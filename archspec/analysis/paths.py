"""Depth and number of paths, by one walk over a semiring.

A path leads from an input of the network to its main output. Each distinct module is walked once and
becomes a table (output, input) → value, so cost grows with the number of different modules. A place
through which all paths go cuts a module into factors (`route`): values stay small between such places,
and equal factors become one power, so a hundred thousand residual blocks cost little more than a look at each.

A parameter (an op without inputs) starts no path. Data edges leave out the inputs that only steer
(`Op.steers`); a node used twice by a join gives two paths. In inference mode a node that exists only
in training stands for its first argument, and so does a node that is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import TypeVar

from archspec.analysis.route import Edges as Edges
from archspec.analysis.route import Route, Step, Stretch, Way, route
from archspec.analysis.route import main_output as main_output
from archspec.analysis.semiring import (
    LOGARITHM,
    LONGEST,
    MANY,
    SHORTEST,
    Semiring,
    counting,
    moments,
)
from archspec.ops.base import Op
from archspec.program.model import Call, Module, Program
from archspec.text.bignum import about, decimal

T = TypeVar("T")
Row = dict[int, T]
"""value of the paths that reach a place from each input of the module; no entry where there is none"""
Weigh = Callable[[Module, Step], Sequence[T]]
"""what going into an op multiplies by, for each value that it reads (`Step.refs`)"""


@dataclass(frozen=True, slots=True)
class PathFigures:
    """What one walk tells of all paths from the inputs to the main output."""

    count: int
    """exact; `MANY` if it is too large to be counted"""
    longest: int
    """weighted layers (`Op.weighted`) on the longest path; 0 if there is no path"""
    shortest: int
    mean: Fraction | None
    """mean length in weighted layers; None if there is no path, or the count is `MANY`"""


def path_figures(program: Program, edges: Edges = "data") -> PathFigures:
    """Count, longest, shortest and mean of all paths, in one walk."""
    ways = moments()
    rows = walk(route(program, edges), ways)
    if not rows:
        return PathFigures(0, 0, 0, None)
    found = reduce(ways.plus, rows.values())
    mean = None if found.paths is MANY else Fraction(found.total, found.paths)
    return PathFigures(found.paths, found.longest, found.shortest, mean)


def count_paths(program: Program, edges: Edges = "data") -> int:
    """Number of paths from the inputs to the main output; `MANY` if it is too large to be counted."""
    ways = counting()
    return reduce(ways.plus, walk(route(program, edges), ways).values(), 0)


def depth(program: Program, edges: Edges = "data") -> int:
    """Weighted layers (`Op.weighted`) on the longest path; 0 if there is no path."""
    return max(walk(route(program, edges), LONGEST).values(), default=0)


def depth_min(program: Program, edges: Edges = "data") -> int:
    """Weighted layers on the shortest path; 0 if there is no path."""
    return min(walk(route(program, edges), SHORTEST).values(), default=0)


def path_text(count: int, program: Program | None = None, edges: Edges = "data") -> str:
    """Decimal digits of a path count; if it is `MANY`, how large that of the program is about."""
    if count is not MANY:
        return decimal(count)
    return "too many to count" if program is None else about(log_paths(program, edges))


def log_paths(program: Program, edges: Edges = "data") -> float:
    """Decimal logarithm of the number of paths, in floating point; minus infinity if there is none."""
    return reduce(LOGARITHM.plus, walk(route(program, edges), LOGARITHM).values(), float("-inf"))


def steers_anywhere(program: Program) -> bool:
    """Whether some op has an input that only steers; if none has, data edges are all edges."""
    return any(
        isinstance(node.body, Op) and bool(node.body.steers)
        for module in program.modules.values()
        for node in module.nodes
    )


def walk(route: Route, semiring: Semiring[T], weigh: Weigh[T] | None = None) -> Row[T]:
    """Value of all paths from each input of the network (by number) to its main output.

    Passing a weighted op multiplies by `semiring.layer`; with `weigh`, what that says instead.
    """
    done: dict[str, tuple[Row[T], ...]] = {}
    for way in route.ways:
        done[way.module.id] = _table(way, done, semiring, weigh)
    return done[route.program.main][0]


def _table(
    way: Way, done: Mapping[str, tuple[Row[T], ...]], semiring: Semiring[T], weigh: Weigh[T] | None
) -> tuple[Row[T], ...]:
    """For each output of a module the value of the paths to it from each input."""
    module, one = way.module, semiring.one

    def through(stretch: Stretch, start: tuple[Row[T], ...]) -> dict[int, tuple[Row[T], ...]]:
        values = {stretch.start: start}
        for step in stretch.steps:
            values[step.number] = _step(module, step, values, done, semiring, weigh)
            for number in step.free:
                values.pop(number, None)
        return values

    values = through(way.head, tuple([{port: one} for port in range(len(module.inputs))]))
    if way.tail is None:
        return tuple({} if ref is None else values[ref.node][ref.output] for ref in way.outputs)
    before = values[way.head.steps[-1].number][0]
    factors: dict[T, int] = {}
    for stretch in way.stretches:
        (factor,) = through(stretch, ({0: one},))[stretch.steps[-1].number][0].values()
        factors[factor] = factors.get(factor, 0) + stretch.times
    product = semiring.product([semiring.power(factor, times) for factor, times in factors.items()])
    values = through(way.tail, ({0: product},))
    rows: list[Row[T]] = []
    for ref in way.outputs:
        after = {} if ref is None else values[ref.node][ref.output]
        rows.append({port: semiring.times(value, rest) for rest in after.values() for port, value in before.items()})
    return tuple(rows)


def _step(
    module: Module,
    step: Step,
    values: Mapping[int, tuple[Row[T], ...]],
    done: Mapping[str, tuple[Row[T], ...]],
    semiring: Semiring[T],
    weigh: Weigh[T] | None,
) -> tuple[Row[T], ...]:
    """Rows of a node's outputs, from those of what it reads."""
    _, node, aside, refs, places, _ = step
    body, outputs = node.body, len(node.types)
    given = [values[at][output] for at, output in refs]
    if aside:
        return (given[0],) * outputs
    if isinstance(body, Call):
        rows = dict(zip(places, given, strict=True))
        return tuple(_through(table, rows, semiring) for table in done[body.module])
    plus, times = semiring.plus, semiring.times
    if weigh is not None:
        given = [
            {port: times(value, weight) for port, value in row.items()}
            for row, weight in zip(given, weigh(module, step), strict=True)
        ]
    row = given[0]
    if len(given) > 1:
        row = row.copy()
        for other in given[1:]:
            for port, value in other.items():
                row[port] = plus(row[port], value) if port in row else value
    if weigh is None and body.weighted:
        row = {port: times(value, semiring.layer) for port, value in row.items()}
    return (row,) * outputs


def _through(table: Row[T], given: Mapping[int, Row[T]], semiring: Semiring[T]) -> Row[T]:
    """Paths that reach a callee's output, given those that reach its inputs."""
    row: Row[T] = {}
    for place, factor in table.items():
        for port, value in given.get(place, {}).items():
            value = semiring.times(value, factor)
            row[port] = semiring.plus(row[port], value) if port in row else value
    return row
