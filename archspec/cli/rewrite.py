"""`archspec rewrite`: another architecture by a rule, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.guard import guard
from archspec.cli.options import Limit, Set, Spec, load
from archspec.cli.terminal import BOLD, grouped, human, paint, table

if TYPE_CHECKING:
    from archspec.architecture import Architecture

RIGHT = frozenset({"before", "after", "ratio"})


def rewrite(
    spec: Spec,
    rule: Annotated[str, typer.Option("--rule", help="5x5-to-3x3, or nxn-to-1xn-nx1.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write its source; `-`: here.")
    ] = None,
    set: Set = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that archspec did not write.")] = False,
    limit: Limit = None,
) -> None:
    """Make another network by a rule, and show how its cost differs.

    It computes something else, so weights do not carry over. What is written is its PyTorch source: a rule
    changes concrete modules, and no spec says that in fewer words.
    """
    from dataclasses import replace

    from archspec.passes.architecture import REWRITES
    from archspec.passes.architecture import rewrite as apply

    if rule not in REWRITES:
        raise typer.BadParameter(f"no rule is called `{rule[:80]}`; there are {', '.join(REWRITES)}")
    before = load(spec, set, limit)
    program, count = apply(before.program, rule)
    after = replace(before, program=program, title=f"{before.title or before.name}, {rule}", expect={}, weights={})
    source = after.python() if output is not None else ""
    if output == Path("-"):
        typer.echo(source, nl=False)
        return
    typer.echo(paint(f"{before.title or before.name}: {REWRITES[rule].about}", BOLD))
    if not count:
        typer.echo("there is no convolution that the rule applies to")
        return
    for line in table(["", "before", "after", "ratio"], _rows(before, after), RIGHT):
        typer.echo(line)
    if output is not None:
        from archspec.backend import MARK
        from archspec.text.write import write_atomically

        if not force:
            guard(output, MARK)
        write_atomically(output, source)
        typer.echo(f"wrote {output}, {source.count(chr(10))} lines")


def _rows(before: Architecture, after: Architecture) -> list[list[str]]:
    from archspec.program.flatten import flat_size

    old, new = before.summary(), after.summary()
    figures = [
        ("params", old["params"], new["params"]),
        ("MADs", old["mads"], new["mads"]),
        ("depth", old["depth"], new["depth"]),
        ("nodes", flat_size(before.program), flat_size(after.program)),
    ]
    rows = [[name, _short(a), _short(b), f"{b / a:.3f}" if a else ""] for name, a, b in figures]
    fields = [_field(one["receptive_field"]) for one in (old, new)]
    return [*rows, ["receptive field", *fields, ""]]


def _short(figure: int) -> str:
    return human(figure) if figure >= 10_000 else grouped(figure)


def _field(found: dict[str, object] | None) -> str:
    size = None if found is None else found["size"]
    return "whole" if size is None else " x ".join(map(str, size)) if isinstance(size, (list, tuple)) else str(size)
