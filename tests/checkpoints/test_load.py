"""Weights find their places (A0702 where they do not), and the network then computes what they computed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import archspec
from archspec.checkpoints.match import match
from archspec.cli.app import run
from archspec.text.diagnostics import SpecError
from tests.zoo.oracle import published


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def lenet(seed: int, **params: object) -> torch.nn.Module:
    return archspec.compile("lenet5_modern", seed=seed, **params).eval()


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_file_by_name(suffix: str, image: torch.Tensor, tmp_path: Path) -> None:
    old, new = lenet(1), lenet(2)
    path = tmp_path / f"weights.{suffix}"
    if suffix == "pt":
        torch.save({"state_dict": {f"module.{key}": value for key, value in old.state_dict().items()}}, path)
    else:
        save_file(old.state_dict(), path)
    found = archspec.load_weights(new, path)
    assert found.how == ("by name, without `module.`" if suffix == "pt" else "by name")
    assert torch.equal(new(image), old(image))


def test_a_network_on_the_meta_device_becomes_the_weights(image: torch.Tensor, tmp_path: Path) -> None:
    old = lenet(1)
    save_file(old.state_dict(), tmp_path / "weights.safetensors")
    with torch.device("meta"):
        new = lenet(2)
    archspec.load_weights(new, tmp_path / "weights.safetensors")
    assert torch.equal(new(image), old(image))


def test_by_order_if_all_shapes_agree(image: torch.Tensor) -> None:
    old, new = lenet(1), lenet(2)
    numbered = {str(k): value for k, value in enumerate(old.state_dict().values())}
    assert archspec.load_weights(new, numbered).how == "by order"
    assert torch.equal(new(image), old(image))


def test_the_names_of_another_library() -> None:
    network = archspec.compile("se_resnet50").eval()
    theirs = published("timm", "legacy_seresnet50").to_empty(device="cpu").eval()
    random = torch.Generator().manual_seed(0)
    for key, value in theirs.state_dict().items():
        # Variances near zero would blow every rounding up.
        value.copy_(torch.rand(value.shape, generator=random) * 0.1 + key.endswith("running_var"))
    found = archspec.load_weights(network, theirs.state_dict())
    assert found.how == "by the names of timm"
    x = torch.rand(1, 3, 64, 64, generator=random)
    with torch.inference_mode():
        torch.testing.assert_close(network(x), theirs(x), rtol=1e-4, atol=1e-5)


def test_a0702_what_does_not_fit_changes_nothing() -> None:
    network = lenet(1)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = lenet(2).state_dict()
    state.pop(next(iter(state)))
    state["more"] = torch.zeros(3)
    state["10.bias"] = torch.zeros(7)
    with pytest.raises(SpecError) as caught:
        archspec.load_weights(network, state)
    text = str(caught.value)
    assert text.startswith("error[A0702]: the weights do not fit: ")
    assert "1 missing, " in text
    assert "`more`" in text
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    found = archspec.load_weights(network, state, partial=True)
    assert all(torch.equal(network.state_dict()[key], state[name]) for key, name in found.fits.items())


def test_a_changed_network_takes_by_structure_what_it_still_has() -> None:
    old, new = archspec.compile("resnet18", seed=1), archspec.compile("resnet18", seed=2, classes=10)
    found = archspec.load_weights(new, old.state_dict(), by="structure")
    assert set(new.state_dict()) - set(found.fits) == {
        key for key in new.state_dict() if key.startswith("fc.") or key.endswith("num_batches_tracked")
    }
    assert torch.equal(new.layer3.state_dict()["1.conv1.weight"], old.layer3.state_dict()["1.conv1.weight"])


def test_structure_is_found_under_other_names_and_between_other_layers() -> None:
    ours = {"a.weight": (4, 4), "a.bias": (4,), "new.weight": (9, 4), "b.weight": (2, 4), "b.bias": (2,)}
    theirs = {"x.0.weight": (4, 4), "x.0.bias": (4,), "x.1.weight": (2, 4), "x.1.bias": (2,)}
    found = match(ours, theirs, {}, "structure")
    assert dict(found.fits) == {
        "a.weight": "x.0.weight", "a.bias": "x.0.bias", "b.weight": "x.1.weight", "b.bias": "x.1.bias",
    }  # fmt: skip
    assert found.missing == ("new.weight",)
    assert found.extra == ()


def test_counters_of_batches_do_not_matter() -> None:
    ours = {"norm.weight": (4,), "norm.num_batches_tracked": ()}
    assert match(ours, {"norm.weight": (4,)}, {}).whole


def test_names_of_libraries_are_asked_of_them(monkeypatch: pytest.MonkeyPatch, image: torch.Tensor) -> None:
    old, new = lenet(1), lenet(2)
    fake = types.ModuleType("timm")
    fake.create_model = lambda name, pretrained: old if (name, pretrained) == ("lenet", True) else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", fake)
    archspec.load_weights(new, "timm:lenet")
    assert torch.equal(new(image), old(image))
    with pytest.raises(SpecError, match=r"(?s)A0701.*cannot get timm:nothing"):
        archspec.load_weights(new, "timm:nothing")
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(SpecError, match=r"(?s)A0505.*pip install timm"):
        archspec.load_weights(new, "timm:lenet")


def test_the_command_says_what_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w.pt"
    torch.save(lenet(1).state_dict(), path)
    assert run(["weights", "lenet5_modern", str(path)]) == 0
    assert "  fit       10  by name\n" in capsys.readouterr().out
    torch.save(OrderedDict(list(lenet(1).state_dict().items())[1:]), path)
    assert run(["weights", "lenet5_modern", str(path), "--format", "json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["fits"], len(record["matched"]), len(record["missing"])) == (False, 9, 1)
    assert run(["weights", "lenet5_modern", str(tmp_path / "nothing.pt")]) == 1
    assert "error[A0001]" in capsys.readouterr().err


def test_the_command_needs_no_torch(tmp_path: Path) -> None:
    torch.save(lenet(1).state_dict(), tmp_path / "w.pt")
    program = (
        "import sys; from archspec.cli.app import run; code = run(sys.argv[1:]);"
        "sys.exit(code + ('torch' in sys.modules))"
    )
    words = [sys.executable, "-c", program, "weights", "lenet5_modern", str(tmp_path / "w.pt")]
    assert subprocess.run(words, capture_output=True).returncode == 0


def test_compile_fills_the_network_and_writes_the_weights_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    old = lenet(1)
    torch.save({f"module.{key}": value for key, value in old.state_dict().items()}, "w.pt")
    assert run(["compile", "lenet5_modern", "-o", "net.py", "--weights", "w.pt"]) == 0
    assert "weights 10 tensors of w.pt, by name, without `module.`" in capsys.readouterr().out
    new = lenet(3)
    archspec.load_weights(new, "net.safetensors")
    assert all(torch.equal(value, old.state_dict()[key]) for key, value in new.state_dict().items())
    assert run(["compile", "lenet5_modern", "-o", "net.py", "--weights", "w.pt"]) == 1
    assert "error[A0501]: net.safetensors exists" in capsys.readouterr().err
    assert run(["compile", "lenet5_modern", "-o", "other.py", "--weights", "net.py"]) == 1
    assert not Path("other.py").exists()


def test_torchvision_gives_weights_where_its_operators_do_not_load(tmp_path: Path) -> None:
    """A wheel for another build of torch fails at import, for want of operators of detection that nobody needs here."""
    state = published("torchvision", "resnet18").to_empty(device="cpu").state_dict()
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    torch.save(state, checkpoints / "resnet18-f37072fd.pth")  # where torchvision looks before it downloads
    program = (
        "import torch, archspec; from archspec.checkpoints.numbers import tensors_of;"
        "print(len(tensors_of('torchvision:ResNet18_Weights.IMAGENET1K_V1')))"
    )
    words = [sys.executable, "-W", "error", "-c", program]
    ended = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "TORCH_HOME": str(tmp_path)})
    assert ended.stdout == "122\n", ended.stderr
