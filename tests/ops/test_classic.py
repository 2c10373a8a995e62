"""LeNet-5's layers: what they refuse, and what they compute."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archspec.backends.pytorch.rules import lower
from archspec.ops.base import OpError, Tensor
from archspec.ops.classic import Rbf, TableConv
from tests.ops.calls import as_layer, read

IMAGE = Tensor((4, 6, 6))


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("table_conv([[0, 4]], 3)", IMAGE, "row 0 of the table reads channel 4 of an input that has 4"),
        ("table_conv([[0], [2, 2]], 3)", IMAGE, "row 1 of the table reads a channel twice"),
        ("table_conv([[0]], 7)", IMAGE, "a kernel of 7 does not fit an input of size 6"),
        ("table_conv([[0]], [3, 3, 3])", IMAGE, "kernel has 3 entries, but the input has 2 spatial axes"),
        ("table_conv([[0]], 3)", Tensor((4, 6)), "`table_conv` takes an input of 3 axes, not 2"),
        ('rbf(["##. ..#", "#.."])', Tensor((6,)), "line 1 holds 1 bitmaps, line 0 holds 2"),
        ('rbf(["##. ..", "#.. .#"])', Tensor((6,)), "the bitmaps are 3 wide, but not all are so in line 0"),
        ('rbf(["##.", "#.."])', Tensor((5,)), "the bitmaps have 3 x 2 = 6 values, but the input has 5"),
        ('rbf(["##."])', Tensor(()), "`rbf` takes an input of at least 1 axis, not 0"),
    ],
)
def test_refusals(text: str, inputs: Tensor, message: str) -> None:
    with pytest.raises(OpError) as error:
        read(text).infer(inputs)
    assert error.value.message == message


@pytest.mark.parametrize("table", [[], [[]], [[0], [-1]], [[True]], 3, [["0"]]])
def test_a_table_is_lists_of_channels(table: object) -> None:
    with pytest.raises(ValueError, match="table must be a list of lists of channels, one for each output map"):
        TableConv.model_validate({"table": _tuples(table), "kernel": 3})


@pytest.mark.parametrize("bitmaps", [[], [""], ["  "], ["#.x"], ["#\t."], ["#\n."], [1], "#.#"])
def test_a_picture_is_lines_of_three_characters(bitmaps: object) -> None:
    with pytest.raises(ValueError, match="bitmaps must be a list of lines of text"):
        Rbf.model_validate({"bitmaps": _tuples(bitmaps)})


def test_a_dense_table_is_a_convolution() -> None:
    table = as_layer(read("table_conv([[0, 1, 2, 3], [0, 1, 2, 3]], 3)"), (IMAGE,))
    assert isinstance(table, nn.Module)
    dense = nn.Conv2d(4, 2, 3)
    state = table.state_dict()
    with torch.no_grad():
        dense.weight.copy_(torch.cat([state["maps.0.weight"], state["maps.1.weight"]]))
        dense.bias.copy_(torch.cat([state["maps.0.bias"], state["maps.1.bias"]]))  # type: ignore[union-attr]
    x = torch.randn(2, 4, 6, 6)
    torch.testing.assert_close(table(x), dense(x))


def test_a_map_reads_nothing_but_its_row() -> None:
    layer = as_layer(read("table_conv([[0, 2], [3]], 3)"), (IMAGE,))
    assert isinstance(layer, nn.Module)
    x = torch.randn(1, 4, 6, 6, requires_grad=True)
    y = layer(x)
    for number, row in enumerate(([0, 2], [3])):
        (gradient,) = torch.autograd.grad(y[:, number].sum(), x, retain_graph=True)
        assert [channel for channel in range(4) if gradient[:, channel].any()] == row


def test_distances_to_bitmaps_read_line_by_line() -> None:
    layer = as_layer(read('rbf(["#.. ###", "..# .#."])'), (Tensor((6,)),))
    assert isinstance(layer, nn.Module)
    weight = torch.tensor([[1.0, -1, -1, -1, -1, 1], [1, 1, 1, -1, 1, -1]])
    assert torch.equal(layer.state_dict()["weight"], weight)
    x = torch.randn(3, 6)
    torch.testing.assert_close(layer(x), torch.cdist(x, weight).square(), rtol=1e-4, atol=1e-4)
    assert torch.equal(layer(weight).diagonal(), torch.zeros(2))


def test_a_picture_reaches_source_as_numbers() -> None:
    layer = lower(read('rbf(["#.. ###", "..# .#."])'), (Tensor((6,)),)).layer
    assert layer is not None
    assert layer.render() == "RBF(((4, 1), (7, 2)), width=3)"


def _tuples(value: object) -> object:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
