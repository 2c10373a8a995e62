"""Edges that pass over cells of a band: shortcuts, what a cell reads from two cells back, projections on a shortcut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from archspec.draw.parts import Style, arrow, box
from archspec.draw.plan import CARDS, Cut, Plan, stacked
from archspec.draw.scene import Bounds, Circle, Element, Line, Point, Rect, Run
from archspec.draw.slide import Canvas


@dataclass(frozen=True, slots=True)
class Span:
    """An edge from one place on the main line to another, with the cells that stand on it."""

    start: int
    end: int
    steers: bool
    cells: tuple[int, ...] = ()


def spans(plan: Plan, cut: Cut) -> list[Span]:
    """Those that a band shows some of: one that began in an earlier band comes in from the left."""
    main = plan.main
    found = [Span(arc.start, arc.end, arc.steers) for arc in main.arcs]
    found += [Span(side.start, side.end, side.steers, side.cells) for side in main.sides if side.end is not None]
    return [span for span in found if span.start < cut.end and span.end >= cut.start]


def _levels(found: Sequence[Span]) -> list[int]:
    """How high each runs: the shorter, the lower, and none through another."""
    levels: dict[int, int] = {}
    for number in sorted(range(len(found)), key=lambda n: (found[n].end - found[n].start, found[n].start)):
        span = found[number]
        taken = {
            level for other, level in levels.items() if found[other].start < span.end and span.start < found[other].end
        }
        levels[number] = next(level for level in range(len(found) + 1) if level not in taken)
    return [levels[number] for number in range(len(found))]


def _step(found: Sequence[Span]) -> float:
    return 26.0 if any(span.cells for span in found) else 12.0


def arc_room(plan: Plan, cut: Cut) -> float:
    """How much height the arcs of a band take."""
    found = spans(plan, cut)
    return 14.0 + _step(found) * (max(_levels(found)) + 1) if found else 0.0


def over(
    plan: Plan,
    cut: Cut,
    boxes: Mapping[int, Rect | Circle],
    first: Rect | None,
    ceiling: float,
    canvas: Canvas,
    style: Style,
) -> list[Element]:
    """The arcs of a band, above `ceiling`."""
    found = spans(plan, cut)
    levels, step = _levels(found), _step(found)
    leaving: dict[int, list[int]] = {}
    landing: dict[int, list[int]] = {}
    for number, span in enumerate(found):
        leaving.setdefault(span.start, []).append(number)
        landing.setdefault(span.end, []).append(number)
    elements: list[Element] = []
    for number, span in enumerate(found):
        source = boxes.get(span.start) if span.start >= 0 else first
        target = boxes.get(span.end)
        level = ceiling - 10 - step * levels[number]
        hue = "gate" if span.steers else "skip"
        rise = [Point(canvas.margin, level)]
        fall = [Point(canvas.width - canvas.margin, level)]
        if source is not None:
            out = sorted(leaving[span.start], key=lambda n: -levels[n])
            x = source.at.cx + (out.index(number) - (len(out) - 1) / 2) * 9 + (5 if span.start in landing else 0)
            above = CARDS if span.start >= 0 and stacked(plan.cell(span.start)) else 0.0
            rise = [Point(x, source.at.y - above), Point(x, level)]
        if target is not None:
            into = sorted(landing[span.end], key=lambda n: levels[n])
            x = target.at.cx + (into.index(number) - (len(into) - 1) / 2) * 9 - (5 if span.end in leaving else 0)
            above = CARDS if stacked(plan.cell(span.end)) else 0.0
            fall = [Point(x, level), Point(x, target.at.y - above)]
        loose = [end for end, item in (("start", source), ("end", target)) if item is None]
        if not span.cells:
            elements.append(arrow(*rise, *fall, stroke=hue, width=2.4, head=8, radius=10, loose=loose))
            continue
        made = _on_arc(plan, span.cells, (rise[-1].x + fall[0].x) / 2, level, fall[0].x - rise[-1].x, style)
        elements += [
            arrow(
                *rise, Point(made.at.x, level), stroke=hue, width=2.4, head=8, radius=10, dashed=True, loose=loose[:1]
            ),
            made,
            arrow(Point(made.at.right, level), *fall, stroke=hue, width=2.4, head=8, radius=10, dashed=True),
        ]
    return elements


def _on_arc(plan: Plan, numbers: Sequence[int], x: float, y: float, room: float, style: Style) -> Rect:
    cells = [plan.row[number] for number in numbers]
    unit = cells[0].unit
    text = " → ".join(cell.unit.label.text for cell in cells)
    line = Line((Run(unit.label.kernel, bold=True), Run(text[len(unit.label.kernel) :])), 12.0)
    if line.width + 12 > room - 24:
        line = Line((Run(unit.label.kernel or "…", bold=True),), 12.0)
    wide = line.width + 14
    made = box(unit, Bounds(x - wide / 2, y - 10.5, wide, 21), (line,), style)
    return replace(made, width=1.6)
