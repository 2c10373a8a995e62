"""What is left when units are dropped: by hand, by torch, and the laws of the paths that go."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import archspec
from archspec import ensemble
from archspec.analysis.cost import cost
from archspec.analysis.paths import count_paths, depth, path_figures
from archspec.architecture import Architecture
from archspec.ops.merge import Add
from archspec.passes.lesion import lesion
from archspec.program.model import Program
from archspec.program.weights import Weights
from archspec.text.diagnostics import SpecError
from tests.program import build
from tests.program.build import Body, Dense, Sum, program

WIDTH = 8


def residual(blocks: int) -> Program:
    """A toy residual network that adds with the op of the language."""
    made = build.residual(blocks, WIDTH)
    modules = {
        id: module._replace(
            nodes=tuple(node._replace(body=Add()) if isinstance(node.body, Sum) else node for node in module.nodes)
        )
        for id, module in made.modules.items()
    }
    return made._replace(modules=modules)


def keys(made: Program) -> set[str]:
    return {weight.key for weight in Weights(made).all()}


@pytest.mark.parametrize("unit", ["0", "3", "6"])
def test_a_branch_of_a_residual_wire_takes_half_of_the_paths_along(unit: str) -> None:
    whole = residual(7)
    left = lesion(whole, [f"blocks.{unit}"])
    assert count_paths(left) * 2 == count_paths(whole)
    assert depth(left) == depth(whole) - 2
    assert keys(whole) - keys(left) == {key for key in keys(whole) if key.startswith(f"blocks.{unit}.")}
    loop = left.modules[left.graph.nodes[1].body.module].loop  # type: ignore[union-attr]
    assert loop is not None
    assert loop.names == tuple(name for name in "0123456" if name != unit)


def test_units_are_dropped_one_after_the_other() -> None:
    whole = residual(5)
    both = lesion(whole, ["blocks.1", "blocks.3.fc1"])
    assert (count_paths(both), path_figures(both).mean) == (2**4, 2 + 7 * 0.5)
    assert keys(lesion(lesion(whole, ["blocks.3.fc1"]), ["blocks.1"])) == keys(both)
    assert count_paths(lesion(whole, [f"blocks.{number}" for number in range(5)])) == 1
    assert cost(whole).params - cost(both).params == 3 * (WIDTH + 1) * WIDTH


def test_only_the_copy_on_the_way_changes() -> None:
    whole = residual(4)
    left = lesion(whole, ["blocks.2.fc2"])
    bodies = [node.body for node in left.modules[left.graph.nodes[1].body.module].nodes]  # type: ignore[union-attr]
    assert bodies[0] == bodies[2] == bodies[6] == residual(4).modules["net.blocks"].nodes[0].body
    assert bodies[4] != bodies[0]
    assert set(residual(4).modules) - set(left.modules) == {"net.blocks", "net"}


def refusal(whole: Program, key: str) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(SpecError) as caught:
        lesion(whole, [key])
    (found,) = caught.value.diagnostics
    assert found.code == "A0604"
    return found.message, found.help


@pytest.mark.parametrize(
    ("name", "key", "message", "help"),
    [
        ("resnet18", "layr3.1", "nothing in `resnet18` has the key `layr3.1`", "did you mean `layer3.1`?"),
        ("resnet18", "layer3.2", "nothing in `layer3` has the key `2`", "there is `0`, `1`"),
        (
            "resnet18",
            "maxpool",
            "`maxpool` cannot be dropped: it takes [64, 112, 112] and gives [64, 56, 56]",
            "what is dropped must have one input of the shape of its output, or a shortcut around it",
        ),
        (
            "densenet121",
            "features.denseblock1.denselayer2",
            "`features.denseblock1.denselayer2` cannot be dropped: it takes [96, 56, 56] and gives [32, 56, 56]",
            "what is dropped must have one input of the shape of its output, or a shortcut around it",
        ),
    ],
)
def test_refusals(name: str, key: str, message: str, help: str) -> None:
    assert refusal(archspec.load(name).program, key) == (message, (help,))


def test_what_others_have_weights_of_stays() -> None:
    body = Body("net", image=4)
    first = body.add("a", Dense(out=4), body.x)
    body.add("b", Dense(out=4), first, ties={"weight": "a.weight"})
    made = program(body.module())
    assert refusal(made, "a") == ("`a` cannot be dropped: `b` has weights of it", ())
    assert keys(lesion(made, ["b"])) == {"a.weight", "a.bias", "a.calls"}


def test_every_application_of_a_shared_layer_goes() -> None:
    body = Body("net", image=4)
    value = body.add("a", Dense(out=4), body.x)
    value = body.add("b", Dense(out=4), value, key="a")
    body.add("sum", Sum(), value, body.x)
    left = lesion(program(body.module()), ["a"])
    assert [node.name for node in left.graph.nodes] == ["sum"]
    assert count_paths(left) == 2


def net_of(name: str, seed: int = 0) -> tuple[Architecture, nn.Module, torch.Tensor]:
    """A network whose norms have seen something, so that dropping one unit or another makes a difference."""
    made = archspec.load(name)
    network = made.compile(seed=seed).double()
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.3)  # type: ignore[union-attr,operator]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr,operator]
            module.weight.data.uniform_(0.5, 1.5)
    (port,) = made.program.graph.inputs
    return made, network.eval(), torch.randn(2, *port.type.shape, dtype=torch.float64)


def output(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = network(x)
        return found


@pytest.mark.parametrize(
    ("name", "unit"), [("resnet20_cifar", "layer2.1"), ("resnet20_cifar", "layer1.0"), ("resnet20_cifar", "bn1")]
)
def test_a_lesioned_network_is_the_one_with_an_identity_there(name: str, unit: str) -> None:
    made, network, x = net_of(name)
    hurt = ensemble.lesion(network, unit, architecture=made)
    by_hand = copy.deepcopy(network)
    parent, _, last = unit.rpartition(".")
    setattr(by_hand.get_submodule(parent), last, nn.Identity())
    assert torch.equal(output(hurt, x), output(by_hand, x))
    assert not torch.allclose(output(hurt, x), output(network, x))
    assert not any(key.startswith(f"{unit}.") for key in hurt.state_dict())
    assert not hurt.training


def test_a_unit_that_changes_the_shape_keeps_its_shortcut() -> None:
    made, network, x = net_of("preresnet164_cifar")
    unit = "stages.1.blocks.0"
    hurt = ensemble.lesion(network, unit, architecture=made)

    class Shortcut(nn.Module):
        def __init__(self, unit: nn.Module):
            super().__init__()
            self.unit = unit

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.unit.downsample(torch.relu(self.unit.norm1(x)))  # type: ignore[operator,no-any-return]

    by_hand = copy.deepcopy(network)
    setattr(by_hand.get_submodule("stages.1.blocks"), "0", Shortcut(by_hand.get_submodule(unit)))
    assert torch.equal(output(hurt, x), output(by_hand, x))


def test_a_residual_wire_loses_its_branch() -> None:
    made, network, x = net_of("slide_residual_ensemble")
    hurt = ensemble.lesion(network, "blocks.1", architecture=made)
    f = [network.get_submodule(f"blocks.{number}") for number in (0, 2)]
    with torch.inference_mode():
        first = x + f[0](x)
        assert torch.equal(hurt(x), first + f[1](first))


def test_units_that_change_places_are_the_same_weights_elsewhere() -> None:
    made, network, x = net_of("resnet20_cifar")
    mixed = ensemble.shuffle(network, architecture=made, swaps=1, seed=1, groups=[["layer2.1", "layer2.2"]])
    by_hand = copy.deepcopy(network)
    stage = by_hand.get_submodule("layer2")
    one, two = stage.get_submodule("1"), stage.get_submodule("2")
    setattr(stage, "1", two)
    setattr(stage, "2", one)
    assert torch.equal(output(mixed, x), output(by_hand, x))
    assert not torch.allclose(output(mixed, x), output(network, x))
    again = ensemble.shuffle(mixed, architecture=made, swaps=1, seed=1, groups=[["layer2.1", "layer2.2"]])
    assert torch.equal(output(again, x), output(network, x))


def test_shuffling_is_reproducible_and_keeps_every_tensor() -> None:
    made, network, _ = net_of("resnet20_cifar")
    one, two = (ensemble.shuffle(network, architecture=made, seed=3).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    before = network.state_dict()

    def sums(state: dict[str, torch.Tensor]) -> list[float]:
        return sorted(tensor.double().sum().item() for tensor in state.values())

    assert sums(one) == sums(before)
    assert any(not torch.equal(one[key], before[key]) for key in one)


def test_what_cannot_be_shuffled_is_said() -> None:
    made, network, _ = net_of("resnet20_cifar")
    with pytest.raises(ValueError, match=r"not interchangeable: layer1\.0, layer2\.1"):
        ensemble.shuffle(network, architecture=made, groups=[["layer1.0", "layer2.1"]])
    with pytest.raises(ValueError, match="was not compiled from `lenet5_modern`"):
        ensemble.lesion(network, "2", architecture=archspec.load("lenet5_modern"))
    with pytest.raises(ValueError, match="no two units"):
        ensemble.shuffle(network, architecture=archspec.load("lenet5_modern"))
