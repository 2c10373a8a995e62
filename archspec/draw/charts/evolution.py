"""How depth grew while the error fell, network by network in the order of their years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.draw.charts.canvas import FLOOR, MARGIN, TEXT, Slide, axes, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Milestone:
    """One column: a network, its year, its depth in weighted layers and its error in percent."""

    name: str
    year: int
    depth: int
    error: float


MOST = 14
"""columns that leave room for names of 12 points on a 16:9 slide"""


def evolution(milestones: Sequence[Milestone], title: str, subtitle: str, unit: str, slide: Slide) -> Figure:
    """Two panels over one row of names: errors above, depths on a logarithmic scale below."""
    theme = slide.theme
    made = figure(slide, title, subtitle)
    order = sorted(milestones, key=lambda one: one.year)
    columns = range(len(order))
    middle = (slide.height - 112 - MARGIN - 62) / 2
    above = axes(made, slide, MARGIN + 46, MARGIN + 62 + middle + 14, MARGIN, 112)
    below = axes(made, slide, MARGIN + 46, MARGIN + 62, MARGIN, 112 + middle + 14)

    errors = [one.error for one in order]
    best = [min(errors[: k + 1]) for k in columns]
    above.step([-0.5, *(k + 0.5 for k in columns)], [best[0], *best], where="pre", color=theme["pool"], linewidth=1.6)
    above.scatter(columns, errors, s=52, color=theme["pool"], linewidths=0, zorder=3)
    reach = max(errors) - min(errors) or 1.0
    above.set_ylim(max(0.0, min(errors) - 0.3 * reach), max(errors) + 0.28 * reach)
    above.set_ylabel(unit, size=TEXT)
    for k, error in zip(columns, errors, strict=True):
        above.annotate(f"{error:.1f}", (k, error), (0, 7), textcoords="offset points", ha="center", size=FLOOR)

    depths = [one.depth for one in order]
    floor = 1.0 if min(depths) < 5 else 4.0
    below.bar(columns, [depth - floor for depth in depths], 0.56, bottom=floor, color=theme["conv"])
    below.set_yscale("log")
    below.set_ylim(floor, max(depths) * 1.9)
    below.set_ylabel("weighted layers", size=TEXT)
    below.set_yticks([])
    below.set_yticks([], minor=True)
    for k, depth in zip(columns, depths, strict=True):
        below.annotate(
            str(depth), (k, depth), (0, 3), textcoords="offset points", ha="center", size=FLOOR, weight="bold"
        )

    for panel in (above, below):
        panel.set_xlim(-0.5, len(order) - 0.5)
        panel.set_xticks([])
        panel.tick_params(length=0)
    above.grid(True, axis="y")
    above.spines["bottom"].set_visible(False)
    below.spines["left"].set_visible(False)
    for k, one in enumerate(order):
        words: dict[str, Any] = {"ha": "center", "va": "top", "size": FLOOR}
        below.annotate(_broken(one.name), (k, 0), (0, -6), ("data", "axes fraction"), "offset points", **words)
        below.annotate(
            str(one.year), (k, 0), (0, -36), ("data", "axes fraction"), "offset points", color=theme["muted"], **words
        )
    return made


def _broken(name: str) -> str:
    """A long name on two lines, cut at a hyphen or space.

    >>> _broken("Inception-ResNet-v2"), _broken("VGG-19")
    ('Inception-\\nResNet-v2', 'VGG-19')
    """
    if len(name) <= 11:
        return name
    cuts = [k + 1 for k, sign in enumerate(name) if sign in "- " and 2 < k < len(name) - 2]
    if not cuts:
        return name
    at = min(cuts, key=lambda cut: abs(cut - len(name) / 2))
    return f"{name[:at].rstrip()}\n{name[at:]}"
