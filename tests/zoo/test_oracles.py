"""Every network that torchvision or timm has too computes the same: weights, outputs, gradients, multiply-adds.

Outputs, gradients and first weights of the larger part of them are among the slow tests.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archspec
from archspec.api import library
from archspec.language.library import shipped
from archspec.program.weights import Weights
from tests.oracles import photograph
from tests.zoo.oracle import build, named, off, published, renamed, scramble, without_dropout
from tests.zoo.reference import FIRST_ZOO, loaded, reference, slow_beyond, with_oracle

FILES = shipped()
"""networks that are no variant of another"""

# The oracle's settings and ours for a small relative of a network that is too large to train twice in double precision.
SMALL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nasnet_a_large": ({"num_features": 24 * 24, "stem_size": 16}, {"filters": 24, "stem": 16, "size": 75}),
}
# Sides of the images that gradients are taken on, where 64 pixels are too few for the deepest layers.
SIDES = {"inception_v3": 96, "inception_v3_aux": 299, "inception_v4": 96, "inception_resnet_v2": 96}
WAYS_TO_JOIN = ("resnet50", "densenet121", "googlenet_torchvision_aux", "se_resnet50_v15", "nasnet_a_large")
"""a network each that adds, concatenates, has side outputs, gates, and reads what stands two cells before"""
# timm starts these by rules of its own; the specs leave first weights to PyTorch.
PLAIN_START = {"mobilenet_v1", "preresnet50", "se_resnet50", "se_resnext50_32x4d", "senet154"}


@pytest.mark.parametrize("id", with_oracle())
def test_state_dict(id: str) -> None:
    """The same keys, shapes and dtypes."""
    assert _manifest(_ours(id)) == renamed(id, _manifest(build(id)))


@pytest.mark.parametrize("id", slow_beyond(FIRST_ZOO, with_oracle()))
def test_outputs_on_a_photograph(id: str) -> None:
    theirs, ours = scramble(build(id)).eval(), _ours(id).eval()
    ours.load_state_dict(renamed(id, theirs.state_dict()), strict=True, assign=True)
    image = photograph(reference()[id]["input"][-1])
    with torch.inference_mode():
        expected, found = theirs(image), ours(image)
    assert isinstance(found, torch.Tensor)
    assert found.shape == (1, *reference()[id]["output"])
    assert expected.std() > 0
    assert off(found, expected) < 1e-5


TRAINED = [id for id in with_oracle() if id in FILES or reference()[id]["params"] < 30_000_000]


@pytest.mark.parametrize("id", slow_beyond(WAYS_TO_JOIN, TRAINED))
def test_gradients_in_training(id: str) -> None:
    """Of two photographs through all outputs, side outputs included, to every weight and to the pixels."""
    their_settings, our_settings = SMALL.get(id, ({}, {}))
    theirs = scramble(build(id, **their_settings))
    # Chains without normalisation hold most weights, and are as exact as need be in single precision.
    large = sum(weight.numel() for weight in theirs.parameters()) > 50_000_000
    dtype, tolerance = (torch.float32, 1e-4) if large else (torch.float64, 1e-8)
    theirs.to(dtype).train()
    ours = _ours(id, **our_settings).train()
    state = {key: value.clone() for key, value in theirs.state_dict().items()}
    ours.load_state_dict(renamed(id, state), strict=True, assign=True)
    side = our_settings.get("size", SIDES.get(id, 64))
    images = torch.cat([photograph(side), photograph(side, "flower.jpg")]).to(dtype)
    with without_dropout():
        expected, found = renamed(id, _gradients(theirs, images)), _gradients(ours, images)
    assert found.keys() == expected.keys()
    scale = max(float(gradient.abs().max()) for gradient in expected.values())
    wrong = {
        key: float((found[key] - gradient).abs().max())
        for key, gradient in expected.items()
        if (found[key] - gradient).abs().max() > tolerance * max(float(gradient.abs().max()), 1e-6 * scale)
    }
    assert not wrong
    after = ours.state_dict()
    assert all(torch.allclose(after[key], value, rtol=1e-6) for key, value in renamed(id, theirs.state_dict()).items())


@pytest.mark.parametrize("id", library())
def test_trained_weights_would_fit(id: str) -> None:
    """What `weights` names holds our keys and shapes, or those that it renames; it may have side outputs besides."""
    architecture = loaded(id)
    ours = {weight.key: weight.type.shape for weight in Weights(architecture.program).all()}
    for name, source in architecture.weights.items():
        if source.keys:
            continue
        theirs = {key: tuple(value.shape) for key, value in published(name, source.model).state_dict().items()}
        heads = tuple(f"{head.name}." for head in architecture.spec.heads)
        assert ours.items() <= theirs.items()
        assert all(key.startswith(heads) for key in theirs.keys() - ours.keys())


@pytest.mark.parametrize("id", with_oracle())
def test_multiply_adds(id: str) -> None:
    """What PyTorch's own counter sees our module do."""
    network = _ours(id).eval()
    image = torch.empty(1, *reference()[id]["input"], device="meta")
    counter = FlopCounterMode(display=False)
    with counter, torch.inference_mode():
        network(image)
    assert counter.get_total_flops() == 2 * reference()[id]["mads"]


