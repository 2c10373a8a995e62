"""What the tests of the ONNX backend share: networks whose values stay in range, and sessions checked and loaded."""

from __future__ import annotations

import onnx
import onnxruntime
import torch
from torch import nn

from archspec.architecture import Architecture

CLOSE = 1e-4
"""of the largest value: how near two engines must come"""


def session(content: bytes) -> onnxruntime.InferenceSession:
    """The model, checked in full, and loaded to run with as many threads as torch does."""
    onnx.checker.check_model(content, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def lively(architecture: Architecture, calm: bool = False) -> tuple[nn.Module, list[torch.Tensor]]:
    """A network in evaluation whose norms have seen a batch and learned something, and a batch of two for it.

    With `calm` each convolution is little more than the identity, so that errors do not grow. A tiny network may
    start with nothing alive behind its relu: then it starts anew.
    """
    for seed in range(10):
        torch.manual_seed(seed)
        module = architecture.compile()
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.momentum = 1.0
                for weight in (part.weight, part.bias) if part.affine else ():
                    nn.init.normal_(weight, float(weight is part.weight), 0.1)
            elif calm and isinstance(part, nn.Conv2d):
                with torch.no_grad():
                    nn.init.dirac_(part.weight).add_(torch.randn_like(part.weight), alpha=0.02)
        inputs = [torch.randn(2, *port.type.shape) for port in architecture.program.graph.inputs]
        with torch.no_grad():
            module(*inputs)
            if module.eval()(*inputs).any():
                return module, inputs
    raise AssertionError("dead")


def apart(found: torch.Tensor, exact: torch.Tensor) -> float:
    """The largest difference in units of the largest value."""
    assert found.shape == exact.shape
    return float((found - exact).abs().max() / exact.abs().max())


def as_near_as_torch(found: torch.Tensor, module: nn.Module, inputs: list[torch.Tensor]) -> tuple[float, float]:
    """How far a result is from the module's, and how far it may be.

    A very deep network without trained weights makes much of the last digit: so where float32 itself is off by
    more than a tenth of `CLOSE`, which float64 tells, ten times as much is allowed.
    """
    with torch.no_grad():
        expected = module(*inputs)
        off = apart(found, expected)
        if off < CLOSE:
            return off, CLOSE
        exact = module.double()(*(value.double() for value in inputs))
        module.float()
    return off, 10 * apart(expected.double(), exact)
