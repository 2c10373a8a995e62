"""Stages one after the other are the network, wherever it is cut; and the plan cuts it evenly."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec.analysis.cuts import Cuts
from archspec.analysis.plan import _Search
from archspec.program.model import Program
from archspec.program.weights import Weights
from archspec.stages import architectures, parts, plan
from tests.passes.same import build, random_state, tensors
from tests.strategies import specs
from tests.torch_versions import TRAINS_SHUFFLES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spec")


def load(folder: Path, text: str) -> Program:
    file = folder / "network.yaml"
    file.write_text(text, "utf-8")
    return archspec.load(file).program


def hold(program: Program, stages: list[Program]) -> None:
    """The stages have each weight of the network once, and compute to the bit what it does, and its gradients."""
    whole = build(program)
    state = random_state(whole)
    keys = [weight.key for stage in stages for weight in Weights(stage).all()]
    assert sorted(keys) == sorted(state)
    made = [build(stage) for stage in stages]
    for stage in made:
        stage.load_state_dict({key: state[key] for key in stage.state_dict()})
    generator = torch.Generator().manual_seed(1)
    image = [torch.randn(2, *port.type.shape, generator=generator).double() for port in program.graph.inputs]
    for one in image:
        one.requires_grad_()
    expected = tensors(whole(*image))
    values: Any = image
    for stage in made:
        # As in a pipeline, what a stage is given is a leaf of its own.
        leaves = [value.detach().requires_grad_() for value in values]
        values = tensors(stage(*leaves))
        assert all(value.is_contiguous() for value in values) or stage is made[-1]
    assert len(values) == len(expected)
    for one, other in zip(values, expected, strict=True):
        assert torch.equal(one.nan_to_num(), other.nan_to_num())
    sum(value.sum() for value in chained(made, image)).backward()
    sum(value.sum() for value in expected).backward()
    gradients = {name: weight.grad for name, weight in whole.named_parameters()}
    for stage in made:
        for name, weight in stage.named_parameters():
            same(weight.grad, gradients[name])


def chained(stages: list[torch.nn.Module], values: list[torch.Tensor]) -> list[torch.Tensor]:
    for stage in stages:
        values = tensors(stage(*values))
    return values


def same(one: torch.Tensor | None, other: torch.Tensor | None) -> None:
    if one is None or other is None:
        assert one is None or not one.any()
        assert other is None or not other.any()
    else:
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)


@TRAINS_SHUFFLES
@settings(max_examples=60)
@given(text=specs(), data=st.data())
def test_stages_of_random_networks_are_the_network(folder: Path, text: str, data: st.DataObject) -> None:
    program = load(folder, text)
    cuts = Cuts(program)
    places = sorted(data.draw(st.sets(st.sampled_from(cuts.free), max_size=3))) if cuts.free else []
    stages = parts(program, [cuts.path(place) for place in places])
    for place, stage in zip(places, stages[1:], strict=True):
        ports = [port.type for port in stage.graph.inputs]
        assert sum(type.elements for type in ports) == cuts.elements[place]
        assert sorted(ports) == sorted(value.type for value in cuts.crossing(place))
    hold(program, stages)


@pytest.mark.parametrize("name", ["lenet5_modern", "highway10_mnist", "slide_se_inception"])
def test_a_network_can_be_cut_at_every_place_at_once(name: str) -> None:
    program = archspec.load(name).program
    cuts = Cuts(program)
    stages = parts(program, [cuts.path(place) for place in cuts.free])
    assert len(stages) == len(cuts.free) + 1
    hold(program, stages)


def test_what_is_applied_twice_stays_on_one_device(folder: Path) -> None:
    text = """\
archspec: 1
name: twice
inputs: {x: [4, 8, 8]}
graph:
  - before: relu
  - twice:
      shared: {layer: "conv(4, 3, padding=half)"}
      steps: [layer, relu, layer]
  - after: relu
