"""`archspec passes`, and what each pass does to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.options import Limit, Set, load
from archspec.cli.terminal import human, table

if TYPE_CHECKING:
    from archspec.architecture import Architecture
    from archspec.program.model import Program

RIGHT = frozenset({"nodes", "params", "MADs", "memory"})


def passes(
    spec: Annotated[
        str | None, typer.Argument(metavar="[SPEC]", help="Show what each pass of a set does to this network.")
    ] = None,
    optimize: Annotated[str, typer.Option("--optimize", metavar="SET", help="A set of passes, or one.")] = "inference",
    backend: Annotated[str, typer.Option("--backend", help="For whom: some passes help one backend.")] = "pytorch",
    set: Set = None,
    limit: Limit = None,
) -> None:
    """List the passes that make a network cheaper and keep what it computes."""
    from archspec.passes.table import PASSES

    if spec is not None:
        for line in steps(load(spec, set, limit), optimize, backend):
            typer.echo(line)
        return
    rows = [
        [name, ", ".join(one.sets), one.backend or "all", "to the bit" if one.exact else "to rounding", one.about]
        for name, one in PASSES.items()
    ]
    for line in table(["pass", "set", "for", "equal", "what it does"], rows):
        typer.echo(line)


def steps(architecture: Architecture, passes: str, backend: str) -> list[str]:
    """Lines of a table: the network, and what it is after each pass that changes a figure."""
    from archspec.passes.table import members, stages

    try:
        chosen = members(passes, backend)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    before = figures(architecture.program)
    rows = [["as written", *before]]
    program = architecture.program
    for name, done in stages(program, chosen):
        after = before if done.program == program else figures(done.program)
        if after != before:
            rows.append([name, *(new if new != old else "" for old, new in zip(before, after, strict=True))])
        program, before = done.program, after
    return table(["after", "nodes", "params", "MADs", "memory"], rows, RIGHT)


def figures(program: Program) -> list[str]:
    """Ops that run, params, multiply-adds, and the peak of live activations for batch 1."""
    from archspec.analysis.cost import cost
    from archspec.analysis.memory import memory
    from archspec.program.flatten import flat_size

    counted = cost(program)
    peak = memory(program, costs=counted).activations_peak
    return [f"{flat_size(program):,}", human(counted.params), human(counted.mads), f"{peak / 2**20:,.2f} MiB"]
