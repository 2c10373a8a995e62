"""`archspec field`: what a network sees of its input."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from archspec.analysis.receptive_field import Field, number, offset, plain, receptive_field
from archspec.analysis.receptive_field_kernels import Chain, equivalents
from archspec.analysis.receptive_field_layers import LayerField, changing, receptive_fields, stages
from archspec.cli.formats import Format
from archspec.cli.options import Limit, Set, Spec, limits, load
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, grouped, markdown, paint, shape, shorten, table
from archspec.ops.window import Window
from archspec.program.read import construction


class By(StrEnum):
    stage = "stage"
    layer = "layer"


COLUMNS = ("layer", "op", "output", "field", "stride", "offset", "least")
CHAINS = ("chain", "sees", "chains", "weights", "one kernel", "ratio")
RECORD = ("layer", "op", "output", "size", "stride", "offset", "smallest", "largest")
NUMBERS = frozenset({"field", "stride", "offset", "least", "chains", "weights", "one kernel", "ratio"})
ELASTIC = {"op": cut, "output": shorten, "layer": shorten}
LONG = 22
"""letters of a name beside which an op has room"""
ALL = "all"
FOOTNOTES = (
    "field: pixels of the input that one position sees, along all paths together;",
    "least: along the path that sees least; offset: first pixel that position 0 sees,",
    "negative in the padding. Gates and statistics of norms only steer: left out.",
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
    listed = [(row.name, row) for row in changing(rows)] if by is By.layer or len(rows) == 1 else stages(rows)
    if format is Format.json:
        import json

        record = {"name": architecture.name, **_record(found, focus), "by": by.value}
        record |= {"rows": [_row(name, row) for name, row in listed], "chains": [_chain(chain) for chain in chains]}
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
    elif format is Format.csv:
        _csv(listed)
    elif format is Format.markdown:
        typer.echo("\n".join(markdown(COLUMNS, [_cells(name, row, name) for name, row in listed], NUMBERS)))
    else:
        title = architecture.title or architecture.name
        head = title if title == architecture.name else f"{title} ({architecture.name})"
        typer.echo("\n".join([paint(shorten(head, WIDTH), BOLD), "", *_overall(found, port.type.shape, rows, focus)]))
        if listed:
            typer.echo()
            typer.echo("\n".join(_table(listed, focus)))
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
    if node is not None and node.name == found.node:
        last = f"{found.node}, {node.op.op} {shape(node.shape)}"
    least, most = ([window.size for window in windows] for windows in (found.smallest, found.largest))
    one = least == most == list(found.size)
    lines = [
        ("field", f"{_sizes(found.size)} px of {found.input} {shape(input)}"),
        ("stride", f"{_one(found.stride)} px from one position to the next"),
        ("offset", f"{_one(found.offset)}, the first pixel that position 0 sees"),
        ("centre", f"{_one([number(at) for at in found.centre])}, the middle of what position 0 sees"),
        ("paths", "" if one else f"{_one(least)} px (the path that sees least) to {_one(most)} px (most)"),
        ("node", last + ("; what follows sees all of the input" if found.whole else "")),
    ]
    return [shorten(f"  {head:<8}{text}", WIDTH) for head, text in lines if text]


def _table(listed: Sequence[tuple[str, LayerField]], focus: str | None) -> list[str]:
    cells = [_cells(name.removeprefix(f"{focus}."), row, name) for name, row in listed]
    columns: Sequence[str] = COLUMNS
    if max(len(line[0]) for line in cells) > LONG:
        # Names tell more than ops where there is no room for both.
        columns, cells = (COLUMNS[0], *COLUMNS[2:]), [[line[0], *line[2:]] for line in cells]
    return table(columns, cells, NUMBERS, {name: cut for name, cut in ELASTIC.items() if name in columns})


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
    head = "Stacked convolutions of stride 1, and the one kernel that sees as much"
    return [paint(head, BOLD), "", *table(CHAINS, rows, NUMBERS, {"chain": cut})]


def _kernel(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes)) if len(sizes) > 1 else str(sizes[0])


def _sizes(sizes: Sequence[object]) -> str:
    return " x ".join(map(str, sizes))


def _one(values: Sequence[object]) -> str:
    """One value where all axes agree."""
    texts = [str(value) for value in values]
    return texts[0] if len({*texts}) == 1 else " x ".join(texts)


def _cells(shown: str, row: LayerField, name: str) -> list[str]:
    def cell(windows: Sequence[Window | None], figure: Any) -> str:
        return _one([ALL if window is None else figure(window) for window in windows]) if windows else ""

    local = row.local
    return [
        shown,
        construction(row.op, init=False) if name == row.name else "",
        shape(row.shape),
        cell(row.windows, lambda window: window.size),
        cell(row.windows, lambda window: window.stride) if local else "",
        cell(row.windows, offset) if local else "",
        cell(row.smallest, lambda window: window.size) if local else "",
    ]


def _row(name: str, row: LayerField) -> dict[str, Any]:
    op = construction(row.op, init=False) if name == row.name else ""
    return {"layer": name, "op": op, "output": list(row.shape), **row.record()}


def _record(found: Field | None, focus: str | None) -> dict[str, Any]:
    if found is None:
        return {"focus": focus, "input": None, "node": None, "receptive_field": None}
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
    for name, row in listed:
        record = _row(name, row)
        cells = (record[name] for name in RECORD)
        writer.writerow([" ".join(map(str, cell)) if isinstance(cell, list) else cell for cell in cells])
