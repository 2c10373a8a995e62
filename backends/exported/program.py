"""A `torch.export` program, the file that torch, ExecuTorch and AOTInductor read: `torch.export.load(FILE)`."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from archspec.backend import Header
from archspec.backends.exported.mark import marked
from archspec.backends.exported.trace import trace
from archspec.program.model import Program
from archspec.text.limits import DEFAULT_LIMITS

SUFFIX = ".pt2"
HOLDS_WEIGHTS = True


def emit(
    program: Program,
    header: Header,
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int | None = None,
    limit: int = DEFAULT_LIMITS.nodes,
) -> bytes:
    """The content of the file. Raises `SpecError` (A0503)."""
    import torch

    file = BytesIO()
    torch.export.save(trace(program, header, weights, seed), file)
    return marked(file.getvalue(), header)


def build(program: Program, source: bytes, *, seed: int | None = None, weights: Mapping[str, Any] | None = None) -> Any:
    """The module that the file holds, weights and all."""
    import torch

    return torch.export.load(BytesIO(source)).module()
