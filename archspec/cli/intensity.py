"""`archspec intensity`: which layers memory holds back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from archspec.analysis.intensity import MACHINES, Traffic, by_kind, roofline, seconds, waits_for_memory
from archspec.cli.formats import Format
from archspec.cli.memory import Dtype
from archspec.cli.options import Limit, Set, Spec, limits, load
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, grouped, human, markdown, mib, paint, shorten, table
from archspec.program.read import construction


class By(StrEnum):
    kind = "kind"
    layer = "layer"


COLUMNS = {
    By.kind: ("op", "count", "MADs", "MiB", "MADs/byte", "memory-bound", "time"),
    By.layer: ("layer", "op", "MADs", "MiB", "MADs/byte", "bound", "time"),
}
RECORD = {
    By.kind: ("op", "count", "mads", "bytes", "intensity", "memory_bound", "share"),
    By.layer: ("layer", "op", "mads", "bytes", "intensity", "bound", "share"),
}
NUMBERS = frozenset({"count", "MADs", "MiB", "MADs/byte", "memory-bound", "time"})
ELASTIC = {"op": cut, "layer": shorten}
DEFAULT = "a100"
FOOTNOTE = (
    "Each op alone: reads inputs and weights once, writes outputs once; no fusing.",
    "1 MAD = 2 FLOP. time: share of the least time that the roofline model allows.",
)


def intensity(
    spec: Spec,
    set: Set = None,
    machine: Annotated[
        str | None, typer.Option("--machine", metavar="NAME", help=f"One of {', '.join(MACHINES)}; {DEFAULT} if none.")
    ] = None,
    balance: Annotated[
        float | None, typer.Option("--balance", metavar="N", help="FLOP a byte where memory is no limit any more.")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=2**32, metavar="N", help="Samples at once.")] = 1,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="Of weights and activations.")] = Dtype.float32,
    by: Annotated[By, typer.Option("--by", help="One row a kind of op, or an application of one.")] = By.kind,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Show multiply-adds a byte, and which layers wait for memory on a machine (roofline model)."""
    if machine is not None and balance is not None:
        raise typer.BadParameter("`--machine` and `--balance` do not go together")
    if machine is not None and machine not in MACHINES:
        raise typer.BadParameter(f"no machine is called `{machine}`; there are {', '.join(MACHINES)}, or `--balance`")
    if balance is not None and not 0 < balance < 1e9:
        raise typer.BadParameter("`--balance` takes a positive number of FLOP a byte")
    chosen = None if balance is not None else MACHINES[machine or DEFAULT]
    flops = balance if chosen is None else chosen.flops[dtype.value]
    bandwidth = 1.0 if chosen is None else chosen.bandwidth
    assert flops is not None

    architecture = load(spec, set, limit)
    layers = roofline(architecture.program, batch, dtype.value, limits(limit).nodes)
    total = _Total(layers, flops, bandwidth)
    figures = {
        "name": architecture.name,
        "batch": batch,
        "dtype": dtype.value,
        "machine": chosen.name if chosen else None,
        "source": chosen.source if chosen else None,
        "balance": flops / bandwidth,
        "mads": total.mads,
        "bytes": total.bytes,
        "intensity": total.intensity,
        "seconds": total.seconds if chosen else None,
        "mads_memory_bound": total.bound_mads,
        "time_memory_bound": total.bound_share,
    }
    rows = _by_layer(layers, flops, bandwidth, total) if by is By.layer else _by_kind(layers, flops, bandwidth, total)
    if format is Format.json:
        import json

        typer.echo(json.dumps(figures | {"by": by.value, "rows": rows}, indent=2, ensure_ascii=False))
    elif format is Format.csv:
        import csv
        import sys

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(RECORD[by])
        writer.writerows([row[name] for name in RECORD[by]] for row in rows)
    else:
        cells = [_cells(row) for row in rows]
        if format is Format.markdown:
            typer.echo("\n".join(markdown(COLUMNS[by], cells, NUMBERS)))
            return
        title = architecture.title or architecture.name
        head = title if title == architecture.name else f"{title} ({architecture.name})"
        typer.echo(paint(shorten(f"{head}, batch {grouped(batch)}, {dtype.value}", WIDTH), BOLD))
        typer.echo("\n".join(["", *_screen(total, chosen.title if chosen else "", flops / bandwidth), ""]))
        elastic = {name: ELASTIC[name] for name in ELASTIC if name in COLUMNS[by]}
        typer.echo("\n".join(table(COLUMNS[by], cells, NUMBERS, elastic)))
        typer.echo("\n" + "\n".join(paint(line, DIM) for line in FOOTNOTE))


class _Total:
    """Sums over all ops."""

    def __init__(self, layers: Sequence[Traffic], flops: float, bandwidth: float):
        bound = [row for row in layers if waits_for_memory(row, flops / bandwidth)]
        self.mads = sum(row.mads for row in layers)
        self.bytes = sum(row.bytes for row in layers)
        self.intensity = self.mads / self.bytes if self.bytes else 0.0
        self.seconds = sum(seconds(row, flops, bandwidth) for row in layers)
        self.bound_mads = sum(row.mads for row in bound)
        self.bound_share = sum(seconds(row, flops, bandwidth) for row in bound) / self.seconds if self.seconds else 0.0
        self.counts = len(bound), len(layers)


def _screen(total: _Total, machine: str, balance: float) -> list[str]:
    on = f" on {machine}" if machine else ""
    bound, count = total.counts
    lines = [
        f"  MADs       {human(total.mads)}",
        f"  traffic    {mib(total.bytes)} MiB",
        f"  intensity  {total.intensity:,.1f} MADs a byte, {2 * total.intensity:,.1f} FLOP a byte",
        f"  balance    {balance:,.1f} FLOP a byte{on}",
        f"  bound      {bound} of {count} ops wait for memory: {100 * total.bound_share:.0f} % of the time, "
        f"{100 * total.bound_mads / max(total.mads, 1):.0f} % of the MADs",
    ]
    if machine:
        lines.append(f"  time       {total.seconds * 1e3:,.3f} ms at least")
    return [shorten(line, WIDTH) for line in lines]


def _by_kind(layers: Sequence[Traffic], flops: float, bandwidth: float, total: _Total) -> list[dict[str, Any]]:
    return [
        {
            "op": kind.kind,
            "count": kind.applied,
            "mads": kind.mads,
            "bytes": kind.bytes,
            "intensity": kind.mads / kind.bytes if kind.bytes else 0.0,
            "memory_bound": kind.bound,
            "share": kind.seconds / total.seconds if total.seconds else 0.0,
        }
        for kind in by_kind(layers, flops, bandwidth)
    ]


def _by_layer(layers: Sequence[Traffic], flops: float, bandwidth: float, total: _Total) -> list[dict[str, Any]]:
    return [
        {
            "layer": row.layer,
            "op": construction(row.node.op, init=False),
            "mads": row.mads,
            "bytes": row.bytes,
            "intensity": row.intensity,
            "bound": "memory" if waits_for_memory(row, flops / bandwidth) else "compute",
            "share": seconds(row, flops, bandwidth) / total.seconds if total.seconds else 0.0,
        }
        for row in layers
    ]


def _cells(row: dict[str, Any]) -> list[str]:
    middle = [human(row["mads"]), mib(row["bytes"]), f"{row['intensity']:,.1f}"]
    share = f"{100 * row['share']:.1f} %"
    if "layer" in row:
        return [row["layer"], row["op"], *middle, row["bound"], share]
    return [row["op"], grouped(row["count"]), *middle, f"{row['memory_bound']} of {row['count']}", share]
