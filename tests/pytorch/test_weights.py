"""`compile(weights=…)`: no first weights are drawn, and what comes of it is what the ordinary way gives."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from threading import Thread

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import archspec
from archspec.api import library
from archspec.backends.pytorch.hollow import INITIALISERS, fill, hollow
from archspec.cli.app import run
from archspec.text.diagnostics import SpecError
from tests.zoo.reference import loaded, slow_beyond

# An rbf's fixed codes, filters of Dirac, heads for training, the initialisers of specs, a network of 100 layers.
FEW = ("lenet5", "diracnet34_2_cifar", "googlenet_torchvision_aux", "resnet110_cifar", "densenet121")
TIED = """
archspec: 1
name: tied
inputs: {x: [8]}
graph:
  - a: linear(8)
  - norm: batch_norm
  - {b: "linear(8)", tie: {weight: a.weight}}
"""


def shared(network: nn.Module) -> list[list[str]]:
    """Names of tensors that are one."""
    found = defaultdict(list)
    for name, tensor in [*network.named_parameters(remove_duplicate=False), *network.named_buffers()]:
        found[id(tensor)].append(name)
    return [names for names in found.values() if len(names) > 1]


def same(found: nn.Module, expected: nn.Module) -> None:
    """Two networks that nothing tells apart."""
    ours, theirs = found.state_dict(), expected.state_dict()
    assert list(ours) == list(theirs)
    for key, tensor in ours.items():
        assert (tensor.dtype, tensor.device, tensor.stride()) == (
            theirs[key].dtype, theirs[key].device, theirs[key].stride(),
        )  # fmt: skip
        assert torch.equal(tensor, theirs[key])
    assert [(path, type(one), one.training) for path, one in found.named_modules()] == [
        (path, type(one), one.training) for path, one in expected.named_modules()
    ]
    grads = [[(name, one.requires_grad) for name, one in net.named_parameters()] for net in (found, expected)]
    assert grads[0] == grads[1]
    buffers = [dict(network.named_buffers()) for network in (found, expected)]
    assert buffers[0].keys() == buffers[1].keys()
    assert all(torch.equal(one, buffers[1][name]) for name, one in buffers[0].items())
    assert shared(found) == shared(expected)


@pytest.mark.parametrize("id", slow_beyond(FEW, library()))
def test_every_network_is_the_one_that_is_filled_later(id: str) -> None:
    architecture = loaded(id)
    ordinary = architecture.compile()
    random = torch.Generator().manual_seed(0)
    state = {
        key: torch.randint(9, value.shape, generator=random).to(value.dtype)
        for key, value in ordinary.state_dict().items()
    }
    ordinary.load_state_dict(state)
    same(architecture.compile(weights=state), ordinary)


def test_outputs_and_a_step_of_training_are_the_same() -> None:
    ordinary = archspec.compile("resnet20_cifar", seed=1)
    copies = {key: value.clone() for key, value in ordinary.state_dict().items()}
    network = archspec.compile("resnet20_cifar", weights=copies)
    # A dictionary's tensors become the network's own.
    assert all(value.data_ptr() == copies[key].data_ptr() for key, value in network.state_dict().items())
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for one in (ordinary, network):
        one(images).square().mean().backward()
        torch.optim.SGD(one.parameters(), 0.1).step()
    same(network, ordinary)
    assert torch.equal(network.eval()(images), ordinary.eval()(images))


def test_ties_are_kept(tmp_path: Path) -> None:
    spec = tmp_path / "tied.yaml"
    spec.write_text(TIED)
    ordinary = archspec.compile(spec, seed=1)
    network = archspec.compile(spec, weights=ordinary.state_dict())
    assert shared(network) == [["a.weight", "b.weight"]]
    same(network, ordinary)
    # Of two that differ the last counts, as it does for load_state_dict.
    state = {**ordinary.state_dict(), "a.weight": torch.zeros(8, 8)}
    assert torch.equal(archspec.compile(spec, weights=state).a.weight, ordinary.b.weight)


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_from_a_file(suffix: str, tmp_path: Path) -> None:
    ordinary = archspec.compile("lenet5_modern", seed=1)
    path = tmp_path / f"weights.{suffix}"
    if suffix == "pt":
        torch.save({"state_dict": {f"module.{key}": value for key, value in ordinary.state_dict().items()}}, path)
    else:
        save_file(ordinary.state_dict(), path)
    network = archspec.compile("lenet5_modern", weights=path)
    same(network, ordinary)
    # The file stays what it is.
    with torch.no_grad():
        network.C1.weight.zero_()
    same(archspec.compile("lenet5_modern", weights=str(path)), ordinary)


def test_tensors_of_a_file_that_share_memory_are_the_networks_own(tmp_path: Path) -> None:
    one = torch.rand(8, 8)
    torch.save({"a.weight": one, "b.weight": one}, tmp_path / "w.pt")
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "archspec: 1\nname: net\ninputs: {x: [8]}\ngraph: [a: 'linear(8, bias=false)', b: 'linear(8, bias=false)']\n"
    )
    network = archspec.compile(spec, weights=tmp_path / "w.pt")
    with torch.no_grad():
        network.a.weight.zero_()
    assert torch.equal(network.b.weight, one)


def test_numbers_become_those_that_the_network_has() -> None:
    """Half precision, channels last and counters that an old file lacks are what `load_state_dict` makes of them."""
    ordinary = archspec.compile("resnet20_cifar", seed=1)
    state = {
        key: value.half().to(memory_format=torch.channels_last) if value.dim() == 4 else value
        for key, value in ordinary.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    ordinary.load_state_dict(state, strict=False)
    same(archspec.compile("resnet20_cifar", weights=state), ordinary)


def test_a0702_before_anything_is_made() -> None:
    state = archspec.compile("lenet5_modern").state_dict()
    state["more"] = state.pop("C1.bias")
    with pytest.raises(SpecError, match=r"(?s)A0702.*1 missing, 1 left over"):
        archspec.compile("lenet5_modern", classes=10, weights=state)
    with pytest.raises(SpecError, match="A0001"):
        archspec.compile("lenet5_modern", weights="no/such/file.pt")


def test_optimised_and_in_onnx_runtime() -> None:
    ordinary = archspec.compile("resnet20_cifar", seed=1).eval()
    state = ordinary.state_dict()
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    same(archspec.compile("resnet20_cifar", weights=state, optimize="inference"), archspec.optimize(ordinary))
    for optimize in (None, "inference"):
        engine = archspec.compile("resnet20_cifar", weights=state, engine="onnxruntime", optimize=optimize)
        torch.testing.assert_close(engine(image), ordinary(image), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("source", ["dictionary", "arrays", "file"])
def test_on_the_meta_device_too(source: str, tmp_path: Path) -> None:
    ordinary = archspec.compile("lenet5_modern", seed=1)
    state = ordinary.state_dict()
    save_file(state, tmp_path / "w.safetensors")
    arrays = {key: value.numpy() for key, value in state.items()}
    with torch.device("meta"):
        weights = {"dictionary": state, "arrays": arrays, "file": tmp_path / "w.safetensors"}[source]
        same(archspec.compile("lenet5_modern", weights=weights), ordinary)


def test_nothing_is_drawn_and_the_random_state_stays() -> None:
    state = archspec.compile("resnet20_cifar").state_dict()
    before = torch.random.get_rng_state()
    archspec.compile("resnet20_cifar", weights=state)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_other_threads_draw_theirs() -> None:
    made: list[nn.Linear] = []
    with hollow():
        thread = Thread(target=lambda: made.append(nn.Linear(4, 4, bias=False)))
        thread.start()
        thread.join()
        ours = nn.init.constant_(torch.zeros(2), 7.0)
    assert made[0].weight.abs().sum() > 0
    assert torch.equal(ours, torch.zeros(2))


def test_torch_is_left_as_it_was() -> None:
    before = {name: getattr(nn.init, name) for name in INITIALISERS}
    with pytest.raises(ZeroDivisionError), hollow():
        raise ZeroDivisionError
    assert {name: getattr(nn.init, name) for name in INITIALISERS} == before
    # All there are: what torch adds is to be added.
    assert {name for name in vars(nn.init) if name.endswith("_") and not name.startswith("_")} == {*INITIALISERS}


def test_a_network_takes_all_or_nothing() -> None:
    network = nn.Linear(2, 2)
    kept = network.weight
    for wrong, words in (
        ({"weight": torch.ones(2, 2)}, "other names"),
        ({"weight": torch.ones(2, 2), "bias": torch.ones(3)}, "shape"),
    ):
        with pytest.raises(ValueError, match=words):
            fill(network, wrong)
        assert network.weight is kept


def test_the_command_writes_them_beside_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ordinary = archspec.compile("resnet20_cifar", seed=1)
    save_file(ordinary.state_dict(), "w.safetensors")
    assert run(["compile", "resnet20_cifar", "-o", "net.py", "--weights", "w.safetensors"]) == 0
    same(archspec.compile("resnet20_cifar", weights="net.safetensors"), ordinary)
