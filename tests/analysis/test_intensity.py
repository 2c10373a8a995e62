"""Traffic by hand, and the roofline's two sides."""

from __future__ import annotations

import pytest

import archspec
from archspec.analysis.intensity import MACHINES, by_kind, roofline, seconds, waits_for_memory
from archspec.ops.conv import Conv
from archspec.ops.linear import Linear
from archspec.ops.merge import Mul
from archspec.ops.norm import BatchNorm
from archspec.ops.regularise import Dropout
from archspec.ops.shape import Flatten
from archspec.ops.tensor import Parameter
from archspec.program.verify import verify
from archspec.text.diagnostics import SpecError
from tests.analysis.test_memory import build, picture
from tests.program.build import program


def test_traffic_by_hand() -> None:
    made = build(
        ("conv", Conv(out=6, kernel=3, padding=1)),
        ("norm", BatchNorm()),
        ("flat", Flatten()),
        ("drop", Dropout()),
        ("fc", Linear(out=10)),
    )
    rows = roofline(made, batch=5, dtype="float16")
    image, maps, weights = 4 * 64, 6 * 64, 6 * 4 * 9 + 6
    assert [(row.layer, row.mads, row.bytes) for row in rows] == [
        ("conv", 5 * maps * 4 * 9, 2 * (5 * (image + maps) + weights)),
        ("norm", 0, 2 * (5 * 2 * maps + 4 * 6)),
        ("fc", 5 * maps * 10, 2 * (5 * (maps + 10) + maps * 10 + 10)),
    ]


def test_learned_tensors_are_read_once_a_batch() -> None:
    body = picture()
    scale = body.add("scale", Parameter(shape=(4, 1, 1)))
    square = body.add("square", Mul(), scale, scale)
    body.add("product", Mul(), body.x, square)
    square_row, product = roofline(verify(program(body.module())), batch=3)
    assert square_row.bytes == 4 * (4 + 4 + 4)
    assert product.bytes == 4 * (2 * 3 * 4 * 64 + 4)


@pytest.mark.parametrize("name", ["densenet121", "se_resnet50", "mobilenet_v1"])
def test_work_is_that_of_stats(name: str) -> None:
    architecture = archspec.load(name)
    rows = roofline(architecture.program, batch=7)
    assert sum(row.mads for row in rows) == 7 * architecture.stats().mads
    kinds = by_kind(rows, 20.0, 1.0)
    assert sum(kind.bytes for kind in kinds) == sum(row.bytes for row in rows)
    assert sum(kind.applied for kind in kinds) == len(rows)
    assert [kind.seconds for kind in kinds] == sorted([kind.seconds for kind in kinds], reverse=True)


def test_the_balance_parts_memory_from_arithmetic() -> None:
    machine = MACHINES["a100"]
    flops, bandwidth, balance = machine.flops["float32"], machine.bandwidth, machine.balance("float32")
    for row in roofline(archspec.load("mobilenet_v1").program):
        memory, arithmetic = row.bytes / bandwidth, 2 * row.mads / flops
        assert waits_for_memory(row, balance) == (memory > arithmetic)
        assert seconds(row, flops, bandwidth) == max(memory, arithmetic)


def test_depthwise_convolutions_wait_and_pointwise_ones_with_a_batch_do_not() -> None:
    rows = {row.layer: row for row in roofline(archspec.load("mobilenet_v1").program, batch=32)}
    balance = MACHINES["a100"].balance("float32")
    assert waits_for_memory(rows["blocks.1.1.conv_dw"], balance)
    assert not waits_for_memory(rows["blocks.1.1.conv_pw"], balance)


def test_linear_layers_gain_by_batches() -> None:
    program = archspec.load("vgg16").program
    one, many = (next(row for row in roofline(program, batch) if row.kind == "linear") for batch in (1, 256))
    assert one.intensity < 0.26
    assert many.intensity > 50


def test_too_many_ops_are_refused() -> None:
    with pytest.raises(SpecError, match="flat graph"):
        roofline(archspec.load("resnet18").program, limit=5)
