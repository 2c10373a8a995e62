"""The small figures of the lectures: what they are shown for holds."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

import archspec
from archspec.api import library, load
from archspec.program.flatten import flatten
from tests.zoo.oracle import off, scramble

SLIDES = [id for id in library() if id.startswith("slide_")]


def figure(id: str, name: str) -> int:
    return int(load(id).summary()[name])


@pytest.mark.parametrize(
    ("small", "large", "name", "ratio"),
    [
        ("slide_bottleneck", "slide_no_bottleneck", "params", (69_632, 589_824)),
        ("slide_cascade", "slide_cascade_5x5", "params", (18, 25)),
        ("slide_cascade_three_3x3", "slide_cascade_7x7", "params", (27, 49)),
        ("slide_cascade_1x7_7x1", "slide_cascade_7x7", "params", (2, 7)),
        ("slide_grid_pool_first", "slide_grid_conv_first", "mads", (17**2, 35**2)),
        ("slide_grid_reduction", "slide_grid_pool_first", "mads", (1, 2)),
        ("slide_resnext", "slide_resnext_a", "params", (1, 1)),
        ("slide_resnext", "slide_resnext_b", "mads", (1, 1)),
    ],
)
def test_what_a_figure_compares(small: str, large: str, name: str, ratio: tuple[int, int]) -> None:
    assert figure(small, name) * ratio[1] == figure(large, name) * ratio[0]


def test_the_ensemble_has_paths_of_every_length() -> None:
    """1, 3, 3 and 1 paths of 0, 1, 2 and 3 layers, found one by one."""
    flat = flatten(load("slide_residual_ensemble").program)

    def lengths_to(number: int) -> list[int]:
        if number < 0:
            return [0]
        node = flat.nodes[number]
        return [length + node.op.weighted for before, _ in node.args for length in lengths_to(before)]

    lengths = Counter(lengths_to(flat.outputs[0].ref.node))
    assert lengths == {0: 1, 1: 3, 2: 3, 3: 1}


@torch.no_grad()
def test_three_forms_of_resnext_are_one_function() -> None:
    """The weights of the grouped form, cut into its 32 groups, give the same in the other two."""
    grouped = scramble(archspec.compile("slide_resnext")).eval()
    weights = {name: grouped.get_parameter(f"{name}.weight") for name in ("conv1", "conv2", "conv3")}
    first, second = weights["conv1"].chunk(32), weights["conv2"].chunk(32)
    last = weights["conv3"].chunk(32, dim=1)
    paths = {f"paths.{j}.conv1.weight": first[j] for j in range(32)}
    paths |= {f"paths.{j}.conv2.weight": second[j] for j in range(32)}
    states = {
        "slide_resnext_a": paths | {f"paths.{j}.conv3.weight": last[j] for j in range(32)},
        "slide_resnext_b": paths | {"conv3.weight": weights["conv3"]},
    }
    x = torch.randn(2, 256, 56, 56, generator=torch.Generator().manual_seed(0))
    expected = grouped(x)
    for id, state in states.items():
        form = archspec.compile(id).eval()
        form.load_state_dict(state, strict=True)
        assert off(form(x), expected) < 1e-5


@torch.no_grad()
def test_the_gate_of_a_module_scales_its_maps() -> None:
    """Of the inception module with a gate, each map is that of the module without, times a number from 0 to 1."""
    plain = scramble(archspec.compile("slide_inception")).eval()
    gated = scramble(archspec.compile("slide_se_inception"), seed=1).eval()
    ours = gated.state_dict()
    theirs = list(plain.state_dict().values())
    body = [key for key in ours if not key.startswith("se.")]
    assert [ours[key].shape for key in body] == [value.shape for value in theirs]
    gated.load_state_dict({**ours, **dict(zip(body, theirs, strict=True))})
    x = torch.randn(1, 192, 28, 28, generator=torch.Generator().manual_seed(0))
    without, scaled = plain(x)[0], gated(x)[0]
    alive = without.sum((1, 2)) > 0
    assert alive.sum() > 200
    without, scaled = without[alive], scaled[alive]
    factor = scaled.sum((1, 2)) / without.sum((1, 2))
    assert ((factor > 0) & (factor < 1)).all()
    assert factor.std() > 0.01
    torch.testing.assert_close(without * factor[:, None, None], scaled, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("id", SLIDES)
@torch.no_grad()
def test_runs(id: str) -> None:
    architecture = load(id)
    summary = architecture.summary()
    (given,) = summary["inputs"].values()
    output = architecture.compile().eval()(torch.randn(1, *given["shape"]))
    assert [*output.shape] == [1, *summary["output"]]
