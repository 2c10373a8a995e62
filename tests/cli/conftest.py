"""The command line in this process: what it prints and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from archspec.cli.app import run


class Done(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def archspec(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "80")

    def command(*words: str) -> Done:
        capsys.readouterr()
        code = run(words)
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return command
