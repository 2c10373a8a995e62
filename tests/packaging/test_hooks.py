"""The pre-commit hooks: ours, and those that other repositories may use, call commands that exist."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from archspec.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
OURS = [
    hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"] for hook in repo["hooks"]
]
THEIRS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


@pytest.mark.parametrize("hook", [*OURS, *THEIRS], ids=lambda hook: hook["id"])
def test_hook_calls_what_exists(hook: dict[str, str]) -> None:
    program, command, *_ = hook["entry"].split()
    if program == "make":
        assert f"\n{command}:" in (ROOT / "Makefile").read_text()
    elif Path(program).name == "archspec":
        assert command in COMMANDS
    else:
        assert Path(program).name == "ruff"


def test_nothing_is_fetched_for_our_own_hooks() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert {hook["language"] for hook in OURS} == {"system"}
