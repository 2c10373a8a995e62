"""`archspec compile`: a spec becomes a network that runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from archspec.cli.guard import guard
from archspec.cli.options import Limit, Set, Spec, limits, params, tell_warnings
from archspec.cli.terminal import BOLD, grouped, human, paint, shape

if TYPE_CHECKING:
    import torch

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
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="FILE", help="Run it with these, and write them beside under its names."),
    ] = None,
    optimize: Annotated[
        str | None,
        typer.Option("--optimize", metavar="SET", help="Rewrite it for `inference` first: `archspec passes`."),
    ] = None,
    limit: Limit = None,
) -> None:
    """Check a spec, write it as readable source, build that source and run it once."""
    from archspec import api
    from archspec.backend import MARK
    from archspec.text.diagnostics import fault
    from archspec.text.write import write_atomically

    if optimize and weights:
        raise typer.BadParameter("`--optimize` goes without `--weights`: `archspec.optimize` converts weights")
    architecture = tell_warnings(api.check(spec, params(set), limits=limits(limit)))
    plain = architecture
    if optimize:
        try:
            architecture, _ = plain.optimise(optimize)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    source = architecture.python(backend)
    if output == Path("-"):
        typer.echo(source, nl=False)
        return
    target = output or Path(f"{architecture.name}.py")
    if target.is_dir():
        target = target / f"{architecture.name}.py"
    if not force:
        guard(target, MARK)
    if weights and backend != "pytorch":
        raise typer.BadParameter("`--weights` goes with the backend `pytorch`")
    filled = target.with_suffix(".safetensors")
    if weights and filled.exists() and not force:
        raise fault("A0501", f"{filled} exists", help="`--force` replaces it")
    ran = _run(architecture, device, seed, weights) if backend == "pytorch" else _Ran({}, "", b"")
    write_atomically(target, source)
    if weights:
        write_atomically(filled, ran.weights)

    counted = architecture.stats()
    typer.echo(paint(architecture.title or architecture.name, BOLD))
    figures = {"params": counted.params, "MADs": counted.mads}
    width = max(len(grouped(figure)) for figure in figures.values())
    for name, figure in figures.items():
        typer.echo(f"  {name:<8}{grouped(figure):>{width}}  {human(figure)}")
    if ran.shapes:
        outputs = ", ".join(f"{name} {shape(sizes)}" for name, sizes in ran.shapes.items())
        typer.echo(f"  {'ran':<8}{outputs} on {device}, batch 1")
    if weights:
        typer.echo(f"  {'weights':<8}{ran.filled}")
    if optimize:
        from archspec.cli.passes import steps

        for line in ("", *steps(plain, optimize), ""):
            typer.echo(line)
    beside = f"; {filled}" if weights else ""
    typer.echo(f"  {'wrote':<8}{target}, {source.count(chr(10))} lines{beside}")


class _Ran(NamedTuple):
    """What came of running the network once in evaluation."""

    shapes: dict[str, tuple[int, ...]]
    """of each output, without the batch"""
    filled: str
    """where its weights came from, in words"""
    weights: bytes
    """they as a safetensors file"""


def _run(architecture: Architecture, device: str, seed: int | None, weights: str | None) -> _Ran:
    """Build the network, fill it with weights if there are any, and run it once."""
    import warnings

    with warnings.catch_warnings():
        # Torch works without numpy, as archspec does, but says at import that it is missing.
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy", category=UserWarning)
        import torch

    if device != "cpu" and not torch.cuda.is_available():
        raise typer.BadParameter("there is no CUDA device here that torch can use")
    network = architecture.compile(device=device, seed=seed).eval()
    filled, stored = _fill(network, weights) if weights else ("", b"")
    graph = architecture.program.graph
    inputs = [
        torch.zeros((1, *port.type.shape), dtype=getattr(torch, port.type.dtype), device=device)
        for port in graph.inputs
    ]
    with torch.inference_mode():
        result = network(*inputs)
    names = [output.name for output in graph.outputs if output.only != "training"]
    values = result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else (result,)
    shapes = {name: tuple(value.shape[1:]) for name, value in zip(names, values, strict=True)}
    return _Ran(shapes, filled, stored)


def _fill(network: torch.nn.Module, source: str) -> tuple[str, bytes]:
    from archspec.text.extras import need
    from archspec.weights import load_weights

    need("safetensors", "a file of weights")
    from safetensors.torch import save

    found = load_weights(network, source)
    # Tied tensors share their storage, which the format does not have.
    state = {key: value.detach().cpu().contiguous().clone() for key, value in network.state_dict().items()}
    return f"{len(found.fits):,} tensors of {source}, {found.how}", save(state, {"format": "pt"})
