"""`archspec plan`: a network shared out among devices, one stage each."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.formats import Format
from archspec.cli.memory import Dtype, totals
from archspec.cli.options import Limit, Set, Spec, load
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, grouped, human, markdown, mib, paint, shape, shorten, table

if TYPE_CHECKING:
    from archspec.stages import Plan, Stage


class By(StrEnum):
    mads = "mads"
    memory = "memory"


COLUMNS = ("stage", "params", "MADs", "share", "weights", "kept", "training", "KiB sent", "tensors")
NUMBERS = frozenset(COLUMNS[:-1])
RECORD = (
    "stage", "from", "to", "params", "buffers", "mads", "share", "weights", "activations_peak", "kept",
    "training_total_adam", "sent",
)  # fmt: skip
FOOTNOTE = (
    "weights, kept (for backward) and training (these, gradients, Adam's moments): MiB.",
    "share: of the MADs. sent: to the next stage for each sample.",
)
EVEN = 0.1
"""above an even share, from which the screen says what is in the way"""


def plan(
    spec: Spec,
    devices: Annotated[
        int, typer.Option("--devices", min=1, max=1024, metavar="N", help="Stages, one for each device.")
    ],
    by: Annotated[By, typer.Option("--by", help="What to share out evenly; memory is that of training.")] = By.mads,
    slack: Annotated[
        float,
        typer.Option("--slack", min=0, max=100, metavar="PERCENT", help="Above an even share, if less is sent for it."),
    ] = 5,
    set: Set = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=2**32, metavar="N", help="Samples at once.")] = 1,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="Of weights and activations.")] = Dtype.float32,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Split a network into stages for several devices, balanced by multiply-adds or by memory.

    A stage runs behind the one before it and sends it tensors. `archspec compile --stages N` writes the
    stages, and `archspec.compile(…, stages=N)` makes them, for `torch.distributed.pipelining`.
    """
    from archspec.stages import plan as made
    from archspec.text.diagnostics import SpecError

    architecture = load(spec, set, limit)
    try:
        found = made(
            architecture.program, devices, by=by.value, slack=slack / 100, batch=batch, dtype=dtype.value,
            limit=architecture.limits.nodes,
        )  # fmt: skip
    except SpecError:
        raise
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    rows = [
        _row(number, stage, share)
        for number, (stage, share) in enumerate(zip(found.stages, found.shares, strict=True), 1)
    ]
    if format is Format.json:
        import json

        figures = {
            "name": architecture.name, "devices": devices, "by": by.value, "batch": batch, "dtype": dtype.value,
            "above_even": round(found.excess, 4),
        }  # fmt: skip
        for row, stage in zip(rows, found.stages, strict=True):
            row["sends"] = [{"name": value.name, "shape": list(value.type.shape)} for value in stage.sends]
        typer.echo(json.dumps(figures | {"stages": rows}, indent=2, ensure_ascii=False))
    elif format is Format.csv:
        import csv
        import sys

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(RECORD)
        writer.writerows([[row[name] for name in RECORD] for row in rows])
    elif format is Format.markdown:
        columns = ("stage", "from", "to", *COLUMNS[1:])
        cells = [
            [line[0], stage.first, stage.last, *line[1:]]
            for line, stage in zip(_cells(found, rows), found.stages, strict=True)
        ]
        typer.echo("\n".join(markdown(columns, cells, NUMBERS)))
    else:
        title = architecture.title or architecture.name
        head = title if title == architecture.name else f"{title} ({architecture.name})"
        head = f"{head} on {grouped(devices)} device{'s' * (devices > 1)}, batch {grouped(batch)}, {dtype.value}"
        typer.echo("\n".join([paint(shorten(head, WIDTH), BOLD), "", *_screen(found, rows)]))


def _row(number: int, stage: Stage, share: float) -> dict[str, Any]:
    memory = totals(stage.memory)
    return {
        "stage": number,
        "from": stage.first,
        "to": stage.last,
        "params": stage.counted.params,
        "buffers": stage.counted.buffers,
        "mads": stage.counted.mads,
        "share": round(share, 4),
        "weights": stage.memory.weights,
        "activations_peak": stage.memory.activations_peak,
        "kept": stage.memory.training,
        "training_total_adam": memory["training_total_adam"],
        "sent": stage.sent,
    }


def _cells(found: Plan, rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            str(row["stage"]),
            human(row["params"]),
            human(row["mads"]),
            f"{100 * share:.1f} %",
            mib(row["weights"]),
            mib(row["kept"]),
            mib(row["training_total_adam"]),
            f"{row['sent'] / 1024:,.1f}" if stage.sends else "",
            " ".join(shape(value.type.shape) for value in stage.sends),
        ]
        for row, stage, share in zip(rows, found.stages, found.shares, strict=True)
    ]


def _screen(found: Plan, rows: Sequence[dict[str, Any]]) -> list[str]:
    width = len(str(len(rows)))
    lines = [f"{row['stage']:>{width}}  {_range(row['from'], row['to'], WIDTH - width - 2)}" for row in rows]
    lines += ["", *table(COLUMNS, _cells(found, rows), NUMBERS, {"tensors": cut}), "", _balance(found)]
    return [*lines, *_obstacle(found), "", *(paint(line, DIM) for line in FOOTNOTE)]


def _range(first: str, last: str, width: int) -> str:
    if first == last:
        return shorten(first, width)
    half = (width - 3) // 2
    room = max(half, width - 3 - len(last)), max(half, width - 3 - len(first))
    return f"{shorten(first, room[0])} … {shorten(last, room[1])}"


def _balance(found: Plan) -> str:
    if len(found.stages) == 1:
        return "One stage is the whole network."
    what = "slowest stage has" if found.by == "mads" else "fullest stage holds in training"
    return f"The {what} {100 * found.excess:.1f} % more than an even share."


def _obstacle(found: Plan) -> list[str]:
    """What an even division would divide and no cut can, if the plan is far from even."""
    block = found.block
    if found.excess <= EVEN or block is None:
        return []
    what = "MADs" if found.by == "mads" else "memory"
    why = f", where {block.why}" if block.why else ", one op"
    return [
        shorten(f"An even cut would go through {block.name} ({100 * block.share:.0f} % of the {what}){why}.", WIDTH)
    ]
