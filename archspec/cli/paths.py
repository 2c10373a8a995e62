"""`archspec paths`: the ensemble of paths that a network is."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.formats import Format
from archspec.cli.options import Drop, Limit, Set, Spec, limits, load
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, grouped, human, markdown, paint, shorten, table

if TYPE_CHECKING:
    from archspec.analysis.profile import PathProfile
    from archspec.architecture import Architecture


class Edges(StrEnum):
    data = "data"
    all = "all"


COLUMNS = ("length", "paths", "share")
COMPARED = ("", "paths", "depth", "shortest", "mean", "params", "MADs")
NUMBERS = frozenset({*COLUMNS, *COMPARED[1:]})
FOOTNOTES = {
    Edges.data: "paths: from an input to the main output, along edges that carry data (no gates).",
    Edges.all: "paths: from an input to the main output, along all edges.",
}
LENGTHS = "layers: weighted ones (conv, linear) on the way."


def paths(
    spec: Spec,
    set: Set = None,
    edges: Annotated[
        Edges, typer.Option("--edges", help="data: leave out edges that only steer (gates); all: follow them too.")
    ] = Edges.data,
    drop: Drop = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Draw it too: .svg, .pdf or .png.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Count the paths from input to output, and show how long they are.

    A residual network behaves like the ensemble of its paths (Veit et al. 2016, arXiv 1605.06431). `--drop`
    takes units out, as they did, and tells what is left.
    """
    from archspec.analysis.profile import path_profile
    from archspec.ensemble import drop as without

    whole = load(spec, set, limit)
    left = without(whole, *drop) if drop else whole
    if output is not None:
        _draw(output, left, edges)
    profile = path_profile(left.program, edges.value, limits(limit).nodes)
    if format is Format.json:
        import json

        record = _record(left, profile)
        if drop:
            record["dropped"] = list(drop)
            record["whole"] = _record(whole, path_profile(whole.program, edges.value, limits(limit).nodes))
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
    elif format is Format.csv:
        _csv(profile)
    elif format is Format.markdown:
        rows = [[str(length), str(count), share] for length, count, share in _lengths(profile)]
        typer.echo("\n".join(markdown(COLUMNS, rows, NUMBERS)))
    else:
        title = left.title or left.name
        head = title if title == left.name else f"{title} ({left.name})"
        lines = [paint(shorten(head, WIDTH), BOLD), ""]
        if drop:
            lines += [*_compared(whole, left, drop, edges), ""]
        lines += [*_overall(profile), "", *_histogram(profile)]
        lines += ["", paint(FOOTNOTES[edges], DIM), paint(LENGTHS, DIM)]
        typer.echo("\n".join(lines))


def _draw(target: Path, architecture: Architecture, edges: Edges) -> None:
    from archspec import charts
    from archspec.draw.charts.canvas import SUFFIXES, Slide
    from archspec.draw.theme import LIGHT
    from archspec.text.write import write_atomically

    suffix = target.suffix.removeprefix(".").lower()
    if suffix not in SUFFIXES:
        raise typer.BadParameter(f"a chart becomes {', '.join(SUFFIXES)}, not `{target.suffix or target.name}`")
    options = charts.Options(edges=edges.value)
    write_atomically(
        target, charts.draw("paths", [architecture.name], Slide(LIGHT), suffix, options, lambda _: architecture)
    )


def _overall(profile: PathProfile) -> list[str]:
    from archspec.cli.histogram import percent

    lines = [("paths", _count(profile))]
    if profile.log10 is not None:
        same = profile.longest == profile.shortest
        layers = str(profile.longest) if same else f"{profile.shortest} to {profile.longest}"
        lines.append(("length", f"{layers} weighted layer{'' if layers == '1' else 's'}"))
    if profile.mean is not None and profile.deviation is not None and profile.longest != profile.shortest:
        spread = f"{_decimal(profile.mean)}, standard deviation {profile.deviation:.2f}"
        if profile.within is not None:
            spread += f"; {percent(profile.within)} of the paths within one of it"
        lines.append(("mean", spread))
    if profile.neurons is not None:
        lines.append(("neurons", f"10^{profile.neurons:.1f} paths from units of the input to one unit of the output"))
    if profile.cut_points is None:
        lines.append(("cuts", "not looked for in so large a graph; raise `--limit nodes=N`"))
    else:
        found = profile.cut_points
        every = f"{grouped(len(found))} op{'s' * (len(found) != 1)} that every path goes through"
        lines.append(("cuts", f"{every}: {', '.join(found)}" if found else "no op that every path goes through"))
        width = "took too long to find" if profile.width is None else f"{profile.width} at most side by side"
        lines.append(("width", width))
    return [cut(f"  {name:<8}{text}", WIDTH) for name, text in lines]


