"""Canvases by the names that people have for them, in points."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SIZES: Mapping[str, tuple[float, float]] = MappingProxyType({"16:9": (960, 540), "4:3": (720, 540), "half": (480, 540)})
LEAST, MOST = 240, 4000


def size(text: str) -> tuple[float, float] | None:
    """Width and height in points of `16:9`, `4:3`, `half` or `WxH`; None for other words.

    >>> size("half"), size("1200x800"), size("huge"), size("9x9")
    ((480, 540), (1200.0, 800.0), None, None)
    """
    if text in SIZES:
        return SIZES[text]
    found = re.fullmatch(r"(\d{1,5}(?:\.\d+)?)[x×](\d{1,5}(?:\.\d+)?)", text)
    if found is None:
        return None
    width, height = float(found[1]), float(found[2])
    return (width, height) if min(width, height) >= LEAST and max(width, height) <= MOST else None
