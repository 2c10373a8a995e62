"""A program and what passes made of it, run on the same input with the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from archspec.backend import Header, find_backend
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program

Outputs = list[torch.Tensor]


HEADER = Header("A network", "", "network", 0, 0, 0, "0")


def build(program: Program) -> torch.nn.Module:
    """The module of a program, in float64 and for evaluation; nothing is counted for the head of its source."""
    backend = find_backend("pytorch")
    network: torch.nn.Module = backend.build(program, backend.emit(program, HEADER), seed=0)
    return network.double().eval()


def random_state(network: torch.nn.Module, seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights and statistics of which none is 0 or 1; tied tensors stay one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if not value.is_floating_point():
                value.fill_(7)
            elif name.endswith(("running_var", "alpha", "beta")) or value.dim() == 1:
                value.uniform_(0.4, 1.6, generator=generator)
            elif value.dim():
                bound = (6 / max(1, value[0].numel())) ** 0.5
                value.uniform_(-bound, bound, generator=generator)
            else:
                value.uniform_(0.4, 1.6, generator=generator)
    return network.state_dict()


def run(program: Program, state: Mapping[str, torch.Tensor], batch: int = 2) -> Outputs:
    """Outputs in evaluation and float64, for an input that is the same for all programs of these inputs."""
    network = build(program)
    network.load_state_dict(dict(state), strict=True)
    generator = torch.Generator().manual_seed(1)
    inputs = [
        torch.randn(batch, *port.type.shape, generator=generator, dtype=torch.float64) for port in program.graph.inputs
    ]
    with torch.inference_mode():
        return tensors(network(*inputs))


def tensors(result: Any) -> Outputs:
    if isinstance(result, torch.Tensor):
        return [result]
    return list(result.values() if isinstance(result, dict) else result)


def hold(program: Program, rewritten: Rewritten, bound: float = 1e-9) -> None:
    """The rewritten program computes what the old one does, to within `bound` of the largest value."""
    state = random_state(build(program))
    expected, found = run(program, state), run(rewritten.program, rewritten.convert(state))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        scale = float(other.abs().nan_to_num().max()) if other.numel() else 0.0
        assert torch.allclose(one, other, rtol=0, atol=bound * max(scale, 1e-30), equal_nan=True)
