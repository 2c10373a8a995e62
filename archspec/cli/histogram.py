"""A distribution as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, gcd
from typing import NamedTuple

EIGHTHS = " ▏▎▍▌▋▊▉"
REACH = 4
"""standard deviations around the mean that have lines of their own; what lies further is one line a side"""


class Bin(NamedTuple):
    """The values from `first` to `last`, and their share of the whole."""

    first: int
    last: int
    share: Fraction

    @property
    def label(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def bins(counts: Sequence[int], mean: Fraction, deviation: float, most: int = 22) -> list[Bin]:
    """At most `most` bins of a distribution over 0, 1, 2, …, from the smallest value that occurs to the largest.

    All have the same width but those of the tails. Where only every second value occurs, so do the bins.

    >>> [(bin.label, str(bin.share)) for bin in bins((0, 1, 0, 2, 0, 1), Fraction(3), 1.4)]
    [('1', '1/4'), ('3', '1/2'), ('5', '1/4')]
    """
    values = [value for value, count in enumerate(counts) if count]
    if not values:
        return []
    whole = sum(counts)
    step = gcd(*(value - values[0] for value in values)) or 1
    low = max(values[0], _onto(floor(mean - REACH * Fraction(deviation)), values[0], step))
    high = min(values[-1], max(low, ceil(mean + REACH * Fraction(deviation))))
    lines = most - (low > values[0]) - (high < values[-1])
    width = step * -(-((high - low) // step + 1) // lines)
    starts = [*([values[0]] if low > values[0] else []), *range(low, high + 1, width)]
    after = starts[-1] + width
    starts += [after] if after <= values[-1] else []
    found = []
    for start, end in zip(starts, [*starts[1:], values[-1] + step], strict=True):
        found.append(Bin(start, min(end - step, values[-1]), Fraction(sum(counts[start:end]), whole)))
    return found


def _onto(value: int, origin: int, step: int) -> int:
    """The largest number of whole steps from `origin` that is not above `value`."""
    return origin + (value - origin) // step * step


def histogram(found: Sequence[Bin], head: str, width: int) -> list[str]:
    """One line a bin: its label, its share, and a bar; the longest bar ends at `width`.

    >>> print("\\n".join(histogram([Bin(1, 1, Fraction(1, 4)), Bin(2, 2, Fraction(3, 4))], "layers", 28)))
    layers    share
         1  25.00 %  ███▋
         2  75.00 %  ███████████
    """
    if not found:
        return []
    labels = max(len(head), *(len(bin.label) for bin in found))
    shares = [percent(bin.share) for bin in found]
    wide = max(len("share"), *map(len, shares))
    room = width - labels - wide - 4
    most = max(bin.share for bin in found)
    lines = [f"{head:>{labels}}  {'share':>{wide}}"]
    for bin, share in zip(found, shares, strict=True):
        eighths = round(bin.share / most * room * 8)
        bar = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
        lines.append(f"{bin.label:>{labels}}  {share:>{wide}}  {bar}".rstrip())
    return lines


def percent(share: Fraction) -> str:
    """
    >>> percent(Fraction(1, 3)), percent(Fraction(1, 10**9)), percent(Fraction(0)), percent(Fraction(1))
    ('33.33 %', '<0.01 %', '0 %', '100 %')
    """
    if share in (0, 1):
        return f"{int(share) * 100} %"
    return f"{float(share):.2%}".replace("%", " %") if share >= Fraction(1, 20000) else "<0.01 %"
