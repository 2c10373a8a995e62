"""What `archspec compile` writes and runs once: source with weights beside it, or a model file that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from archspec.cli.terminal import human

if TYPE_CHECKING:
    from archspec.architecture import Architecture
    from archspec.backend import Backend


class Written(NamedTuple):
    """What came of writing a network and running it once in evaluation."""

    shapes: Mapping[str, tuple[int, ...]]
    """of each output, without the batch; empty if nothing ran"""
    where: str
    """what ran it, in words"""
    files: str
    """what was written, in words"""


def write_source(
    architecture: Architecture,
    backend: str,
    target: Path,
    *,
    device: str,
    seed: int | None,
    state: Mapping[str, Any] | None,
    force: bool,
) -> Written:
    """Write the source, and the weights beside it if there are any, once the network of PyTorch has run."""
    from archspec.text.diagnostics import fault
    from archspec.text.write import write_atomically

    source = str(architecture.emit(backend))
    filled = target.with_suffix(".safetensors")
    if state is not None and filled.exists() and not force:
        raise fault("A0501", f"{filled} exists", help="`--force` replaces it")
    shapes, stored = _run(architecture, device, seed, state) if backend == "pytorch" else ({}, b"")
    write_atomically(target, source)
    if state is not None:
        write_atomically(filled, stored)
    beside = f"; {filled}" if state is not None else ""
    return Written(shapes, device, f"{target}, {source.count(chr(10))} lines{beside}")


def write_stages(
    architecture: Architecture,
    stages: int,
    target: Path,
    *,
    device: str,
    seed: int | None,
    state: Mapping[str, Any] | None,
    force: bool,
) -> Written:
    """Write the stages of a network beside each other, "net_stage1.py" and so on, each once it has run."""
    from archspec.backend import MARK
    from archspec.cli.guard import guard
    from archspec.program.weights import Weights
    from archspec.stages import architectures
    from archspec.text.diagnostics import SpecError

    try:
        parts = architectures(architecture, stages)
    except SpecError:
        raise
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    targets = [target.with_name(f"{target.stem}_stage{number}{target.suffix}") for number in range(1, stages + 1)]
    if not force:
        for file in targets:
            guard(file, MARK)
    written = []
    for part, file in zip(parts, targets, strict=True):
        share = None if state is None else {one.key: state[one.key] for one in Weights(part.program).all()}
        written.append(write_source(part, "pytorch", file, device=device, seed=seed, state=share, force=force))
    return written[-1]._replace(files="\n          ".join(one.files for one in written))


def write_model(
    architecture: Architecture, backend: Backend, target: Path, *, seed: int | None, state: Mapping[str, Any] | None
) -> Written:
    """Write the model file, and run what is in it if what runs such files is installed."""
    from archspec.backend import save

    program, limit = architecture.program, architecture.limits.nodes
    files = save(backend, program, architecture.header(), target, weights=state, seed=seed, limit=limit)
    shapes, where = _try(architecture, backend, target) if len(files) == 1 else ({}, "")
    return Written(shapes, where, "; ".join(f"{file}, {human(file.stat().st_size)}B" for file in files))


def _try(architecture: Architecture, backend: Backend, file: Path) -> tuple[dict[str, tuple[int, ...]], str]:
    """Run a model file once. Where ONNX Runtime is missing that is no error: the file is for somewhere else."""
    from importlib.util import find_spec

    onnx = backend.SUFFIX == ".onnx"
    if onnx and find_spec("onnxruntime") is None:
        return {}, ""
    network = backend.build(architecture.program, file.read_bytes())
    if onnx:
        import numpy

        library: Any = numpy
    else:
        import torch

        library = torch
    inputs = [
        library.zeros((1, *port.type.shape), dtype=getattr(library, port.type.dtype))
        for port in architecture.program.graph.inputs
    ]
    return _shapes(architecture, network(*inputs)), "ONNX Runtime" if onnx else "cpu"


def _run(
    architecture: Architecture, device: str, seed: int | None, state: Mapping[str, Any] | None
) -> tuple[dict[str, tuple[int, ...]], bytes]:
    """Build the network, fill it with weights if there are any, and run it once; the weights as a safetensors file."""
    from archspec.text.extras import without_numpy

    with without_numpy():
        import torch

    if device != "cpu" and not torch.cuda.is_available():
        raise typer.BadParameter("there is no CUDA device here that torch can use")
    network = architecture.compile(device=device, seed=seed, weights=state).eval()
    stored = b""
    if state is not None:
        from archspec.text.extras import need

        need("safetensors", "a file of weights")
        from safetensors.torch import save

        # Tied tensors share their storage, which the format does not have.
        held = {key: value.detach().cpu().contiguous().clone() for key, value in network.state_dict().items()}
        stored = save(held, {"format": "pt"})
    inputs = [
        torch.zeros((1, *port.type.shape), dtype=getattr(torch, port.type.dtype), device=device)
        for port in architecture.program.graph.inputs
    ]
    with torch.inference_mode():
        return _shapes(architecture, network(*inputs)), stored


def _shapes(architecture: Architecture, result: Any) -> dict[str, tuple[int, ...]]:
    names = [output.name for output in architecture.program.graph.outputs if output.only != "training"]
    values: Iterable[Any] = (
        result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else (result,)
    )
    return {name: tuple(value.shape[1:]) for name, value in zip(names, values, strict=True)}