STARTED = [id for id in with_oracle() if id in FILES and id not in PLAIN_START]


@pytest.mark.parametrize("id", slow_beyond(("resnet50", "densenet121", "googlenet_torchvision"), STARTED))
def test_first_weights(id: str) -> None:
    """They are drawn as the oracle draws them: constants equal, mean, deviation and tails within chance."""
    torch.manual_seed(0)
    expected = renamed(id, dict(build(id, "cpu").named_parameters()))
    found = dict(archspec.compile(id, seed=0).named_parameters())
    wrong = {key: (_moments(found[key]), _moments(weight)) for key, weight in expected.items()}
    wrong = {key: pair for key, pair in wrong.items() if not _alike(*pair, expected[key].numel())}
    assert not wrong


def _moments(weight: torch.Tensor) -> tuple[float, float, float]:
    """Mean, deviation and kurtosis (uniform 1.8, normal 3; 0 for a constant)."""
    values = weight.detach().double()
    mean, deviation = values.mean(), values.std(correction=0)
    tails = ((values - mean) ** 4).mean() / deviation**4 if deviation > 0 else 0.0
    return float(mean), float(deviation), float(tails)


def _alike(found: tuple[float, float, float], expected: tuple[float, float, float], count: int) -> bool:
    """Two samples of that size may well be from one distribution: six deviations of each estimate, and a bit."""
    if not expected[1]:
        return found == expected
    chance = 6 * (2 / count) ** 0.5
    near = abs(found[0] - expected[0]) < chance * expected[1] and abs(found[1] / expected[1] - 1) < chance
    return near and (count < 2000 or abs(found[2] - expected[2]) < 5 * chance)


def _ours(id: str, **settings: Any) -> nn.Module:
    """Our module, on the meta device, where first weights take no time."""
    with torch.device("meta"):
        return archspec.compile(id, device="meta", **settings)


def _manifest(network: nn.Module) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    return {key: (tuple(value.shape), value.dtype) for key, value in network.state_dict().items()}


def _gradients(network: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradients of a random weighing of all outputs, and the outputs themselves under "-> name"."""
    images = images.clone().requires_grad_()
    outputs = named(network(images))
    generator = torch.Generator().manual_seed(1)
    total = torch.zeros((), dtype=images.dtype)
    for name in sorted(outputs):
        total = (
            total + (outputs[name] * torch.randn(outputs[name].shape, generator=generator, dtype=images.dtype)).sum()
        )
    total.backward()  # type: ignore[no-untyped-call]
    weights = dict(network.named_parameters())
    gradients = {key: weight.grad for key, weight in weights.items() if weight.grad is not None}
    assert gradients.keys() == weights.keys()
    assert images.grad is not None
    return {
        **gradients,
        "pixels": images.grad,
        **{f"-> {name}": value.detach() for name, value in outputs.items()},
    }
