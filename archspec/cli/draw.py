"""`archspec draw`: networks as pictures that go on a slide as they are."""

from __future__ import annotations

from enum import StrEnum
from functools import partial as partially
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.formats import ThemeName
from archspec.cli.options import Limit, Set, Specs, limits, params, tell_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archspec.draw.scene import Scene
    from archspec.draw.theme import Theme
    from archspec.text.diagnostics import Diagnostic


class DirectionName(StrEnum):
    right = "right"
    down = "down"


class DetailName(StrEnum):
    full = "full"
    plain = "plain"


def draw(
    specs: Specs,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Where to write: .svg .pdf .png .dot .tex .pptx .html; `-`: SVG."
        ),
    ] = None,
    set: Set = None,
    focus: Annotated[str, typer.Option("--focus", metavar="NODE", help="Draw this module alone: its path.")] = "",
    size: Annotated[str, typer.Option("--size", help="16:9, 4:3, half or WxH in points.")] = "16:9",
    theme: Annotated[ThemeName, typer.Option("--theme", help="Colours.")] = ThemeName.light,
    fold: Annotated[
        list[str] | None, typer.Option("--fold", metavar="NAME", help="Keep a step one box. May be repeated.")
    ] = None,
    unfold: Annotated[
        list[str] | None, typer.Option("--unfold", metavar="NAME", help="Show a module's inside. May be repeated.")
    ] = None,
    direction: Annotated[DirectionName | None, typer.Option("--direction", help="Of the flow in a module.")] = None,
    detail: Annotated[DetailName, typer.Option("--detail", help="plain: no norms and sizes.")] = DetailName.full,
    rows: Annotated[
        str, typer.Option("--rows", metavar="LIST", help="Under a network: params,mads,memory,receptive_field.")
    ] = "params,mads",
    title: Annotated[str, typer.Option("--title", help="Another title.")] = "",
    diff: Annotated[
        bool, typer.Option("--diff", help="Two networks in one picture: what makes them different.")
    ] = False,
    set_a: Annotated[
        list[str] | None, typer.Option("--set-a", metavar="NAME=VALUE", help="With --diff: a param of the first.")
    ] = None,
    set_b: Annotated[
        list[str] | None, typer.Option("--set-b", metavar="NAME=VALUE", help="With --diff: a param of the second.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Draw a wrong spec as far as it could be made, its mistake in red.")
    ] = False,
    transparent: Annotated[bool, typer.Option("--transparent", help="No background.")] = False,
    limit: Limit = None,
) -> None:
    """Draw networks as pictures that go on a slide as they are.

    A whole network is folded until it fits; --focus draws one module. Several specs give a file each, or one
    deck where the file can hold it (.pptx).
    """
    from archspec import api, pictures
    from archspec.text.diagnostics import SpecError

    if diff and partial:
        raise typer.BadParameter("`--diff` compares networks that can be made: leave `--partial` out")
    if diff:
        specs = _two(specs, set_a, set_b)
    elif set_a or set_b:
        raise typer.BadParameter("`--set-a` and `--set-b` go with `--diff`")
    targets = _targets(["-".join(map(_stem, specs))] if diff else specs, output)
    bound = limits(limit)
    colours = pictures.theme_of(theme.value)
    wrong: list[Diagnostic] = []
    inside: dict[int, Callable[[], Sequence[Scene]]] = {}
    try:
        wanted = pictures.request(
            size=size,
            focus=focus,
            fold=fold or (),
            unfold=unfold or (),
            direction=direction.value if direction else None,
            detail=detail.value,
            rows=[row.strip() for row in rows.split(",") if row.strip()],
            title=title,
        )
        if diff:
            one, two = (
                tell_warnings(api.load(spec, params([*(set or ()), *(own or ())]), limits=bound))
                for spec, own in zip(specs, (set_a, set_b), strict=True)
            )
            scenes = [pictures.difference(one, two, wanted)]
        else:
            scenes = []
            for spec in specs:
                try:
                    loaded = api.load(spec, params(set), limits=bound)
                except SpecError as error:
                    if not partial:
                        raise
                    scenes.append(pictures.partial(spec, params(set), bound, wanted))
                    wrong += error.diagnostics
                else:
                    scene = pictures.picture(tell_warnings(loaded), wanted)
                    inside[len(scenes)] = partially(pictures.insides, loaded, scene, wanted)
                    scenes.append(scene)
    except SpecError:
        raise
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if output == Path("-"):
        typer.echo(pictures.paint(scenes[:1], ".svg", colours, transparent).decode(), nl=False)
    for target, group in targets.items():
        more = inside.get(group[0], tuple)
        _write(target, [scenes[number] for number in group], more, colours, transparent)
    if wrong:
        raise SpecError(wrong)


def _two(specs: Sequence[str], set_a: Sequence[str] | None, set_b: Sequence[str] | None) -> list[str]:
    """The two networks of a difference: one spec is compared with itself, some param changed."""
    if len(specs) > 2:
        raise typer.BadParameter("`--diff` takes two networks, or one with `--set-a` or `--set-b`")
    if len(specs) < 2 and not set_a and not set_b:
        raise typer.BadParameter("a network is compared with another: name it, or change a param with `--set-b`")
    return [specs[0], specs[-1]]


def _stem(spec: str) -> str:
    """What a picture's file is called where nobody says it."""
    return Path(spec).stem if spec.endswith((".yaml", ".yml")) else spec.replace("/", "_")


def _targets(specs: Sequence[str], output: Path | None) -> dict[Path, list[int]]:
    """Which specs go into which file."""
    from archspec.draw.paint import PAINTERS

    names = [_stem(spec) for spec in specs]
    everything = list(range(len(specs)))
    if output == Path("-"):
        if len(specs) > 1:
            raise typer.BadParameter("standard output takes one picture")
        return {}
    if output is None or output.is_dir():
        folder = output or Path()
        return {folder / f"{name}.svg": [number] for number, name in enumerate(names)}
    suffix = output.suffix.lower()
    if suffix not in PAINTERS:
        raise typer.BadParameter(f"a picture ends in {' '.join(PAINTERS)}, not `{output.suffix or output.name}`")
    if len(specs) == 1 or PAINTERS[suffix].several:
        return {output: everything}
    return {output.with_name(f"{output.stem}-{name}{suffix}"): [number] for number, name in enumerate(names)}


def _write(
    target: Path, scenes: Sequence[Scene], inside: Callable[[], Sequence[Scene]], theme: Theme, transparent: bool
) -> None:
    """Paint a file; `inside` makes the pictures of the modules, for a kind of file that unfolds them."""
    from archspec.draw.paint import PAINTERS
    from archspec.text.write import write_atomically

    painter = PAINTERS[target.suffix.lower()]
    more = inside() if painter.insides else ()
    write_atomically(target, painter([*scenes, *more], theme, transparent))
    count = len(scenes) + len(more)
    shown = f"{count} pictures, " if count > 1 else ""
    typer.echo(f"wrote {target}, {shown}{scenes[0].width:g} x {scenes[0].height:g} pt")
    for scene in scenes:
        if scene.missing:
            from archspec.cli.terminal import DIM, paint

            typer.echo(paint(f"  no room for the inside of: {', '.join(scene.missing)}", DIM))
