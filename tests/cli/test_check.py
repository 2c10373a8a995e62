from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

HEAD = "archspec: 1\nname: {name}\ninputs: {{image: [3, 8, 8]}}\n"
GOOD = HEAD + "graph:\n  - conv: conv(4, 3)\n"
WARNS = GOOD + "modules:\n  spare:\n    - relu\n"
WRONG = HEAD + "graph:\n  - conv: convv(4, 3)\n"
MISSES = GOOD + "expect: {{params: 113}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("good", GOOD), ("warns", WARNS), ("wrong", WRONG), ("misses", MISSES)):
        (tmp_path / f"{name}.yaml").write_text(text.format(name=name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_spec(archspec: Command, folder: Path) -> None:
    assert archspec("check", "good.yaml") == (0, "1 network checked, no mistakes\n", "")


def test_a_variant_is_checked_too(archspec: Command) -> None:
    done = archspec("check", "densenet121")
    assert done.code == 0
    assert int(done.out.split()[0]) > 1


def test_a_warning_is_told_and_is_an_error_when_strict(archspec: Command, folder: Path) -> None:
    done = archspec("check", "warns.yaml")
    assert (done.code, done.out) == (0, "1 network checked, 1 warning\n")
    assert done.err.startswith("warning[A0330]: the module `spare` is never used\n --> warns.yaml:7:3\n")
    strict = archspec("check", "--strict", "warns.yaml")
    assert (strict.code, strict.out) == (1, "1 network checked, 1 error\n")
    assert strict.err.startswith("error[A0330]")


def test_every_file_of_a_folder_is_checked_and_every_mistake_told(archspec: Command, folder: Path) -> None:
    done = archspec("check", ".")
    assert done.code == 1
    assert "misses.yaml:6:18" in done.err
    assert "wrong.yaml:5:11" in done.err
    assert "warning[A0330]" in done.err


def test_json(archspec: Command, folder: Path) -> None:
    done = archspec("check", "wrong.yaml", "misses.yaml", "--format", "json")
    assert done.code == 1
    found = [(each["severity"], each["file"], each["line"]) for each in json.loads(done.out)]
    assert found == [("error", "wrong.yaml", 5), ("error", "misses.yaml", 6)]


def test_github(archspec: Command, folder: Path) -> None:
    done = archspec("check", "wrong.yaml", "--format", "github")
    assert done.code == 1
    assert done.out.startswith("::error file=wrong.yaml,line=5,col=11,endColumn=")
    assert archspec("check", "good.yaml", "--format", "github") == (0, "", "")


def test_an_empty_folder_is_wrong_usage(archspec: Command, tmp_path: Path) -> None:
    done = archspec("check", str(tmp_path))
    assert done.code == 2
    assert "holds no YAML file" in done.err


def test_a_missing_file(archspec: Command) -> None:
    done = archspec("check", "nowhere/net.yaml")
    assert done.code == 1
    assert "nowhere/net.yaml" in done.err


def test_explain(archspec: Command) -> None:
    done = archspec("explain", "a0361")
    assert done.code == 0
    assert done.out.startswith("A0361: division by zero\n")
    wrong = archspec("explain", "A9361")
    assert wrong.code == 2
    assert "did you mean `A0361`?" in wrong.err
