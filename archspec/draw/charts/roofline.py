"""Which layers the memory holds back: the roofline of Williams, Waterman and Patterson (CACM 52:4, 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING

from archspec.draw.charts.canvas import FLOOR, MARGIN, SERIES, TEXT, Slide, axes, figure, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Layer:
    """A dot: a layer's kind, its multiply-adds, and its multiply-adds a byte that it must move."""

    kind: str
    mads: int
    intensity: float


@dataclass(frozen=True, slots=True)
class Machine:
    """A roof: multiply-adds a second at best, and bytes a second from memory."""

    name: str
    mads: float
    bandwidth: float

    @property
    def ridge(self) -> float:
        """Multiply-adds a byte above which arithmetic, not memory, is the limit."""
        return self.mads / self.bandwidth


def roofline(layers: Sequence[Layer], machine: Machine, title: str, subtitle: str, slide: Slide) -> Figure:
    """Layers on their roof, both axes logarithmic; the area of a dot is the layer's share of the work."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    theme = slide.theme
    made = figure(slide, title, subtitle)
    panel = axes(made, slide, MARGIN + 70, MARGIN + 34, MARGIN, 112)
    low = min([*(layer.intensity for layer in layers), machine.ridge]) / 2
    high = max([*(layer.intensity for layer in layers), machine.ridge]) * 2.5
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlim(low, high)
    floor = low * machine.bandwidth
    panel.set_ylim(floor, machine.mads * 3)
    panel.axvspan(low, machine.ridge, color=theme["pool"], alpha=0.08, lw=0)
    panel.plot([low, machine.ridge, high], [floor, machine.mads, machine.mads], color=theme["ink"], linewidth=2)

    kinds = list(dict.fromkeys(layer.kind for layer in layers))
    most = max([*(layer.mads for layer in layers), 1])
    for kind, hue in zip(kinds, SERIES * len(kinds), strict=False):
        of_kind = [layer for layer in layers if layer.kind == kind]
        panel.scatter(
            [layer.intensity for layer in of_kind],
            [min(machine.mads, layer.intensity * machine.bandwidth) for layer in of_kind],
            s=[4 * (2.5 + 12 * sqrt(layer.mads / most)) ** 2 * pi / 4 for layer in of_kind],
            color=theme[hue],
            alpha=0.6,
            linewidths=0,
            label=kind,
            zorder=3,
        )
    panel.legend(loc="lower right", frameon=False, fontsize=FLOOR, scatterpoints=1, markerscale=0.7)
    for word, x, side in (
        ("memory-bound", machine.ridge / 1.12, "right"),
        ("compute-bound", machine.ridge * 1.12, "left"),
    ):
        panel.text(x, machine.mads * 1.9, word, ha=side, va="center", color=theme["muted"], size=TEXT)
    panel.set_xlabel("multiply-adds a byte", size=TEXT)
    panel.set_ylabel("multiply-adds a second", size=TEXT)
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axis.set_minor_formatter(NullFormatter())
    panel.grid(True)
    panel.tick_params(which="both", length=0)
    return made
