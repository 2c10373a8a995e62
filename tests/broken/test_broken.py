"""Some hundreds of wrong and hostile specs: each gives a message with a place, soon, and nothing else happens."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archspec.text.render import render
from tests.diagnostics.cases import diagnose

HERE = Path(__file__).parent
SPECS = {str(path.relative_to(HERE)): path for path in sorted(HERE.rglob("*.yaml"))}
SECONDS = 5
"""bound for one spec on a busy machine; each takes less than one on an idle one"""
MEGABYTES = 200


def test_there_are_plenty() -> None:
    assert len(SPECS) > 250


@pytest.mark.parametrize("name", SPECS)
def test_a_broken_spec_gives_a_located_message(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    started = time.process_time()
    found = diagnose(name)
    assert time.process_time() - started < SECONDS
    errors = [each for each in found if each.severity == "error"]
    assert errors
    for error in errors:
        text = render([error])
        assert "object at 0x" not in text
        if error.code != "A0004":  # a file that is not text has no lines to show
            assert re.search(r"--> [^\n]+\.yaml:\d+:\d+\n", text), text
    if name.startswith("injection/"):
        assert len(errors) == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="ru_maxrss would count the process that forked")
def test_the_command_survives_them_all(tmp_path: Path) -> None:
    """One process checks every one of them: exit code 1, no traceback, little memory, and no torch."""
    script = (
        "import sys\n"
        "from archspec.cli.app import run\n"
        "code = run(['check', *sys.argv[1:]])\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print(code, int(status['VmHWM'].split()[0]) >> 10, 'torch' in sys.modules)\n"
    )
    command = [sys.executable, "-c", script, *SPECS]
    done = subprocess.run(
        command,
        cwd=HERE,
        env={"PYTHONPATH": str(HERE.parents[1]), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)),
    )
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    code, peak, torch = done.stdout.split()[-3:]
    assert (code, torch) == ("1", "False")
    assert int(peak) < MEGABYTES
    for name in SPECS:
        assert name in done.stderr, f"{name} is not mentioned"
