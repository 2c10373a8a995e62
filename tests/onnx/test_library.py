"""Every network of the library computes in ONNX Runtime what its PyTorch module computes, with the same weights."""

from __future__ import annotations

import re

import onnx
import pytest
import torch

from archspec.api import library
from archspec.backends.onnx_model.engine import Network
from tests.onnx.tools import as_near_as_torch, lively
from tests.zoo.reference import loaded, slow_beyond

LIGHT = re.compile(r".*cifar|lenet|slide|highway|genetic|(mobilenet_v1|googlenet_torchvision|nasnet_a_mobile|dpn68)$")
HEAVY = re.compile(r".*(1202|1001|_10_|ror3_wrn|plain110)")
CHAOTIC = {"plain110_cifar"}
"""a hundred norms in a row and no shortcut beside them: with random filters the last digit of a value decides all"""
FEW = [id for id in library() if LIGHT.match(id) and not HEAVY.match(id)]


@pytest.mark.parametrize("id", slow_beyond(FEW, library()))
def test_onnx_runtime_computes_what_torch_does(id: str) -> None:
    architecture = loaded(id)
    module, inputs = lively(architecture, calm=id in CHAOTIC)
    content = architecture.emit("onnx", weights=module.state_dict())
    assert isinstance(content, bytes)
    onnx.checker.check_model(content, full_check=True)
    network = Network(architecture.program, content, 0)
    off, allowed = as_near_as_torch(network(*inputs), module, inputs)
    print(f"{id} {off:.1e} of {allowed:.1e}, {len(content):,} bytes")
    assert off < allowed < 0.1
    # The batch may have any size.
    alone = network(*(value[:1] for value in inputs))
    torch.testing.assert_close(alone, network(*inputs)[:1], rtol=1e-3, atol=allowed * float(alone.abs().max()))
