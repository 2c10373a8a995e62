"""`archspec compile`: a spec becomes a network that runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.guard import guard
from archspec.cli.options import Limit, Set, Spec, limits, params, tell_warnings
from archspec.cli.terminal import BOLD, grouped, human, paint, shape

if TYPE_CHECKING:
    from archspec.api import Architecture


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
    backend: Annotated[str, typer.Option("--backend", help="Who writes the source.")] = "pytorch",
    limit: Limit = None,
) -> None:
    """Check a spec, write it as readable source, build that source and run it once."""
    from archspec import api
    from archspec.backend import MARK
    from archspec.text.write import write_atomically

    architecture = tell_warnings(api.check(spec, params(set), limits=limits(limit)))
    source = architecture.python(backend)
    if output == Path("-"):
        typer.echo(source, nl=False)
        return
    target = output or Path(f"{architecture.name}.py")
    if target.is_dir():
        target = target / f"{architecture.name}.py"
    if not force:
        guard(target, MARK)
    shapes = _run(architecture, device, seed) if backend == "pytorch" else {}
    write_atomically(target, source)

    counted = architecture.stats()
    typer.echo(paint(architecture.title or architecture.name, BOLD))
    figures = {"params": counted.params, "MADs": counted.mads}
    width = max(len(grouped(figure)) for figure in figures.values())
    for name, figure in figures.items():
        typer.echo(f"  {name:<8}{grouped(figure):>{width}}  {human(figure)}")
    if shapes:
        outputs = ", ".join(f"{name} {shape(sizes)}" for name, sizes in shapes.items())
        typer.echo(f"  {'ran':<8}{outputs} on {device}, batch 1")
    typer.echo(f"  {'wrote':<8}{target}, {source.count(chr(10))} lines")


def _run(architecture: Architecture, device: str, seed: int | None) -> dict[str, tuple[int, ...]]:
    """Build the network and run it once in evaluation: the shape of each output, without the batch."""
    import warnings

    with warnings.catch_warnings():
        # Torch works without numpy, as archspec does, but says at import that it is missing.
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy", category=UserWarning)
        import torch

    if device != "cpu" and not torch.cuda.is_available():
        raise typer.BadParameter("there is no CUDA device here that torch can use")
    network = architecture.compile(device=device, seed=seed).eval()
    graph = architecture.program.graph
    inputs = [
        torch.zeros((1, *port.type.shape), dtype=getattr(torch, port.type.dtype), device=device)
        for port in graph.inputs
    ]
    with torch.inference_mode():
        result = network(*inputs)
    names = [output.name for output in graph.outputs if output.only != "training"]
    values = result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else (result,)
    return {name: tuple(value.shape[1:]) for name, value in zip(names, values, strict=True)}
