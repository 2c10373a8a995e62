"""`archspec sweep`: a table of variants of one network."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.options import Limit, Spec, limits
from archspec.cli.terminal import WIDTH, grouped, markdown, shorten, table

if TYPE_CHECKING:
    from archspec.analysis.sweep import Record, Sweep
    from archspec.text.limits import Limits


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"
    parquet = "parquet"


SUFFIXES = {".csv": Format.csv, ".json": Format.json, ".md": Format.markdown, ".parquet": Format.parquet}
SHOWN = 5
"""different mistakes that stand below a table"""
PATIENCE = 0.5
"""seconds until a bar shows how far a sweep is"""


def sweep(
    spec: Spec,
    set: Annotated[
        list[str],
        typer.Option("--set", metavar="NAME=VALUES", help="Values between commas, or first..last/step; may repeat."),
    ],
    columns: Annotated[str, typer.Option("--columns", metavar="NAMES", help="Figures to tabulate.")] = "",
    format: Annotated[Format | None, typer.Option("--format", help="How to write; else as FILE's name says.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write.")] = None,
    limit: Limit = None,
) -> None:
    """Tabulate a network over values of its params: every combination, one row each.

    A variant that is wrong is a row that says so. Exit code 1 if all of them are.
    """
    bounds = limits(limit)
    if format is None:
        format = SUFFIXES.get(output.suffix.lower(), Format.table) if output is not None else Format.table
    if format is Format.parquet:
        if output is None:
            raise typer.BadParameter("`--format parquet` needs `-o FILE`")
        from archspec.text.extras import need

        need("pyarrow", "a Parquet file")  # now, and not after the work
    swept = _sweep(spec, set, columns, bounds)
    records = watched(swept)
    content = WRITERS[format](swept, records)
    if output is None:
        assert isinstance(content, str)
        typer.echo(content, nl=False)
    else:
        from archspec.text.write import write_atomically

        write_atomically(output, content)
    wrong = sum(record["error"] is not None for record in records)
    if wrong and (output is not None or format is not Format.table):
        typer.echo(f"{wrong:,} of {len(records):,} variants are wrong: see the column `error`", err=True)
    if wrong == len(records):
        raise typer.Exit(1)


def _sweep(spec: str, words: Sequence[str], columns: str, bounds: Limits) -> Sweep:
    from archspec.analysis.sweep import Sweep
    from archspec.analysis.sweep_axes import parse_axis
    from archspec.analysis.sweep_figures import DEFAULT

    axes: dict[str, list[object]] = {}
    for word in words:
        name, values = parse_axis(word, bounds)
        if name in axes:
            raise typer.BadParameter(f"`{name}` is set twice; all its values stand in one `--set`")
        axes[name] = values
    chosen = tuple(dict.fromkeys(part for part in columns.replace(",", " ").split())) or DEFAULT
    known(spec, chosen, bounds)
    for name in chosen:
        if name in axes:
            raise typer.BadParameter(f"`{name}` is a param and a figure")
    return Sweep(spec, axes, chosen, limits=bounds)


def known(spec: str, names: Sequence[str], bounds: Limits) -> None:
    """Raise if a figure of these names does not exist."""
    from archspec.analysis import sweep_figures
    from archspec.text.suggest import suggest

    if all(name in sweep_figures.QUICK for name in names):
        return
    from archspec import api

    there = sweep_figures.known(api.load(spec, limits=bounds).program)
    for name in names:
        if name not in there:
            near = suggest(name, there)
            raise typer.BadParameter(
                f"no figure is called `{name}`; "
                + (f"did you mean `{near}`?" if near else f"there are {', '.join(there)}")
            )


def watched(swept: Sweep) -> list[Record]:
    """All records. A bar on standard error, if that is a terminal, shows progress where it takes long."""
    records: list[Record] = []
    start = monotonic()
    shown: int | None = None
    with ExitStack() as stack:
        for record in swept:
            records.append(record)
            if shown is None and sys.stderr.isatty() and monotonic() - start > PATIENCE:
                bar = stack.enter_context(typer.progressbar(length=len(swept), label="variants", file=sys.stderr))
                shown = 0
            if shown is not None and (len(records) - shown >= len(swept) / 200 or len(records) == len(swept)):
                bar.update(len(records) - shown)
                shown = len(records)
    return records


# how it is written


def exact(name: str, value: Any) -> Any:
    """A value for other programs: path counts in decimal digits, since few keep such integers exact."""
    from archspec.analysis.summary import path_text

    return path_text(value) if name.startswith("paths") and isinstance(value, int) else value


def cell(name: str, value: Any) -> str:
    """A value for people."""
    from archspec.language.read.params import show

    if value is None:
        return ""
    if name.startswith("paths") and isinstance(value, int):
        text = exact(name, value)
        if value > 2 and value & (value - 1) == 0:
            return f"2^{value.bit_length() - 1}"
        return grouped(value) if len(text) <= 9 else f"{text[0]}.{text[1:3]}e{len(text) - 1}"
    if isinstance(value, int) and not isinstance(value, bool):
        return grouped(value)
    return value if isinstance(value, str) else show(value)


def _header(swept: Sweep) -> tuple[str, ...]:
    return (*swept.axes, *swept.columns, "error")


def _rows(swept: Sweep, records: Sequence[Record]) -> tuple[list[str], list[list[str]], frozenset[str]]:
    """Columns, cells for people, and which columns hold numbers. No column says that nothing is wrong."""
    wrong = any(record["error"] for record in records)
    names = [name for name in _header(swept) if wrong or name != "error"]
    numbers = frozenset(
        name
        for name in names
        if all(isinstance(record[name], int | float | None) for record in records) and name != "error"
    )
    rows = [[cell(name, record[name]) for name in names] for record in records]
    shown = {"mads": "MADs"}
    titles = [shown.get(name, name) for name in names]
    return titles, rows, frozenset(shown.get(name, name) for name in numbers)


def _table(swept: Sweep, records: Sequence[Record]) -> str:
    names, rows, numbers = _rows(swept, records)
    for row, record in zip(rows, records, strict=True):
        if record["error"]:
            row[-1] = record["error"][:5]  # the code; the message stands below
    told = list(dict.fromkeys(record["error"] for record in records if record["error"]))
    elastic = {name: shorten for name in names if name not in numbers and name != "error"}
    lines = table(names, rows, numbers, elastic)
    if told:
        lines += ["", *(shorten(message, WIDTH) for message in told[:SHOWN])]
        lines += [f"and {len(told) - SHOWN:,} other mistakes"] if len(told) > SHOWN else []
    return "".join(f"{line}\n" for line in lines)


def _markdown(swept: Sweep, records: Sequence[Record]) -> str:
    return "".join(f"{line}\n" for line in markdown(*_rows(swept, records)))


def _csv(swept: Sweep, records: Sequence[Record]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_header(swept))
    for record in records:
        writer.writerow([_field(exact(name, record[name])) for name in _header(swept)])
    return text.getvalue()


def _field(value: Any) -> Any:
    """A list as YAML and JSON write it, true and false likewise."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple | bool) else value


def _json(swept: Sweep, records: Sequence[Record]) -> str:
    lines = [
        json.dumps({name: exact(name, value) for name, value in record.items()}, ensure_ascii=False)
        for record in records
    ]
    return "[\n  " + ",\n  ".join(lines) + "\n]\n"


def _parquet(swept: Sweep, records: Sequence[Record]) -> bytes:
    """One column a param and figure: integers, floats, truth values and lists as they are, path counts as text."""
    import pyarrow
    from pyarrow import parquet

    columns = {}
    for name in _header(swept):
        values = [exact(name, record[name]) for record in records]
        try:
            columns[name] = pyarrow.array(values, pyarrow.string() if name == "error" else None)
        except (pyarrow.ArrowException, OverflowError):  # values of several kinds, or beyond 64 bits
            columns[name] = pyarrow.array([None if value is None else str(_field(value)) for value in values])
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns), sink)
    return bytes(sink.getvalue())


WRITERS: Mapping[Format, Callable[[Sweep, Sequence[Record]], str | bytes]] = {
    Format.table: _table,
    Format.csv: _csv,
    Format.json: _json,
    Format.markdown: _markdown,
    Format.parquet: _parquet,
}
