"""Networks on a CUDA device: as on the CPU, in half precision, channels last, optimised, compiled, as a CUDA graph."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import archspec
from archspec.api import library
from archspec.bench.graphs import Graphed
from archspec.cli.app import run
from tests.gpu.device import DEVICE, near
from tests.onnx.tools import lively
from tests.zoo.reference import loaded, slow_beyond

FEW = ("densenet121", "googlenet_torchvision_aux", "lenet5", "mobilenet_v1", "resnet50", "se_resnet50")
HALF = {torch.float16: 5e-2, torch.bfloat16: 2e-1}
"""how far half precision takes a network with random weights, in parts of the largest value"""


@pytest.mark.parametrize("id", slow_beyond(FEW, library()))
def test_every_network_computes_what_it_does_on_the_cpu(id: str) -> None:
    module, inputs = lively(loaded(id))
    with torch.inference_mode():
        expected = module(*inputs)
        near(module.to(DEVICE)(*(one.to(DEVICE) for one in inputs)), expected, 1e-3)


@pytest.mark.parametrize("id", FEW)
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels_last"])
def test_optimised(id: str, last: bool) -> None:
    """The optimised network is on the device of the one that it is made of, with its type, and computes the same."""
    module, inputs = lively(loaded(id))
    module, images = module.to(DEVICE), [one.to(DEVICE) for one in inputs]
    optimised = archspec.optimize(module)
    assert {one.device.type for one in optimised.state_dict().values()} == {DEVICE}
    if last:
        optimised = optimised.to(memory_format=torch.channels_last)
        images = [one.to(memory_format=torch.channels_last) if one.dim() == 4 else one for one in images]
    with torch.inference_mode():
        near(optimised(*images), module(*images), 1e-3)


@pytest.mark.parametrize("id", ["densenet121", "mobilenet_v1"])
@pytest.mark.parametrize("dtype", HALF)
def test_half_precision(id: str, dtype: torch.dtype) -> None:
    """Plain, optimised, and under autocast, beside float32."""
    module, inputs = lively(loaded(id))
    module, (image,) = module.to(DEVICE), [one.to(DEVICE) for one in inputs]
    with torch.inference_mode():
        expected = module(image)
        with torch.autocast(DEVICE, dtype):
            near(module(image), expected, HALF[dtype])
        for one in (module.to(dtype), archspec.optimize(module.to(dtype))):
            assert {value.dtype for value in one.parameters()} == {dtype}
            near(one(image.to(dtype)), expected, HALF[dtype])


def test_compiled_there_from_a_seed_or_a_file(tmp_path: Path) -> None:
    here = archspec.compile("resnet20_cifar", seed=3)
    save_file(here.state_dict(), tmp_path / "w.safetensors")
    for network in (
        archspec.compile("resnet20_cifar", seed=3, device=DEVICE),
        archspec.compile("resnet20_cifar", weights=tmp_path / "w.safetensors", device=DEVICE),
        archspec.compile("resnet20_cifar", weights=here.state_dict(), device=DEVICE),
        archspec.compile("resnet20_cifar", weights={k: v.to(DEVICE) for k, v in here.state_dict().items()}),
    ):
        near(network.fc.weight, here.fc.weight, 0)
    assert next(archspec.compile("resnet20_cifar", seed=3, device=DEVICE).parameters()).device.type == DEVICE
    with torch.device(DEVICE):
        made = archspec.compile("resnet20_cifar", weights=tmp_path / "w.safetensors")
    assert {one.device.type for one in made.state_dict().values()} == {DEVICE}
    optimised = archspec.compile("resnet20_cifar", seed=3, device=DEVICE, optimize="inference")
    image = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        near(optimised(image.to(DEVICE)), here.eval()(image), 1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("id", ["densenet121", "googlenet_torchvision"])
def test_a_cuda_graph_plays_what_the_network_computes(id: str, dtype: torch.dtype) -> None:
    """Also for new numbers, new weights, and another batch."""
    module, inputs = lively(loaded(id))
    module, image = module.to(DEVICE, dtype), inputs[0].to(DEVICE, dtype)
    graphed = Graphed(module)
    allowed = {torch.float32: 1e-4, torch.bfloat16: 1e-2}[dtype]  # a batch may have kernels of its own
    with torch.inference_mode():
        for given in (image, image.flip(0), image[:1], torch.cat([image, image])):
            near(graphed(given), module(given), allowed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.99)
    with torch.inference_mode():
        near(graphed(torch.cat([image, image])), module(torch.cat([image, image])), allowed)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
@pytest.mark.parametrize("mode", ["default", "reduce-overhead"])
def test_through_torch_compile(mode: str) -> None:
    module, inputs = lively(loaded("densenet121"))
    module, image = module.to(DEVICE), inputs[0].to(DEVICE)
    with torch.inference_mode():
        near(torch.compile(module, mode=mode, fullgraph=True)(image), module(image), 1e-3)


@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels_last"])
def test_a_step_of_training(last: bool) -> None:
    """Gradients as on the CPU, in both layouts; running statistics too."""
    here = archspec.compile("resnet20_cifar", seed=0)
    there = archspec.compile("resnet20_cifar", seed=0, device=DEVICE)
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    moved = images.to(DEVICE)
    if last:
        there, moved = there.to(memory_format=torch.channels_last), moved.to(memory_format=torch.channels_last)
    for network, given in ((here, images), (there, moved)):
        network(given).square().mean().backward()
    for (name, ours), theirs in zip(there.named_parameters(), here.parameters(), strict=True):
        assert ours.grad is not None, name
        assert theirs.grad is not None, name
        near(ours.grad, theirs.grad, 1e-2)
    for ours, theirs in zip(there.buffers(), here.buffers(), strict=True):
        near(ours, theirs, 1e-3)


def test_optimising_leaves_no_copy_on_the_device() -> None:
    """Of two networks of 100 MB, only the one that is asked for stays."""
    module = archspec.compile("resnet50", seed=0, device=DEVICE).eval()
    before = torch.cuda.memory_allocated()
    optimised: nn.Module | None = archspec.optimize(module)
    held = torch.cuda.memory_allocated() - before
    size = sum(one.nbytes for one in module.state_dict().values())
    assert held < 1.1 * size
    del optimised


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["compile", "lenet5_modern", "--device", DEVICE]) == 0
    assert f"ran     output [10] on {DEVICE}, batch 1" in capsys.readouterr().out
