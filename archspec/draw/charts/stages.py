"""Where a network's parameters and multiply-adds lie: two bars a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.draw.charts.canvas import FLOOR, MARGIN, Slide, axes, figure, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a network, in the order in which it runs."""

    name: str
    params: int
    mads: int


def stages(parts: Sequence[Stage], title: str, subtitle: str, slide: Slide) -> Figure:
    """One row a stage, parameters to the left of the names' column, multiply-adds to the right, each with its share."""
    theme = slide.theme
    made = figure(slide, title, subtitle)
    names = 190.0
    side = (slide.width - 2 * MARGIN - names) / 2
    panels = (
        ("parameters", [part.params for part in parts], axes(made, slide, MARGIN + names, MARGIN, MARGIN + side, 128)),
        ("multiply-adds", [part.mads for part in parts], axes(made, slide, MARGIN + names + side, MARGIN, MARGIN, 128)),
    )
    rows = range(len(parts))
    for (word, amounts, panel), hue in zip(panels, ("params", "mads"), strict=True):
        total = sum(amounts) or 1
        panel.barh(rows, amounts, 0.62, color=theme[hue])
        panel.set_xlim(0, max([*amounts, 1]) * 1.55)
        panel.set_ylim(len(parts) - 0.4, -0.6)
        panel.set_xticks([])
        panel.set_yticks([])
        panel.spines["bottom"].set_visible(False)
        panel.set_title(f"{word}  {short(total)}", size=FLOOR + 1, loc="left", color=theme["muted"], pad=8)
        for row, amount in zip(rows, amounts, strict=True):
            said = f"{short(amount)}  {_share(amount, total)}" if amount else "0"
            panel.annotate(said, (amount, row), (6, 0), textcoords="offset points", va="center", size=FLOOR)
    left = panels[0][2]
    for row, part in zip(rows, parts, strict=True):
        left.annotate(
            part.name, (0, row), (-10, 0), ("axes fraction", "data"), "offset points", ha="right", va="center", size=13
        )
    return made


def _share(amount: int, total: int) -> str:
    """
    >>> _share(1, 3), _share(1, 1000)
    ('33 %', '<1 %')
    """
    percent = 100 * amount / total
    return f"{percent:.0f} %" if percent >= 0.5 else "<1 %"
