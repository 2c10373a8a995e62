"""One band of a whole network: cells with their arrows, the ruler above, channels and costs below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log2

from archspec.draw.arcs import arc_room, over
from archspec.draw.costs import Costs, drawn_costs
from archspec.draw.mainline import role
from archspec.draw.parts import Style, arrow, bar, box, cards, height, merge, note, producer, say
from archspec.draw.plan import CARDS, LABELS, Cut, Heights, Plan, input_width, needs, stacked
from archspec.draw.scene import Bounds, Circle, Element, Line, Path, Point, Rect, Run, Text
from archspec.draw.slide import Canvas
from archspec.draw.trunk import Cell
from archspec.draw.words import resolution

WIDER, FURTHER = 90.0, 70.0
"""by how much a box grows at most where there is room, and a gap after that"""
RULER, CHANNELS, CHART = 20.0, 22.0, 25.0
"""heights of the ruler, of the row of channels, and of a row of costs without its bars"""


def wrap(plan: Plan, after: Cut, end: Point, start: Point, canvas: Canvas, heights: Heights) -> Path:
    """From the end of one band to the start of the next, through the space between them."""
    right = canvas.width - canvas.margin + 4
    ruler = RULER if any(plan.fields[after.start : after.end]) else 6.0
    level = start.y - heights.box / 2 - CARDS - arc_room(plan, after) - ruler - 6
    return arrow(
        end,
        Point(right, end.y),
        Point(right, level),
        Point(canvas.margin + 6, level),
        Point(canvas.margin + 6, start.y),
        start,
    )


def band_height(plan: Plan, cut: Cut, heights: Heights, shown: Sequence[Costs]) -> float:
    above = arc_room(plan, cut)
    below = _head_room(plan, cut)
    ruler = RULER if any(plan.fields[cut.start : cut.end]) else 6.0
    bars = sum(CHART + (heights.bar if chart.bars else -4.0) for chart in shown)
    return ruler + above + heights.box + CARDS + below + CHANNELS + bars + (12 if cut.start else 0)


def _head_room(plan: Plan, cut: Cut) -> float:
    return 46.0 if any(side.end is None and cut.start <= side.start < cut.end for side in plan.main.sides) else 0.0


def _high(plan: Plan, place: int, heights: Heights) -> float:
    """Of a cell: smaller with each halving of its resolution, but never smaller than its words."""
    sizes = [field[-1] for field in plan.fields if field]
    field = plan.fields[place]
    cell = plan.cell(place)
    least = height(plan.words[place]) + 8 if cell.unit.role not in ("merge", "concat") else 26.0
    if not sizes:
        return max(least, heights.box * 0.6)
    octaves = max(log2(max(sizes) / min(sizes)), 1.0)
    step = min(heights.box * 0.14, heights.box * 0.5 / octaves)
    size = field[-1] if field else min(sizes) / 1.6
    high = heights.box - step * log2(max(sizes) / size)
    if cell.unit.role == "pool":
        high *= 0.88
    return min(max(least, high, 34.0), heights.box)


def band(
    plan: Plan, cut: Cut, heights: Heights, shown: Sequence[Costs], canvas: Canvas, style: Style, top: float
) -> tuple[list[Element], Point, Point]:
    """One band from `top` down, and where its line comes in and goes out."""
    ruler = RULER if any(plan.fields[cut.start : cut.end]) else 6.0
    lift = 12.0 if cut.start else 0.0
    axis = top + lift + ruler + arc_room(plan, cut) + CARDS + heights.box / 2
    boxes, elements, first = _cells(plan, cut, heights, canvas, style, axis)
    places = list(range(cut.start, cut.end))
    elements += _ruler(plan, places, boxes, top + lift + 9)
    elements += over(plan, cut, boxes, first, axis - heights.box / 2 - CARDS, canvas, style)
    elements += _heads(plan, boxes, axis + heights.box / 2, style, canvas)
    y = axis + heights.box / 2 + _head_room(plan, cut) + 13
    elements += _channels(plan, places, boxes, canvas, y)
    y += CHANNELS - 13
    left = min(boxes[cut.start].at.x, canvas.margin + LABELS)
    for chart in shown:
        tall = heights.bar if chart.bars else -4.0
        y += CHART + tall
        cells = [(number, boxes[number].at) for number in places]
        elements += drawn_costs(chart, cells, Bounds(canvas.margin, y, left, tall), canvas)
    start = Point(boxes[cut.start].at.x, axis)
    return elements, start, Point(boxes[cut.end - 1].at.right, axis)


def _cells(
    plan: Plan, cut: Cut, heights: Heights, canvas: Canvas, style: Style, axis: float
) -> tuple[dict[int, Rect | Circle], list[Element], Rect | None]:
    """The boxes of a band and the arrows between them. What is left of the width goes to gaps, then to the boxes."""
    count = cut.end - cut.start
    room = canvas.width - 2 * canvas.margin - (16 if cut.end < len(plan.main.line) else 0)
    spare = max(0.0, room - needs(plan, cut.start, cut.end))
    gap = plan.tight.gap + min(spare * 0.3 / max(1, count), 14.0)
    spare -= (gap - plan.tight.gap) * count
    weights = {
        place: 0.0
        if plan.cell(place).unit.role in ("merge", "concat")
        else (0.1 if role(plan.cell(place)) == "pool" else 0.45)
        if role(plan.cell(place)) != "module"
        else 1.0 + log2(plan.cell(place).times)
        for place in range(cut.start, cut.end)
    }
    total = sum(weights.values()) or 1.0
    more = {number: min(spare * weight / total, WIDER) for number, weight in weights.items()}
    gap += min((spare - sum(more.values())) / max(1, count), FURTHER)
    elements: list[Element] = []
    boxes: dict[int, Rect | Circle] = {}
    first: Rect | None = None
    x = canvas.margin
    if cut.start == 0:
        wide = input_width(plan)
        count_inputs = len(plan.body.names)
        for number, name in enumerate(plan.body.names):
            high = 44.0 if count_inputs == 1 else 28.0
            y = axis + (number - (count_inputs - 1) / 2) * 36
            first = Rect(
                Bounds(x, y - high / 2, wide, high),
                "image",
                "image.fill",
                radius=8.0,
                label=(say(name, plan.tight.size),),
            )
            elements.append(first)
        x = max(x + wide + gap, canvas.margin + LABELS)
    else:
        x += LABELS
    for place in range(cut.start, cut.end):
        cell = plan.cell(place)
        wide = plan.width(place) + more[place]
        high = _high(plan, place, heights)
        made = _made(plan, place, Bounds(x, axis - high / 2, wide, high), style)
        boxes[place] = made
        elements += [made] if cell.unit.role != "concat" else _concat(cell, made.at)
        if isinstance(made, Rect) and stacked(cell):
            elements += cards(made)
            x += CARDS
        x += wide + gap
    for place in range(cut.start, cut.end):
        here = boxes[place]
        if place > cut.start:
            before = boxes[place - 1]
            over = CARDS if stacked(plan.cell(place - 1)) else 0.0
            elements.append(arrow(Point(before.at.right + over, axis), Point(here.at.x, axis), head=8))
        elif cut.start == 0 and first is not None:
            elements += _entries(
                plan, [item for item in elements if isinstance(item, Rect) and item.stroke == "image"], here, axis
            )
    return boxes, elements, first


def _entries(plan: Plan, inputs: Sequence[Rect], here: Rect | Circle, axis: float) -> list[Element]:
    if len(inputs) == 1:
        return [arrow(Point(inputs[0].at.right, axis), Point(here.at.x, axis), head=8)]
    reach = min(here.at.h / 2 - 6, 36.0)
    step = 2 * reach / (len(inputs) - 1)
    middle = (inputs[0].at.right + here.at.x) / 2
    return [
        arrow(
            Point(item.at.right, item.at.cy),
            Point(middle, item.at.cy),
            Point(middle, axis - reach + number * step),
            Point(here.at.x, axis - reach + number * step),
            head=8,
            radius=4,
        )
        for number, item in enumerate(inputs)
    ]


def _made(plan: Plan, place: int, at: Bounds, style: Style) -> Rect | Circle:
    cell = plan.cell(place)
    block = replace(cell.entry, body=cell.unit.body or cell.entry.body, mark=cell.mark)
    if cell.unit.role == "merge":
        return merge(block, Point(at.cx, at.cy), style, 13.0)
    if cell.unit.role == "concat":
        return Rect(Bounds(at.cx - 7, at.y, 14, at.h), "", "", "segment", 0.0, 0.0)
    made = box(block, at, plan.words[place], style, role=role(cell))
    thick = 2.2 if cell.mark or (cell.unit.body is not None and role(cell) == "module") else 1.6
    return replace(made, width=thick, radius=min(12.0, at.w / 4, at.h / 4))


def _concat(cell: Cell, at: Bounds) -> list[Rect]:
    """The bar of a concat on the main line, in pieces as high as what each producer gives."""
    counts = [type.channels for type in cell.unit.inputs]
    return [
        replace(piece, label=()) for piece in bar(at, counts, [producer(k) for k in range(len(counts))], upright=True)
    ]


# ------------------------------------------------------------------------------------ ruler, arcs and channels


def _ruler(plan: Plan, places: Sequence[int], boxes: dict[int, Rect | Circle], y: float) -> list[Element]:
    """The resolution over each stretch of cells that work at it."""
    elements: list[Element] = []
    runs: list[tuple[tuple[int, ...], list[int]]] = []
    for number in places:
        field = plan.fields[number]
        if plan.cell(number).unit.role in ("merge", "concat") and runs:
            field = runs[-1][0]
        if runs and runs[-1][0] == field:
            runs[-1][1].append(number)
        else:
            runs.append((field, [number]))
    for field, run in runs:
        if not field:
            continue
        left = boxes[run[0]].at.x
        right = boxes[run[-1]].at.right
        said = say(resolution(field), 14 if right - left > 60 else 13 if right - left > 40 else 12, "muted")
        middle = (left + right) / 2
        elements.append(Text(Point(middle, y), said))
        for a, b in ((left, middle - said.width / 2 - 8), (middle + said.width / 2 + 8, right)):
            if b - a > 3:
                elements.append(
                    Path((Point(a, y), Point(a, y), Point(b, y), Point(b, y)), "hairline", 1.2, kind="rule")
                )
    return elements


def _heads(plan: Plan, boxes: dict[int, Rect | Circle], floor: float, style: Style, canvas: Canvas) -> list[Element]:
    """Outputs beside the main line, under the cell that they read: dashed where they are for training alone."""
    elements: list[Element] = []
    right = canvas.margin
    for side in sorted((side for side in plan.main.sides if side.end is None), key=lambda side: side.start):
        source = boxes.get(side.start)
        if source is None:
            continue
        block = plan.row[side.cells[-1]].entry
        text = block.label.word if block.body is not None else block.label.text
        line = say(text, 12.0)
        if block.only:
            line = Line((Run(text), Run(f" ({block.only})", hue="muted")), 12.0)
        if max(right + 6, source.at.cx - 6) + line.width + 14 > canvas.width - canvas.margin - 10:
            line = Line(line.runs[:1], 12.0)  # the dashes say it too
        wide = line.width + 14
        x = max(right + 6, min(source.at.cx - wide / 2, canvas.width - canvas.margin - wide - 10))
        at = Bounds(x, floor + 16, wide, 24)
        right = at.right
        if not at.x + 4 < source.at.cx < at.right - 4:
            continue
        made = box(block, at, (line,), style, role="linear")
        elements.append(replace(made, width=1.6, dashed=block.only is not None))
        elements.append(
            arrow(
                Point(source.at.cx, source.at.bottom), Point(source.at.cx, at.y), head=8, dashed=block.only is not None
            )
        )
    return elements


def _channels(
    plan: Plan, places: Sequence[int], boxes: dict[int, Rect | Circle], canvas: Canvas, y: float
) -> list[Element]:
    """Channels in → out under each cell that has weights, the dearest first where they would touch."""
    name = note("channels", Point(canvas.margin, y), size=12.0)
    elements: list[Element] = []
    taken: list[tuple[float, float]] = [(0.0, name.bounds.right + 4)]
    for number in sorted(places, key=lambda number: -plan.cell(number).mads):
        cell = plan.cell(number)
        if cell.unit.role in ("merge", "concat", "pool", "shape", "linear") and cell.unit.body is None:
            continue
        if cell.mark == "error":
            continue  # nobody knows what it gives
        if not cell.entry.inputs or len(cell.entry.input.shape) < 2:
            continue
        first, last = cell.entry.input.channels, cell.exit.output.channels
        for text, size in ((f"{first}→{last}", 13.0), (f"{first}→{last}", 12.0), (f"{last}", 12.0)):
            line = say(text if first != last else str(last), size, bold=True)
            left, right = boxes[number].at.cx - line.width / 2, boxes[number].at.cx + line.width / 2
            if all(right + 5 <= a or b <= left - 5 for a, b in taken) and right <= canvas.width - canvas.margin + 8:
                taken.append((left, right))
                elements.append(Text(Point(boxes[number].at.cx, y), line))
                break
    return [name, *elements] if elements else []
