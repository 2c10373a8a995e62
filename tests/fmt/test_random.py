"""Formatting random specs changes no program."""

from __future__ import annotations

from hypothesis import given, settings

from tests.fmt.tools import formatted, program
from tests.strategies import specs


@settings(max_examples=80)
@given(specs())
def test_no_form_changes_the_program(text: str) -> None:
    wanted = program(text)
    kept, long, short = formatted(text), formatted(text, "long"), formatted(text, "short")
    assert formatted(kept) == kept
    assert formatted(long) == long == formatted(long, "long")
    assert formatted(short) == short == formatted(short, "short")
    again = formatted(long, "short")
    assert formatted(again) == again == formatted(formatted(again, "long"), "short")
    for other in (kept, long, short, again):
        assert program(other) == wanted
