"""Depth and number of paths, by one walk over a semiring.

A path leads from an input of the network to its main output. Going along a path multiplies, paths
side by side add. With numbers this counts paths; with (max, +) it gives the longest in weighted
layers, with (min, +) the shortest; with polynomials in which x^d stands for a path of d weighted
layers it gives the distribution of their lengths. Each distinct module is walked once and becomes a
table (output, input) → value, so cost grows with the number of different modules.

A parameter (an op without inputs) starts no path. Data edges leave out the inputs that only steer
(`Op.steers`); a node used twice by a join gives two paths. In inference mode a node that exists only
in training stands for its first argument, and so does a node that is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Generic, Literal, TypeVar

from archspec.ops.base import Op
from archspec.program.model import INPUT, Call, Mode, Module, Output, Program
from archspec.program.read import data_args, stands_aside

T = TypeVar("T")
Edges = Literal["data", "all"]

PATH_BITS = 1 << 16
"""path counts are exact below 2 to this power, and stay there: a short spec can ask for 2^(10^30)"""
MANY = 1 << PATH_BITS


@dataclass(frozen=True)
class Semiring(Generic[T]):
    """How to reckon with paths."""

    plain: T
    """a path of no layers"""
    layer: T
    """passing a weighted layer"""
    plus: Callable[[T, T], T]
    """paths side by side"""
    times: Callable[[T, T], T]
    """one path after the other"""


def _add(a: int, b: int) -> int:
    return a + b


COUNT: Semiring[int] = Semiring(1, 1, lambda a, b: min(a + b, MANY), lambda a, b: min(a * b, MANY))
LONGEST: Semiring[int] = Semiring(0, 1, max, _add)
SHORTEST: Semiring[int] = Semiring(0, 1, min, _add)

Lengths = tuple[int, ...]
"""entry d is the number of paths of d weighted layers"""


def _lengths_plus(a: Lengths, b: Lengths) -> Lengths:
    if len(a) < len(b):
        a, b = b, a
    return (*(x + y for x, y in zip(a, b, strict=False)), *a[len(b) :])


def _lengths_times(a: Lengths, b: Lengths) -> Lengths:
    product = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        if x:
            for j, y in enumerate(b, i):
                product[j] += x * y
    return tuple(product)


LENGTHS: Semiring[Lengths] = Semiring((1,), (0, 1), _lengths_plus, _lengths_times)

Row = dict[int, T]
"""value of the paths that reach a place from each input of the module; no entry where there is none"""


def walk(program: Program, semiring: Semiring[T], edges: Edges = "data", mode: Mode = "inference") -> Row[T]:
    """Value of all paths from each input of the network (by number) to its main output."""
    done: dict[str, tuple[Row[T], ...]] = {}
    for module in program.modules.values():
        outputs = (main_output(module),) if module.id == program.main else module.outputs
        done[module.id] = _walk(module, outputs, done, semiring, edges, mode)
    return done[program.main][0]


def main_output(module: Module) -> Output:
    """The first output that exists in inference."""
    return next(output for output in module.outputs if output.only != "training")


def steers_anywhere(program: Program) -> bool:
    """Whether some op has an input that only steers; if none has, data edges are all edges."""
    return any(
        isinstance(node.body, Op) and bool(node.body.steers)
        for module in program.modules.values()
        for node in module.nodes
    )


def count_paths(program: Program, edges: Edges = "data") -> int:
    """Number of paths from the inputs to the main output; `MANY` stands for that and more."""
    return reduce(COUNT.plus, walk(program, COUNT, edges).values(), 0)


def depth(program: Program, edges: Edges = "data") -> int:
    """Weighted layers (`Op.weighted`) on the longest path; 0 if there is no path."""
    return max(walk(program, LONGEST, edges).values(), default=0)


def depth_min(program: Program, edges: Edges = "data") -> int:
    """Weighted layers on the shortest path; 0 if there is no path."""
    return min(walk(program, SHORTEST, edges).values(), default=0)


def path_lengths(program: Program, edges: Edges = "data") -> Lengths:
    """How many paths have 0, 1, 2, … weighted layers. Takes time with the square of the depth."""
    return reduce(_lengths_plus, walk(program, LENGTHS, edges).values(), ())


def _walk(
    module: Module,
    outputs: tuple[Output, ...],
    done: Mapping[str, tuple[Row[T], ...]],
    semiring: Semiring[T],
    edges: Edges,
    mode: Mode,
) -> tuple[Row[T], ...]:
    plus, times, layer = semiring.plus, semiring.times, semiring.layer
    # The inputs come last, so that INPUT, which is -1, finds them.
    inputs = tuple({port: semiring.plain} for port in range(len(module.inputs)))
    values: list[tuple[Row[T], ...]] = [*(() for _ in module.nodes), inputs]
    last = _last_uses(module, outputs)

    for number, node in enumerate(module.nodes):
        row: Row[T] = {}
        if stands_aside(node, mode):
            if node.args:
                at, output = node.args[0]
                row = values[at][output]
            values[number] = (row,) * len(node.types)
        elif isinstance(node.body, Call):
            given = [values[at][output] for at, output in node.args]
            tables = done[node.body.module]
            values[number] = tuple(_through(table, given, plus, times) for table in tables)
        else:
            for at, output in data_args(node) if edges == "data" else node.args:
                for port, value in values[at][output].items():
                    row[port] = plus(row[port], value) if port in row else value
            if node.body.weighted:
                row = {port: times(value, layer) for port, value in row.items()}
            values[number] = (row,) * len(node.types)
        for at, _ in node.args:
            if last[at] == number:
                values[at] = ()
    return tuple(values[output.ref.node][output.ref.output] for output in outputs)


def _through(table: Row[T], given: list[Row[T]], plus: Callable[[T, T], T], times: Callable[[T, T], T]) -> Row[T]:
    """Paths that reach a callee's output, given those that reach its inputs."""
    row: Row[T] = {}
    for place, factor in table.items():
        for port, value in given[place].items():
            value = times(value, factor)
            row[port] = plus(row[port], value) if port in row else value
    return row


def _last_uses(module: Module, outputs: tuple[Output, ...]) -> dict[int, int]:
    """The last node that reads each node, so that its values can go: those of a long net are huge numbers."""
    last = {at: number for number, node in enumerate(module.nodes) for at, _ in node.args}
    last.update((output.ref.node, len(module.nodes)) for output in outputs)
    last[INPUT] = len(module.nodes)
    return last
