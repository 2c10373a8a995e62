"""What passes leave alone, what they refuse, and how weights follow."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
import torch

import archspec
from archspec.analysis.receptive_field import receptive_field
from archspec.passes.architecture import REWRITES, rewrite
from archspec.passes.example import network
from archspec.passes.fold_norm import fold_norm
from archspec.passes.rewrite import Old, Recipes, Rewritten, Stage
from archspec.passes.table import PASSES, SETS, members, optimise
from archspec.program.flatten import flatten
from archspec.program.listing import listing
from archspec.program.weights import Weights
from tests.passes.same import build, hold, random_state


def ops(*steps: str, shape: str = "[8, 12, 12]", backend: str = "onnx") -> list[str]:
    """Names of the ops that the default set leaves of these steps; it computes what they do."""
    program = network(shape, *steps)
    rewritten = optimise(program, backend=backend)
    hold(program, rewritten)
    return [node.op.op for node in flatten(rewritten.program).nodes]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (["conv(4, 3)", "batch_norm"], ["conv"]),
        (["conv(4, 3)", "batch_norm", "multiply(0.5)", "scale(bias=true)", "bias"], ["conv"]),
        (["conv(4, 3)", "relu", "batch_norm"], ["conv", "relu", "batch_norm"]),
        (["conv(4, 3)", "batch_norm(track=false)"], ["conv", "batch_norm"]),
        (["c: conv(4, 3)", "batch_norm", "it + c"], ["conv", "batch_norm", "add"]),
        (["batch_norm", "conv(4, 3, padding=1)"], ["batch_norm", "conv"]),
        (["batch_norm", "conv(4, 3, padding=1, padding_mode=reflect)"], ["conv"]),
        (["scale", "conv(4, 3, padding=1)"], ["conv"]),
        (["a: batch_norm", "b: conv(4)", "c: conv(4)(a)", "b + c"], ["conv", "conv", "add"]),
        (["a: batch_norm", "b: conv(8)", "a + b"], ["batch_norm", "conv", "add"]),
        (["conv(4)", "crop(margins=1)", "batch_norm"], ["conv", "crop"]),
        (["conv(4)", "flatten", "linear(4)", "batch_norm"], ["conv", "flatten", "linear"]),
        (["a: [relu, conv(4)]", "b: [batch_norm, relu]"], ["relu", "conv", "relu"]),
        (["dirac_conv(8, 3)", "batch_norm"], ["conv"]),
        (["conv(4)", "avg_pool(2, 2, padding=1)"], ["conv", "avg_pool"]),
        (["conv(4)", "avg_pool(2, 2, padding=1, count_include_pad=false)"], ["avg_pool", "conv"]),
        (["conv(4, 3)", "avg_pool(2)"], ["conv", "avg_pool"]),
        (["a: relu", "concat(a, x)", "avg_pool(2)"], ["relu", "concat", "avg_pool"]),
        (["drop_path(0.5, scale=inference)", "dropout"], ["multiply"]),
    ],
    ids=" > ".join,
)
def test_what_a_chain_becomes(steps: list[str], left: list[str]) -> None:
    assert ops(*steps) == left


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (["batch_norm", "relu", "conv(4)"], ["clamp_channels", "fused_conv"]),
        (["batch_norm", "relu6", "conv(4)"], ["clamp_channels", "fused_conv"]),
        (["batch_norm", "relu", "conv(4, 3, padding=1)"], ["scaled_batch_norm", "relu", "fused_conv"]),
        (["batch_norm", "elu", "conv(4)"], ["scaled_batch_norm", "elu", "fused_conv"]),
        (["batch_norm(track=false)", "relu", "conv(4)"], ["batch_norm", "relu", "fused_conv"]),
        (["batch_norm", "a: relu", "conv(8)", "it + a"], ["scaled_batch_norm", "relu", "fused_conv"]),
        (["batch_norm", "relu", "conv(4)", "avg_pool(2)"], ["clamp_channels", "avg_pool", "fused_conv"]),
        (
            ["batch_norm", "relu", "global_avg_pool", "linear(4)"],
            ["scaled_batch_norm", "relu", "global_avg_pool", "linear"],
        ),
        (["batch_norm", "relu", "flatten", "linear(4)"], ["scaled_batch_norm", "relu", "flatten", "linear"]),
        (["conv(8, 3, padding=1)", "it + x", "relu"], ["fused_conv"]),
        (["a: conv(8)", "b: conv(8)(x)", "a + b", "relu6"], ["fused_conv", "fused_conv", "relu6"]),
        (["conv(8)", "it + it"], ["fused_conv", "add"]),
        (["a: conv(8)", "relu", "it + a"], ["fused_conv", "relu", "add"]),
        (["conv(8)", "relu", "it + x"], ["fused_conv", "add"]),
        (["conv(8)", "add(it, x, x)"], ["fused_conv", "add"]),
        (["conv(8, 3, padding=same, stride=2)", "relu"], ["conv", "relu"]),
        (["conv(8, 3, padding=1, padding_mode=reflect)", "relu"], ["conv", "relu"]),
        (["conv(8)", "sigmoid"], ["fused_conv", "sigmoid"]),
    ],
    ids=" > ".join,
)
def test_what_a_chain_becomes_for_pytorch(steps: list[str], left: list[str]) -> None:
    assert ops(*steps, backend="pytorch") == left


SHARED = """\
archspec: 1
name: sharing
inputs: {x: [8, 12, 12]}
modules:
  unit: [conv(8), batch_norm]
