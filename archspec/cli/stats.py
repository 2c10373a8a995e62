"""`archspec stats`: what a network costs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.counted import Convention, counted, show, show_rows
from archspec.cli.formats import Format
from archspec.cli.options import Drop, Limit, Set, Specs, load
from archspec.cli.terminal import (
    BOLD,
    DIM,
    WIDTH,
    cut,
    grouped,
    human,
    markdown,
    mib,
    paint,
    paths_text,
    shape,
    shorten,
    table,
)

if TYPE_CHECKING:
    from archspec.architecture import Architecture


class By(StrEnum):
    module = "module"
    layer = "layer"
    op = "op"


COLUMNS = {
    By.module: ("key", "op", "output", "params", "MADs"),
    By.layer: ("key", "op", "output", "params", "MADs"),
    By.op: ("op", "count", "params", "buffers", "MADs"),
}
RECORD = {
    By.module: ("key", "level", "op", "output", "params", "buffers", "mads", "calls"),
    By.layer: ("key", "op", "output", "params", "buffers", "mads"),
    By.op: ("op", "count", "params", "buffers", "mads"),
}
NUMBERS = frozenset({"params", "buffers", "MADs", "mads", "count", "calls", "level", "depth", "paths"})
ELASTIC = {"op": cut, "output": shorten, "layer": shorten, "name": shorten}
FOOTNOTE = "MADs: conv, linear, matrix products; batch 1, inference. depth: weighted layers."


def stats(
    specs: Specs,
    set: Set = None,
    by: Annotated[By | None, typer.Option("--by", help="One row a module, weighted layer or kind of op.")] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, metavar="N", help="Levels of modules; needs --by module.")
    ] = None,
    convention: Annotated[
        list[Convention] | None,
        typer.Option("--convention", help="Count as that tool does, and name what makes the difference."),
    ] = None,
    drop: Drop = None,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Count parameters, multiply-adds, depth and paths, and show where they are.

    Several specs make a table to compare them.
    """
    if depth is not None and by not in (None, By.module):
        raise typer.BadParameter("`--depth` goes with `--by module`")
    if depth is not None:
        by = By.module
    if convention and by is not None:
        raise typer.BadParameter("`--convention` has rows of its own: it goes without `--by` and `--depth`")
    found = [_Network(_without(load(spec, set, limit), drop), depth) for spec in specs]
    if format is Format.json:
        import json

        records = [network.record(by, convention or ()) for network in found]
        typer.echo(json.dumps(records[0] if len(records) == 1 else records, indent=2, ensure_ascii=False))
    elif convention and format is not Format.table:
        show_rows([(one.figures["name"], counted(one.architecture.program, convention)) for one in found], format)
    elif by is None and (len(found) > 1 or format is not Format.table) and not convention:
        _compare(found, format)
    elif format is Format.csv and by is not None:
        _csv(found, by)
    else:
        for number, network in enumerate(found):
            if number:
                typer.echo()
            if format is Format.table:
                typer.echo("\n".join(network.screen()) + "\n")
            if convention:
                show(counted(network.architecture.program, convention))
                continue
            columns = COLUMNS[by or By.module]
            rows = network.rows(by or By.module)
            _print(columns, [[_cell(name, row[name.lower()], row) for name in columns] for row in rows], format)
            if format is Format.table:
                typer.echo(f"\n{paint(FOOTNOTE, DIM)}")


def _without(architecture: Architecture, keys: Sequence[str] | None) -> Architecture:
    if not keys:
        return architecture
    from archspec.ensemble import drop

    return drop(architecture, *keys)


