"""The figures that a sweep tabulates: columns by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from archspec.analysis.cost import Count, cost
from archspec.analysis.paths import count_paths, depth, depth_min, main_output
from archspec.analysis.summary import summary
from archspec.program.model import Program
from archspec.program.read import type_of

COUNTS = ("params", "training_only", "buffers", "mads")
DEFAULT = ("params", "buffers", "mads", "depth", "paths")

_STRUCTURE: Mapping[str, Callable[[Program], Any]] = {
    "depth": depth,
    "depth_min": depth_min,
    "depth_ops": lambda program: depth(program, "all"),
    "paths": count_paths,
    "paths_ops": lambda program: count_paths(program, "all"),
    "output": lambda program: list(type_of(program.graph, main_output(program.graph).ref).shape),
}

QUICK = frozenset((*COUNTS, *_STRUCTURE))
"""those that need no summary"""


def figures(program: Program, columns: Sequence[str]) -> dict[str, Any]:
    """The figures of a program by name, each counted only if it is asked for.

    Besides `COUNTS`, depths, path counts (here as integers) and `output`, a column may be any figure of
    `summary`, dotted where it lies deeper: `receptive_field.size`. Raises `ValueError` for one that is not there.
    """
    counts: Count | None = None
    rest: Mapping[str, Any] | None = None
    found: dict[str, Any] = {}
    for column in columns:
        if column in COUNTS:
            counts = counts or cost(program).total
            found[column] = getattr(counts, column)
        elif column in _STRUCTURE:
            found[column] = _STRUCTURE[column](program)
        else:
            rest = rest or dict(_leaves(summary(program), ""))
            if column not in rest:
                raise ValueError(f"no figure is called `{column}`")
            found[column] = rest[column]
    return found


def known(program: Program) -> tuple[str, ...]:
    """Every column that there is for a program."""
    own = (*COUNTS, *_STRUCTURE)
    return (*own, *(name for name, value in _leaves(summary(program), "") if name not in own and name not in _WORDS))


_WORDS = frozenset({"name", "title", "conventions"})


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