graph:
  shared: {c: conv(8), n: batch_norm, u: unit}
  steps:
    - c
    - n
    - c
    - n
    - u
    - avg_pool(2)
    - u
"""


def test_shared_instances_keep_their_weights(tmp_path: Path) -> None:
    """A convolution that two places apply takes no norm; nor does a module in two forms, for two sizes."""
    file = tmp_path / "shared.yaml"
    file.write_text(SHARED, "utf-8")
    program = archspec.load(file).program
    rewritten = optimise(program, backend="onnx")
    hold(program, rewritten)
    names = [node.op.op for node in flatten(rewritten.program).nodes]
    assert names == ["conv", "batch_norm"] * 3 + ["avg_pool", "conv", "batch_norm"]


def test_tied_weights_stay_tied() -> None:
    """A norm behind either end of a tie would make two tensors of one; and the end that is read stays, though dead."""
    tied = '{b: "linear(8, bias=false)", tie: {weight: a.weight}}'
    steps = ("a: linear(8, bias=false)", "n: batch_norm", tied, "m: batch_norm")
    assert ops(*steps, shape="[8]") == ["linear", "batch_norm"] * 2
    dead = network("[8]", "a: linear(8, bias=false)", '{b: "linear(8, bias=false)(x)", tie: {weight: a.weight}}')
    assert [node.name for node in optimise(dead).program.graph.nodes] == ["a", "b"]


def test_recipes_hold_for_numpy_as_for_torch() -> None:
    """One formula, two libraries: the same numbers, of the dtype they were made of."""
    program = archspec.load("diracnet34_2_cifar").program
    rewritten = optimise(program)
    state = random_state(build(program).float())
    ours = rewritten.convert(state)
    arrays = rewritten.convert({key: value.numpy() for key, value in state.items()})
    assert list(arrays) == list(ours)
    for key, array in arrays.items():
        assert isinstance(array, numpy.ndarray)
        assert array.dtype == numpy.float32
        assert torch.equal(torch.from_numpy(array), ours[key])
    assert {key: array.shape for key, array in arrays.items()} == {
        weight.key: weight.type.shape for weight in Weights(rewritten.program).all()
    }


def test_a_layer_takes_as_many_ops_as_there_are() -> None:
    rewritten = optimise(network("[3, 4, 4]", "conv(2, bias=false)", *["multiply(0.5)", "multiply(2.0)"] * 1500))
    assert len(rewritten.program.graph.nodes) == 1
    weight = numpy.ones((2, 3, 1, 1), "float32")
    assert numpy.array_equal(rewritten.convert({"0.weight": weight})["0.weight"], weight)


def test_untouched_tensors_are_the_very_ones_given() -> None:
    program = archspec.load("densenet_bc_100_12_cifar").program
    state = random_state(build(program).float())
    made = optimise(program).convert(state)
    key = "fc.weight" if "fc.weight" in state else "classifier.weight"
    assert made[key] is state[key]


def test_weights_that_lack_a_tensor_are_refused() -> None:
    program = network("[3, 8, 8]", "conv(4)", "batch_norm")
    with pytest.raises(ValueError, match=r"the weights have no `1\.(running_var|weight)`"):
        fold_norm(program).convert({"0.weight": numpy.ones((4, 3, 1, 1)), "0.bias": numpy.ones(4)})


def test_a_pass_must_give_a_consistent_program() -> None:
    program = network("[3, 8, 8]", "conv(4)", "batch_norm")
    graph = program.graph
    broken = program._replace(modules={**program.modules, graph.id: graph._replace(nodes=graph.nodes[1:])})
    with pytest.raises(archspec.SpecError, match="A0601"):
        Rewritten.of(broken, {graph.id: Recipes({"0.weight": Old("0.weight")})})


def test_stages_follow_each_other() -> None:
    rewritten = optimise(network("[3, 8, 8]", "conv(4)", "batch_norm", "dropout"))
    assert 2 <= len(rewritten.stages) <= len(members("inference"))
    assert all(isinstance(stage, Stage) for stage in rewritten.stages)
    assert rewritten.stages[-1].program is rewritten.program


@pytest.mark.parametrize("id", ["densenet121", "resnet50", "googlenet_aux", "nasnet_a_mobile", "mobilenet_v1"])
def test_the_default_set_is_done_after_one_turn(id: str) -> None:
    once = optimise(archspec.load(id).program).program
    assert listing(optimise(once).program, origins=False) == listing(once, origins=False)


def test_no_pass_of_a_set_is_unknown() -> None:
    assert {word for one in PASSES.values() for word in one.sets} == {*SETS}
    with pytest.raises(ValueError, match="no pass is called `faster`"):
        members("faster")


@pytest.mark.parametrize("rule", REWRITES)
def test_rewrites_see_as_much(rule: str) -> None:
    """Two kernels for each one, and the same receptive field."""
    before = archspec.load("lenet5_modern").program
    after, count = rewrite(before, rule)
    assert count == 3
    assert sum(node.op.op == "conv" for node in flatten(after).nodes) == 6
    assert receptive_field(after) == receptive_field(before)


def test_optimize_gives_a_module_of_its_own() -> None:
    plain = archspec.compile("resnet20_cifar", seed=1).eval()
    before = {key: value.clone() for key, value in plain.state_dict().items()}
    made = archspec.optimize(plain)
    assert not made.training
    assert not any(weight.requires_grad for weight in made.parameters())
    with torch.no_grad():
        for weight in made.parameters():
            weight.zero_()
    assert all(torch.equal(value, before[key]) for key, value in plain.state_dict().items())


def test_compile_optimised_is_the_same_network_for_a_seed() -> None:
    image = torch.randn(2, 3, 32, 32)
    plain = archspec.compile("resnet20_cifar", seed=1).eval()
    made = archspec.compile("resnet20_cifar", seed=1, optimize="inference")
    with torch.inference_mode():
        torch.testing.assert_close(made(image), plain(image), rtol=0, atol=1e-4)


def test_optimize_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="archspec did not compile this module"):
        archspec.optimize(torch.nn.Linear(2, 2))
    network = archspec.compile("lenet5_modern")
    network.extra = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match="other weights than the spec"):
        archspec.optimize(network)


@pytest.mark.parametrize("cut", ["relu", "relu6"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_clamps_of_scales_of_every_kind(cut: str, dtype: torch.dtype) -> None:
    """Falling, flat and nearly flat channels too, whose bound would lie beyond all numbers."""
    program = network("[8, 6, 6]", "batch_norm(eps=1e-5)", cut, "conv(4)")
    rewritten = optimise(program)
    assert [node.op.op for node in flatten(rewritten.program).nodes] == ["clamp_channels", "fused_conv"]
    plain, made = build(program).to(dtype), build(rewritten.program).to(dtype)
    state = random_state(plain)
    state["0.weight"].copy_(torch.tensor([-1.0, 0.0, 1e-38, -1e-38, 2.0, -0.5, 0.0, 1.0]))
    state["0.bias"].copy_(torch.tensor([0.5, 0.7, 0.1, 0.0, -0.3, 9.0, -0.2, 0.0]))
    converted = rewritten.convert(state)
    assert all(value.isfinite().all() for key, value in converted.items() if not key.endswith(("lower", "upper")))
    made.load_state_dict(converted)
    x = 4 * torch.randn(2, 8, 6, 6, dtype=dtype)
    with torch.no_grad():
        torch.testing.assert_close(made(x), plain(x), rtol=1e-4, atol=1e-5)
