"""A whole network on one slide: rows of cells, a ruler above, costs below, and what is inside at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from archspec.draw.band import band, band_height, wrap
from archspec.draw.costs import Costs, costs
from archspec.draw.frames import Fit, Frames, kinds
from archspec.draw.mainline import TIGHTS, main_line
from archspec.draw.metrics import cut as shortened
from archspec.draw.parts import Drawing, Style, height, note
from archspec.draw.picture import Body, Figures, Row
from archspec.draw.plan import Cut, Heights, Plan, cut, plan
from archspec.draw.scene import Bounds, Element, Point
from archspec.draw.slide import Canvas
from archspec.draw.trunk import grouped, levels, spread

TOP, FOOT, ABOVE = 74.0, 16.0, 14.0
"""below the subtitle, below everything, and between the costs and the frames"""
HEIGHTS = (
    Heights(128, 34), Heights(118, 28), Heights(104, 24), Heights(92, 20), Heights(80, 16), Heights(68, 14),
    Heights(58, 12),
)  # fmt: skip
GOOD, BAD = 5.0, 30.0
"""badness of a setting that needs no better one, and of one that asks for something else"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to set a network, and how bad it is: words lost in frames, frames lost, low boxes, folding."""

    plan: Plan
    cuts: Sequence[Cut]
    shown: Sequence[Costs]
    heights: Heights
    frames: Frames
    fit: Fit | None
    used: float
    """height of the bands"""
    bottom: float
    badness: float


def draw(body: Body, figures: Figures, canvas: Canvas, style: Style, rows: Sequence[Row]) -> Drawing | None:
    """The network in the least bad way that fits; None if it is no line, or fits in no way.

    Costs are left out, the last row first, only where it does not fit with them.
    """
    body = spread(body)
    if len(body.inputs) > 3:
        return None
    for count in range(len(rows), -1, -1):
        best = _best(body, figures, canvas, style, rows[:count])
        if best is None or best.badness > BAD:
            smaller = grouped(body)
            other = _best(smaller, figures, canvas, style, rows[:count]) if smaller is not body else None
            if other is not None and (best is None or other.badness < best.badness):
                best = other
        if best is not None:
            lost = tuple(f"the row of {row}" for row in rows[count:])
            return _drawn(best, canvas, style, lost)
    return None


def _best(body: Body, figures: Figures, canvas: Canvas, style: Style, rows: Sequence[Row]) -> Setting | None:
    best: Setting | None = None
    for row, folded in levels(body):
        main = main_line(body, row)
        if main is None:
            return best
        shown = costs(row, main, rows, figures, style.prefix)
        room = canvas.width - 2 * canvas.margin
        frames = {brief: kinds(body, row, style, room, brief=brief) for brief in (False, True)}
        for bands in (1, 2, 3):
            for closeness, tight in enumerate(TIGHTS):
                planned = plan(body, row, main, tight)
                cuts = cut(planned, canvas, bands)
                if cuts is None:
                    continue
                extra = folded + 3.0 * (bands - 1) + 0.7 * closeness + (4.0 if tight.brief else 0.0)
                found = _setting(planned, cuts, shown, frames[tight.brief], canvas, extra)
                if found is not None and (best is None or found.badness < best.badness):
                    best = found
        if best is not None and best.badness <= GOOD:
            break
    return best


def _setting(
    plan: Plan, cuts: Sequence[Cut], shown: Sequence[Costs], frames: Frames, canvas: Canvas, extra: float
) -> Setting | None:
    """The heights that leave the frames their words."""
    bottom = canvas.height - FOOT - (14.0 if plan.tight.brief else 0.0)
    least = max(height(plan.words[place]) for place in range(len(plan.main.line))) + 8
    best: Setting | None = None
    for number, heights in enumerate(HEIGHTS):
        if heights.box < least:
            heights = Heights(least, heights.bar)
        used = sum(band_height(plan, each, heights, shown) for each in cuts)
        room = bottom - TOP - used - (ABOVE if frames.kinds else 0.0)
        if room < 0:
            continue
        fit = frames.fit(room) if frames.kinds else None
        lost = fit.badness if fit is not None else 8.0 + 12.0 * len(frames.kinds) if frames.kinds else 0.0
        badness = extra + lost + 0.8 * number
        if best is None or badness < best.badness:
            best = Setting(plan, cuts, shown, heights, frames, fit, used, bottom, badness)
    return best


def _drawn(setting: Setting, canvas: Canvas, style: Style, lost: tuple[str, ...]) -> Drawing:
    """The setting, drawn. What is left of the height makes boxes and bars higher, then air."""
    plan, cuts, fit, heights = setting.plan, setting.cuts, setting.fit, setting.heights
    below = fit.height + ABOVE if fit is not None else 0.0
    share = max(0.0, setting.bottom - TOP - setting.used - below) / len(cuts)
    more = min(share * 0.45, 46.0 if fit is not None else 90.0)
    bars = min((share - more) * 0.8 / max(1, len(setting.shown)), 34.0)
    heights = Heights(heights.box + more, heights.bar + bars)
    high = [band_height(plan, each, heights, setting.shown) for each in cuts]
    air = max(0.0, min((setting.bottom - TOP - sum(high) - below) / (len(cuts) + 1), 26.0))
    y = TOP + air / 2
    elements: list[Element] = []
    ends: list[tuple[Point, Point]] = []
    for each, tall in zip(cuts, high, strict=True):
        made, start, end = band(plan, each, heights, setting.shown, canvas, style, y)
        elements += made
        ends.append((start, end))
        y += tall + air
    for (_, (_, end)), (after, (start, _)) in pairwise(zip(cuts, ends, strict=True)):
        elements.append(wrap(plan, after, end, start, canvas, heights))
    if fit is not None:
        room = Bounds(canvas.margin, setting.bottom - fit.height, canvas.width - 2 * canvas.margin, fit.height)
        elements += fit.draw(room)
    titles = [kind.title for kind in setting.frames.kinds]
    chosen = {kind.title for row in fit.rows for kind, _ in row} if fit is not None else set[str]()
    unseen = [title for title in dict.fromkeys([*titles, *setting.frames.unseen]) if title not in chosen]
    if plan.tight.brief and unseen:
        words = shortened(" · ".join(unseen), 12.0, canvas.width - 2 * canvas.margin)
        elements.append(note(words, Point(canvas.margin, canvas.height - 16), size=12.0))
    return Drawing(tuple(elements), missing=(*lost, *(title.split(": ")[-1] for title in unseen)))
