"""A theme has a colour for each hue, and its words can be read."""

from __future__ import annotations

import pytest

from archspec.draw.theme import HUES, PRODUCERS, ROLES, THEMES, Theme


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


themes = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


@themes
def test_each_hue_has_a_colour(theme: Theme) -> None:
    assert set(theme.colours) == set(HUES)


@themes
def test_ink_can_be_read_on_every_fill(theme: Theme) -> None:
    fills = [f"{role}.fill" for role in ROLES]
    assert {fill for fill in fills if contrast(theme["ink"], theme[fill]) < 10} == set()


@themes
def test_words_beside_boxes_can_be_read_on_paper(theme: Theme) -> None:
    words = ("ink", "muted", "skip", "gate", "words", "module")
    assert {hue for hue in words if contrast(theme[hue], theme["paper"]) < 4.5} == set()


@themes
def test_strokes_stand_out_from_paper(theme: Theme) -> None:
    strokes = [role for role in ROLES if role != "card"]
    assert {role for role in strokes if contrast(theme[role], theme["paper"]) < 3} == set()


@themes
def test_numbers_on_a_bar_can_be_read(theme: Theme) -> None:
    assert {hue for hue in PRODUCERS if contrast(theme[hue], theme[f"{hue}.text"]) < 4.0} == set()
