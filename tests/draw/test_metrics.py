"""Widths of text are those of the font."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.draw.metrics import cut, width, wrap

FONTS = Path("/usr/share/fonts/truetype/liberation")
LETTERS = (
    "".join(map(chr, range(32, 127))) + "×·→–—…²³¹°±÷−éèüöäßµ"  # what archspec writes, and names of people
)


@pytest.mark.skipif(not FONTS.is_dir(), reason="the font is not installed here")
@pytest.mark.parametrize(("file", "bold"), [("LiberationSans-Regular", False), ("LiberationSans-Bold", True)])
def test_each_letter_is_as_wide_as_in_the_font(file: str, bold: bool) -> None:
    from PIL import ImageFont

    font = ImageFont.truetype(FONTS / f"{file}.ttf", 2048)
    wrong = {letter for letter in LETTERS if width(letter, 2048, bold) != round(font.getlength(letter))}
    assert wrong == set()


@given(st.text(st.sampled_from(LETTERS), max_size=40), st.floats(20, 300))
def test_what_is_cut_fits(text: str, room: float) -> None:
    assert width(cut(text, 13, room), 13) <= max(room, width("…", 13))


@given(st.lists(st.sampled_from(["conv", "residual", "3×3", "a"]), min_size=1), st.floats(60, 200))
def test_wrapped_lines_fit_and_say_the_same(words: list[str], room: float) -> None:
    lines = wrap(" ".join(words), 13, room)
    assert lines is not None
    assert " ".join(lines).split() == words
    assert all(width(line, 13) <= room for line in lines)


def test_a_word_that_is_too_wide_is_not_wrapped() -> None:
    assert wrap("bottleneck", 13, 20) is None
