"""The receptive field of a network: which stretch of the input a value sees, exactly, on the DAG.

For each spatial axis of an input, position p of a feature map sees the indices `offset + stride * p` to
`offset + stride * p + size - 1`, as if the input had no edges: a negative offset lies in the padding.
These are the size, effective stride and minus effective padding of Araujo, Norris and Sim, "Computing
Receptive Fields of Convolutional Neural Networks" (Distill 2019, doi 10.23915/distill.00021). Where the
stride is a fraction, positions see different stretches in turn (`Window`): the size is that of the
largest, the offset that of position 0.

Several paths: the field is the stretch that holds what any of them sees. The smallest and the largest
are what a single path sees. Only data counts: inputs that steer (the gate of squeeze-and-excitation) and
the statistics of a norm or softmax see more, and are left out, as in `paths`.

After a global pooling, a flatten or a linear layer each value sees the whole input. So the field of a
network is the one of its last node that still sees a part. Where branches meet of which one sees all, the
others have the say; where they move at different strides, there is no common field either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archspec.analysis.paths import Edges, main_output
from archspec.analysis.receptive_field_walk import Join, View, Walk, larger, smaller
from archspec.ops.window import Window, together
from archspec.program.model import Program

if TYPE_CHECKING:
    from fractions import Fraction


class Field(NamedTuple):
    """What one position of a node sees of an input of the network, spatial axis by spatial axis."""

    input: str
    """name of the input"""
    node: str
    """the last node that sees a part of it"""
    windows: tuple[Window, ...]
    """what all paths together see"""
    smallest: tuple[Window, ...]
    """what the path sees that sees least; where strides are fractions, the least at each join"""
    largest: tuple[Window, ...]
    """what the path sees that sees most"""
    whole: bool
    """after that node the network sees all of the input"""

    @property
    def size(self) -> tuple[int, ...]:
        """Pixels along each axis."""
        return tuple(window.size for window in self.windows)

    @property
    def stride(self) -> tuple[Fraction, ...]:
        """Pixels from one position to the next, along each axis."""
        return tuple(window.stride for window in self.windows)

    @property
    def offset(self) -> tuple[int, ...]:
        """Index of the first pixel that position 0 sees; negative in the padding."""
        return tuple(offset(window) for window in self.windows)

    @property
    def centre(self) -> tuple[Fraction, ...]:
        """Index of the middle of what position 0 sees."""
        from fractions import Fraction

        return tuple(offset(window) + Fraction(window.size - 1, 2) for window in self.windows)

    def record(self) -> dict[str, Any]:
        """Size, stride and offset for JSON: one number where all axes agree, else a list."""
        return {
            "size": plain(self.size),
            "stride": plain([number(stride) for stride in self.stride]),
            "offset": plain(self.offset),
        }


def offset(window: Window) -> int:
    """First index that position 0 sees (or the first position that sees any)."""
    return next((span[0] for span in window.spans if span is not None), 0)


def number(value: Fraction) -> int | float:
    """A fraction as JSON has it: an integer if it is one."""
    return value.numerator if value.denominator == 1 else float(value)


def plain(values: Sequence[Any]) -> Any:
    """One value where all axes agree, else the list."""
    return values[0] if len(set(values)) == 1 else list(values)


def receptive_field(program: Program, input: str | None = None, edges: Edges = "data") -> Field | None:
    """The field of the last node that sees a part of an input, along the way to the main output.

    `input`: its name; default: the first of two axes or more that the output sees. None if there is no such
    node: no spatial axes, or the input is flattened at once. Takes inference mode.
    """
    found = overall(program, together, input, edges)
    if found is None:
        return None
    name, view = found
    windows = tuple(window for _, window, _ in view)
    return Field(
        input=name,
        node=".".join(view[0][2]),
        windows=windows,
        smallest=_windows(overall(program, smaller, name, edges)),
        largest=_windows(overall(program, larger, name, edges)),
        whole=any(axis is None for axis, _, _ in view),
    )


def field_record(program: Program) -> dict[str, Any] | None:
    """`receptive_field(program).record()` by one walk instead of three: what `archspec stats` needs."""
    found = overall(program, together)
    if found is None:
        return None
    windows = _windows(found)
    return Field(found[0], "", windows, windows, windows, False).record()


def _windows(found: tuple[str, View] | None) -> tuple[Window, ...]:
    return tuple(window for _, window, _ in found[1]) if found else ()


def overall(program: Program, join: Join, input: str | None = None, edges: Edges = "data") -> tuple[str, View] | None:
    """Name of the input, and what the main output sees of each spatial axis, or saw last."""
    graph = program.graph
    out = main_output(graph)
    values = Walk(program, join, edges).graph()
    at = values.producer(out.ref)
    for port, view in zip(graph.inputs, values.rows[out.ref.node][out.ref.output], strict=False):
        if view and (input is None or input == port.name):
            view = tuple(entry if entry[0] is None else (*entry[:2], at) for entry in view)
            if any(entry[2] for entry in view):
                return port.name, view
    return None