class _Network:
    """One architecture and its figures."""

    def __init__(self, architecture: Architecture, depth: int | None):
        self.architecture, self.depth = architecture, depth
        self.cost = architecture.stats()
        self.figures = architecture.summary()

    def rows(self, by: By) -> list[dict[str, Any]]:
        from archspec.analysis import table

        program, limit = self.architecture.program, self.architecture.limits.nodes
        if by is By.module:
            return table.by_module(program, self.cost, self.depth)
        return table.by_layer(program, self.cost, limit) if by is By.layer else table.by_op(program, limit)

    def record(self, by: By | None, conventions: Sequence[Convention]) -> dict[str, Any]:
        rows = {"by": by.value, "rows": self.rows(by)} if by else {}
        told = [one.record() for one in counted(self.architecture.program, conventions)]
        return self.figures | rows | ({"counted": told} if told else {})

    def screen(self) -> list[str]:
        """Title, source and figures, each exact and as people say it."""
        figures, source = self.figures, self.architecture.source
        title = figures["title"] or figures["name"]
        head = title if title == figures["name"] else f"{title} ({figures['name']})"
        lines = [paint(shorten(head, WIDTH), BOLD)]
        if source is not None:
            lines.append(paint(shorten(str(source), WIDTH), DIM))
        held = "running statistics and other saved tensors"
        only = figures["training_only"]
        exact = [
            ("params", grouped(figures["params"]), f"{human(only)} of them in training only" if only else ""),
            ("buffers", grouped(figures["buffers"]), held if figures["buffers"] else ""),
            ("MADs", grouped(figures["mads"]), ""),
            ("depth", grouped(figures["depth"]), _shortest(figures)),
            ("paths", *paths_text(figures["paths"])),
            *_field(figures["receptive_field"]),
            *_memory(figures["memory"]),
        ]
        said = {"params": human(figures["params"]), "MADs": human(figures["mads"])}
        wide = max(len(number) for _, number, _ in exact)
        lines.append("")
        for name, number, note in exact:
            words = "; ".join(part for part in (said.get(name, ""), note) if part and part != number)
            lines.append(shorten(f"  {name:<8}{number:>{wide}}  {words}".rstrip(), WIDTH))
        inputs = ", ".join(f"{name} {shape(port['shape'])}" for name, port in figures["inputs"].items())
        outputs = ", ".join(
            f"{name} {shape(port['shape'])}" + (f" ({port['only']})" if port["only"] else "")
            for name, port in figures["outputs"].items()
        )
        lines.append(shorten(f"  {'input':<8}{inputs}", WIDTH))
        lines.append(shorten(f"  {'output':<8}{outputs}", WIDTH))
        return lines


def _shortest(figures: dict[str, Any]) -> str:
    notes = []
    if figures["depth_min"] != figures["depth"]:
        notes.append(f"shortest path {grouped(figures['depth_min'])}")
        if figures["path_length_mean"] is not None:
            notes.append(f"mean {figures['path_length_mean']:.4g}")
    if figures["depth_ops"] != figures["depth"]:
        notes.append(f"{grouped(figures['depth_ops'])} with steering edges")
    return "; ".join(notes)


def _field(record: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    """The receptive field: one number where all axes agree."""
    if record is None:
        return []

    def said(value: Any) -> str:
        return " × ".join(f"{one:,}" for one in value) if isinstance(value, list) else f"{value:,}"

    return [("field", said(record["size"]), f"pixels seen by the last map; stride {said(record['stride'])}")]


def _memory(record: dict[str, int]) -> list[tuple[str, str, str]]:
    kept = mib(record["training"])
    return [
        ("memory", mib(record["weights"]), "MiB of weights"),
        ("", mib(record["activations_peak"]), f"MiB alive at most; {kept} kept in training"),
    ]


def _cell(name: str, value: Any, row: dict[str, Any] | None = None) -> str:
    if name == "key" and row is not None:
        if "level" not in row:
            return str(value)
        return " " * (2 * int(row["level"]) - 2) + str(value).rsplit(".", 1)[-1]
    if isinstance(value, int):
        return grouped(value)
    if isinstance(value, list):
        return shape(value) if value else ""
    return str(value)


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]], format: Format) -> None:
    shown = ["layer" if column == "key" else column for column in columns]
    if format is Format.markdown:
        typer.echo("\n".join(markdown(shown, rows, NUMBERS)))
    else:
        typer.echo("\n".join(table(shown, rows, NUMBERS, {name: ELASTIC[name] for name in ELASTIC if name in shown})))


def _compare(found: Sequence[_Network], format: Format) -> None:
    from archspec.cli import compare

    networks = [network.architecture for network in found]
    typer.echo("\n".join(compare.comparison(networks, compare.STATS, compare.Format(format.value))))


def _csv(found: Sequence[_Network], by: By) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    columns = RECORD[by]
    several = len(found) > 1
    writer.writerow((["name"] if several else []) + list(columns))
    for network in found:
        for row in network.rows(by):
            cells = [" ".join(map(str, row[name])) if name == "output" else row[name] for name in columns]
            writer.writerow(([network.figures["name"]] if several else []) + cells)
