"""`archspec fmt`, `schema` and `expand`: tools for writing specs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archspec.cli.guard import guard
from archspec.cli.options import Limit, Set, Spec, load


def fmt(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Files to format; `-`: standard input.")],
    long: Annotated[bool, typer.Option("--long", help="Write each step as a mapping.")] = False,
    short: Annotated[bool, typer.Option("--short", help="Write each step as an expression.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if a file would change.")] = False,
) -> None:
    """Format specs in place, keeping comments. The network stays the same."""
    if long and short:
        raise typer.BadParameter("`--long` and `--short` exclude each other")
    from archspec.language.fmt import Style, format_text
    from archspec.text.read import decode, read_source
    from archspec.text.write import write_atomically

    style: Style = "long" if long else "short" if short else "keep"
    changed = 0
    for file in files:
        if file == "-":
            import sys

            source = decode(sys.stdin.buffer.read(), "<stdin>")
        else:
            source = read_source(file)
        text = format_text(source, style)
        differs = text != source.text
        changed += differs
        if check:
            if differs:
                typer.echo(f"would change {source.name}")
        elif file == "-":
            typer.echo(text, nl=False)
        elif differs:
            write_atomically(Path(file), text)
            typer.echo(f"changed {file}")
    if check and changed:
        raise typer.Exit(1)


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of printing.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is no schema of archspec.")] = False,
) -> None:
    """The JSON Schema of specs, for editors that complete and check."""
    import json

    from archspec.language.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        from archspec.text.write import write_atomically

        if not force:
            guard(output, '"title": "archspec"')
        write_atomically(output, text)


def expand(
    spec: Spec,
    set: Set = None,
    unfold: Annotated[bool, typer.Option("--unfold", help="Show each of a loop's equal copies.")] = False,
    origins: Annotated[bool, typer.Option("--origins/--no-origins", help="Show where each node was written.")] = True,
    limit: Limit = None,
) -> None:
    """Print the concrete program: every module once, each node with its shape and where it was written."""
    from archspec.program.listing import listing

    typer.echo(listing(load(spec, set, limit).program, unfold=unfold, origins=origins), nl=False)
