"""`archspec field`: what a network sees of its input."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any

import typer

from archspec.analysis.receptive_field import Field, number, receptive_field
from archspec.analysis.receptive_field_kernels import Chain, equivalents
from archspec.analysis.receptive_field_layers import LayerField, changing, receptive_fields, stages
from archspec.cli.options import Limit, Set, Spec, limits, load
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, grouped, markdown, paint, shape, shorten, table
from archspec.ops.window import Window
from archspec.program.read import construction


class By(StrEnum):
    stage = "stage"
    layer = "layer"


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


COLUMNS = ("layer", "op", "output", "field", "stride", "offset", "least")
CHAINS = ("chain", "sees", "chains", "weights", "one kernel", "ratio")
RECORD = ("key", "op", "output", "size", "stride", "offset", "smallest", "largest")
NUMBERS = frozenset({"field", "stride", "offset", "least", "chains", "weights", "one kernel", "ratio"})
ELASTIC = {"op": cut, "output": shorten, "layer": shorten, "chain": cut}
ALL = "all"
FOOTNOTES = (
    "field: pixels of the input that one position sees, by all paths; least: by the path",
    "that sees least. offset: first pixel that position 0 sees, negative in the padding.",
)


def field(
    spec: Spec,
    set: Set = None,
    focus: Annotated[
        str | None, typer.Option("--focus", metavar="KEY", help="A module or layer: what it sees, and what is in it.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="One row a stage, or a layer that changes what is seen.")] = By.stage,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Show the receptive field: which part of the input one position of each layer sees.

    Size, stride and offset follow Araujo et al., "Computing Receptive Fields of Convolutional Neural
    Networks" (Distill 2019). What only steers (a gate, the statistics of a norm) is left out.
    """
    architecture = load(spec, set, limit)
    program = architecture.program
    bound = limits(limit).nodes
    rows: Sequence[LayerField] = receptive_fields(program, limit=bound)
    chains: Sequence[Chain] = equivalents(program, bound)
    found = receptive_field(program)
    port = next((port for port in program.graph.inputs if len(port.type.shape) > 1), program.graph.inputs[0])
    if focus is not None:
        rows = _inside(rows, focus)
        chains = [chain for chain in chains if any(_is_in(key, focus) for key in chain.keys)]
        found = rows[-1].field(port.name)
    listed = [(row.key, row) for row in changing(rows)] if by is By.layer or len(rows) == 1 else stages(rows)
    if format is Format.json:
        import json

        record = {"name": architecture.name, **_record(found, focus), "by": by.value}
        record |= {"rows": [_row(key, row) for key, row in listed], "chains": [_chain(chain) for chain in chains]}
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
    elif format is Format.csv:
        _csv(listed)
    elif format is Format.markdown:
        typer.echo("\n".join(markdown(COLUMNS, [_cells(key, row) for key, row in listed], NUMBERS)))
    else:
        title = architecture.title or architecture.name
        head = title if title == architecture.name else f"{title} ({architecture.name})"
        typer.echo("\n".join([paint(shorten(head, WIDTH), BOLD), "", *_overall(found, port.type.shape, rows, focus)]))
        if listed:
            typer.echo()
            cells = [_cells(key, row) for key, row in listed]
            typer.echo("\n".join(table(COLUMNS, cells, NUMBERS, {name: ELASTIC[name] for name in COLUMNS[:3]})))
            typer.echo("\n" + "\n".join(paint(line, DIM) for line in FOOTNOTES))
        if chains:
            typer.echo("\n" + "\n".join(_equivalents(chains)))


def _is_in(key: str, focus: str) -> bool:
    return key == focus or key.startswith(f"{focus}.")


def _inside(rows: Sequence[LayerField], focus: str) -> list[LayerField]:
    """The rows of a module or layer, which is asked for by its names or its key."""
    found = [row for row in rows if _is_in(row.name, focus) or _is_in(row.key, focus)]
    if not found:
        from archspec.text.suggest import suggest

        parts = [row.name.split(".") for row in rows]
        close = suggest(focus, {".".join(part[:end]) for part in parts for end in range(1, len(part) + 1)})
        more = f"; did you mean `{close}`?" if close else ""
        raise typer.BadParameter(f"nothing that sees the input is called `{focus}`{more}")
    return found


