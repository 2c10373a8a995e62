"""`archspec compare`: several networks in one table. `archspec stats` of several specs prints this table too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.options import Limit, Set, Specs, load
from archspec.cli.terminal import DIM, WIDTH, grouped, human, latex, markdown, paint, paths_short, shape, shorten, table

if TYPE_CHECKING:
    from archspec.architecture import Architecture

ERRORS = ("top1", "top5", "cifar10", "cifar100", "svhn", "mnist")
Value = None | int | float | str | list[int]
"""exact, as JSON and CSV give it"""


class Format(StrEnum):
    table = "table"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    latex = "latex"


def _error(data_set: str) -> Callable[[Architecture], Value]:
    return lambda network: getattr(network.error, data_set, None)


def _figure(name: str) -> Callable[[Architecture], Value]:
    return lambda network: network.summary()[name]


def _field(network: Architecture) -> Value:
    from archspec.analysis.receptive_field import field_record

    record = field_record(network.program)
    return None if record is None else record["size"]


def _bytes(part: str) -> Callable[[Architecture], Value]:
    def count(network: Architecture) -> Value:
        from archspec.analysis.memory import memory

        return int(getattr(memory(network.program, costs=network.stats()), part))

    return count


def _year(network: Architecture) -> Value:
    return None if network.source is None else network.source.year


COLUMNS: Mapping[str, Callable[[Architecture], Value]] = {
    "name": lambda network: network.name,
    "title": lambda network: network.title or network.name,
    "year": _year,
    "params": lambda network: network.stats().params,
    "buffers": lambda network: network.stats().buffers,
    "mads": lambda network: network.stats().mads,
    "depth": _figure("depth"),
    "depth_min": _figure("depth_min"),
    "depth_ops": _figure("depth_ops"),
    "paths": _figure("paths"),
    "paths_ops": _figure("paths_ops"),
    "output": _figure("output"),
    "field": _field,
    "weights": _bytes("weights"),
    "activations": _bytes("activations_peak"),
    "training": _bytes("training"),
    **{data_set: _error(data_set) for data_set in ERRORS},
}
"""what can be compared: each figure is counted only if it is asked for"""
DEFAULT = ("name", "params", "mads", "depth", "paths", "field", "activations", "top1")
STATS = ("name", "params", "buffers", "mads", "depth", "paths", "output")
"""the columns of `archspec stats` for several specs"""
WORDS = frozenset({"name", "title", "output"})
ROUNDED = frozenset({"params", "mads", "buffers", "weights", "activations", "training"})
NOTES: Mapping[tuple[str, ...], str] = {
    ("mads",): "MADs: conv, linear, matrix products; batch 1, inference.",
    ("depth", "depth_min", "depth_ops"): "depth: weighted layers.",
    ("field",): "field: pixels of the input that the output sees.",
    ("weights", "activations", "training"): "Memory in bytes, float32, batch 1.",
    ERRORS: "Errors in percent, as published.",
}


def compare(
    specs: Specs,
    set: Set = None,
    columns: Annotated[str, typer.Option("--columns", metavar="NAMES", help="What to compare, between commas.")] = "",
    sort: Annotated[
        str, typer.Option("--sort", metavar="NAME", help="Order of the rows by a column; -NAME: the largest first.")
    ] = "",
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Compare networks: one row each, their figures side by side.

    A published error stands only beside a network whose params are those of the file.
    """
    chosen = tuple(dict.fromkeys(columns.replace(",", " ").split())) or DEFAULT
    for name in (*chosen, *([sort.removeprefix("-")] if sort else ())):
        known(name)
    networks = [load(spec, set, limit) for spec in specs]
    if sort:
        networks = ordered(networks, sort)
    typer.echo("\n".join(comparison(networks, chosen, format)))


def known(name: str) -> None:
    """Raise if there is no column of that name."""
    if name not in COLUMNS:
        from archspec.text.suggest import suggest

        near = suggest(name, COLUMNS)
        told = f"did you mean `{near}`?" if near else f"there are {', '.join(COLUMNS)}"
        raise typer.BadParameter(f"no column is called `{name}`; {told}")


def value(network: Architecture, column: str) -> Value:
    """One exact figure; None if there is none. What was published says nothing of changed params."""
    if network.changed and column in ERRORS:
        return None
    return COLUMNS[column](network)


def ordered(networks: Sequence[Architecture], by: str) -> list[Architecture]:
    """By a column, the smallest first, or with "-" the largest; those without a value last."""
    name = by.removeprefix("-")
    found = [(_size(value(network, name)), network) for network in networks]
    there = [pair for pair in found if pair[0] is not None]
    there.sort(key=lambda pair: pair[0], reverse=by.startswith("-"))
    return [network for _, network in there] + [network for size, network in found if size is None]


def _size(found: Value) -> Any:
    """What rows are ordered by: path counts by their digits (some are only "about 10^N"), shapes by the largest."""
    if isinstance(found, list):
        return max(found, default=0)
    if isinstance(found, str) and found.startswith("about 10^"):
        return int(found.removeprefix("about 10^")) + 1, ""
    return (len(found), found) if isinstance(found, str) and found.isdecimal() else found


def comparison(networks: Sequence[Architecture], columns: Sequence[str], format: Format) -> list[str]:
    """Lines of the table in that format."""
    rows = [{column: value(network, column) for column in columns} for network in networks]
    if format is Format.json:
        import json

        return [json.dumps(rows, indent=2, ensure_ascii=False)]
    if format is Format.csv:
        return _csv(columns, rows)
    right = frozenset(columns) - WORDS
    exact = [[cell(column, row[column]) for column in columns] for row in rows]
    if format is Format.markdown:
        return markdown(columns, exact, right)
    if format is Format.latex:
        return latex(columns, exact, right)
    elastic = {name: shorten for name in ("title", "name", "output") if name in columns}
    lines = table(columns, exact, right, elastic)
    if max(map(len, lines)) > WIDTH:
        short = [[cell(column, row[column], column in ROUNDED) for column in columns] for row in rows]
        lines = table(columns, short, right, elastic)
    notes = " ".join(note for names, note in NOTES.items() if any(name in columns for name in names))
    return [*lines, "", *(paint(line, DIM) for line in wrap(notes, WIDTH))] if notes else lines


def cell(column: str, found: Value, rounded: bool = False) -> str:
    """A figure for people; numbers in full unless `rounded`."""
    if found is None:
        return ""
    if column.startswith("paths"):
        return paths_short(str(found))
    if column == "year":
        return str(found)
    if isinstance(found, int):
        return human(found) if rounded else grouped(found)
    if column == "field" and isinstance(found, list):
        return " x ".join(map(grouped, found))
    if isinstance(found, list):
        return shape(found)
    return str(found)


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Value]]) -> list[str]:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        found = [row[column] for column in columns]
        writer.writerow([" ".join(map(str, one)) if isinstance(one, list) else one for one in found])
    return out.getvalue().splitlines()
