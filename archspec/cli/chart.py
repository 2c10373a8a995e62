"""`archspec chart`: figures of networks as a picture for a slide."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.formats import ThemeName
from archspec.cli.memory import Dtype
from archspec.cli.options import Limit, Set, limits, params, tell_warnings

if TYPE_CHECKING:
    from archspec.architecture import Architecture


class Kind(StrEnum):
    accuracy = "accuracy"
    evolution = "evolution"
    stages = "stages"
    paths = "paths"
    roofline = "roofline"


class ErrorKind(StrEnum):
    top1 = "top1"
    top5 = "top5"


def chart(
    kind: Annotated[Kind, typer.Argument(help="What to show.")],
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help="Files, or names of specs; accuracy and evolution know a history."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write: .svg, .pdf or .png.")
    ] = None,
    set: Set = None,
    error: Annotated[ErrorKind, typer.Option("--error", help="Which error to show.")] = ErrorKind.top1,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="stages: levels of modules.")] = None,
    machine: Annotated[str, typer.Option("--machine", metavar="NAME", help="roofline: whose.")] = "a100",
    batch: Annotated[int, typer.Option("--batch", min=1, max=2**32, help="roofline: samples at once.")] = 1,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="roofline: of weights and activations.")] = Dtype.float32,
    size: Annotated[str, typer.Option("--size", help="16:9, 4:3, half or WxH in points.")] = "16:9",
    theme: Annotated[ThemeName, typer.Option("--theme", help="Colours.")] = ThemeName.light,
    title: Annotated[str, typer.Option("--title", help="Another title.")] = "",
    transparent: Annotated[bool, typer.Option("--transparent", help="No background.")] = False,
    limit: Limit = None,
) -> None:
    """Draw a chart that goes on a slide.

    accuracy: error against multiply-adds, circles for parameters. evolution: depth and error by year.
    stages: where a network's cost lies. paths: how long its paths are. roofline: which layers wait for memory.
    """
    from archspec import api, charts
    from archspec.analysis.intensity import MACHINES
    from archspec.draw import sizes
    from archspec.draw.charts.canvas import SUFFIXES, Slide
    from archspec.draw.theme import THEMES
    from archspec.text.write import write_atomically

    target = output or Path(f"{kind}.svg")
    suffix = target.suffix.removeprefix(".").lower()
    if suffix not in SUFFIXES:
        raise typer.BadParameter(f"a chart becomes {', '.join(SUFFIXES)}, not `{target.suffix or target.name}`")
    if not specs and kind not in charts.HISTORY:
        raise typer.BadParameter(f"`{kind}` needs a SPEC")
    if len(specs or ()) > 1 and kind not in charts.HISTORY:
        raise typer.BadParameter(f"`{kind}` shows one SPEC at a time")
    canvas = sizes.size(size)
    if canvas is None:
        raise typer.BadParameter(
            f"`--size` takes {', '.join(sizes.SIZES)} or WxH in points ({sizes.LEAST} to {sizes.MOST}), not `{size}`"
        )
    given = params(set)

    def load(name: str) -> Architecture:
        return tell_warnings(api.load(name, given, limits=limits(limit)))

    if machine not in MACHINES:
        raise typer.BadParameter(f"no machine is called `{machine}`; there are {', '.join(MACHINES)}")
    options = charts.Options(title, error.value, depth, machine=machine, batch=batch, dtype=dtype.value)
    slide = Slide(THEMES[theme], *canvas, transparent)
    picture = charts.draw(kind, specs or (), slide, suffix, options, load)
    write_atomically(target, picture)
    typer.echo(f"wrote {target}")