def _overall(found: Field | None, input: Sequence[int], rows: Sequence[LayerField], focus: str | None) -> list[str]:
    """What the network sees, in a few lines, and of which node that is said."""
    if found is None:
        what = f"`{focus}`" if focus else "every value"
        return [f"  {what} sees the whole input {shape(input)}, or no one stretch of it"]
    node = next((row for row in reversed(rows) if _is_in(row.name, found.node)), None)
    last = f"{found.node} {shape(node.shape)}" if node else found.node
    name = node.op.op if node and node.name == found.node else ""
    many = len(found.windows)
    lines = [
        ("field", f"{_sizes(found.size)} px", f"of {found.input} {shape(input)}"),
        ("stride", _one(found.stride), "px from one position to the next"),
        ("offset", _one(found.offset), "first pixel that position 0 sees, negative in the padding"),
        ("centre", _one([_decimal(at) for at in found.centre]), "middle of what position 0 sees"),
    ]
    least, most = ([window.size for window in windows] for windows in (found.smallest, found.largest))
    if least != most or most != list(found.size):
        words = "px seen by the path that sees least, and by the one that sees most"
        lines.append(("paths", f"{_one(least)} to {_one(most)}", words))
    wide = max(len(value) for _, value, _ in lines)
    shown = [f"  {head:<8}{value:<{wide}}  {words}" for head, value, words in lines]
    shown.append(f"  {'node':<8}{last}" + (f" ({name})" if name else "") + _after(found))
    del many
    return [shorten(line.rstrip(), WIDTH) for line in shown]


def _after(found: Field) -> str:
    return "; from there on all of the input is seen" if found.whole else ""


def _equivalents(chains: Sequence[Chain]) -> list[str]:
    """The table of chains, those with the same kernels together."""
    groups: dict[tuple[tuple[int, ...], ...], list[Chain]] = {}
    for chain in chains:
        groups.setdefault(chain.kernels, []).append(chain)
    rows = []
    for kernels, group in groups.items():
        weights = sum(chain.weights * chain.count for chain in group)
        single = sum(chain.single * chain.count for chain in group)
        rows.append(
            [
                ", ".join(map(_kernel, kernels)),
                _kernel(group[0].kernel),
                grouped(sum(chain.count for chain in group)),
                grouped(weights),
                grouped(single),
                f"{weights / single:.2f}",
            ]
        )
    head = "Chains of stride 1, and the weights of the one kernel that sees as much"
    return [paint(head, BOLD), "", *table(CHAINS, rows, NUMBERS, {"chain": cut})]


def _kernel(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes)) if len(sizes) > 1 else str(sizes[0])


def _sizes(sizes: Sequence[object]) -> str:
    return " x ".join(map(str, sizes))


def _one(values: Sequence[object]) -> str:
    """One value where all axes agree."""
    texts = [str(value) for value in values]
    return texts[0] if len({*texts}) == 1 else " x ".join(texts)


def _decimal(value: Fraction) -> str:
    return str(number(value))


def _cells(key: str, row: LayerField) -> list[str]:
    def cell(windows: Sequence[Window | None], figure: Any) -> str:
        return _one([ALL if window is None else figure(window) for window in windows]) if windows else ""

    from archspec.analysis.receptive_field import offset

    local = row.local
    return [
        key,
        construction(row.op, init=False) if key in (row.key, row.name) else "",
        shape(row.shape),
        cell(row.windows, lambda window: window.size),
        cell(row.windows, lambda window: window.stride) if local else "",
        cell(row.windows, offset) if local else "",
        cell(row.smallest, lambda window: window.size) if local else "",
    ]


def _row(key: str, row: LayerField) -> dict[str, Any]:
    op = construction(row.op, init=False) if key in (row.key, row.name) else ""
    return {"key": key, "op": op, "output": list(row.shape), **row.record()}


def _record(found: Field | None, focus: str | None) -> dict[str, Any]:
    if found is None:
        return {"focus": focus, "input": None, "node": None, "receptive_field": None}
    from archspec.analysis.receptive_field import plain

    return {
        "focus": focus,
        "input": found.input,
        "node": found.node,
        "whole_after": found.whole,
        "receptive_field": found.record(),
        "smallest": plain([window.size for window in found.smallest]),
        "largest": plain([window.size for window in found.largest]),
    }


def _chain(chain: Chain) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(chain)


def _csv(listed: Sequence[tuple[str, LayerField]]) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(RECORD)
    for key, row in listed:
        record = _row(key, row)
        cells = (record[name] for name in RECORD)
        writer.writerow([" ".join(map(str, cell)) if isinstance(cell, list) else cell for cell in cells])
