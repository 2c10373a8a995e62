"""What a sweep varies: `growth=12,24,32`, `width=8..64/8`, `blocks=[6,12,24,16],[6,12,32,32]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from archspec.language.files import parse_setting
from archspec.text.diagnostics import fault
from archspec.text.limits import DEFAULT_LIMITS, Limits

MOST_VALUES = 1_000_000
"""values of one param, and variants of one sweep"""

_NUMBER = r"[+-]?\d{1,30}(?:\.\d{1,30})?"
_RANGE = re.compile(rf"\s*(?P<first>{_NUMBER})\s*\.\.\s*(?P<last>{_NUMBER})\s*(?:/\s*(?P<step>{_NUMBER})\s*)?")
_CLOSED_BY = {"[": "]", "{": "}", "(": ")"}


def parse_axis(text: str, limits: Limits = DEFAULT_LIMITS) -> tuple[str, list[object]]:
    """The name of a param and the values it takes.

    Values stand between commas, each read as YAML; `first..last` counts by 1, and `first..last/step` by
    the step, the last value included if it is met. Decimal steps are exact.

    >>> parse_axis("growth=12, 24..48/12")
    ('growth', [12, 24, 36, 48])
    >>> parse_axis("rate=0..0.3/0.1")
    ('rate', [0.0, 0.1, 0.2, 0.3])
    >>> parse_axis("blocks=[6,12,24,16],[6,12,32,32]")
    ('blocks', [[6, 12, 24, 16], [6, 12, 32, 32]])

    Raises `SpecError` (A0324).
    """
    name, equals, rest = text.partition("=")
    values: list[object] = []
    for part in _parts(rest) if equals else ():
        match = _RANGE.fullmatch(part)
        if match is None:
            values.append(parse_setting(f"{name}={part}", limits)[1])
        else:
            values.extend(_range(match["first"], match["last"], match["step"] or "1", part.strip()))
    if not values or not name.strip():
        raise fault(
            "A0324", f"`{text[:60]}` is not `name=values`", help="such as `growth=12,24,32` or `growth=8..48/8`"
        )
    return name.strip(), values


def _parts(text: str) -> Iterator[str]:
    """The text between the commas that stand in no brackets and no quotes."""
    start, open, quote = 0, [], ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _CLOSED_BY:
            open.append(_CLOSED_BY[character])
        elif open and character == open[-1]:
            open.pop()
        elif character == "," and not open:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _range(first: str, last: str, step: str, text: str) -> list[int] | list[float]:
    low, high, by = Decimal(first), Decimal(last), Decimal(step)
    if by == 0 or (high - low) * by < 0:
        raise fault("A0324", f"the range `{text}` is empty", help="a range is `first..last` or `first..last/step`")
    count = int((high - low) // by) + 1
    if count > MOST_VALUES:
        raise fault("A0324", f"the range `{text}` has {count:,} values, where {MOST_VALUES:,} are allowed")
    values = [low + k * by for k in range(count)]
    if any("." in number for number in (first, last, step)):
        return [float(value) for value in values]
    return [int(value) for value in values]