def _count(profile: PathProfile) -> str:
    """In full while it fits, as a product of powers, and rounded."""
    from archspec.text.bignum import about, decimal, power_text, scientific

    count = profile.count
    if count is None:
        return f"{about(profile.log10 or 0.0)}, too many to count"
    parts = [power_text(count)]
    if count >= 10**6:
        parts.append(scientific(count))
    if count < 10**40:
        parts.insert(0, grouped(count))
    elif not any(len(part) for part in parts[:1]):
        parts.append(f"{len(decimal(count)):,} digits, in --format json")
    return " = ".join(part for part in parts[:2] if part) + "".join(f", {part}" for part in parts[2:] if part)


def _decimal(value: Fraction) -> str:
    """With two decimals if it is no whole number."""
    return grouped(int(value)) if value.denominator == 1 else f"{float(value):,.2f}"


def _histogram(profile: PathProfile) -> list[str]:
    from archspec.cli.histogram import bins, histogram

    if profile.lengths is None:
        return ["  the distribution would have too many digits to be worked out"]
    if profile.mean is None or profile.deviation is None:
        return ["  no path leads from an input to the output"]
    return histogram(bins(profile.lengths, profile.mean, profile.deviation), "layers", WIDTH)


def _compared(whole: Architecture, left: Architecture, drop: list[str], edges: Edges) -> list[str]:
    """What there was, and what is left."""
    from archspec.analysis.paths import path_figures
    from archspec.analysis.semiring import MANY
    from archspec.text.bignum import short_text

    rows = []
    for name, one in (("whole", whole), ("left", left)):
        figures, count = path_figures(one.program, edges.value), one.stats().total
        rows.append(
            [
                name,
                "too many" if figures.count is MANY else short_text(figures.count),
                grouped(figures.longest),
                grouped(figures.shortest),
                "" if figures.mean is None else _decimal(figures.mean),
                human(count.params),
                human(count.mads),
            ]
        )
    head = f"  without {', '.join(drop)}"
    return [cut(head, WIDTH), "", *(f"  {line}" for line in table(COMPARED, rows, NUMBERS))]


def _lengths(profile: PathProfile) -> list[tuple[int, int, str]]:
    """Rows of the distribution. Raises `SpecError` if there is none."""
    from archspec.text.diagnostics import fault

    if profile.lengths is None:
        raise fault("A0603", f"`{profile.name}` has too many paths for the distribution of their lengths")
    whole = profile.count or 1
    return [
        (length, count, f"{float(Fraction(count, whole)):.6g}") for length, count in enumerate(profile.lengths) if count
    ]


def _csv(profile: PathProfile) -> None:
    import csv
    import sys

    from archspec.text.bignum import decimal

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((length, decimal(count), share) for length, count, share in _lengths(profile))


def _record(architecture: Architecture, profile: PathProfile) -> dict[str, Any]:
    from archspec.text.bignum import about, decimal, power_text

    total = architecture.stats().total
    count = profile.count
    return {
        "name": profile.name,
        "edges": profile.edges,
        "paths": about(profile.log10 or 0.0) if count is None else decimal(count),
        "paths_factors": "" if count is None else power_text(count),
        "paths_log10": profile.log10,
        "depth": profile.longest,
        "depth_min": profile.shortest,
        "path_length_mean": None if profile.mean is None else float(profile.mean),
        "path_length_deviation": profile.deviation,
        "path_length_within_one_deviation": None if profile.within is None else float(profile.within),
        "path_lengths": None if profile.lengths is None else [decimal(paths) for paths in profile.lengths],
        "neuron_paths_log10": profile.neurons,
        "cut_points": None if profile.cut_points is None else list(profile.cut_points),
        "width": profile.width,
        "params": total.params,
        "mads": total.mads,
    }
