"""TikZ: a file that compiles, with nothing of a spec reaching TeX unquoted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.draw.paint import PAINTERS
from archspec.draw.paint.tex import _sign
from archspec.draw.theme import THEMES
from tests.draw.paint.demo import SCENE

LIGHT = THEMES["light"]


def tex(theme: str = "light") -> str:
    return PAINTERS[".tex"]([SCENE], THEMES[theme], False).decode()


def test_elements_become_paths_and_nodes() -> None:
    made = tex()
    assert r"\useasboundingbox (0,0) rectangle (960,540);" in made
    assert (
        r"\path[draw=as-conv1,line width=1.6bp,fill=as-conv1-fill,rounded corners=8bp,] (400,200) rectangle (560,244);"
        in made
    )
    assert r"\definecolor{as-conv1-fill}{HTML}{E6F3FB}" in made
    assert r"10 \% \& \$ \# \_ \{ \} \textasciitilde{} \textasciicircum{} \textbackslash{}" in made
    assert "图" not in made


def test_a_theme_changes_the_colours_alone() -> None:
    def rest(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith(r"\definecolor")]

    assert rest(tex("dark")) == rest(tex())
    assert tex("dark") != tex()


@given(st.characters())
def test_no_character_is_active_in_tex(sign: str) -> None:
    bare = _sign(sign)
    if len(bare) == 1:
        assert bare not in "\\{}$&#^_~%"
        assert bare.isprintable()


@pytest.mark.skipif(
    shutil.which("pdflatex") is None or subprocess.run(["kpsewhich", "phvr8t.tfm", "tikz.sty"]).returncode != 0,
    reason="LaTeX with TikZ and Helvetica is not installed",
)
def test_the_file_compiles(tmp_path: Path) -> None:
    (tmp_path / "picture.tex").write_bytes(PAINTERS[".tex"]([SCENE, SCENE], LIGHT, False))
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "picture.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "2 pages" in done.stdout
