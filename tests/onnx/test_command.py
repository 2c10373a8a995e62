"""`archspec compile --backend onnx`, which needs no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnx
import pytest
import torch
from safetensors.torch import save_file

import archspec
from archspec.cli.app import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_needs_no_torch(desk: Path) -> None:
    """Not even with weights, where they are safetensors."""
    save_file(archspec.compile("lenet5_modern", seed=0).state_dict(), desk / "w.safetensors")
    words = ["archspec", "compile", "lenet5_modern", "--backend", "onnx", "--weights", "w.safetensors"]
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv = {words!r}\n"
        "from archspec.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'torch' not in sys.modules and 'onnxruntime' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    size = f"{(desk / 'lenet5_modern.onnx').stat().st_size / 1000:.0f} kB"
    assert done.stdout.splitlines()[3:] == [
        "  ran     output [10] on ONNX Runtime, batch 1",
        "  weights 10 tensors of w.safetensors, by name",
        f"  wrote   lenet5_modern.onnx, {size}",
    ]


@pytest.mark.parametrize("optimize", [(), ("--optimize", "inference")], ids=" ".join)
def test_the_weights_are_those_of_the_file(optimize: tuple[str, ...], desk: Path) -> None:
    module = archspec.compile("resnet20_cifar", seed=0).eval()
    torch.save(module.state_dict(), desk / "w.pt")
    words = ["compile", "resnet20_cifar", "--backend", "onnx", "-o", "net.onnx", "--weights", "w.pt"]
    assert run([*words, *optimize]) == 0
    model = onnx.load("net.onnx")
    kinds = {node.op_type for node in model.graph.node}
    assert ("BatchNormalization" in kinds) is not bool(optimize)
    import onnxruntime

    image = torch.randn(2, 3, 32, 32)
    (found,) = onnxruntime.InferenceSession("net.onnx").run(None, {"image": image.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), module(image).detach(), rtol=1e-4, atol=1e-4)


def test_what_archspec_wrote_is_overwritten_and_what_others_wrote_is_not(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compile", "lenet5_modern", "--backend", "onnx", "-o", "net.onnx"]
    assert run(words) == run(words) == 0
    foreign = onnx.load("net.onnx")
    foreign.producer_name = foreign.doc_string = ""
    onnx.save(foreign, "net.onnx")
    before = (desk / "net.onnx").read_bytes()
    capsys.readouterr()
    assert run(words) == 1
    assert "error[A0501]" in capsys.readouterr().err
    assert (desk / "net.onnx").read_bytes() == before


def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], desk: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert run(["compile", "lenet5_modern", "--backend", "onnx"]) == 1
    assert "error[A0505]: an ONNX model needs the package `onnx`, which is not installed" in capsys.readouterr().err
    assert not list(desk.iterdir())


def test_what_does_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compile", "lenet5_modern", "--backend", "onnx", "--device", "cuda"]) == 2
    assert "a model file is tried on the CPU" in " ".join(capsys.readouterr().err.split())


def test_limits_reach_the_flat_graph(capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred ops, of modules that have thirty: what writes every call out keeps to the bound that is given."""
    Path("many.yaml").write_text(
        "archspec: 1\nname: many\ninputs: {x: [2]}\n"
        "modules: {ten: {steps: [{repeat: one, times: 10}]}, one: {steps: [relu]}}\n"
        "graph: [{repeat: ten, times: 10}]\n"
    )
    for words in (["compile", "many.yaml", "--backend", "onnx"], ["stats", "many.yaml", "--by", "op"]):
        assert run([*words, "--limit", "nodes=99"]) == 1
        assert capsys.readouterr().err.startswith("error[A0602]: the flat graph of `many` would have 100 nodes")
        assert run([*words, "--limit", "nodes=100"]) == 0
        capsys.readouterr()
