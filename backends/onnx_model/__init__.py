"""ONNX: a program becomes one model file, written with the onnx package alone; ONNX Runtime runs it.

The files beside this one import numpy, which comes with that package: so they are imported when they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.backend import Header
from archspec.program.model import Program
from archspec.text.extras import need
from archspec.text.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from archspec.backends.onnx_model.engine import Network

__all__ = ["HOLDS_WEIGHTS", "SUFFIX", "build", "emit", "write"]
SUFFIX = ".onnx"
HOLDS_WEIGHTS = True


def emit(
    program: Program,
    header: Header,
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int | None = None,
    limit: int = DEFAULT_LIMITS.nodes,
) -> bytes:
    """The content of the file, with the weights given or such as `seed` (default 0) makes.

    Raises `SpecError`: A0503 for an op that ONNX cannot lower, or more weights than one file can hold; A0602 for
    more nodes than `limit`; A0505 if the onnx package is missing; A0702 if the weights lack a tensor or it
    has another shape.
    """
    need("onnx", "an ONNX model")
    from archspec.backends.onnx_model.model import content

    return content(program, header, weights, seed or 0, limit)


def write(
    program: Program,
    header: Header,
    path: Path,
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int | None = None,
    limit: int = DEFAULT_LIMITS.nodes,
) -> tuple[Path, ...]:
    """Write the file, or two if its weights are more than one can hold; the paths. Errors as those of `emit`."""
    need("onnx", "an ONNX model")
    from archspec.backends.onnx_model.files import write

    return write(program, header, path, weights, seed or 0, limit)


def build(
    program: Program, source: bytes, *, seed: int | None = None, weights: Mapping[str, Any] | None = None
) -> Network:
    """What runs the model file `source`, made of `program` by `emit` with that `seed`. It holds its weights.

    Raises `SpecError` (A0505).
    """
    need("onnxruntime", "running an ONNX model")
    from archspec.backends.onnx_model.engine import Network

    return Network(program, source, seed or 0)
