"""Every network of the library computes the same after the default set, at its own size, with weights of no pattern."""

from __future__ import annotations

import pytest
import torch

import archspec
from archspec.ops.norm import BatchNorm
from archspec.passes.table import optimise
from archspec.program.flatten import flatten
from tests.passes.same import build, random_state, tensors
from tests.zoo.oracle import off

QUICK = {
    "densenet_bc_100_12_cifar": "norms before convolutions, dense loops, transitions",
    "diracnet34_2_cifar": "skips inside weights",
    "googlenet_torchvision_aux": "training-only heads",
    "highway10_mnist": "gates",
    "mobilenet_v1": "depthwise convolutions",
    "nasnet_a_mobile": "norms behind calls, and behind crops",
    "nin_bn": "a plain chain",
    "resnet110_sd_cifar": "stochastic depth",
    "resnet20_cifar": "residual loops",
    "slide_resnext_a": "paths that are added",
    "slide_resnext_b": "paths that are concatenated",
}


@pytest.mark.parametrize(
    "id", [id if id in QUICK else pytest.param(id, marks=pytest.mark.slow) for id in archspec.library()]
)
def test_the_default_set_keeps_what_a_network_computes(id: str) -> None:
    program = archspec.load(id).program
    rewritten = optimise(program)
    with torch.device("meta"):
        plain = build(program).float()
    plain = plain.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(1)
    inputs = [torch.randn(2, *port.type.shape, generator=generator) for port in program.graph.inputs]
    random_state(plain, seed=4)  # of one that leaves no network all zeros behind its last relu
    settle(plain, inputs)
    made = build(rewritten.program).float()
    made.load_state_dict(rewritten.convert(plain.state_dict()))
    with torch.inference_mode():
        made(*(x.flip(0).mul_(0.5) for x in inputs))  # from now on its calls are made from a tape
        expected, found = tensors(plain(*inputs)), tensors(made(*inputs))
    assert [one.shape for one in found] == [one.shape for one in expected]
    if all(off(one, other) < 1e-5 for one, other in zip(found, expected, strict=True)):
        assert all(one.std() > 0 for one in expected)
        return
    # A deep plain network makes much of rounding. Then what it computes itself in float32 is as far from the truth.
    with torch.inference_mode():
        truth = tensors(plain.double()(*(x.double() for x in inputs)))
    for one, other, true in zip(found, expected, truth, strict=True):
        assert off(one.double(), true) < 10 * off(other.double(), true)


@torch.no_grad()
def settle(network: torch.nn.Module, inputs: list[torch.Tensor]) -> None:
    """Let the norms' statistics be those of the input: else values grow from layer to layer, until rounding is all
    that gates and exponentials show."""
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    network.train()(*inputs)
    network.eval()


@pytest.mark.parametrize(
    ("id", "norms"),
    [("resnet50", 0), ("densenet121", 1), ("mobilenet_v1", 0), ("nasnet_a_mobile", 4), ("resnext50_32x4d_a", 0)],
)
def test_norms_that_are_left(id: str, norms: int) -> None:
    """All of them where a convolution stands before each; in DenseNet all but the last become clamps."""
    nodes = flatten(optimise(archspec.load(id).program).program).nodes
    assert sum(isinstance(node.op, BatchNorm) for node in nodes) == norms


def test_the_forms_of_resnext_become_one() -> None:
    """Fig. 3 of the paper: with 32 paths drawn as such, or with groups, the network is the same, node by node."""

    def nodes(id: str) -> list[tuple[object, object]]:
        return [(node.op, node.args) for node in flatten(optimise(archspec.load(id).program).program).nodes]

    grouped = nodes("resnext50_32x4d")
    assert nodes("resnext50_32x4d_a") == grouped
    assert nodes("resnext50_32x4d_b") == grouped


def test_diracnets_become_the_chains_that_the_library_has() -> None:
    folded = archspec.load("diracnet18_folded").program
    found, expected = (
        [(node.op.op, node.types, node.args) for node in flatten(optimise(program).program).nodes]
        for program in (archspec.load("diracnet18").program, folded)
    )
    assert found == expected
