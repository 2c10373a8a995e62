"""Random valid specs become PyTorch networks with exactly the shapes, params, buffers and multiply-adds that we say.

The multiply-adds are held against torch's own flop counter, on the meta device. The batch is two: torch refuses
to normalise a single value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch.utils.flop_counter import FlopCounterMode

import archspec
from tests.strategies import specs

BATCH = 2


def tensors(result: Any) -> list[torch.Tensor]:
    """What a network gave back: one tensor, several, or several by name."""
    if isinstance(result, torch.Tensor):
        return [result]
    return list(result.values() if isinstance(result, dict) else result)


@settings(max_examples=100)
@given(text=specs())
def test_a_random_network_is_what_its_spec_says(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("spec") / "random.yaml"
    file.write_text(text, "utf-8")
    hold(file)


def hold(file: Path) -> None:
    architecture = archspec.load(file)
    said = architecture.summary()
    network = architecture.compile(seed=0).eval()
    inputs = [torch.randn(BATCH, *one["shape"]) for one in said["inputs"].values()]
    with torch.no_grad():
        results = tensors(network(*inputs))
    assert [list(one.shape[1:]) for one in results] == [one["shape"] for one in said["outputs"].values()]
    assert sum(one.numel() for one in network.parameters()) == said["params"]
    parameters = {name for name, _ in network.named_parameters(remove_duplicate=False)}
    kept = {name: one for name, one in network.state_dict().items() if name not in parameters}
    assert sum(one.numel() for one in kept.values()) == said["buffers"]
    meta = network.to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        meta(*(torch.empty(BATCH, *one["shape"], device="meta") for one in said["inputs"].values()))
    assert counter.get_total_flops() == 2 * BATCH * said["mads"]
