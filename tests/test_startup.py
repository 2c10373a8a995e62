"""Start-up is a feature: what must not be imported, seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = "specs/densenet121.yaml"


def imported(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has imported after running `code`."""
    report = f"{code}\nimport sys\nprint('\\n' + ' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", report], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def command(*words: str) -> str:
    """Code that runs the command `archspec WORDS` to its end and goes on after it."""
    return f"""
import sys
from archspec.cli import main
sys.argv = {["archspec", *words]!r}
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def test_importing_archspec_imports_nothing_heavy() -> None:
    heavy = {"torch", "pydantic", "yaml", "networkx", "graphviz", "typer", "numpy"}
    assert not imported("import archspec; archspec.__version__; dir(archspec)") & heavy


@pytest.mark.parametrize(
    "words",
    [
        ("stats", SPEC),
        ("check", SPEC),
        ("fmt", "--check", SPEC),
        ("list",),
        ("show", "densenet121"),
        ("expand", SPEC),
        ("ops",),
        ("schema",),
        ("explain", "A0301"),
        ("--help",),
    ],
    ids=" ".join,
)
def test_commands_that_need_no_torch_never_import_it(words: tuple[str, ...]) -> None:
    assert not imported(command(*words)) & {"torch", "networkx", "graphviz", "numpy"}


def test_loading_and_counting_never_import_torch() -> None:
    code = "import archspec; archspec.load('densenet121'); archspec.stats('densenet121'); archspec.check('densenet121')"
    assert not imported(code) & {"torch", "networkx", "numpy"}
