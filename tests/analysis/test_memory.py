"""Memory is what torch really allocates: for a dozen networks of the library (for all of them in the slow run)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import archspec
from archspec.analysis.memory import Dtype, lifetimes, memory
from archspec.analysis.memory_table import alive_at_peak, by_layer, by_module
from archspec.ops.activation import Relu, Relu6, Sigmoid
from archspec.ops.base import Op, Tensor
from archspec.ops.conv import Conv
from archspec.ops.linear import Linear
from archspec.ops.merge import Add, Concat, Mul
from archspec.ops.norm import BatchNorm
from archspec.ops.regularise import Dropout
from archspec.ops.shape import Flatten
from archspec.ops.tensor import Parameter
from archspec.program.model import Port, Program
from archspec.program.verify import verify
from archspec.text.diagnostics import SpecError
from archspec.text.limits import Limits
from tests.analysis.allocations import inference_peak, saved_for_backward, weights
from tests.program.build import Body, program

NETWORKS = [
    "alexnet",
    "bn_inception",
    "densenet121",
    "googlenet_aux",
    "inception_v3",
    "mobilenet_v1",
    "preresnet50",
    "resnet50",
    "resnext50_32x4d",
    "se_resnet50",
    "vgg11",
    "vgg16_bn",
    "wrn28_10_cifar",
]
ORDER = {"ror3_110_cifar", "ror3_wrn58_4_cifar"}
"""specs that name a shortcut before the branch it is added to: PyTorch's forward computes it after"""


def hold(name: str, batch: int = 2, dtype: Dtype = "float32", peak: float = 0.05) -> None:
    architecture = archspec.load(name)
    said = memory(architecture.program, batch, dtype)
    with torch.device("meta"):
        network = architecture.compile().to(getattr(torch, dtype))
    kinds = {"float32": getattr(torch, dtype)}
    inputs = [
        torch.empty(batch, *port.type.shape, dtype=kinds.get(port.type.dtype), device="meta")
        for port in architecture.program.graph.inputs
    ]
    held = {id(one): one.untyped_storage().nbytes() for one in weights(network)}
    assert said.weights == sum(held.values())
    assert said.gradients == sum(held[id(one)] for one in network.parameters())
    assert said.activations_peak == pytest.approx(inference_peak(network, *inputs), rel=peak)
    assert said.training == pytest.approx(saved_for_backward(network, *inputs), rel=0.005)


@pytest.mark.parametrize("name", NETWORKS)
def test_memory_is_what_torch_allocates(name: str) -> None:
    """Far closer than 5 %: what is left are statistics that a norm makes on the meta device."""
    hold(name, peak=0.0005)


@pytest.mark.parametrize(("batch", "dtype"), [(1, "float32"), (5, "float16"), (3, "bfloat16")])
def test_memory_follows_batch_and_dtype(batch: int, dtype: Dtype) -> None:
    hold("densenet40_12_cifar", batch, dtype, peak=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in archspec.library() if name not in {*NETWORKS, *ORDER}])
def test_memory_of_the_whole_library(name: str) -> None:
    hold(name)


def test_densenet_by_hand() -> None:
    """At the peak: the input, the block's input (its caller holds it), what the last layer reads, that normalised
    (the relu writes over it), and its convolution."""
    found = memory(archspec.load("densenet121").program)
    value = 56 * 56 * 4
    assert found.activations_peak == 3 * 224 * 224 * 4 + (64 + 224 + 224 + 128) * value
    assert found.peak_at == "features.denseblock1.denselayer6.conv1"


def dense_copies(layers: int, growth: int, channels: int) -> int:
    """Channels in the concatenations of a dense block: they grow with the square of its layers."""
    return sum(channels + growth * (layer + 1) for layer in range(layers))


def test_copies_of_concatenations_are_quadratic() -> None:
    found = memory(archspec.load("densenet121").program)
    blocks = [(6, 64, 56), (12, 128, 28), (24, 256, 14), (16, 512, 7)]
    assert found.copies == sum(dense_copies(n, 32, channels) * size**2 * 4 for n, channels, size in blocks)


def picture() -> Body:
    """A network under construction that reads 4 channels of 8 by 8."""
    body = Body("net")
    body.ports = [Port("image", Tensor((4, 8, 8)))]
    return body


def build(*steps: tuple[str, Op]) -> Program:
    body = picture()
    value = body.x
    for name, op in steps:
        value = body.add(name, op, value)
    return verify(program(body.module()))


MAP = 8 * 8 * 4
"""bytes of one channel"""


def test_a_chain_holds_what_it_reads_and_what_it_writes() -> None:
    made = build(("conv", Conv(out=6, kernel=3, padding=1)), ("act", Sigmoid()))
    found = memory(made)
    assert found.activations_peak == (4 + 6 + 6) * MAP
    assert found.peak_at == "act"
    assert found.training == (4 + 6) * MAP


