"""`archspec.compile(spec, engine="onnxruntime")` is called like the module, and takes its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import archspec
from archspec.text.diagnostics import SpecError

IMAGE = torch.randn(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def module() -> torch.nn.Module:
    return archspec.compile("lenet5_modern", seed=1).eval()


@pytest.fixture
def expected(module: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return module(IMAGE)


def test_tensors_give_tensors_and_arrays_give_arrays(module: torch.nn.Module, expected: torch.Tensor) -> None:
    network = archspec.compile("lenet5_modern", engine="onnxruntime").eval()
    archspec.load_weights(network, module.state_dict())
    torch.testing.assert_close(network(IMAGE), expected, rtol=1e-5, atol=1e-6)
    found = network(IMAGE.numpy())
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(network(image=IMAGE), expected, rtol=1e-5, atol=1e-6)


def test_weights_of_a_file(module: torch.nn.Module, expected: torch.Tensor, tmp_path: Path) -> None:
    save_file(module.state_dict(), tmp_path / "net.safetensors")
    network = archspec.compile("lenet5_modern", engine="onnxruntime")
    assert archspec.load_weights(network, tmp_path / "net.safetensors").how == "by name"
    torch.testing.assert_close(network(IMAGE), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(SpecError, match="A0702"):
        archspec.load_weights(network, {"C1.weight": torch.zeros(6, 1, 5, 5)})


def test_the_state_dict_is_the_modules() -> None:
    """Also what inference does not read: heads, and counters of batches."""
    module = archspec.compile("googlenet_torchvision_aux")
    network = archspec.compile("googlenet_torchvision_aux", engine="onnxruntime")
    assert {key: value.shape for key, value in network.state_dict().items()} == {
        key: tuple(value.shape) for key, value in module.state_dict().items()
    }
    network.load_state_dict(module.state_dict())
    for key, value in module.state_dict().items():
        np.testing.assert_array_equal(network.state_dict()[key], value.numpy())


def test_wrong_weights_change_nothing(module: torch.nn.Module) -> None:
    network = archspec.compile("lenet5_modern", engine="onnxruntime")
    before = network(IMAGE)
    with pytest.raises(ValueError, match=r"other names than the network's: C1\.bias"):
        network.load_state_dict({key: value for key, value in module.state_dict().items() if key != "C1.bias"})
    with pytest.raises(ValueError, match=r"`C1.bias` has shape \[7\], not \[6\]"):
        network.load_state_dict({**module.state_dict(), "C1.bias": torch.zeros(7)})
    assert torch.equal(network(IMAGE), before)


def test_several_outputs_come_by_name(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "archspec: 1\nname: net\ninputs: {image: [1, 32, 32], other: [4]}\n"
        "graph:\n  - a: relu(image)\n  - b: tanh(other)\noutputs: {a: a, b: b}\n"
    )
    network = archspec.compile(tmp_path / "net.yaml", engine="onnxruntime")
    other = torch.arange(12.0).reshape(3, 4)
    found, again = network(IMAGE, other), network(IMAGE, other=other)
    assert found.keys() == archspec.compile(tmp_path / "net.yaml").eval()(IMAGE, other).keys() == {"a", "b"}
    for results in (found, again):
        torch.testing.assert_close(results["b"], other.tanh())
    for wrong in ((), (IMAGE,), (IMAGE, other, other)):
        with pytest.raises(TypeError, match=r"the network takes \(image, other\)"):
            network(*wrong)
    with pytest.raises(TypeError, match=r"the network takes \(image, other\)"):
        network(IMAGE, image=other)


def test_optimised() -> None:
    network = archspec.compile("resnet20_cifar", engine="onnxruntime", seed=2)
    faster = archspec.compile("resnet20_cifar", engine="onnxruntime", seed=2, optimize="inference")
    image = torch.randn(2, 3, 32, 32)
    assert len(faster.state_dict()) < len(network.state_dict())
    torch.testing.assert_close(faster(image), network(image), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(archspec.optimize(network)(image), network(image), rtol=1e-4, atol=1e-5)


def test_it_only_infers() -> None:
    network = archspec.compile("lenet5_modern", engine="onnxruntime")
    assert network.train(False) is network.eval() is network
    assert not network.training
    with pytest.raises(ValueError, match="inference only"):
        network.train()
    with pytest.raises(ValueError, match="runs on the CPU, not on `cuda`"):
        archspec.compile("lenet5_modern", engine="onnxruntime", device="cuda")
    with pytest.raises(ValueError, match="no engine is called `tensorrt`: there is torch, onnxruntime"):
        archspec.compile("lenet5_modern", engine="tensorrt")
    assert repr(network) == "<lenet5_modern in ONNX Runtime>"


def test_export_of_a_module(module: torch.nn.Module, expected: torch.Tensor, tmp_path: Path) -> None:
    (file,) = archspec.export(module, tmp_path / "net.onnx")
    program = archspec.load("lenet5_modern").program
    from archspec.backends.onnx_model import build

    torch.testing.assert_close(build(program, file.read_bytes())(IMAGE), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="archspec did not compile this module"):
        archspec.export(torch.nn.Linear(2, 2), tmp_path / "net.onnx")
    with pytest.raises(SpecError, match=r"error\[A0504\]: no backend writes files that end in `.pb`"):
        archspec.export(module, tmp_path / "net.pb")
    archspec.export("lenet5_modern", tmp_path / "seven.py", classes=7)
    assert "7" in (tmp_path / "seven.py").read_text()
