"""The house rules that a program can check: style, types, and the floors of ARCHITECTURE.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(not (ROOT / ".ci" / "tree").exists(), reason="not a checkout")


def run(*command: str, folder: Path = ROOT, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def tool(name: str) -> str:
    """A program of the environment that the tests run in."""
    return str(Path(sys.executable).parent / name)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The checkout as a wheel would lay it out, with backends/ inside archspec/."""
    run(str(ROOT / ".ci" / "tree"), str(tmp_path / "tree"))
    return tmp_path / "tree"


def test_lint() -> None:
    run(tool("ruff"), "check", "--no-cache", "--output-format", "concise", ".")


def test_format() -> None:
    run(tool("ruff"), "format", "--no-cache", "--check", "--output-format", "concise", ".")


def test_types(tree: Path) -> None:
    run(tool("mypy"), folder=tree)


def test_floors(tree: Path) -> None:
    run(tool("lint-imports"), "--no-cache", folder=tree, PYTHONPATH=str(tree))


def test_floors_are_checked(tree: Path) -> None:
    """The contract is no formality: an import that goes up breaks it."""
    ops = tree / "archspec" / "ops"
    files = list(ops.iterdir())
    ops.unlink()
    ops.mkdir()
    for file in files:
        (ops / file.name).symlink_to((ROOT / "archspec" / "ops" / file.name).resolve())
    (ops / "upward.py").write_text("import archspec.language\n")
    with pytest.raises(pytest.fail.Exception, match=r"archspec\.ops is not allowed to import archspec\.language"):
        test_floors(tree)


def test_heavy_imports_are_banned_at_the_top_of_a_module() -> None:
    for package in ("torch", "networkx"):
        done = subprocess.run(
            [tool("ruff"), "check", "--no-cache", "--stdin-filename", "archspec/analysis/new.py", "-"],
            input=f"import {package}\n\nprint({package})\n",
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "TID253" in done.stdout
