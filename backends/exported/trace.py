"""The PyTorch module of a program, filled and traced by `torch.export` with a batch of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archspec.backend import Header
from archspec.backends import pytorch
from archspec.program.model import Program
from archspec.text.diagnostics import fault

if TYPE_CHECKING:
    from torch.export import ExportedProgram

EXAMPLE = 2
"""samples that it is traced with: torch takes an axis of one for one that is always so"""


def trace(program: Program, header: Header, weights: Mapping[str, Any] | None, seed: int | None) -> ExportedProgram:
    """The network in inference. Weights are tensors or arrays by the keys of the state dict."""
    import torch

    module = pytorch.build(program, pytorch.emit(program, header), seed=seed)
    if weights is not None:
        _fill(module, weights)
    batch = torch.export.Dim("batch", min=1)
    ports = program.graph.inputs
    examples = tuple(torch.zeros((EXAMPLE, *port.type.shape), dtype=getattr(torch, port.type.dtype)) for port in ports)
    with torch.no_grad():
        return torch.export.export(module.eval(), examples, dynamic_shapes=tuple({0: batch} for _ in ports))


def _fill(module: Any, weights: Mapping[str, Any]) -> None:
    """Raises `SpecError` (A0702) if a tensor is missing; counters of batches, which inference does not read, may be."""
    import torch

    missing = [key for key in module.state_dict() if key not in weights and not key.endswith("num_batches_tracked")]
    if missing:
        raise fault("A0702", f"the weights have no `{missing[0]}`")
    module.load_state_dict({key: torch.as_tensor(value) for key, value in weights.items()}, strict=False)
