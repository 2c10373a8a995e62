"""`archspec fit`: how large a network may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.formats import Brief
from archspec.cli.options import Limit, Set, Spec, limits, params
from archspec.cli.sweep import cell, exact, known
from archspec.cli.terminal import BOLD, WIDTH, cut, paint, shorten, table

if TYPE_CHECKING:
    from archspec.analysis.sweep_fit import Budget, Fit


COLUMNS = ("params", "mads", "depth", "paths")
"""figures that are shown besides those with a budget"""


def _budget(figure: str, help: str) -> Any:
    return typer.Option(f"--{figure}", metavar="LIMIT", help=help)


def fit(
    spec: Spec,
    vary: Annotated[str, typer.Option("--vary", metavar="NAME", help="The param whose largest value is wanted.")],
    mads: Annotated[str | None, _budget("mads", "Most multiply-adds, such as 1.5G or `< 1.5G`.")] = None,
    params_: Annotated[str | None, _budget("params", "Most parameters, such as 7M.")] = None,
    depth: Annotated[str | None, _budget("depth", "Most weighted layers on a path, such as 50.")] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", metavar="FIGURE=LIMIT", help="Bound any other figure. May be repeated."),
    ] = None,
    least: Annotated[float | None, typer.Option("--from", metavar="N", help="Smallest value to consider.")] = None,
    most: Annotated[float | None, typer.Option("--to", metavar="N", help="Largest value to consider.")] = None,
    step: Annotated[
        float | None, typer.Option("--step", metavar="N", help="Only every so many; needed for floats.")
    ] = None,
    set: Set = None,
    format: Annotated[Brief, typer.Option("--format", help="How to print.")] = Brief.table,
    limit: Limit = None,
) -> None:
    """Find the largest value of a param that keeps a network within a budget.

    Values with which the spec is wrong are passed over. Exit code 1 if no value fits.
    """
    from archspec.analysis import sweep_fit

    bounds = limits(limit)
    asked = [(name, text) for name, text in (("mads", mads), ("params", params_), ("depth", depth)) if text is not None]
    for word in budget or ():
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"`--budget` takes FIGURE=LIMIT, not `{word}`")
        asked.append((name.strip(), text))
    if not asked:
        raise typer.BadParameter("give a budget, such as `--mads 1.5G` or `--params 7M`")
    known(spec, [name for name, _ in asked], bounds)
    settings = params(set)
    if vary in settings:
        raise typer.BadParameter(f"`{vary}` is set and varied")
    budgets = [sweep_fit.parse_budget(name, text) for name, text in asked]
    found = sweep_fit.fit(
        spec, vary, budgets, settings=settings, columns=COLUMNS, least=least, most=most, step=step, limits=bounds
    )
    if format is Brief.json:
        _json(found)
    else:
        typer.echo("\n".join(screen(found, budgets)))


def screen(found: Fit, budgets: list[Budget]) -> list[str]:
    """The answer in a sentence, the figures with it and with the next value, and what was looked at."""
    within = " and ".join(f"{budget.figure} {'<' if budget.strict else '<='} {_limit(budget)}" for budget in budgets)
    name = found.name
    lines = [paint(shorten(f"{name} = {cell(name, found.value)} is the largest with {within}", WIDTH), BOLD), ""]
    columns = [name, *map(_title, found.figures), ""]
    rows = [[cell(name, found.value), *_cells(found.figures), "fits"]]
    if found.next is not None and found.next_figures is not None:
        over = ", ".join(_over(budget, found.next_figures) for budget in found.broken)
        rows.append([cell(name, found.next), *_cells(found.next_figures), over])
    lines += table(columns, rows, frozenset(columns[:-1]), {"": cut})
    lines.append("")
    if found.below:
        some = ", ".join(cell(name, value) for value in found.below[:3]) + (", …" if len(found.below) > 3 else "")
        lines.append(shorten(f"not monotone: smaller values of {name} are over the budget too: {some}", WIDTH))
    if found.next is None:
        lines.append(f"no larger value of {name} was found with which the network is valid")
    every = "every valid one up to the last" if found.complete else "not every one up to the last"
    lines.append(f"{found.looked_at:,} values were looked at, {every}")
    return lines


def _title(figure: str) -> str:
    return "MADs" if figure == "mads" else figure


def _limit(budget: Budget) -> str:
    return budget.text.lstrip("<= ")


def _cells(figures: Mapping[str, Any]) -> list[str]:
    return [cell(name, value) for name, value in figures.items()]


def _over(budget: Budget, figures: Mapping[str, Any]) -> str:
    more = float(figures[budget.figure] / budget.most - 1) if budget.most else 0.0
    return f"{_title(budget.figure)} {more:+.1%}"


def _json(found: Fit) -> None:
    import json

    def plain(figures: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if figures is None else {name: exact(name, value) for name, value in figures.items()}

    record = {
        "param": found.name,
        "value": found.value,
        "figures": plain(found.figures),
        "next": found.next,
        "next_figures": plain(found.next_figures),
        "breaks": [budget.figure for budget in found.broken],
        "monotone": not found.below,
        "looked_at": found.looked_at,
        "complete": found.complete,
    }
    typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
