"""Changes to a text as data: each replaces one stretch of it, and the rest stays as it was typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """The characters `start` to `end` (exclusive) become `text`."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """All edits at once. An edit that overlaps an earlier one is left out; equal ones count once.

    >>> apply_edits("conv( 8 )", [Edit(5, 6, ""), Edit(7, 8, "")])
    'conv(8)'
    """
    pieces: list[str] = []
    at = 0
    for edit in sorted(set(edits)):
        if edit.start >= at:
            pieces += text[at : edit.start], edit.text
            at = edit.end
    pieces.append(text[at:])
    return "".join(pieces)
