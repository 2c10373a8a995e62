"""`archspec passes`, `compile --optimize` and `archspec rewrite`: what they print and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_each_pass_does_to_a_network(archspec: Command) -> None:
    code, out, err = archspec("passes", "densenet121")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "after         nodes  params    MADs    memory",
        "as written      426  7.98 M  2.83 G  8.23 MiB",
        "fold-norm       367  7.97 M",
        "commute-pool                 2.60 G",
        "clamp-norm      306  7.91 M",
        "fuse-conv       247",
    ]
    code, out, err = archspec("passes", "densenet121", "--backend", "onnx")
    assert out.splitlines()[-1] == "commute-pool                 2.60 G"


def test_compile_writes_the_optimised_network(archspec: Command, desk: Path) -> None:
    code, out, err = archspec("compile", "resnet20_cifar", "--optimize", "inference")
    assert (code, err) == (0, "")
    assert "fold-norm" in out
    assert out.splitlines()[-1].startswith("  wrote ")
    source = (desk / "resnet20_cifar.py").read_text("utf-8")
    assert "BatchNorm" not in source
    assert 'FusedConv2d(3, 16, 3, padding=1, activation="relu")' in source


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("passes", "densenet121", "--optimize", "faster"), "no pass is called `faster`"),
        (("compile", "lenet5", "--optimize", "faster"), "no pass is called `faster`"),
        (("rewrite", "lenet5", "--rule", "smaller"), "no rule is called `smaller`"),
    ],
)
def test_unknown_words_are_wrong_on_the_command_line(archspec: Command, words: tuple[str, ...], message: str) -> None:
    code, _, err = archspec(*words)
    assert code == 2
    assert message in err


def test_rewrite_says_what_it_costs_and_writes(archspec: Command, desk: Path) -> None:
    code, out, err = archspec("rewrite", "vgg16", "--rule", "nxn-to-1xn-nx1", "-o", "vgg.py")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:3] == [
        "                 before   after  ratio",
        "params            138 M   134 M  0.968",
    ]
    assert "(1, 3)" in (desk / "vgg.py").read_text("utf-8")


def test_a_rule_that_applies_nowhere_writes_nothing(archspec: Command, desk: Path) -> None:
    code, out, _ = archspec("rewrite", "resnet50", "--rule", "5x5-to-3x3", "-o", "same.py")
    assert code == 0
    assert out.splitlines()[1] == "there is no convolution that the rule applies to"
    assert not [*desk.iterdir()]
