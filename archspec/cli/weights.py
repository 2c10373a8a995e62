"""`archspec weights`: what a file of weights is to a network, said from the file's table alone."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.formats import Brief
from archspec.cli.options import Limit, Set, Spec, load
from archspec.cli.terminal import BOLD, DIM, grouped, paint, shape, shorten, table

if TYPE_CHECKING:
    from archspec.checkpoints.match import Match
    from archspec.checkpoints.stored import Header

SHOWN = 20
"""rows of the screen; json has all"""


class By(StrEnum):
    name = "name"
    order = "order"
    structure = "structure"


def weights(
    spec: Spec,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A safetensors file, or one that torch.save wrote.")],
    set: Set = None,
    by: Annotated[By | None, typer.Option("--by", help="How to match; default: by name, else by order.")] = None,
    format: Annotated[Brief, typer.Option("--format", help="How to print.")] = Brief.table,
    limit: Limit = None,
) -> None:
    """Say what of a file of weights fits a network. Imports no torch and runs nothing of the file.

    Ends with exit code 1 if something is missing, left over or of another shape.
    """
    from archspec.checkpoints.header import read_header
    from archspec.weights import compare

    architecture = load(spec, set, limit)
    header = read_header(file)
    found = compare(architecture, header, by.value if by else None)
    shapes = {weight.key: weight.type.shape for weight in _ours(architecture)}
    if format is Brief.json:
        import json

        record = _record(found, shapes, header) | {"name": architecture.name, "file": file}
        typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        _screen(architecture.title or architecture.name, file, found, shapes, header)
    if not found.whole:
        raise typer.Exit(1)


def _ours(architecture: Any) -> Any:
    from archspec.program.weights import Weights

    return Weights(architecture.program).all()


def _record(found: Match, ours: dict[str, tuple[int, ...]], header: Header) -> dict[str, Any]:
    return {
        "fits": found.whole,
        "how": found.how,
        "matched": dict(found.fits),
        "missing": {key: list(ours[key]) for key in found.missing},
        "extra": {key: list(header[key].shape) for key in found.extra},
        "misshapen": [
            {"key": key, "shape": list(ours[key]), "theirs": name, "their_shape": list(header[name].shape)}
            for key, name in found.misshapen
        ],
        "dtypes": sorted({stored.dtype for stored in header.values()}),
    }


def _screen(title: str, file: str, found: Match, ours: dict[str, tuple[int, ...]], header: Header) -> None:
    typer.echo(paint(shorten(f"{title} and {file}", 80), BOLD))
    kinds = {
        "fit": (len(found.fits), found.how),
        "missing": (len(found.missing), "in the network, not in the file"),
        "extra": (len(found.extra), "in the file, not in the network"),
        "misshapen": (len(found.misshapen), "in both, with two shapes"),
    }
    width = max(len(grouped(count)) for count, _ in kinds.values())
    for kind, (count, words) in kinds.items():
        if count or kind == "fit":
            typer.echo(f"  {kind:<10}{grouped(count):>{width}}  {words}")
    rows = [
        *(("missing", key, shape(ours[key]), "") for key in found.missing),
        *(("extra", key, "", shape(header[key].shape)) for key in found.extra),
        *(("misshapen", key, shape(ours[key]), shape(header[name].shape)) for key, name in found.misshapen),
    ]
    if rows:
        typer.echo()
        columns = ("", "tensor", "network", "file")
        for line in table(columns, rows[:SHOWN], elastic={"tensor": shorten}):
            typer.echo(line)
        if len(rows) > SHOWN:
            typer.echo(paint(f"and {len(rows) - SHOWN:,} more; --format json has all", DIM))
