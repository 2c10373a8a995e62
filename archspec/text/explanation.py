"""The page of a diagnostic code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means and why it is an error, with the mistake and its mending where text can show them."""

    title: str
    text: str
    wrong: str = ""
    right: str = ""
