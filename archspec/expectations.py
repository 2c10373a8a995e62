"""`expect`: what the paper says, held against what the program is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from archspec.analysis.cost import cost
from archspec.analysis.paths import count_paths, depth, depth_min
from archspec.language.spec import Figure
from archspec.program.model import Program
from archspec.program.read import type_of
from archspec.text.bignum import decimal
from archspec.text.diagnostics import Diagnostic, fault

_RELATIONS = {
    "<=": lambda found, figure: found <= figure,
    ">=": lambda found, figure: found >= figure,
    "<": lambda found, figure: found < figure,
    ">": lambda found, figure: found > figure,
}


def figures(program: Program) -> dict[str, Callable[[], int | None]]:
    """The numbers that a line of `expect` may hold, each counted when asked for; None where there is no such thing."""
    costs = cost(program)
    counts = costs.total

    def bytes_(part: str) -> int:
        from archspec.analysis.memory import memory

        return int(getattr(memory(program, costs=costs), part))

    return {
        "params": lambda: counts.params,
        "buffers": lambda: counts.buffers,
        "mads": lambda: counts.mads,
        "depth": lambda: depth(program),
        "depth_min": lambda: depth_min(program),
        "depth_ops": lambda: depth(program, "all"),
        "paths": lambda: count_paths(program),
        "paths_ops": lambda: count_paths(program, "all"),
        "receptive_field": lambda: _field(program),
        "memory.weights": lambda: bytes_("weights"),
        "memory.activations_peak": lambda: bytes_("activations_peak"),
        "memory.training": lambda: bytes_("training"),
    }


def _field(program: Program) -> int | None:
    """Pixels that the output sees, along the axis of which it sees most."""
    from archspec.analysis.receptive_field import field_record

    record = field_record(program)
    if record is None:
        return None
    size = record["size"]
    return int(max(size) if isinstance(size, list) else size)


def budgets(expect: Mapping[str, Figure]) -> dict[str, Figure]:
    """Only the lines, or parts of lines, that bound a number: they hold whatever the params are."""
    found: dict[str, Figure] = {}
    for key, figure in expect.items():
        bounds = [one for one in (figure, *figure.also) if one.budget]
        if bounds:
            found[key] = bounds[0]._replace(also=tuple(bounds[1:]))
    return found


def unmet(program: Program, expect: Mapping[str, Figure]) -> list[Diagnostic]:
    """One diagnostic (A0401) for each figure that the program does not meet."""
    counted = figures(program) if expect else {}
    found: list[Diagnostic] = []
    for key, line in expect.items():
        number = None if key == "output" else counted[key]()
        for figure in (line, *line.also):
            problem = _shape(program, figure) if key == "output" else _number(number, figure)
            if problem:
                error = fault("A0401", f"`{key}` is {problem[0]}", figure.span, "expected here", help=problem[1] or ())
                found.extend(error.diagnostics)
    return found


def _shape(program: Program, figure: Figure) -> tuple[str, str] | None:
    graph = program.graph
    shapes = [list(type_of(graph, output.ref).shape) for output in graph.outputs if output.only != "training"]
    several = bool(figure.value) and isinstance(figure.value[0], tuple)
    expected = [list(one) for one in figure.value] if several else list(figure.value)
    output = shapes if several else shapes[0]
    return None if output == expected else (f"{output}, not {expected}", "")


def _number(found: int | None, figure: Figure) -> tuple[str, str] | None:
    if found is None:
        return f"none, not {figure.text.strip()[:40]}", "the network has no spatial axes that it could look at"
    if figure.relation != "==":
        met = _RELATIONS[figure.relation](found, figure.value)
        return None if met else (f"{_text(found)}, outside the budget of {figure.text.strip()}", "")
    off = found - figure.value
    if abs(off) <= figure.slack:
        return None
    near = figure.value and abs(off) < 1000 * abs(figure.value)
    percent = f" ({float(off / figure.value):+.2%})" if near else ""
    rounded = "" if not figure.slack else " even when rounded"
    return f"{_text(found)}, not {figure.text[:40]}{rounded}", f"off by {_signed(off)}{percent}"


def _signed(off: Fraction) -> str:
    whole = int(off)
    return ("+" if whole > 0 else "-") + _text(abs(whole))


def _text(number: int) -> str:
    return f"{number:,}" if number < 10**30 else decimal(number)[:12] + f"… ({len(decimal(number))} digits)"
