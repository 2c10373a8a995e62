"""A convolution with the skip inside its weight computes the paper's formula, and folds into an ordinary one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archspec.ops.base import Tensor
from archspec.ops.dirac import DiracConv
from tests.ops.calls import as_layer


@pytest.mark.parametrize(("channels", "out"), [(4, 4), (3, 6), (6, 3)])
def test_dirac_conv_adds_the_input_to_normalised_filters(channels: int, out: int) -> None:
    torch.manual_seed(0)
    layer = as_layer(DiracConv(out=out, kernel=3, padding=1), (Tensor((channels, 8, 8)),))
    assert isinstance(layer, nn.Conv2d)
    alpha, beta = (torch.rand(out) for _ in range(2))
    layer.load_state_dict({**layer.state_dict(), "alpha": alpha, "beta": beta})
    x = torch.randn(2, channels, 8, 8)
    filters = torch.stack([one / one.norm() for one in layer.weight])
    expected = nn.functional.conv2d(x, filters, padding=1) * beta.view(-1, 1, 1)
    same = min(channels, out)
    expected[:, :same] += alpha[:same].view(-1, 1, 1) * x[:, :same]
    assert layer.bias is not None
    torch.testing.assert_close(layer(x), expected + layer.bias.view(-1, 1, 1))


def test_a_new_dirac_conv_is_the_identity_and_a_tenth_of_unit_filters() -> None:
    layer = as_layer(DiracConv(out=4, kernel=3, padding=1, bias=False), (Tensor((4, 8, 8)),))
    assert isinstance(layer, nn.Conv2d)
    state = layer.state_dict()
    assert sorted(state) == ["alpha", "beta", "weight"]
    torch.testing.assert_close(state["alpha"], torch.ones(4))
    torch.testing.assert_close(state["beta"], torch.full((4,), 0.1))
    layer(torch.randn(1, 4, 8, 8)).sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
