"""The slide a chart stands on: title, subtitle, axes with the diagrams' type and hues, and the file it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from archspec.draw.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = ("svg", "pdf", "png")
MARGIN = 36
TITLE, SUBTITLE, TEXT, FLOOR = 24, 13.5, 13, 12
"""sizes of type in points; nothing is smaller than the last"""
SERIES = ("conv", "pool", "linear", "merge", "activation", "p2", "norm")
"""hues of families and kinds, in the order in which they are given out"""
FONTS = ("Arial", "Liberation Sans", "DejaVu Sans")
"""the first that is installed; the first two have the same metrics, the last comes with matplotlib"""


@dataclass(frozen=True, slots=True)
class Slide:
    """Size of the picture in points, and its colours."""

    theme: Theme
    width: float = 960
    height: float = 540
    transparent: bool = False


@contextmanager
def style(slide: Slide) -> Iterator[None]:
    """Matplotlib's settings for one chart: a font that is there, text kept as text, equal bytes each time."""
    import matplotlib
    from matplotlib import font_manager

    present = {font.name for font in font_manager.fontManager.ttflist}
    theme = slide.theme
    settings: dict[Any, Any] = {
        # The last one has every sign (exponents as superscripts) that the first lacks.
        "font.family": list(dict.fromkeys((next(name for name in FONTS if name in present), FONTS[-1]))),
        "font.size": TEXT,
        "text.color": theme["ink"],
        "axes.edgecolor": theme["hairline"],
        "axes.labelcolor": theme["muted"],
        "axes.facecolor": "none",
        "xtick.color": theme["muted"],
        "ytick.color": theme["muted"],
        "xtick.labelsize": FLOOR,
        "ytick.labelsize": FLOOR,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": theme["hairline"],
        "grid.linewidth": 0.6,
        "svg.fonttype": "none",
        "svg.hashsalt": "archspec",
        "pdf.fonttype": 42,
    }
    with matplotlib.rc_context(settings):
        yield


def figure(slide: Slide, title: str, subtitle: str) -> Figure:
    """An empty slide with its two lines of heading."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(slide.width / 72, slide.height / 72), dpi=144)
    made.patch.set_facecolor("none" if slide.transparent else slide.theme["paper"])
    left, top = MARGIN / slide.width, 1 - MARGIN / slide.height
    made.text(left, top, title, size=TITLE, weight="bold", va="top")
    made.text(left, top - 36 / slide.height, subtitle, size=SUBTITLE, color=slide.theme["muted"], va="top")
    return made


def axes(made: Figure, slide: Slide, left: float, bottom: float, right: float, top: float) -> Axes:
    """Axes whose frame lies that many points inside the canvas."""
    width, height = slide.width, slide.height
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    return made.add_axes(box)


def render(made: Figure, suffix: str) -> bytes:
    """The file: `svg`, `pdf` or `png` (144 dots an inch: 1920 × 1080 for a slide). The same chart, the same bytes."""
    file = BytesIO()
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[suffix]
    made.savefig(file, format=suffix, metadata=metadata, facecolor=made.get_facecolor())
    data = file.getvalue()
    if suffix == "svg":
        # Who opens the picture may have another of the fonts than who made it.
        families = ", ".join(f"'{name}'" for name in FONTS)
        data = re.sub(rb"(?<=font-family: )'[^;\"]*|(?<=px )'[^;\"]*", families.encode(), data)
    return data


def short(number: float) -> str:
    """A tick of an axis: three digits at most and a suffix.

    >>> short(2.5e9), short(1e7), short(800), short(0.5)
    ('2.5 G', '10 M', '800', '0.5')
    """
    for size, suffix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {suffix}"
    return f"{number:.3g}"
