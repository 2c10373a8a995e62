"""The receptive field of every op of a network, in execution order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archspec.analysis.paths import Edges
from archspec.analysis.receptive_field import Field, number, offset, plain
from archspec.analysis.receptive_field_walk import Row, Walk, larger, smaller, straight_view
from archspec.ops.base import Op
from archspec.ops.window import Window, together
from archspec.program.flatten import Flat, flatten
from archspec.program.model import INPUT, Program, Ref
from archspec.text.limits import Limits


@dataclass(frozen=True, slots=True)
class LayerField:
    """What one position of the first output of an op sees of an input of the network."""

    name: str
    """names along the calls that lead to the op"""
    key: str
    """its place in the state dict"""
    op: Op
    shape: tuple[int, ...]
    windows: tuple[Window | None, ...]
    """for each spatial axis of the input what all paths together see; None: all of it, or no one stretch"""
    smallest: tuple[Window | None, ...]
    """what the path sees that sees least"""
    largest: tuple[Window | None, ...]
    """what the path sees that sees most"""
    changes: bool
    """it sees something else than what it reads does"""

    @property
    def local(self) -> bool:
        """It sees a part of each axis."""
        return None not in self.windows

    def record(self) -> dict[str, Any]:
        """For JSON: one number where all axes agree, else a list; null where all of an axis is seen."""
        return {
            "size": plain([window and window.size for window in self.windows]),
            "stride": plain([window and number(window.stride) for window in self.windows]),
            "offset": plain([window and offset(window) for window in self.windows]),
            "smallest": plain([window and window.size for window in self.smallest]),
            "largest": plain([window and window.size for window in self.largest]),
        }

    def field(self, input: str) -> Field | None:
        """As the field of a network that ends here; None if it sees all of some axis."""
        windows, least, most = (
            tuple(window for window in found if window is not None)
            for found in (self.windows, self.smallest, self.largest)
        )
        return Field(input, self.name, windows, least, most, False) if self.local else None


def receptive_fields(
    program: Program, input: str | None = None, edges: Edges = "data", limit: int = Limits().nodes
) -> tuple[LayerField, ...]:
    """One row for each op that an input of the network reaches, in inference mode.

    `input`: its name; default: the first that has spatial axes. No rows if there is none. Raises
    `SpecError` as `flatten` does.
    """
    ports = program.graph.inputs
    port = next(
        (at for at, p in enumerate(ports) if len(p.type.shape) > 1 and (input is None or input == p.name)), None
    )
    if port is None:
        return ()
    flat = flatten(program, "inference", limit)
    every, least, most = (
        _Flat(program, flat, port, Walk(program, join, edges)) for join in (together, smaller, larger)
    )
    rows = []
    for at, node in enumerate(flat.nodes):
        here = Ref(at)
        windows = every.windows(here)
        if windows is not None:
            rows.append(
                LayerField(
                    name=node.name,
                    key=node.key,
                    op=node.op,
                    shape=node.types[0].shape,
                    windows=windows,
                    smallest=least.windows(here) or (),
                    largest=most.windows(here) or (),
                    changes=any(every.windows(ref) not in (None, windows) for ref in node.args),
                )
            )
    return tuple(rows)


class _Flat:
    """What every value of the flat graph sees of one input of the network."""

    def __init__(self, program: Program, flat: Flat, port: int, walk: Walk):
        ports = program.graph.inputs
        nothing: Row = (None,)
        self._inputs: list[Row] = [nothing] * len(ports)
        self._inputs[port] = (straight_view(range(1, len(ports[port].type.shape))),)
        self._rows: list[tuple[Row, ...]] = []
        for node in flat.nodes:
            types = tuple(
                [
                    ports[ref.output].type if ref.node == INPUT else flat.nodes[ref.node].types[ref.output]
                    for ref in node.args
                ]
            )
            given = [self._row(ref) for ref in node.args]
            self._rows.append(walk.op(node.op, types, node.node, given, [()] * len(given)))

    def _row(self, ref: Ref) -> Row:
        return self._inputs[ref.output] if ref.node == INPUT else self._rows[ref.node][ref.output]

    def windows(self, ref: Ref) -> tuple[Window | None, ...] | None:
        row = self._row(ref)
        view = row[0] if row else None
        return None if view is None else tuple([None if axis is None else window for axis, window, _ in view])


def changing(rows: Sequence[LayerField]) -> list[LayerField]:
    """The rows of ops that see something else than what they read, and of weighted ones (conv, linear)."""
    return [row for row in rows if row.changes or row.op.weighted]


def stages(rows: Sequence[LayerField], most: int = 24) -> list[tuple[str, LayerField]]:
    """Name of each stage and the last op in it. Stages are as fine as fits into `most` of them.

    A stage is what has the same first segments of its name; those in which nothing changes are left out.
    """
    best: dict[str, LayerField] = {}
    for level in range(1, 64):
        found: dict[str, LayerField] = {}
        kept: set[str] = set()
        for row in rows:
            name = ".".join(row.name.split(".", level)[:level])
            found[name] = row
            if row.changes or row.op.weighted:
                kept.add(name)
        found = {name: row for name, row in found.items() if name in kept}
        if best and (len(found) > most or len(found) == len(best)):
            break
        best = found
    return list(best.items())