"""
    program = load(folder, text)
    cuts = Cuts(program)
    hold(program, parts(program, [cuts.path(place) for place in cuts.free]))
    assert [cuts.name(place, len(cuts)) for place in cuts.free] == ["twice", "after"]
    assert {held.why for held in cuts.held} == {"`twice.layer.weight` is shared", "`twice.layer.bias` is shared"}


def test_tied_weights_stay_on_one_device(folder: Path) -> None:
    text = """\
archspec: 1
name: tied
inputs: {x: [4]}
graph:
  - before: linear(4)
  - one: linear(4)
  - relu
  - two: {op: linear, out: 4, tie: {weight: one.weight}}
  - after: linear(4)
"""
    program = load(folder, text)
    cuts = Cuts(program)
    hold(program, parts(program, [cuts.path(place) for place in cuts.free]))
    assert [cuts.name(place, len(cuts)) for place in cuts.free] == ["one", "after"]
    assert [held.why for held in cuts.held] == ["`two.weight` is `one.weight`"]


def test_numbers_that_are_no_batch_are_not_sent(folder: Path) -> None:
    text = """\
archspec: 1
name: learned
inputs: {x: [4, 8, 8]}
graph:
  - before: relu
  - scale: parameter([4, 1, 1])
  - middle: relu(before)
  - middle * scale
  - after: relu
"""
    program = load(folder, text)
    cuts = Cuts(program)
    hold(program, parts(program, [cuts.path(place) for place in cuts.free]))
    assert [cuts.name(place, len(cuts)) for place in cuts.free] == ["scale", "after"]
    assert [held.why for held in cuts.held] == ["`scale` is no batch"]


def test_heads_are_on_the_last_device() -> None:
    stages = archspec.compile("googlenet_torchvision_aux", stages=3, seed=0)
    whole = archspec.compile("googlenet_torchvision_aux", seed=0)
    assert [any(key.startswith("aux") for key in stage.state_dict()) for stage in stages] == [False, False, True]
    image = torch.randn(2, 3, 224, 224)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        found = stages[2](*tensors(stages[1](*tensors(stages[0](image)))))
        torch.manual_seed(3)
        expected = whole(image)
    assert list(found) == list(expected) == ["output", "aux1", "aux2"]
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_seed_gives_the_stages_the_weights_of_the_whole() -> None:
    whole = archspec.compile("resnet20_cifar", seed=5).state_dict()
    before = torch.random.get_rng_state()
    stages = archspec.compile("resnet20_cifar", seed=5, stages=4)
    assert torch.equal(torch.random.get_rng_state(), before)
    held = {key: value for stage in stages for key, value in stage.state_dict().items()}
    assert held.keys() == whole.keys()
    assert all(torch.equal(held[key], whole[key]) for key in whole)
    assert [type(stage).__name__ for stage in stages] == [f"ResNet20ForCIFAR10Stage{number}" for number in (1, 2, 3, 4)]


def test_stages_of_an_optimised_network_are_optimised() -> None:
    stages = archspec.compile("resnet20_cifar", seed=5, stages=2, optimize="inference")
    whole = archspec.compile("resnet20_cifar", seed=5, optimize="inference")
    image = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(stages[1](*tensors(stages[0](image))), whole(image))
    assert not any(stage.training for stage in stages)
    assert not any("bn" in key for stage in stages for key in stage.state_dict())


def test_a_stage_of_several_inputs_takes_any_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole cuts a batch in portions; a part whose inputs belong together must not."""
    monkeypatch.setattr("archspec.passes.portion.CACHE", 2**20)
    stages = archspec.compile("resnet20_cifar", seed=5, stages=2, optimize="inference")
    whole = archspec.compile("resnet20_cifar", seed=5, optimize="inference")
    images = torch.randn(9, 3, 32, 32)
    with torch.inference_mode():
        between = tensors(stages[0](images))
        assert len(between) == 2
        torch.testing.assert_close(stages[1](*between), whole(images), rtol=1e-4, atol=1e-5)