def test_relu_writes_over_what_nobody_else_reads() -> None:
    body = picture()
    conv = body.add("conv", Conv(out=6, kernel=3, padding=1), body.x)
    body.add("sum", Add(), body.add("act", Relu(), conv), conv)
    twice = memory(program(body.module()))
    once = memory(build(("conv", Conv(out=6, kernel=3, padding=1)), ("act", Relu())))
    assert (once.activations_peak, twice.activations_peak) == ((4 + 6) * MAP, (4 + 6 + 6 + 6) * MAP)
    assert once.training == twice.training == (4 + 6) * MAP


def test_what_needs_its_input_cannot_be_written_over_in_training() -> None:
    found = memory(build(("conv", Conv(out=6, kernel=3, padding=1)), ("act", Relu6()), ("next", Conv(out=2))))
    assert found.activations_peak == (4 + 6 + 2) * MAP
    assert found.training == (4 + 6 + 6) * MAP


def test_views_share_and_dropout_is_nothing_in_inference() -> None:
    made = build(("conv", Conv(out=6)), ("flat", Flatten()), ("drop", Dropout()), ("fc", Linear(out=5)))
    found = memory(made)
    assert found.activations_peak == (4 + 6) * MAP + 5 * 4
    assert found.training == (4 + 6 + 6) * MAP


def test_statistics_and_learned_tensors_have_no_batch() -> None:
    body = picture()
    norm = body.add("norm", BatchNorm(), body.x)
    scale = body.add("scale", Parameter(shape=(4, 1, 1)))
    square = body.add("square", Mul(), scale, scale)
    body.add("product", Mul(), norm, square)
    found = memory(verify(program(body.module())), batch=10)
    assert found.training == 10 * (4 + 4) * MAP + (4 + 4) * 4 + 4 * 4
    assert found.activations_peak == 10 * (4 + 4 + 4) * MAP + 4 * 4


def test_what_no_weight_stands_behind_has_no_gradient_and_is_not_kept() -> None:
    """A norm without weights of the image and its sum with it: nothing is kept before the first convolution."""
    body = picture()
    norm = body.add("norm", BatchNorm(affine=False), body.x)
    both = body.add("sum", Add(), norm, body.x)
    act = body.add("act", Sigmoid(), both)
    body.add("conv", Conv(out=6), act)
    assert memory(program(body.module())).training == 4 * MAP


def test_concatenations_are_copies() -> None:
    body = picture()
    left = body.add("left", Conv(out=6), body.x)
    body.add("out", Conv(out=1), body.add("cat", Concat(), body.x, left))
    found = memory(program(body.module()))
    assert (found.training, found.copies) == ((4 + 10) * MAP, 10 * MAP)
    assert found.activations_peak == (4 + 6 + 10) * MAP


@pytest.mark.parametrize("name", ["densenet121", "googlenet_aux", "dpn68", "nasnet_a_mobile"])
def test_rows_add_up(name: str) -> None:
    lives = lifetimes(archspec.load(name).program, 3)
    layers = by_layer(lives)
    inside = sum(row["kept"] for row in by_module(lives, 1))
    assert inside == sum(row["kept"] for row in layers)
    assert 0 <= lives.kept - inside <= lives.given
    assert max(row["alive"] for row in layers) == lives.peak
    assert sum(row["bytes"] for row in alive_at_peak(lives)) == lives.peak


def deep(blocks: int) -> str:
    return f"""\
archspec: 1
name: deep
inputs: {{image: [16, 8, 8]}}
modules:
  block:
    steps:
      - conv(16, 3, padding=1)
      - batch_norm
      - relu
graph:
  - conv(16, 3, padding=1)
  - blocks: {{repeat: block, times: {blocks}, wire: residual}}
  - global_avg_pool
  - linear(10)
"""


def test_a_very_deep_network_takes_a_moment(tmp_path: Path) -> None:
    """Each distinct module is walked once: kept bytes are linear in the blocks, the peak does not grow."""
    found = []
    for blocks in (10, 100_000):
        file = tmp_path / f"deep{blocks}.yaml"
        file.write_text(deep(blocks), "utf-8")
        made = archspec.load(file, limits=Limits(nodes=10**6, operations=10**8)).program
        lives = lifetimes(made)
        found.append((lives.peak, lives.kept))
    (small, few), (large, many) = found
    assert small == large
    assert many - few == (100_000 - 10) * ((16 + 16 + 16) * 8 * 8 * 4 + 2 * 16 * 4)


def test_too_many_layers_are_refused() -> None:
    made = build(*((f"a{number}", Conv(out=4)) for number in range(5)))
    assert len(by_layer(lifetimes(made), limit=5)) == 5
    with pytest.raises(SpecError, match="flat graph"):
        by_layer(lifetimes(made), limit=4)
