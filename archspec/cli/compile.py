"""`archspec compile`: a spec becomes a network that runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from archspec.cli.guard import guard
from archspec.cli.options import Limit, Set, Spec, limits, params, tell_warnings
from archspec.cli.terminal import BOLD, grouped, human, paint, shape


class Device(StrEnum):
    cpu = "cpu"
    cuda = "cuda"


def compile(
    spec: Spec,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write; `-`: standard output.")
    ] = None,
    set: Set = None,
    device: Annotated[Device, typer.Option("--device", help="Where to run the network once.")] = Device.cpu,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that archspec did not write.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Makes the first weights reproducible.")] = None,
    backend: Annotated[
        str, typer.Option("--backend", help="Who writes it: `pytorch`, `onnx`, `pt2` or `aoti`.")
    ] = "pytorch",
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", metavar="FILE", help="Run it with these, and write them beside the source or into the model."
        ),
    ] = None,
    optimize: Annotated[
        str | None,
        typer.Option("--optimize", metavar="SET", help="Rewrite it for `inference` first: `archspec passes`."),
    ] = None,
    stages: Annotated[
        int | None,
        typer.Option("--stages", min=1, metavar="N", help="A file for each of N devices: `archspec plan`."),
    ] = None,
    limit: Limit = None,
) -> None:
    """Check a spec, write it as readable source or as a model file, build what was written and run it once."""
    from archspec import api
    from archspec.backend import MARK, find_backend
    from archspec.cli.outputs import write_model, write_source, write_stages
    from archspec.weights import read_weights

    writer = find_backend(backend)
    if weights and backend != "pytorch" and not writer.HOLDS_WEIGHTS:
        raise typer.BadParameter("`--weights` goes with the backend `pytorch` and with those of model files")
    if stages and (backend != "pytorch" or output == Path("-")):
        raise typer.BadParameter("`--stages` writes several files of the backend `pytorch`")
    if device != Device.cpu and writer.HOLDS_WEIGHTS:
        raise typer.BadParameter("a model file is tried on the CPU: `--device` goes with the backend `pytorch`")
    architecture = tell_warnings(api.check(spec, params(set), limits=limits(limit)))
    plain, state, filled = architecture, None, ""
    if weights:
        state, found = read_weights(plain, weights)
        filled = f"{len(found.fits):,} tensors of {weights}, {found.how}"
    if optimize:
        try:
            architecture, rewritten = plain.optimise(optimize, backend)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        state = None if state is None else rewritten.convert(state)
    if output == Path("-"):
        content = architecture.emit(backend, weights=state, seed=seed)
        typer.echo(content, nl=False)
        return
    target = output or Path(f"{architecture.name}{writer.SUFFIX}")
    if target.is_dir():
        target = target / f"{architecture.name}{writer.SUFFIX}"
    if not force and not stages:
        guard(target, MARK)
    if stages:
        written = write_stages(architecture, stages, target, device=device, seed=seed, state=state, force=force)
    elif writer.HOLDS_WEIGHTS:
        written = write_model(architecture, writer, target, seed=seed, state=state)
    else:
        written = write_source(architecture, backend, target, device=device, seed=seed, state=state, force=force)

    counted = architecture.stats()
    typer.echo(paint(architecture.title or architecture.name, BOLD))
    figures = {"params": counted.params, "MADs": counted.mads}
    width = max(len(grouped(figure)) for figure in figures.values())
    for name, figure in figures.items():
        typer.echo(f"  {name:<8}{grouped(figure):>{width}}  {human(figure)}")
    if written.shapes:
        outputs = ", ".join(f"{name} {shape(sizes)}" for name, sizes in written.shapes.items())
        typer.echo(f"  {'ran':<8}{outputs} on {written.where}, batch 1")
    if weights:
        typer.echo(f"  {'weights':<8}{filled}")
    if optimize:
        from archspec.cli.passes import steps

        for line in ("", *steps(plain, optimize, backend), ""):
            typer.echo(line)
    typer.echo(f"  {'wrote':<8}{written.files}")