def test_stages_by_a_plan_of_ones_own() -> None:
    found = plan(archspec.load("lenet5_modern").program, 2, by="memory")
    assert [stage.first for stage in found.stages] == ["C1", "7"]
    stages = archspec.compile("lenet5_modern", seed=0, stages=found)
    assert [next(iter(stage.state_dict())) for stage in stages] == ["C1.weight", "F6.weight"]
    with pytest.raises(ValueError, match="the plan is that of another network"):
        archspec.compile("lenet5", stages=found)


def test_too_many_stages() -> None:
    with pytest.raises(ValueError, match="can be cut at 17 places, which makes fewer than 19 stages"):
        plan(archspec.load("lenet5").program, 19)
    with pytest.raises(ValueError, match="stages are modules of torch, not of `onnxruntime`"):
        archspec.compile("lenet5", stages=2, engine="onnxruntime")


# the plan

FEW = {
    # what one op or an indivisible few of them keep from being even, by how much for two devices
    "alexnet_bn": 0.14, "alexnet_torchvision": 0.14, "lenet5": 0.28, "lenet5_modern": 0.44, "lenet5_sigmoid": 0.44,
    "nin_cifar10": 0.45,
}  # fmt: skip


@pytest.mark.parametrize("devices", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_every_network_of_the_library_is_shared_out(devices: int) -> None:
    uneven = {}
    for name in archspec.library():
        architecture = archspec.load(name)
        whole = architecture.stats()
        try:
            found = plan(architecture.program, devices)
        except ValueError:
            assert name.startswith("slide_")
            continue
        assert len(found.stages) == devices
        assert sum(stage.counted.params for stage in found.stages) == whole.params
        assert sum(stage.counted.mads for stage in found.stages) == whole.mads
        if found.excess > 0.1 and not name.startswith("slide_"):
            uneven[name] = found.excess
            assert found.block is not None
            assert found.block.share * devices > found.excess
    if devices > 2:
        return
    assert uneven.keys() == FEW.keys()
    assert all(uneven[name] <= FEW[name] for name in FEW)


@given(
    ops=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 4)), min_size=1, max_size=8),
    stages=st.integers(1, 4),
    slack=st.sampled_from([0.0, 0.05, 0.3]),
)
def test_the_cuts_are_the_best_of_all(ops: list[tuple[int, int, int]], stages: int, slack: float) -> None:
    end = len(ops)
    if stages > end:
        return
    main = [*itertools.accumulate((one for one, _, _ in ops), initial=0)]
    side = [*itertools.accumulate((one for _, one, _ in ops), initial=0)]
    sent = [0, *(one for _, _, one in ops[1:]), 0]

    def score(cuts: tuple[int, ...]) -> tuple[int, int, int]:
        ends = [*itertools.pairwise((0, *cuts, end))]
        largest = [max(load[b] - load[a] for a, b in ends) for load in (main, side)]
        return sum(sent[cut] for cut in cuts), largest[0], largest[1]

    scores = [score(cuts) for cuts in itertools.combinations(range(1, end), stages - 1)]
    even = -(-main[-1] // stages)
    bound = max(min(largest for _, largest, _ in scores), even + int(even * slack + 1e-9))
    best = min(one for one in scores if one[1] <= bound)
    assert score(tuple(_Search(main, side, sent, stages).best(slack))) == best


def test_a_stage_reads_like_the_network() -> None:
    second = architectures(archspec.load("vgg11"), 2)[1].python()
    assert (
        """\
class FeaturesTail(nn.Sequential):
    def __init__(self):
        super().__init__()
        self.add_module("11", nn.Conv2d(256, 512, 3, padding=1))
        self.add_module("12", nn.ReLU(inplace=True))
"""
        in second
    )
    assert second.endswith("        return self.classifier(x)\n")
    first = architectures(archspec.load("densenet121"), 2)[0].python()
    assert first.endswith("        return self.features(x).contiguous()\n")
