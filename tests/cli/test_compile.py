"""`archspec compile`: what it writes and reports, and what it does not overwrite; `schema -o` likewise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
import torch

from tests.cli.conftest import Command

FOREIGN = "# a wrapper around archspec, by hand\n"
REFUSED = "error[A0501]: `{}` exists and was not written by archspec\n  = help: give another name, or pass `--force`\n"


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_a_file_beside_and_reports(archspec: Command, desk: Path) -> None:
    code, out, err = archspec("compile", "lenet5_modern")
    source = (desk / "lenet5_modern.py").read_text("utf-8")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [
        "  params   61,706  61.7 k",
        "  MADs    416,520  417 k",
        "  ran     output [10] on cpu, batch 1",
        f"  wrote   lenet5_modern.py, {len(source.splitlines())} lines",
    ]
    assert [*desk.iterdir()] == [desk / "lenet5_modern.py"]
    assert "class LeNet5(nn.Module):" in source


def test_a_minus_is_standard_output(archspec: Command, desk: Path) -> None:
    assert archspec("compile", "lenet5_modern").code == 0
    code, out, err = archspec("compile", "lenet5_modern", "-o", "-")
    assert (code, out, err) == (0, (desk / "lenet5_modern.py").read_text("utf-8"), "")


def test_a_folder_gets_the_file(archspec: Command, desk: Path) -> None:
    (desk / "nets").mkdir()
    assert archspec("compile", "lenet5_modern", "-o", "nets").code == 0
    assert [path.name for path in (desk / "nets").iterdir()] == ["lenet5_modern.py"]


def test_what_archspec_wrote_is_overwritten(archspec: Command, desk: Path) -> None:
    file = desk / "net.py"
    assert archspec("compile", "lenet5_modern", "-o", "net.py").code == 0
    first = file.read_text("utf-8")
    file.write_text(first + "# changed by hand\n")
    assert archspec("compile", "lenet5_modern", "-o", "net.py").code == 0
    assert file.read_text("utf-8") == first


@pytest.mark.parametrize("command", [("compile", "lenet5_modern"), ("schema",)], ids=lambda words: words[0])
def test_what_others_wrote_is_not(archspec: Command, desk: Path, command: tuple[str, ...]) -> None:
    file = desk / "mine.txt"
    file.write_text(FOREIGN)
    done = archspec(*command, "-o", "mine.txt")
    assert done.code == 1
    assert done.err.startswith(REFUSED.format("mine.txt"))
    assert file.read_text() == FOREIGN
    assert archspec(*command, "-o", "mine.txt", "--force").code == 0
    written = file.read_text("utf-8")
    assert FOREIGN not in written
    assert archspec(*command, "-o", "mine.txt").code == 0
    assert file.read_text("utf-8") == written


def test_an_empty_file_is_nobodys(archspec: Command, desk: Path) -> None:
    (desk / "net.py").touch()
    assert archspec("compile", "lenet5_modern", "-o", "net.py").code == 0


def test_a_seed_says_what_the_first_weights_are(archspec: Command) -> None:
    """And a run with a seed leaves the random state of the process as it was."""
    before = torch.get_rng_state()
    assert archspec("compile", "lenet5_modern", "--seed", "3").code == 0
    assert torch.equal(torch.get_rng_state(), before)
    assert archspec("compile", "lenet5_modern", "--seed", "-1").code == 2


def test_a_folder_that_does_not_exist(archspec: Command) -> None:
    done = archspec("compile", "lenet5_modern", "-o", "no/net.py")
    assert done.code == 1
    assert done.err.startswith("error[A0502]: cannot write no/net.py: the folder no does not exist")


def test_an_unknown_backend(archspec: Command, desk: Path) -> None:
    done = archspec("compile", "lenet5_modern", "--backend", "pytorhc")
    assert done.code == 1
    assert done.err.startswith("error[A0504]: no backend is called `pytorhc`\n  = help: did you mean `pytorch`?\n")
    assert [*desk.iterdir()] == []


@pytest.fixture
def no_gpu() -> Iterator[None]:
    with mock.patch.object(torch.cuda, "is_available", return_value=False):
        yield


@pytest.mark.usefixtures("no_gpu")
def test_a_device_that_is_not_there(archspec: Command, desk: Path) -> None:
    done = archspec("compile", "lenet5_modern", "--device", "cuda")
    assert done.code == 2
    assert "there is no CUDA device here that torch can use" in done.err
    assert "Traceback" not in done.err
    assert [*desk.iterdir()] == []
