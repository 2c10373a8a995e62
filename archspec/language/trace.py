"""Elaboration with traced params: what a program comes to, as a function of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeGuard

from archspec.language.elaborate import elaborate
from archspec.language.elaborate.values import OpName
from archspec.language.files import Unit
from archspec.program.model import Program
from archspec.text.limits import Limits
from archspec.text.trace_replay import Replay
from archspec.text.traced import Trace


def traceable(value: object) -> TypeGuard[int | float]:
    """Whether a param with this value can be traced: it is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def replayable(
    unit: Unit, limits: Limits, names: Collection[str], compute: Callable[[Program], Mapping[str, Any]]
) -> Replay:
    """`compute` of the program of a file, ready to be replayed for other values of the params `names`.

    The program is elaborated once, with traced numbers for those params, and `compute` counts with them.
    Raises `SpecError` if the program as it stands is wrong.
    """
    trace = Trace()
    values = {
        name: trace.param(name, value)
        if name in names and traceable(value)
        else value.name
        if isinstance(value, OpName)
        else value
        for name, value in unit.params.items()
    }
    # A unit of its own, so that the ops among its params are looked up in it and not in the plain one.
    traced = unit.files.make(unit.spec, values, unit.used_units, unit.folder)
    program, _ = elaborate(traced, limits, key=trace.key)
    return Replay(trace, compute(program))
