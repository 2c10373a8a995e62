"""What a line of `expect` may say, and what number it means."""

from __future__ import annotations

from fractions import Fraction

import pytest

from archspec.language.read.figures import read_figure
from archspec.language.spec import Figure
from archspec.text.diagnostics import SpecError
from archspec.text.limits import Limits
from archspec.text.parse import parse
from archspec.text.source import Source


def figure(text: str) -> Figure:
    return read_figure("paths", parse(Source("test", text), Limits()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7978856", 7978856),
        ("2**58", 2**58),
        ("4**4 * 3**26", 4**4 * 3**26),
        ("(2**18 + 1)**3 + 1", (2**18 + 1) ** 3 + 1),
        ("2**10 - 1", 1023),
        ("3 * (2 + 2)", 12),
        ("1**50000", 1),
    ],
)
def test_closed_forms_are_exact(text: str, value: int) -> None:
    assert (figure(text).value, figure(text).slack) == (value, 0)


def test_rounded_figures_have_slack() -> None:
    assert (figure("2.83G").value, figure("2.83G").slack) == (2830000000, Fraction(10**7, 2))


@pytest.mark.parametrize("text", ["2**200000", "9**9**9", "(9**9999)**99", "1 - 2", "2 **", "2(3)", "((((2", "2 % 2"])
def test_what_is_no_figure_is_refused_at_once(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        figure(text)
    assert [one.code for one in caught.value.diagnostics] == ["A0209"]
