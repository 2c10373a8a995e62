"""Every diagnostic, word for word, as a user meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archspec
from archspec.text.codes import CODES
from tests.diagnostics.cases import CASES, diagnose, rendered

WITHOUT_A_SPEC = {
    "A0001": "tests/diagnostics/test_files.py",
    "A0002": "tests/diagnostics/test_files.py",
    "A0003": "tests/diagnostics/test_files.py",
    "A0004": "tests/diagnostics/test_files.py",
    "A0116": "tests/diagnostics/test_files.py",
    "A0210": "tests/diagnostics/test_files.py",
    "A0501": "tests/diagnostics/test_files.py",
    "A0502": "tests/diagnostics/test_files.py",
    "A0503": "tests/diagnostics/test_files.py",
    "A0504": "tests/diagnostics/test_files.py",
    "A0505": "tests/diagnostics/test_files.py",
    "A0506": "tests/exported/test_exported.py",
    "A0402": "tests/charts/test_charts.py",
    "A0701": "tests/checkpoints/test_header.py",
    "A0702": "tests/checkpoints/test_load.py",
    "A0601": "tests/diagnostics/test_files.py",
    "A0602": "tests/diagnostics/test_files.py",
    "A0603": "tests/cli/test_paths.py",
    "A0604": "tests/cli/test_paths.py",
}
"""codes that no text of a spec alone gives, and where they are held to their words"""


def raised() -> set[str]:
    """Every code that the package names, but for the pages of the codes themselves."""
    folders = (Path(archspec.__path__[0]), Path(archspec.__path__[-1]) / "backends")
    files = {file for folder in folders for file in folder.rglob("*.py")}
    texts = [file.read_text() for file in files if not file.name.startswith("codes")]
    return {code for text in texts for code in re.findall(r'"(A0\d{3})"', text)}


@pytest.mark.parametrize("case", CASES)
def test_the_words_of(case: str) -> None:
    assert rendered(CASES[case]) == (CASES[case] / "expected.txt").read_text()


@pytest.mark.parametrize("case", CASES)
def test_an_example_shows_its_code_alone(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES[case])
    assert {each.code for each in diagnose("spec.yaml")} == {case[:5]}


def test_every_code_that_is_raised_has_a_page_and_an_example() -> None:
    shown = {case[:5] for case in CASES} | WITHOUT_A_SPEC.keys()
    assert raised() - set(CODES) == set(), "no page in archspec/text/codes.py"
    assert raised() - shown == set(), "no example in tests/diagnostics/"


def test_every_page_belongs_to_a_code_that_is_raised() -> None:
    assert set(CODES) - raised() == set()


def test_the_place_of_an_example_without_a_spec_is_true() -> None:
    root = Path(__file__).parents[2]
    for code, file in WITHOUT_A_SPEC.items():
        assert code.lower() in (root / file).read_text()
