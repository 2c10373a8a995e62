"""What several commands share: the arguments that name a spec and change its knobs and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from archspec.architecture import Architecture
    from archspec.text.limits import Limits

Spec = Annotated[str, typer.Argument(metavar="SPEC", help="A file, or the name of a spec that archspec ships.")]
Specs = Annotated[list[str], typer.Argument(metavar="SPEC", help="Files, or names of specs that archspec ships.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give a param another value. May be repeated.")
]
Drop = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="KEY", help="Take a residual unit or layer out first. May be repeated."),
]
Limit = Annotated[
    list[str] | None, typer.Option("--limit", metavar="NAME=N", help="Raise a bound of the compiler. May be repeated.")
]


def load(spec: str, set: Sequence[str] | None, limit: Sequence[str] | None) -> Architecture:
    """The architecture that the arguments of a command ask for, its warnings told on standard error."""
    from archspec import api

    return tell_warnings(api.load(spec, params(set), limits=limits(limit)))


def tell_warnings(architecture: Architecture) -> Architecture:
    if architecture.warnings:
        import sys

        from archspec.cli.terminal import coloured
        from archspec.text.render import render

        print(render(architecture.warnings, color=coloured(sys.stderr)), file=sys.stderr)
    return architecture


def params(words: Sequence[str] | None) -> dict[str, object]:
    """`--set growth=24 --set layers=[6,12]` as values, read as YAML reads them. Raises `SpecError`."""
    values: dict[str, object] = {}
    if words:
        from archspec.language.files import parse_setting
        from archspec.text.limits import Limits

        for word in words:
            _pair(word, "--set")
            name, value = parse_setting(word, Limits())
            if name in values:
                raise typer.BadParameter(f"`{name}` is set twice")
            values[name] = value
    return values


def limits(words: Sequence[str] | None) -> Limits:
    """`--limit nodes=1000000` as bounds."""
    from archspec.text.limits import Limits
    from archspec.text.suggest import suggest

    changed: dict[str, int] = {}
    known = Limits._fields
    for word in words or ():
        name, text = _pair(word, "--limit")
        if name not in known:
            close = suggest(name, known)
            raise typer.BadParameter(
                f"no bound is called `{name}`; "
                + (f"did you mean `{close}`?" if close else f"there are {_list(known)}")
            )
        if not text.isascii() or not text.isdecimal() or len(text) > 30:
            raise typer.BadParameter(f"`--limit {name}` takes a natural number, not `{text}`")
        changed[name] = int(text)
    return Limits(**changed)


def _pair(word: str, option: str) -> tuple[str, str]:
    name, equals, text = word.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"`{option}` takes NAME=VALUE, not `{word}`")
    return name, text


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
