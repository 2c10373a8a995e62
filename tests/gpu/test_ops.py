"""Every op's examples compute on a CUDA device what they compute on the CPU, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn

from archspec.ops.base import Example
from archspec.ops.registry import ALL
from tests.gpu.device import DEVICE, near
from tests.ops.calls import as_function, as_layer, batched, read

EXAMPLES = [example for kind in ALL.values() for example in kind.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=[" ".join([one.text, *map(str, one.inputs)]) for one in EXAMPLES])
def test_an_op(example: Example) -> None:
    torch.manual_seed(0)
    op = read(example.text)
    inputs = [batched(one) for one in example.inputs]
    layer, function = as_layer(op, example.inputs), as_function(op, example.inputs)
    if isinstance(layer, nn.Module):
        same(layer.eval(), deepcopy(layer).to(DEVICE), inputs)
    if function is not None:
        same(function, function, inputs)
    assert layer is not None or function is not None


def same(here: Callable[..., Any], there: Callable[..., Any], inputs: Sequence[torch.Tensor]) -> None:
    """Outputs and gradients on both devices, if the op is no game of chance; else only where its outputs lie."""
    expected, slopes = run(here, inputs)
    again, _ = run(here, inputs)
    found, found_slopes = run(there, [one.to(DEVICE) for one in inputs])
    assert all(one.device.type == DEVICE for one in found)
    assert [one.shape for one in found] == [one.shape for one in expected]
    if all(torch.equal(one, other) for one, other in zip(expected, again, strict=True)):
        for one, other in zip((*found, *found_slopes), (*expected, *slopes), strict=True):
            near(one, other)


def run(call: Callable[..., Any], inputs: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Outputs, and the slope of their sum at each input."""
    given = [one.detach().clone().requires_grad_(one.is_floating_point()) for one in inputs]
    # A function that works in place needs something that is no leaf.
    results = call(*[one * 1 if one.requires_grad else one for one in given])
    outputs = [*results] if isinstance(results, tuple | list) else [results]
    steep = [one for one in outputs if one.requires_grad]
    free = [one for one in given if one.requires_grad]
    slopes: Sequence[torch.Tensor | None] = ()
    if steep and free:
        slopes = torch.autograd.grad(torch.stack([one.double().sum() for one in steep]).sum(), free, allow_unused=True)
    return [one.detach() for one in outputs], [one for one in slopes if one is not None]
