"""Error against operations, circles for parameters, as in Canziani, Paszke and Culurciello (arXiv 1605.07678)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING

from archspec.draw.charts.canvas import FLOOR, MARGIN, SERIES, TEXT, Slide, axes, figure, short
from archspec.draw.charts.labels import Box, Mark, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST = 27
"""radius in points of the circle of the network with most parameters"""


@dataclass(frozen=True, slots=True)
class Network:
    """One circle: what it is called, its family (its hue), and its numbers."""

    name: str
    family: str
    params: int
    mads: int
    error: float
    """percent"""


def accuracy(networks: Sequence[Network], title: str, subtitle: str, unit: str, slide: Slide) -> Figure:
    """The chart; `unit` says which error. Names that find no room are left out, those of the best networks last."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    made = figure(slide, title, subtitle)
    panel = axes(made, slide, MARGIN + 46, MARGIN + 34, MARGIN, 112)
    mads = [network.mads for network in networks]
    errors = [network.error for network in networks]
    low, high = min(mads), max(mads)
    panel.set_xscale("log")
    panel.set_xlim(low / 1.45, high * 1.45)
    pad = 0.09 * (max(errors) - min(errors)) + 0.4
    panel.set_ylim(min(errors) - pad, max(errors) + pad)
    panel.set_xlabel("multiply-adds of one image", size=TEXT)
    panel.set_ylabel(unit, size=TEXT)
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xticks(_ticks(low / 1.45, high * 1.45))
    panel.set_xticks([], minor=True)
    panel.grid(True)
    panel.tick_params(length=0)

    most = max(network.params for network in networks)
    hues = {family: slide.theme[SERIES[k % len(SERIES)]] for k, family in enumerate(_families(networks))}
    for network in sorted(networks, key=lambda one: -one.params):
        hue = hues[network.family]
        area = pi * _radius(network.params, most) ** 2
        panel.scatter(network.mads, network.error, s=area * 4 / pi, color=hue, alpha=0.55, linewidths=0)
        panel.scatter(network.mads, network.error, s=area * 4 / pi, facecolors="none", edgecolors=hue, linewidths=1.2)
        panel.scatter(network.mads, network.error, s=9, color=slide.theme["ink"], linewidths=0)
    _names(made, panel, networks, most, slide)
    _sizes(made, most, slide)
    return made


def _families(networks: Sequence[Network]) -> list[str]:
    return list(dict.fromkeys(network.family for network in networks))


def _radius(params: float, most: float) -> float:
    return LARGEST * sqrt(params / most)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten.

    >>> _ticks(4e8, 3e9)
    [500000000.0, 1000000000.0, 2000000000.0]
    """
    return [digit * 10.0**power for power in range(19) for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]


def _names(made: Figure, panel: Axes, networks: Sequence[Network], most: int, slide: Slide) -> None:
    from matplotlib.lines import Line2D

    scale = 72 / made.dpi
    frame = panel.get_window_extent()
    room = Box(frame.x0 * scale, frame.y0 * scale, frame.x1 * scale, frame.y1 * scale)
    marks, order = [], sorted(networks, key=lambda one: one.error)
    for network in order:
        text = made.text(0, 0, network.name, size=FLOOR)
        extent = text.get_window_extent()
        text.remove()
        x, y = panel.transData.transform((network.mads, network.error))
        wide, high = extent.width * scale + 4, extent.height * scale + 1
        marks.append(Mark(x * scale, y * scale, _radius(network.params, most), wide, high))
    for network, mark, spot in zip(order, marks, place(marks, room), strict=True):
        if spot is None:
            continue
        if spot.end is not None:
            xs, ys = zip((mark.x, mark.y), spot.end, strict=True)
            made.add_artist(
                Line2D(
                    [x / 72 for x in xs],
                    [y / 72 for y in ys],
                    transform=made.dpi_scale_trans,
                    color=slide.theme["muted"],
                    linewidth=0.8,
                )
            )
        made.text(spot.x / slide.width, spot.y / slide.height, network.name, size=FLOOR, ha="center", va="center")


def _sizes(made: Figure, most: int, slide: Slide) -> None:
    """Three circles that say how large is how many."""
    from matplotlib.patches import Circle

    shown = [5e6, 50e6, 100e6] if most >= 80e6 else [most / 10, most / 2, most]
    x = slide.width - MARGIN
    y = slide.height - MARGIN - 32
    for params in reversed(shown):
        radius = _radius(params, most)
        text = made.text(x / slide.width, y / slide.height, short(params), size=FLOOR, ha="right", va="center")
        x -= 40 + radius
        made.add_artist(
            Circle(
                (x / 72, y / 72),
                radius / 72,
                transform=made.dpi_scale_trans,
                facecolor="none",
                edgecolor=slide.theme["muted"],
                linewidth=1.2,
            )
        )
        x -= radius + 14
        text.set_color(slide.theme["muted"])
    made.text(
        x / slide.width, y / slide.height, "parameters", size=FLOOR, color=slide.theme["muted"], ha="right", va="center"
    )
