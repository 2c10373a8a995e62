"""The page of each code shows a mistake that raises the code, and its mending that raises nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archspec.text
from archspec.text.codes import CODES, explain
from tests.text.tools import codes_of

MINE = [code for code in CODES if re.match(r"A01|A022|A036", code)]


@pytest.mark.parametrize("code", MINE)
def test_the_wrong_example_raises_its_code_and_no_other(code: str) -> None:
    assert codes_of(code, CODES[code].wrong) == [code]


@pytest.mark.parametrize("code", MINE)
def test_the_right_example_raises_nothing(code: str) -> None:
    assert codes_of(code, CODES[code].right) == []


def test_every_code_that_this_floor_raises_has_a_page() -> None:
    source = "".join(file.read_text() for file in Path(next(iter(archspec.text.__path__))).glob("*.py"))
    raised = set(re.findall(r'"(A0[0-9]{3})"(?!:)', source))
    assert len(raised) > 40
    assert raised <= set(CODES)


def test_an_explanation_reads_as_a_page() -> None:
    assert explain("a0102") == (
        "A0102: a tab indents\n\n"
        "YAML indents with spaces only, because editors disagree about the width of a tab.\n\n"
        "Wrong:\n\n    graph:\n    \t- relu\n\n"
        "Right:\n\n    graph:\n      - relu"
    )
    assert explain("A9999") is None
