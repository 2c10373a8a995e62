"""Optimised source, where it leaves torch's own layers: tapes, calls of oneDNN, room for dense blocks, portions."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import nn

import archspec
from archspec.api import architecture_of
from archspec.passes.table import optimise
from tests.passes.same import HEADER, random_state, tensors
from tests.strategies import specs

NETS = {
    "sums": "[{c: 'conv(8, 3, padding=half, bias=false)'}, batch_norm, it + x, relu, 'conv(16)', relu6]",
    "dense": "[{repeat: [batch_norm, relu, 'conv(12)', batch_norm, relu, 'conv(4, 3, padding=1)'], times: 3, "
    "wire: dense}, batch_norm, relu, 'conv(8)', 'avg_pool(2)']",
    "depthwise": "['conv(8, 3, groups=8, padding=1, stride=2)', hard_swish, 'conv(16)', silu]",
    "response": "['conv(16, 3)', relu, 'local_response_norm(5, alpha=0.5, k=2)', 'conv(8)', 'local_response_norm(4)']",
    "named": "[{c: 'conv(8, 3, padding=1)'}, relu, {p: 'max_pool(3, stride=1, padding=1)'}, {d: 'conv(8)'}, it + x]",
    "large": "['conv(64, 3, padding=1)', relu, 'conv(512)', relu]",
}


def pair(folder: Path, steps: str, shape: str = "[8, 12, 12]") -> tuple[nn.Module, nn.Module]:
    """A network with random weights, and what `optimize` makes of it."""
    file = folder / "net.yaml"
    file.write_text(f"archspec: 1\nname: net\ninputs: {{x: {shape}}}\ngraph: {steps}\n", "utf-8")
    plain = archspec.compile(file, seed=0).eval()
    random_state(plain)
    return plain, archspec.optimize(plain)


@pytest.mark.parametrize("name", NETS)
def test_it_computes_the_same_for_each_batch(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a batch that is cut, of another size than before, and for images that lie channels last."""
    monkeypatch.setattr("archspec.passes.portion.CACHE", 2**18)
    plain, fast = pair(tmp_path, NETS[name])
    architecture = architecture_of(fast)
    assert architecture is not None
    assert 0 < (architecture.program.portion or 0) < 35
    for batch, layout in ((1, torch.contiguous_format), (35, torch.channels_last), (2, torch.channels_last)):
        for _ in range(2):  # the second is played
            x = torch.randn(batch, 8, 12, 12).to(memory_format=layout)
            with torch.no_grad():
                torch.testing.assert_close(fast(x), plain(x), rtol=1e-4, atol=1e-4)
    assert fast(x).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", NETS)
def test_gradients_reach_its_input(name: str, tmp_path: Path) -> None:
    """It is not trained, but asked what it looks at: then it takes the way of torch's layers."""
    plain, fast = pair(tmp_path, NETS[name])
    images = [torch.randn(2, 8, 12, 12).requires_grad_() for _ in range(2)]
    images[1].data.copy_(images[0].data)
    for network, x in zip((plain.requires_grad_(False), fast), images, strict=True):
        network(x).square().sum().backward()
    assert images[0].grad is not None
    torch.testing.assert_close(images[1].grad, images[0].grad, rtol=1e-3, atol=1e-3)


def test_source_of_it_can_be_trained(tmp_path: Path) -> None:
    _, fast = pair(tmp_path, NETS["dense"])
    fast.requires_grad_(True)
    fast(torch.randn(2, 8, 12, 12)).sum().backward()
    assert all(weight.grad is not None for weight in fast.parameters())


def test_gradients_reach_whatever_wants_one(tmp_path: Path) -> None:
    """The other value of a sum, and a bias alone, too: oneDNN would give neither any."""
    file = tmp_path / "net.yaml"
    head = "archspec: 1\nname: net\ninputs: {x: [8, 6, 6], y: [8, 6, 6]}\n"
    file.write_text(f"{head}graph: [c: 'conv(8, 3, padding=1)(x)', c + y, relu]\n", "utf-8")
    fast = archspec.optimize(archspec.compile(file, seed=0))
    x, y = torch.randn(2, 2, 8, 6, 6)
    assert not fast(x, y).requires_grad
    assert fast(x, y.clone().requires_grad_()).requires_grad
    fast.get_submodule("c").bias.requires_grad_(True)  # type: ignore[union-attr]
    assert fast(x, y).requires_grad


def test_weights_that_change_are_laid_out_again(tmp_path: Path) -> None:
    plain, fast = pair(tmp_path, NETS["large"])
    x = torch.randn(1, 8, 12, 12)
    with torch.no_grad():
        before = fast(x)
        for weight in fast.parameters():
            weight.mul_(0.5)
        assert not torch.allclose(fast(x), before)
        fast.load_state_dict(archspec.optimize(plain).state_dict())
        assert torch.equal(fast(x), before)


def test_it_is_copied_and_saved_without_what_was_laid_out(tmp_path: Path) -> None:
    _, fast = pair(tmp_path, NETS["large"])
    x = torch.randn(1, 8, 12, 12)
    keys, expected = [*fast.state_dict()], fast(x)
    assert [*fast.state_dict()] == keys
    assert torch.equal(copy.deepcopy(fast)(x), expected)


def test_other_dtypes_and_tracing_take_torchs_layers(tmp_path: Path) -> None:
    plain, fast = pair(tmp_path, NETS["sums"])
    x = torch.randn(2, 8, 12, 12)
    double = fast.double()(x.double())
    torch.testing.assert_close(double, plain.double()(x.double()), rtol=1e-6, atol=1e-6)
    program = torch.export.export(pair(tmp_path, NETS["dense"])[1], (x,))
    assert "mkldnn" not in str(program.graph)


@settings(max_examples=30)
@given(text=specs())
def test_random_networks_in_single_precision(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """The laws of the passes are held in float64, where oneDNN has no part."""
    file = tmp_path_factory.mktemp("spec") / "random.yaml"
    file.write_text(text, "utf-8")
    architecture = archspec.load(file)
    plain = architecture.compile(seed=0).eval()
    random_state(plain)
    fast = archspec.optimize(plain)
    for _ in range(2):  # the second is played
        inputs = [torch.randn(3, *port.type.shape) for port in architecture.program.graph.inputs]
        with torch.no_grad():
            expected, found = plain(*inputs), fast(*inputs)
        for one, other in zip(tensors(expected), tensors(found), strict=True):
            scale = float(one.abs().max()) if one.numel() else 0.0
            torch.testing.assert_close(other, one, rtol=0, atol=1e-3 * scale + 1e-5)


def test_source_is_what_a_formatter_leaves() -> None:
    """Helpers and hints keep to the length of a line."""
    from archspec.backend import find_backend

    for name in ("densenet121", "resnet50", "mobilenet_v1", "googlenet_torchvision"):
        source = str(find_backend("pytorch").emit(optimise(archspec.load(name).program).program, HEADER))
        assert max(map(len, source.split("\n"))) <= 88
