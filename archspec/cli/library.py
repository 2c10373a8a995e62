"""`archspec list`, `show` and `ops`: what archspec ships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from archspec.cli.formats import Brief
from archspec.cli.options import Spec
from archspec.cli.terminal import BOLD, DIM, cut, grouped, human, paint, shorten, table

if TYPE_CHECKING:
    from archspec.catalogue import Entry
    from archspec.ops.base import Example, Op


def list_(
    family: Annotated[str | None, typer.Argument(help="Only this family, such as `resnet`.")] = None,
    format: Annotated[Brief, typer.Option("--format", help="How to print.")] = Brief.table,
) -> None:
    """List the specs that archspec ships, in families, with their figures."""
    from archspec.catalogue import catalogue

    entries = catalogue()
    families = tuple(dict.fromkeys(entry.family for entry in entries))
    if family is not None and family not in families:
        from archspec.text.suggest import suggest

        close = suggest(family, families)
        known = f"did you mean `{close}`?" if close else "there is " + ", ".join(families)
        raise typer.BadParameter(f"no family is called `{family}`; {known}")
    entries = tuple(entry for entry in entries if family in (None, entry.family))
    if format is Brief.json:
        _json([_figures(entry) for entry in entries])
        return
    columns = ("name", "year", "params", "MADs", "depth", "error")
    rows = [_row(entry) for entry in entries]
    head, *lines = table(columns, rows, frozenset(columns[1:]), {"name": shorten})
    typer.echo(head)
    shown = ""
    for entry, line in zip(entries, lines, strict=True):
        if entry.family != shown:
            shown = entry.family
            typer.echo(paint(f"\n{shown}", BOLD))
        typer.echo(line.rstrip())
    typer.echo(paint("\nerror: top-1 on ImageNet, or on the data set named, in percent, as published.", DIM))


def _row(entry: Entry) -> list[str]:
    figures = ["" if number is None else human(number) for number in (entry.params, entry.mads)]
    year = "" if entry.year is None else str(entry.year)
    return [entry.name, year, *figures, "" if entry.depth is None else str(entry.depth), _error(entry)]


def _error(entry: Entry) -> str:
    """The best known figure first: ImageNet, then the small data sets by name."""
    if entry.error is None:
        return ""
    if entry.error.top1 is not None:
        return f"{entry.error.top1:.1f}"
    small = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "svhn": "SVHN", "mnist": "MNIST"}
    for key, name in small.items():
        value = getattr(entry.error, key)
        if value is not None:
            return f"{name} {value:g}"
    return ""


def _figures(entry: Entry) -> dict[str, Any]:
    from dataclasses import asdict

    error = None if entry.error is None else entry.error.model_dump(exclude_none=True)
    return {**asdict(entry), "error": error}


def show(spec: Spec) -> None:
    """Print the text of a spec, comments and all."""
    from archspec import api

    text = api.load(spec).origin.text
    typer.echo(text, nl=not text.endswith("\n"))


def ops(
    name: Annotated[str | None, typer.Argument(help="Explain this op, with worked examples.")] = None,
    format: Annotated[Brief, typer.Option("--format", help="How to print.")] = Brief.table,
) -> None:
    """List the ops, or explain one."""
    from archspec.ops.registry import OPS, find

    if name is None:
        if format is Brief.json:
            _json([_record(kind) for kind in OPS.values()])
            return
        rows = [[kind.op, kind.category.value, _headline(kind)] for kind in OPS.values()]
        typer.echo("\n".join(table(("op", "category", "what it is"), rows, elastic={"what it is": cut})))
        return
    kind = find(name)
    if kind is None:
        from archspec.text.suggest import suggest

        close = suggest(name, OPS)
        raise typer.BadParameter(
            f"no op is called `{name}`; " + (f"did you mean `{close}`?" if close else "`archspec ops` lists them")
        )
    if format is Brief.json:
        _json(_record(kind))
    else:
        typer.echo("\n".join(_page(kind)))


def _page(kind: type[Op]) -> list[str]:
    """One op explained: how it is written, what its arguments are, and worked examples."""
    lines = [paint(_signature(kind), BOLD), "", *_text(kind).splitlines(), "", paint("Examples", BOLD)]
    for example in kind.examples:
        lines += ["", f"  {example.text}", paint(f"    {_worked(example)}", DIM)]
    return lines


def _signature(kind: type[Op]) -> str:
    from archspec.program.read import literal

    parts = [
        name if field.is_required() else f"{name}={literal(field.get_default(call_default_factory=True))}"
        for name, field in kind.model_fields.items()
    ]
    inputs = [f"{name}=…" if name in kind.optional else name for name in kind.inputs]
    if kind.variadic:
        inputs.append("…")
    construct = f"{kind.op}({', '.join(parts)})" if parts else kind.op
    return construct if kind.inputs == ("input",) else f"{construct}({', '.join(inputs)})"


def _worked(example: Example) -> str:
    given = ", ".join(map(str, example.inputs)) or "nothing"
    facts = [f"{given} to {', '.join(map(str, example.outputs))}"]
    for name, number in (("params", example.params), ("buffers", example.buffers), ("MADs", example.mads)):
        if number:
            facts.append(f"{grouped(number)} {name}")
    return "; ".join(facts)


def _text(kind: type[Op]) -> str:
    import inspect

    return inspect.cleandoc(kind.__doc__ or "")


def _headline(kind: type[Op]) -> str:
    return _text(kind).partition("\n")[0].rstrip(".")


def _record(kind: type[Op]) -> dict[str, Any]:
    return {
        "op": kind.op,
        "category": kind.category.value,
        "signature": _signature(kind),
        "text": _text(kind),
        "inputs": [*kind.inputs],
        "variadic": kind.variadic,
        "weighted": kind.weighted,
        "examples": [
            {
                "text": example.text,
                "inputs": [[*tensor.shape] for tensor in example.inputs],
                "outputs": [[*tensor.shape] for tensor in example.outputs],
                "params": example.params,
                "buffers": example.buffers,
                "mads": example.mads,
            }
            for example in kind.examples
        ],
    }


def _json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
