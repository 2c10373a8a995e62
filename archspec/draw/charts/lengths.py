"""How many paths have how many layers: the picture of Veit, Wilber and Belongie (arXiv 1605.06431)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING

from archspec.draw.charts.canvas import MARGIN, TEXT, Slide, axes, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def lengths(shares: Sequence[float], mean: float, deviation: float, title: str, subtitle: str, slide: Slide) -> Figure:
    """Bars of the share of paths (of one in all) that have 0, 1, 2, … weighted layers; mean and spread marked.

    The tails are left out: on each side five paths in a million, which would show nowhere.
    """
    from matplotlib.ticker import MaxNLocator

    theme = slide.theme
    made = figure(slide, title, subtitle)
    panel = axes(made, slide, MARGIN + 46, MARGIN + 34, MARGIN, 112)
    low, high = _body(shares)
    panel.axvspan(
        max(mean - deviation, low - 1), min(mean + deviation, high + 1), color=theme["conv"], alpha=0.12, lw=0
    )
    present = [length for length in range(low, high + 1) if shares[length]]
    step = reduce(gcd, (length - present[0] for length in present)) or 1
    panel.bar(present, [100 * shares[length] for length in present], 0.82 * step, color=theme["conv"])
    panel.axvline(mean, color=theme["pool"], linewidth=1.8)
    panel.set_xlim(low - step, high + step)
    top = 100 * max(shares)
    panel.set_ylim(0, top * 1.18)
    panel.annotate(
        f"mean {mean:.1f} ± {deviation:.1f}",
        (mean, top * 1.18),
        (8, -4),
        textcoords="offset points",
        va="top",
        size=TEXT,
        color=theme["pool"],
        weight="bold",
    )
    panel.set_xlabel("weighted layers on the path", size=TEXT)
    panel.set_ylabel("share of paths, %", size=TEXT)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.grid(True, axis="y")
    panel.tick_params(length=0)
    return made


def _body(shares: Sequence[float], tail: float = 5e-6) -> tuple[int, int]:
    """First and last length that is shown.

    >>> _body([0.0, 0.0, 0.5, 0.5, 0.0])
    (2, 3)
    """
    low, high = 0, len(shares) - 1
    left = right = 0.0
    while low < high and left + shares[low] <= tail:
        left += shares[low]
        low += 1
    while high > low and right + shares[high] <= tail:
        right += shares[high]
        high -= 1
    return low, high
