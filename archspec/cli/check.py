"""`archspec check` and `archspec explain`: what is wrong with a spec, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.options import Limit, Set, limits, params

if TYPE_CHECKING:
    from archspec.text.diagnostics import Diagnostic


class Format(StrEnum):
    text = "text"
    json = "json"
    github = "github"


def check(
    targets: Annotated[
        list[str], typer.Argument(metavar="SPEC", help="Files, folders of files, or names of shipped specs.")
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    format: Annotated[
        Format, typer.Option("--format", help="For people, for programs, or for GitHub's log.")
    ] = Format.text,
    set: Set = None,
    limit: Limit = None,
) -> None:
    """Check specs and what they expect, with all their variants. Runs nothing and needs no torch.

    Exit code 1 if a spec is wrong.
    """
    values, bounds = params(set), limits(limit)
    from archspec import api
    from archspec.language.files import Files
    from archspec.text.diagnostics import SpecError

    found: list[Diagnostic] = []
    checked = 0
    for name in _specs(targets):
        files = Files(bounds)
        try:
            # With params of one's own there is one network to check: a variant would set them again.
            some = (name,) if values else api.networks(name, limits=bounds, files=files)
        except SpecError as error:
            found += [each for each in error.diagnostics if each not in found]
            continue
        for network in some:
            try:
                told = api.check(network, values, limits=bounds, files=files).warnings
                checked += 1
            except SpecError as error:
                told = error.diagnostics
            found += [each for each in told if each not in found]
    if strict:
        found = [each._replace(severity="error") for each in found]
    _tell(found, checked, format)
    if any(each.severity == "error" for each in found):
        raise typer.Exit(1)


def _specs(targets: Sequence[str]) -> Iterator[str]:
    """The specs that the targets name: a folder stands for the YAML files in it and below."""
    for target in targets:
        path = Path(target)
        if not path.is_dir():
            yield target
            continue
        files = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
        if not files:
            raise typer.BadParameter(f"`{target}` holds no YAML file")
        yield from map(str, files)


def _tell(found: Sequence[Diagnostic], checked: int, format: Format) -> None:
    from archspec.text.render import as_github, as_json, render, summary

    if format is Format.json:
        import json

        typer.echo(json.dumps(as_json(found), indent=2, ensure_ascii=False))
    elif format is Format.github:
        if found:
            typer.echo(as_github(found))
    else:
        if found:
            import sys

            from archspec.cli.terminal import coloured

            typer.echo(render(found, color=coloured(sys.stderr)), err=True)
        typer.echo(f"{checked} network{'s' if checked != 1 else ''} checked, {summary(found) or 'no mistakes'}")


def explain(
    code: Annotated[str, typer.Argument(help="The code of a message, such as A0301.")],
) -> None:
    """Explain the code of a message, with the mistake and its mending."""
    from archspec.text import codes

    page = codes.explain(code)
    if page is None:
        from archspec.text.suggest import suggest

        close = suggest(code.upper(), codes.CODES)
        raise typer.BadParameter(f"no message has the code `{code}`" + (f"; did you mean `{close}`?" if close else ""))
    typer.echo(page)
