"""Files that torch itself writes: a `torch.export` program, and a package of AOTInductor."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import pytest
import torch

import archspec
from archspec.backend import find_backend
from archspec.cli.app import run
from archspec.text.diagnostics import SpecError
from tests.passes.same import tensors

# Torch warns of its own pytree when it reads what it wrote.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
SPEC = "lenet5_modern"


@pytest.fixture(scope="module")
def module() -> torch.nn.Module:
    return archspec.compile(SPEC, seed=1).eval()


@pytest.fixture(scope="module")
def file(module: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = archspec.export(module, tmp_path_factory.mktemp("exported") / "net.pt2")
    return path


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_program_computes_what_the_module_does(batch: int, file: Path, module: torch.nn.Module) -> None:
    """It is any torch's to read, and the batch may have any size."""
    image = torch.randn(batch, 1, 32, 32)
    found = torch.export.load(BytesIO(file.read_bytes())).module()(image)
    torch.testing.assert_close(found, module(image))


def test_a_program_has_the_keys_of_the_module(file: Path, module: torch.nn.Module) -> None:
    assert torch.export.load(file).state_dict.keys() == module.state_dict().keys()


def test_a_tensor_is_missing(module: torch.nn.Module) -> None:
    state = {key: value for key, value in module.state_dict().items() if key != "C1.bias"}
    with pytest.raises(SpecError, match=r"error\[A0702\]: the weights have no `C1.bias`"):
        archspec.load(SPEC).emit("pt2", weights=state)


def test_the_command_knows_its_own_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(file, tmp_path / f"{SPEC}.pt2")
    assert run(["compile", SPEC, "--backend", "pt2"]) == 0
    assert "ran     output [10] on cpu, batch 1" in capsys.readouterr().out
    torch.save({}, tmp_path / "foreign.pt2")
    assert run(["compile", SPEC, "--backend", "pt2", "-o", "foreign.pt2"]) == 1
    assert "error[A0501]" in capsys.readouterr().err


def test_a0506_a_compiler_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SpecError) as caught:
        archspec.load(SPEC).emit("aoti")
    assert str(caught.value) == (
        "error[A0506]: AOTInductor needs a C++ compiler, and there is none here\n"
        "  = help: install one, or name it in the environment variable `CXX`\n"
        "  = help: `--backend pt2` needs none"
    )


@pytest.mark.slow
def test_a_package_computes_what_the_module_does(module: torch.nn.Module) -> None:
    """Minutes of a C++ compiler."""
    architecture = archspec.load(SPEC)
    package = architecture.emit("aoti", weights=module.state_dict())
    network = find_backend("aoti").build(architecture.program, package)
    for batch in (1, 4):
        image = torch.randn(batch, 1, 32, 32)
        torch.testing.assert_close(network(image), module(image), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("id", archspec.library())
def test_each_network_of_the_library_computes_what_its_module_does(id: str) -> None:
    """At its own size, for another batch than it was traced with."""
    architecture = archspec.load(id)
    module = architecture.compile(seed=0).eval()
    inputs = [torch.randn(3, *port.type.shape) for port in architecture.program.graph.inputs]
    with torch.no_grad():
        tensors(module.train()(*inputs))  # statistics of norms, so that values do not grow from layer to layer
        expected = tensors(module.eval()(*inputs))
        content = architecture.emit("pt2", weights=module.state_dict())
        found = tensors(find_backend("pt2").build(architecture.program, content)(*inputs))
    assert len(found) == len(expected)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(
            other, one, equal_nan=True, rtol=1e-4, atol=1e-5 * float(one.nan_to_num().abs().max())
        )
