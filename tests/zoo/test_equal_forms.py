"""Networks that papers draw in several forms: with the weights carried over, the forms compute the same."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import nn

import archspec
from tests.zoo.oracle import off, scramble

Weights = Mapping[str, torch.Tensor]


def outputs(network: nn.Module, side: int) -> torch.Tensor:
    image = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.inference_mode():
        found = network.double().eval()(image)
    assert isinstance(found, torch.Tensor)
    return found


def paths(grouped: Weights, groups: int, *, split_last: bool) -> dict[str, torch.Tensor]:
    """Weights of ResNeXt's block with grouped convolutions (Fig. 3 (c)) for the blocks that draw each group as a
    path, which are concatenated (b) or, if the last convolution is split too, summed (a)."""
    found = {}
    for key, value in grouped.items():
        block, _, layer = key.rpartition("conv" if "conv" in key else "bn")
        per_channel = "num_batches_tracked" not in key
        if not key.startswith("layer") or "downsample" in key or layer[0] == "3":
            if split_last and key.endswith("conv3.weight"):
                for path, part in enumerate(value.chunk(groups, dim=1)):
                    found[f"{block}paths.{path}.conv3.weight"] = part
            else:
                found[key] = value
        else:
            name = key.removeprefix(block)
            parts = value.chunk(groups) if per_channel else [value] * groups
            found |= {f"{block}paths.{path}.{name}": part for path, part in enumerate(parts)}
    return found


@pytest.mark.parametrize(("form", "split_last"), [("a", True), ("b", False)])
def test_resnext_draws_its_groups_as_paths(form: str, split_last: bool) -> None:
    grouped = scramble(archspec.compile("resnext50_32x4d"))
    drawn = archspec.compile(f"resnext50_32x4d_{form}")
    drawn.load_state_dict(paths(grouped.state_dict(), 32, split_last=split_last), strict=True)
    expected = outputs(grouped, 64)
    assert expected.std() > 0
    assert off(outputs(drawn, 64), expected) < 1e-10


def folded(training: nn.Module) -> dict[str, torch.Tensor]:
    """Weights of a DiracNet with each convolution's skip and the norm behind it folded in (1706.00388, section 3)."""
    state = {key: value.double() for key, value in training.state_dict().items()}
    found = {key: value for key, value in state.items() if key.startswith("fc.")}
    for key, weight in state.items():
        if key.endswith("conv.weight"):
            name = key.removesuffix("conv.weight")
            if f"{name}conv.alpha" in state:
                filters = weight / weight.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
                identity = nn.init.dirac_(torch.empty_like(weight))
                alpha, beta = (state[f"{name}conv.{letter}"].view(-1, 1, 1, 1) for letter in ("alpha", "beta"))
                weight = alpha * identity + beta * filters
            scale = state[f"{name}bn.weight"] / (state[f"{name}bn.running_var"] + 1e-5).sqrt()
            found[f"{name}conv.weight"] = weight * scale.view(-1, 1, 1, 1)
            found[f"{name}conv.bias"] = state[f"{name}bn.bias"] - state[f"{name}bn.running_mean"] * scale
    return found


@pytest.mark.parametrize("id", ["diracnet18", "diracnet34"])
def test_diracnets_fold_into_chains_of_convolutions(id: str) -> None:
    training, chain = scramble(archspec.compile(id)), archspec.compile(f"{id}_folded").double()
    with torch.no_grad():
        for key, weight in training.named_parameters():
            if key.endswith(("alpha", "beta")):
                weight.uniform_(0.1, 1)
    chain.load_state_dict(folded(training), strict=True)
    expected = outputs(training, 64)
    assert expected.std() > 0
    assert off(outputs(chain, 64), expected) < 1e-10
