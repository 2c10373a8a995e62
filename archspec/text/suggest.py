"""Did you mean: the known name that is closest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str | None:
    """The closest of the known names, or None if none is close.

    >>> suggest("bottelneck", ["basic", "bottleneck"])
    'bottleneck'
    >>> suggest("ReLU", ["relu", "gelu"])
    'relu'
    """
    names = sorted(set(known) - {name})
    plain = _plain(name)
    for candidate in names:
        if _plain(candidate) == plain:
            return candidate
    if len(name) < 2 or len(name) > 200:
        return None
    from difflib import get_close_matches

    close = get_close_matches(plain, [_plain(candidate) for candidate in names], 1, 0.6)
    return next((candidate for candidate in names if [_plain(candidate)] == close), None)


def _plain(name: str) -> str:
    """A name without what people get wrong first: case, `_` and `-`."""
    return name.lower().replace("_", "").replace("-", "")
