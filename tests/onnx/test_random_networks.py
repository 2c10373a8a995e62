"""Random valid specs compute in ONNX Runtime what their PyTorch modules compute."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
import torch
from hypothesis import given, settings

import archspec
from tests.strategies import specs


def tensors(result: Any) -> list[torch.Tensor]:
    several = list(result.values()) if isinstance(result, dict) else [result]
    return [torch.as_tensor(one) for one in several]


@settings(max_examples=40)
@given(text=specs())
def test_a_random_network_computes_the_same(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("spec") / "random.yaml"
    file.write_text(text, "utf-8")
    architecture = archspec.load(file)
    module = architecture.compile(seed=0).eval()
    torch.manual_seed(0)
    inputs = [torch.randn(2, *port.type.shape) for port in architecture.program.graph.inputs]
    with torch.no_grad():
        expected = tensors(module(*inputs))
        exact = tensors(module.double()(*(value.double() for value in inputs)))
    network = architecture.engine("onnxruntime", weights=module.float().state_dict())
    onnx.checker.check_model(network.content, full_check=True)
    for found, one, true in zip(tensors(network(*inputs)), expected, exact, strict=True):
        # Where float32 itself tells little, because a norm blew up what is nearly nothing, little is asked.
        rounding = (one - true).abs().max().nan_to_num()
        torch.testing.assert_close(
            found, one, rtol=1e-4, atol=float(1e-5 * one.abs().max().nan_to_num() + 20 * rounding), equal_nan=True
        )
