"""`archspec explain CODE`: the wrong snippet of a page gives the code, the right one nothing at all."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from archspec.text.codes_language import ELABORATION, FIGURES, STRUCTURE
from tests.diagnostics.cases import diagnose

PAGES = {code: page for code, page in (STRUCTURE | ELABORATION | FIGURES).items() if page.wrong}
HEAD = {"archspec": "archspec: 1\n", "name": "name: net\n", "inputs": "inputs: {image: [3, 32, 32]}\n"}


def whole(snippet: str) -> str:
    """A snippet of a page as a spec: what it leaves out is added."""
    if not snippet.startswith("archspec:") and "graph:" not in snippet:
        snippet = "graph:\n" + textwrap.indent(snippet, "  ")
    lines = snippet.splitlines()
    return "".join(text for key, text in HEAD.items() if not any(line.startswith(key) for line in lines)) + snippet


def codes(snippet: str, folder: Path) -> list[str]:
    (folder / "spec.yaml").write_text(whole(snippet))
    return [each.code for each in diagnose(folder / "spec.yaml")]


@pytest.mark.parametrize("code", PAGES)
def test_the_wrong_snippet_gives_the_code_once(code: str, tmp_path: Path) -> None:
    assert codes(PAGES[code].wrong, tmp_path) == [code]


@pytest.mark.parametrize("code", PAGES)
def test_the_right_snippet_is_right(code: str, tmp_path: Path) -> None:
    assert codes(PAGES[code].right, tmp_path) == []
