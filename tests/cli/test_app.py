"""What every command does with a failure, a pipe and a terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from archspec.cli import terminal
from archspec.version import __version__
from tests.cli.conftest import Command

RUN = [sys.executable, "-c", "from archspec.cli import main; main()"]


def test_help_lists_every_command(archspec: Command) -> None:
    done = archspec("--help")
    assert done.code == 0
    listed = [line.split()[0] for line in done.out.partition("Commands:\n")[2].splitlines()]
    expected = (
        "check stats compare diff paths field memory intensity sweep fit draw chart "
        "compile plan passes rewrite weights bench "
        "list show expand fmt ops explain schema doctor"
    )
    assert listed == expected.split()


def test_version(archspec: Command) -> None:
    assert archspec("--version") == (0, f"archspec {__version__}\n", "")


def test_no_command_shows_the_help(archspec: Command) -> None:
    done = archspec()
    assert done.code == 2
    assert "Usage: archspec" in done.out + done.err


def test_a_bug_is_no_traceback(archspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("something is off")

    monkeypatch.setattr("archspec.api.load", broken)
    done = archspec("stats", "densenet121")
    assert done.code == 70
    assert done.err == (
        "internal error: ZeroDivisionError: something is off\n"
        "this is a bug in archspec; please report it together with the spec "
        "(`archspec --debug …` shows the traceback)\n"
    )
    with pytest.raises(ZeroDivisionError):
        archspec("--debug", "stats", "densenet121")


def test_an_operating_system_error_is_a_message(archspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "net.py")

    monkeypatch.setattr("archspec.api.load", full)
    assert archspec("stats", "densenet121") == (1, "", "error: `net.py`: no space left on device\n")


def test_ctrl_c_is_silent(archspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archspec.api.load", stopped)
    done = archspec("stats", "densenet121")
    assert (done.code, done.out) == (130, "")
    assert "Traceback" not in done.err


def test_a_closed_pipe_is_silent() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*RUN, "ops"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""


def test_output_survives_a_terminal_without_unicode() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*RUN, "ops"], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_colour_in_a_pipe_nor_where_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.coloured(Terminal())  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.coloured(Terminal())  # type: ignore[arg-type]
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not terminal.coloured(Terminal())  # type: ignore[arg-type]
    assert not terminal.coloured(sys.__stdout__) or sys.__stdout__.isatty()  # type: ignore[union-attr]


def test_long_names_give_way_in_the_middle_and_text_at_its_end() -> None:
    rows = [["features." + "x" * 60 + ".conv1", "conv(64, 7, stride=2, padding=3)", "1"]]
    (_, line) = terminal.table(
        ("name", "op", "n"), rows, frozenset({"n"}), {"op": terminal.cut, "name": terminal.shorten}
    )
    assert len(line) == 80
    assert line.startswith("features.xxx")
    assert "xxx.conv1  conv(64, 7,…  1" in line
