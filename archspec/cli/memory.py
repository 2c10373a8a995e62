"""`archspec memory`: what a network takes up, when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from archspec.analysis.memory import Memory, lifetimes, measure, weight_bytes
from archspec.analysis.memory_lifetimes import Lifetimes
from archspec.cli.formats import Format
from archspec.cli.options import Limit, Set, Spec, limits, load
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, grouped, markdown, mib, paint, shape, shorten, table


class By(StrEnum):
    module = "module"
    layer = "layer"


class Dtype(StrEnum):
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"


COLUMNS = ("layer", "op", "output", "alive", "kept")
NUMBERS = frozenset({"alive", "kept", "MiB", "bytes"})
ELASTIC = {"op": cut, "output": shorten, "layer": shorten}
SHOWN = 8
"""values alive at the peak that the screen names"""
FOOTNOTE = (
    "alive: most MiB that live while it runs in inference, whoever made them;",
    "kept: MiB made in it that backward needs in training. Weights are in neither.",
)
RULES = (
    "a value lives until the last op that reads it, as in PyTorch run op by op; views",
    "share memory; work space inside kernels and rounding by the allocator left out",
)


def memory(
    spec: Spec,
    set: Set = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=2**32, metavar="N", help="Samples at once.")] = 1,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="Of weights and activations.")] = Dtype.float32,
    by: Annotated[By | None, typer.Option("--by", help="One row a module, or an op.")] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, metavar="N", help="Levels of modules; needs --by module.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    limit: Limit = None,
) -> None:
    """Show the memory of a network: weights, activations in inference, and what training keeps.

    The bytes are exact for the PyTorch that archspec writes, run op by op. Work space inside kernels
    and rounding by the allocator are left out.
    """
    if depth is not None and by not in (None, By.module):
        raise typer.BadParameter("`--depth` goes with `--by module`")
    by = By.module if depth is not None else by
    architecture = load(spec, set, limit)
    lives = lifetimes(architecture.program, batch, dtype.value)
    found = measure(lives, *weight_bytes(architecture.program, dtype.value, architecture.stats()))
    figures = {"name": architecture.name, "batch": batch, "dtype": dtype.value, **totals(found)}
    rows = _rows(lives, by, depth, limits(limit).nodes) if by else []
    if format is Format.json:
        import json

        from archspec.analysis.memory_table import alive_at_peak

        more = {"by": by.value, "rows": rows} if by else {"alive_at_peak": alive_at_peak(lives)}
        typer.echo(json.dumps(figures | more, indent=2, ensure_ascii=False))
    elif format is Format.csv:
        _csv(COLUMNS if by else list(figures), rows if by else [figures])
    elif by:
        if format is Format.table:
            typer.echo(f"{_head(architecture.title, figures)}\n")
        _print(COLUMNS, [_cells(row) for row in rows], format)
        if format is Format.table:
            typer.echo("\n" + "\n".join(paint(line, DIM) for line in FOOTNOTE))
    elif format is Format.markdown:
        _print(
            ("figure", "MiB", "bytes"), [[name, mib(size), grouped(size)] for name, size, _ in _lines(found)], format
        )
    else:
        typer.echo("\n".join(_screen(architecture.title, figures, found, lives)))


def totals(found: Memory) -> dict[str, Any]:
    """The figures of `memory --format json`: bytes."""
    return {
        **found._asdict(),
        "sgd_momentum": found.gradients,
        "adam": 2 * found.gradients,
        "inference_total": found.weights + found.activations_peak,
        "training_total_adam": _training(found),
    }


def _lines(found: Memory) -> list[tuple[str, int, str]]:
    """Name, bytes and a word to each."""
    again = [("recomputed", found.recomputed, "made again in backward, at most at once")]
    share = f"for backward; {100 * found.copies / found.training:.0f} % are copies by concat" if found.copies else ""
    return [
        ("weights", found.weights, "params and buffers"),
        ("activations", found.activations_peak, "most that is alive at once in inference"),
        ("inference", found.weights + found.activations_peak, "weights and activations"),
        ("kept", found.training, share or "for backward"),
        *(again if found.recomputed else []),
        ("gradients", found.gradients, "of the params"),
        ("SGD", found.gradients, "momentum"),
        ("Adam", 2 * found.gradients, "two moments"),
        ("training", _training(found), f"weights, kept, {'recomputed, ' * bool(found.recomputed)}gradients, Adam"),
    ]


def _training(found: Memory) -> int:
    return found.weights + 3 * found.gradients + found.training + found.recomputed


def _screen(title: str, figures: dict[str, Any], found: Memory, lives: Lifetimes) -> list[str]:
    from archspec.analysis.memory_table import alive_at_peak

    lines = [_head(title, figures), ""]
    rows = [[name, mib(size), grouped(size), note] for name, size, note in _lines(found)]
    lines += table(("", "MiB", "bytes", " "), rows, NUMBERS, {" ": cut})
    alive = alive_at_peak(lives)
    shown = [[row["name"], mib(row["bytes"])] for row in alive[:SHOWN]]
    if len(alive) > SHOWN:
        rest = alive[SHOWN:]
        shown.append([f"{len(rest)} smaller ones", mib(sum(row["bytes"] for row in rest))])
    lines += ["", shorten(f"The peak is at {found.peak_at}. What is alive then:", WIDTH), ""]
    lines += table(("made by", "MiB"), shown, NUMBERS, {"made by": shorten})
    return [*lines, "", *(paint(line, DIM) for line in RULES)]


def _head(title: str, figures: dict[str, Any]) -> str:
    title = title or figures["name"]
    head = title if title == figures["name"] else f"{title} ({figures['name']})"
    return paint(shorten(f"{head}, batch {grouped(figures['batch'])}, {figures['dtype']}", WIDTH), BOLD)


def _rows(lives: Lifetimes, by: By, depth: int | None, limit: int) -> list[dict[str, Any]]:
    from archspec.analysis.memory_table import by_layer, by_module

    return by_module(lives, depth) if by is By.module else by_layer(lives, limit)


def _cells(row: dict[str, Any]) -> list[str]:
    name = "  " * (row["level"] - 1) + row["layer"].rpartition(".")[2] if "level" in row else row["layer"]
    return [name, row["op"], shape(row["output"]), mib(row["alive"]), mib(row["kept"])]


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]], format: Format) -> None:
    if format is Format.markdown:
        typer.echo("\n".join(markdown(columns, rows, NUMBERS)))
    else:
        elastic = {name: ELASTIC[name] for name in ELASTIC if name in columns}
        typer.echo("\n".join(table(columns, rows, NUMBERS, elastic)))


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([" ".join(map(str, row[name])) if name == "output" else row[name] for name in columns])
