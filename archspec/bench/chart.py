"""Speeds as a chart for a slide: a bar for each subject, with the quartiles of its ratios, grouped by cell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from archspec.draw.charts.canvas import FLOOR, MARGIN, SERIES, TEXT, Slide, axes, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from archspec.bench.grid import Row

GAP = 1.0
"""between groups, in bars"""


def chart(rows: Sequence[Row], title: str, subtitle: str, slide: Slide) -> Figure:
    """Horizontal bars of speed; each says its speed and its median time."""
    theme = slide.theme
    made = figure(slide, title, subtitle)
    panel = axes(made, slide, MARGIN + 230, MARGIN + 34, MARGIN + 10, 112)
    hues = {name: theme[SERIES[at % len(SERIES)]] for at, name in enumerate(dict.fromkeys(_kind(row) for row in rows))}
    longest = max(row.speed.high for row in rows)
    thick = min(0.82, 24 / len(rows))
    at = 0.0
    for heading, cell in groupby(rows, lambda row: (row.spec, row.batch, row.threads)):
        panel.annotate(_heading(*heading), (0, at), (-222, 0), textcoords="offset points", va="center", weight="bold")
        at += 1
        for row in cell:
            low, middle, high = row.speed
            panel.barh(at, middle, thick, color=hues[_kind(row)])
            panel.plot([low, high], [at, at], color=theme["ink"], linewidth=1.6)
            panel.annotate(
                row.subject, (0, at), (-8, 0), textcoords="offset points", ha="right", va="center", size=TEXT
            )
            said = f"{middle:.2f} ×   {time(row.seconds.middle)}"
            panel.annotate(said, (max(high, middle), at), (7, 0), textcoords="offset points", va="center", size=FLOOR)
            at += 1
        at += GAP
    panel.axvline(1, color=theme["muted"], linewidth=1)
    panel.set_xlim(0, 1.35 * longest)
    panel.set_ylim(at - GAP, -0.6)
    panel.set_yticks([])
    panel.spines["left"].set_visible(False)
    panel.grid(True, axis="x")
    panel.tick_params(length=0)
    panel.set_xlabel("speed", size=TEXT)
    return made


def _kind(row: Row) -> str:
    """What has one hue in every group."""
    return row.subject.partition(":")[0] if row.subject != row.spec else ""


def _heading(spec: str, batch: int, threads: int) -> str:
    return f"{spec}, batch {batch}, {threads} thread{'s' if threads > 1 else ''}"


def time(seconds: float) -> str:
    """Three digits and a unit.

    >>> time(0.05213), time(12.3), time(4.2e-5)
    ('52.1 ms', '12.3 s', '42.0 µs')
    """
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size or unit == "µs":
            break
    return f"{digits(seconds / size)} {unit}"


def digits(number: float) -> str:
    """Three digits, or more before the point.

    >>> digits(9.3), digits(99.96), digits(1377.2)
    ('9.30', '100', '1,377')
    """
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"
