"""The generated files themselves: exact text for some, what holds for all.

After a change that is meant: `UPDATE=1 python -m pytest tests/pytorch`, and read the difference.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import archspec

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted((Path(__file__).parent.parent / "language" / "cases").glob("*.yaml"))
SHIPPED = [
    "densenet121",
    "googlenet_torchvision_aux",
    "resnet50",
    "se_resnet50_v15",
    "vgg16",
    "lenet5",
    "resnet110_cifar",
]


def source(spec: Path | str) -> str:
    """Without the version, which the head names."""
    return archspec.load(spec).python().replace(f"archspec {archspec.__version__}", "archspec VERSION")


@pytest.mark.parametrize("spec", [*CASES, *SHIPPED], ids=lambda spec: Path(spec).stem)
def test_exact_text(spec: Path | str) -> None:
    path = GOLDEN / f"{Path(spec).stem}.py"
    text = source(spec)
    if os.environ.get("UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated file of every shipped network."""
    folder = tmp_path_factory.mktemp("generated")
    for name in archspec.library():
        (folder / f"{name}.py").write_text(archspec.load(name).python(), encoding="utf-8")
    return folder


def test_every_file_is_formatted_and_clean(library: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    formatted = subprocess.run(
        [*ruff, "format", "--isolated", "--line-length", "88", "--check", "--quiet", str(library)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stdout + formatted.stderr
    linted = subprocess.run(
        [*ruff, "check", "--isolated", "--select", "E,F,W,I,B,UP,C4,SIM", "--ignore", "E501", "--quiet", str(library)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_torch_is_the_only_import_of_every_file(library: Path) -> None:
    for path in library.iterdir():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert [alias.name for alias in node.names] == ["torch"]
            elif isinstance(node, ast.ImportFrom):
                assert node.module in ("torch", "torch.nn")


def test_the_same_spec_gives_the_same_bytes() -> None:
    assert source("nasnet_a_large") == source("nasnet_a_large")
