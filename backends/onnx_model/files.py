"""The model as a file, or as two where its weights are more than one may hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archspec.backend import Header
from archspec.backends.onnx_model.model import LARGEST, content, model, size
from archspec.program.model import Program
from archspec.text.limits import DEFAULT_LIMITS
from archspec.text.write import write_atomically


def write(
    program: Program,
    header: Header,
    path: Path,
    weights: Mapping[str, Any] | None,
    seed: int,
    limit: int = DEFAULT_LIMITS.nodes,
    largest: int = LARGEST,
) -> tuple[Path, ...]:
    """Write the model, and say which files that made. Above `largest` bytes the weights lie beside it, in FILE.data.

    Each file appears whole or not at all; of two, the weights come first.
    """
    if size(program) <= largest:
        write_atomically(path, content(program, header, weights, seed, limit))
        return (path,)
    beside = path.with_name(f"{path.name}.data")
    made = model(program, header, weights, seed, limit, beside.name)
    write_atomically(beside, made.data())
    write_atomically(path, made.proto.SerializeToString())
    return path, beside
