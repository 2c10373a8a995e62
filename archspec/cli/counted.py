"""`archspec stats --convention`: the same network as other tools count it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from archspec.cli.terminal import DIM, markdown, paint

if TYPE_CHECKING:
    from archspec.analysis.conventions import Counted
    from archspec.program.model import Program


class Convention(StrEnum):
    archspec = "archspec"
    fvcore = "fvcore"
    thop = "thop"
    ptflops = "ptflops"
    torchinfo = "torchinfo"
    flops = "flops"
    all = "all"


COLUMNS = ("name", "convention", "term", "amount", "why")
FOOTNOTE = "The total that each tool prints, batch 1, inference, and what it is made of."


def counted(program: Program, names: Sequence[Convention]) -> list[Counted]:
    """The network by these conventions, each once; `all` stands for every one."""
    from archspec.analysis.conventions import convention
    from archspec.analysis.counters import COUNTERS

    wanted = COUNTERS if Convention.all in names else dict.fromkeys(name.value for name in names)
    return [convention(program, name) for name in wanted]


def show(found: Sequence[Counted]) -> None:
    """The table "MADs by convention"."""
    from archspec.analysis.conventions import lines

    for number, one in enumerate(found):
        if number:
            typer.echo()
        typer.echo("\n".join(lines(one)))
    typer.echo(f"\n{paint(FOOTNOTE, DIM)}")


def show_rows(networks: Sequence[tuple[str, Sequence[Counted]]], format: str) -> None:
    """One row a term, the total last, as CSV or Markdown."""
    rows: list[tuple[str, str, str, int, str]] = []
    for name, found in networks:
        for one in found:
            rows += [(name, one.convention, *term) for term in one.terms]
            rows.append((name, one.convention, "total", one.total, one.unit))
    if format == "csv":
        import csv
        import sys

        csv.writer(sys.stdout, lineterminator="\n").writerows([COLUMNS, *rows])
    else:
        cells = [[name, kind, term, f"{amount:,}", why] for name, kind, term, amount, why in rows]
        typer.echo("\n".join(markdown(COLUMNS, cells, frozenset({"amount"}))))
