"""A whole network on one slide: one row of cells (or a few), a ruler above, costs below, and what is inside at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2

from archspec.draw.costs import Costs, costs, place
from archspec.draw.frames import Frames, kinds
from archspec.draw.mainline import TIGHTS, Main, Tight, main_line, names, words
from archspec.draw.parts import Drawing, Style, arrow, bar, box, cards, height, merge, note, producer, say, widest
from archspec.draw.picture import Block, Body, Figures, Row
from archspec.draw.scene import Bounds, Circle, Element, Line, Path, Point, Rect, Run, Text
from archspec.draw.slide import Canvas
from archspec.draw.trunk import Cell, levels
from archspec.draw.words import resolution

LABELS = 62.0
"""room at the left for the names of the rows"""
CARDS = 6.0


@dataclass(frozen=True, slots=True)
class Heights:
    """How the height of a slide is shared out."""

    box: float
    """of the box with the largest maps"""
    bar: float
    """of the longest bar"""


@dataclass(frozen=True, slots=True)
class Plan:
    """A row taken apart, with the words of each cell on its main line."""

    body: Body
    row: Sequence[Cell]
    main: Main
    tight: Tight
    words: dict[int, tuple[Line, ...]]
    names: dict[str, str]
    fields: tuple[tuple[int, ...], ...]
    """the resolution that each cell of the main line works at"""

    def cell(self, place: int) -> Cell:
        return self.row[self.main.line[place]]

    def width(self, place: int) -> float:
        cell = self.cell(place)
        if cell.unit.role in ("merge", "concat"):
            return 26.0
        return max(widest(self.words[place]) + 2 * self.tight.pad, 34.0)


def draw(body: Body, figures: Figures, canvas: Canvas, style: Style, rows: Sequence[Row]) -> Drawing | None:
    """The network, folded no more than it has to be; None if it is no line, or fits in no way."""
    for row in levels(body):
        main = main_line(body, row)
        if main is None or len(body.inputs) > 3:
            return None
        for bands in (1, 2, 3):
            for tight in TIGHTS:
                plan = _plan(body, row, main, tight)
                cuts = _cut(plan, canvas, bands)
                if cuts is None:
                    continue
                drawing = _fitted(plan, cuts, figures, canvas, style, rows)
                if drawing is not None:
                    return drawing
    return None


def _plan(body: Body, row: Sequence[Cell], main: Main, tight: Tight) -> Plan:
    called = names(row)
    said = {place: words(row[number], called.get(row[number].key, ""), tight) for place, number in enumerate(main.line)}
    return Plan(body, row, main, tight, said, called, tuple(_field(row[number]) for number in main.line))


def _field(cell: Cell) -> tuple[int, ...]:
    """The resolution that a cell works at: what a pool or a transition is given, what all others make."""
    if cell.parts:
        return _field(max(cell.parts, key=lambda part: part.mads))
    unit = cell.unit
    if cell.times == 1 and cell.entry.downsamples:
        if unit.role == "pool":
            return cell.entry.input.spatial
        if unit.body is not None:
            inner = max(unit.body.blocks, key=lambda block: block.mads)
            return inner.output.spatial
    out = cell.exit.output.spatial
    return out if not out or out[-1] > 1 else (cell.entry.input.spatial if unit.role == "pool" else ())


# ---------------------------------------------------------------------------------------------------- widths


@dataclass(frozen=True, slots=True)
class Cut:
    """The cells of one band, and whether the input stands in front."""

    start: int
    end: int


def _input_width(plan: Plan) -> float:
    return max(widest((say(name, plan.tight.size),)) for name in plan.body.names) + 12


def _needs(plan: Plan, start: int, end: int) -> float:
    gap = plan.tight.gap
    wide = sum(plan.width(place) + (CARDS if _stacked(plan.cell(place)) else 0) for place in range(start, end))
    head = max(_input_width(plan) + gap, LABELS) if start == 0 else LABELS
    return head + wide + gap * (end - start - 1) + CARDS


def _stacked(cell: Cell) -> bool:
    return cell.times > 1 and cell.unit.role not in ("merge", "concat")


def _cut(plan: Plan, canvas: Canvas, bands: int) -> list[Cut] | None:
    """The main line in so many bands of about one length, or None if one of them is too wide."""
    room = canvas.width - 2 * canvas.margin
    count = len(plan.main.line)
    if bands == 1:
        return [Cut(0, count)] if _needs(plan, 0, count) <= room else None
    if count < 2 * bands or plan.main.arcs or plan.main.sides:
        return None
    room -= 16  # for the line that leads to the next band
    total = _needs(plan, 0, count) - LABELS
    cuts: list[Cut] = []
    start = 0
    for band in range(bands):
        if band == bands - 1:
            end = count
        else:
            end = start + 1
            while end < count - (bands - band - 1) and _needs(plan, start, end + 1) - LABELS <= total / bands + 20:
                end += 1
        if end <= start or _needs(plan, start, end) > room:
            return None
        cuts.append(Cut(start, end))
        start = end
    return cuts


# --------------------------------------------------------------------------------------------------- heights

_HEIGHTS = (
    Heights(128, 34), Heights(118, 28), Heights(104, 24), Heights(92, 20), Heights(80, 16), Heights(68, 14),
    Heights(58, 12),
)  # fmt: skip
RULER, CHANNELS, CHART = 20.0, 22.0, 25.0
"""heights of the ruler, of the row of channels, and of a chart without its bars"""


def _fitted(
    plan: Plan, cuts: Sequence[Cut], figures: Figures, canvas: Canvas, style: Style, rows: Sequence[Row]
) -> Drawing | None:
    """The drawing with the heights that leave the insets their words."""
    frames = kinds(plan.row, plan.names, style, canvas.width - 2 * canvas.margin, brief=plan.tight.brief)
    shown = costs(plan.row, plan.main, rows, figures, style.prefix)
    top, bottom = 74.0, canvas.height - 16.0
    best: tuple[float, Heights, Frames | None, float] | None = None
    for number, heights in enumerate(_HEIGHTS):
        least = max(height(plan.words[place]) for place in range(len(plan.main.line))) + 8
        if heights.box < least and number < len(_HEIGHTS) - 1:
            heights = Heights(least, heights.bar)
        used = sum(_band_height(plan, cut, heights, shown, canvas) for cut in cuts)
        room = bottom - top - used - (14 if frames.kinds else 0)
        if room < 0:
            continue
        fit = frames.fit(room) if frames.kinds else None
        badness = 0.8 * number + (fit.badness if fit is not None else 30.0 if frames.kinds else 0.0)
        if best is None or badness < best[0]:
            best = (badness, heights, fit, used)
    if best is None:
        return None
    _, heights, fit, used = best
    spare = bottom - top - used - (fit.height + 14 if fit is not None else 0)
    if spare > 0:
        # What is left makes boxes and bars higher, then air.
        share = spare / len(cuts)
        more = min(share * 0.45, 46.0 if fit is not None else 90.0)
        bars = min((share - more) * 0.8 / max(1, len(shown)), 34.0)
        heights = Heights(heights.box + more, heights.bar + bars)
    used = sum(_band_height(plan, cut, heights, shown, canvas) for cut in cuts)
    spare = bottom - top - used - (fit.height + 14 if fit is not None else 0)
    air = max(0.0, min(spare / (len(cuts) + 1), 26.0))
    y = top + air / 2
    elements: list[Element] = []
    ends: list[tuple[Point, Point]] = []
    for cut in cuts:
        made, start, end = _band(plan, cut, heights, shown, canvas, style, y)
        elements += made
        ends.append((start, end))
        y += _band_height(plan, cut, heights, shown, canvas) + air
    for (_, end), (start, _) in zip(ends, ends[1:], strict=False):
        elements.append(_wrap(end, start, canvas, heights))
    if fit is not None:
        elements += fit.draw(Bounds(canvas.margin, bottom - fit.height, canvas.width - 2 * canvas.margin, fit.height))
    missing = fit.missing if fit is not None else tuple(kind.title for kind in frames.kinds)
    return Drawing(tuple(elements), missing=missing)


def _wrap(end: Point, start: Point, canvas: Canvas, heights: Heights) -> Path:
    """From the end of one band to the start of the next, through the space between them."""
    right = canvas.width - canvas.margin + 2
    level = start.y - heights.box / 2 - RULER - 9
    return arrow(
        end, Point(right, end.y), Point(right, level), Point(canvas.margin + 6, level),
        Point(canvas.margin + 6, start.y), start,
    )  # fmt: skip


def _band_height(plan: Plan, cut: Cut, heights: Heights, shown: Sequence[Costs], canvas: Canvas) -> float:
    above = _arc_room(plan)
    below = _head_room(plan)
    ruler = RULER if any(plan.fields[cut.start : cut.end]) else 6.0
    bars = sum(CHART + (heights.bar if chart.bars else -4.0) for chart in shown)
    return ruler + above + heights.box + CARDS + below + CHANNELS + bars + (12 if cut.start else 0)


def _arc_levels(plan: Plan) -> dict[int, int]:
    """The level of each arc and shortcut over the row, by its place in `_spans`: the shorter, the lower."""
    spans = _spans(plan)
    found: dict[int, int] = {}
    for number in sorted(range(len(spans)), key=lambda n: (spans[n][1] - spans[n][0], spans[n][0])):
        start, end = spans[number]
        taken = {
            level
            for other, level in found.items()
            if spans[other][0] < end and start < spans[other][1]
        }  # fmt: skip
        found[number] = next(level for level in range(len(spans) + 1) if level not in taken)
    return found


def _spans(plan: Plan) -> list[tuple[int, int]]:
    main = plan.main
    return [(arc.start, arc.end) for arc in main.arcs] + [
        (side.start, side.end) for side in main.sides if side.end is not None
    ]


def _arc_room(plan: Plan) -> float:
    found = _arc_levels(plan)
    if not found:
        return 0.0
    boxes = any(side.end is not None for side in plan.main.sides)
    return 14.0 + (26.0 if boxes else 12.0) * (max(found.values()) + 1)


def _head_room(plan: Plan) -> float:
    return 46.0 if any(side.end is None for side in plan.main.sides) else 0.0


# ------------------------------------------------------------------------------------------------------ bands


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


def _band(
    plan: Plan, cut: Cut, heights: Heights, shown: Sequence[Costs], canvas: Canvas, style: Style, top: float
) -> tuple[list[Element], Point, Point]:
    """One band from `top` down, and where its line comes in and goes out."""
    ruler = RULER if any(plan.fields[cut.start : cut.end]) else 6.0
    lift = 12.0 if cut.start else 0.0
    axis = top + lift + ruler + _arc_room(plan) + CARDS + heights.box / 2
    boxes, elements, first = _cells(plan, cut, heights, canvas, style, axis)
    places = list(range(cut.start, cut.end))
    elements += _ruler(plan, places, boxes, top + lift + 9)
    elements += _over(plan, boxes, first, axis - heights.box / 2 - CARDS, style)
    elements += _heads(plan, boxes, axis + heights.box / 2, style, canvas)
    y = axis + heights.box / 2 + _head_room(plan) + 13
    elements += _channels(plan, places, boxes, canvas, y)
    y += CHANNELS - 13
    left = min(boxes[cut.start].at.x, canvas.margin + LABELS)
    for chart in shown:
        tall = heights.bar if chart.bars else -4.0
        y += CHART + tall
        elements += place(chart, [(number, boxes[number].at) for number in places], Bounds(canvas.margin, y, left, tall), canvas)  # fmt: skip
    start = Point(boxes[cut.start].at.x, axis)
    return elements, start, Point(boxes[cut.end - 1].at.right, axis)


def _cells(
    plan: Plan, cut: Cut, heights: Heights, canvas: Canvas, style: Style, axis: float
) -> tuple[dict[int, Rect | Circle], list[Element], Rect | None]:
    """The boxes of a band and the arrows between them. What is left of the width goes to gaps, then to the boxes."""
    count = cut.end - cut.start
    room = canvas.width - 2 * canvas.margin - (16 if cut.end < len(plan.main.line) else 0)
    spare = max(0.0, room - _needs(plan, cut.start, cut.end))
    gap = plan.tight.gap + min(spare * 0.3 / max(1, count), 14.0)
    spare -= (gap - plan.tight.gap) * max(0, count - 1)
    weights = {
        place: 0.0
        if plan.cell(place).unit.role in ("merge", "concat")
        else 0.45
        if role(plan.cell(place)) != "module"
        else 1.0 + log2(plan.cell(place).times)
        for place in range(cut.start, cut.end)
    }
    total = sum(weights.values()) or 1.0
    elements: list[Element] = []
    boxes: dict[int, Rect | Circle] = {}
    first: Rect | None = None
    x = canvas.margin
    if cut.start == 0:
        wide = _input_width(plan)
        count_inputs = len(plan.body.names)
        for number, name in enumerate(plan.body.names):
            high = 44.0 if count_inputs == 1 else 28.0
            y = axis + (number - (count_inputs - 1) / 2) * 36
            first = Rect(Bounds(x, y - high / 2, wide, high), "image", "image.fill", radius=8.0, label=(say(name, plan.tight.size),))  # fmt: skip
            elements.append(first)
        x = max(x + wide + gap, canvas.margin + LABELS)
    else:
        x += LABELS
    for place in range(cut.start, cut.end):
        cell = plan.cell(place)
        wide = plan.width(place) + min(spare * weights[place] / total, 90.0)
        high = _high(plan, place, heights)
        made = _made(plan, place, Bounds(x, axis - high / 2, wide, high), style)
        boxes[place] = made
        elements += [made] if cell.unit.role != "concat" else _concat(cell, made.at)
        if isinstance(made, Rect) and _stacked(cell):
            elements += cards(made)
            x += CARDS
        x += wide + gap
    for place in range(cut.start, cut.end):
        here = boxes[place]
        if place > cut.start:
            before = boxes[place - 1]
            over = CARDS if _stacked(plan.cell(place - 1)) else 0.0
            elements.append(arrow(Point(before.at.right + over, axis), Point(here.at.x, axis), head=8))
        elif cut.start == 0 and first is not None:
            elements += _entries(plan, [item for item in elements if isinstance(item, Rect) and item.stroke == "image"], here, axis)  # fmt: skip
    return boxes, elements, first


def _entries(plan: Plan, inputs: Sequence[Rect], here: Rect | Circle, axis: float) -> list[Element]:
    if len(inputs) == 1:
        return [arrow(Point(inputs[0].at.right, axis), Point(here.at.x, axis), head=8)]
    reach = min(here.at.h / 2 - 6, 36.0)
    step = 2 * reach / (len(inputs) - 1)
    middle = (inputs[0].at.right + here.at.x) / 2
    return [
        arrow(
            Point(item.at.right, item.at.cy), Point(middle, item.at.cy), Point(middle, axis - reach + number * step),
            Point(here.at.x, axis - reach + number * step), head=8, radius=4,
        )
        for number, item in enumerate(inputs)
    ]  # fmt: skip


def _made(plan: Plan, place: int, at: Bounds, style: Style) -> Rect | Circle:
    cell = plan.cell(place)
    block = replace(cell.entry, body=cell.unit.body or cell.entry.body)
    if cell.unit.role == "merge":
        return merge(block, Point(at.cx, at.cy), style, 13.0)
    if cell.unit.role == "concat":
        return Rect(Bounds(at.cx - 7, at.y, 14, at.h), "", "", "segment", 0.0, 0.0)
    made = box(block, at, plan.words[place], style, role=role(cell))
    thick = 2.2 if cell.unit.body is not None and role(cell) == "module" else 1.6
    return replace(made, width=thick, radius=min(12.0, at.w / 4, at.h / 4))


def _concat(cell: Cell, at: Bounds) -> list[Rect]:
    """The bar of a concat on the main line, in pieces as high as what each producer gives."""
    counts = [type.channels for type in cell.unit.inputs]
    return [
        replace(piece, label=()) for piece in bar(at, counts, [producer(k) for k in range(len(counts))], upright=True)
    ]


def role(cell: Cell) -> str:
    """A module that stands once and makes maps smaller looks as a pool does: a transition."""
    if cell.unit.body is not None and cell.times == 1 and not cell.parts and cell.entry.downsamples:
        return "pool"
    return "module" if cell.parts else cell.unit.role


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
                elements.append(Path((Point(a, y), Point(a, y), Point(b, y), Point(b, y)), "hairline", 1.2, kind="rule"))  # fmt: skip
    return elements


def _over(plan: Plan, boxes: dict[int, Rect | Circle], first: Rect | None, ceiling: float, style: Style) -> list[Element]:  # fmt: skip
    """Edges that pass over cells, and the shortcuts that have something on them."""
    spans, found = _spans(plan), _arc_levels(plan)
    main = plan.main
    elements: list[Element] = []
    sides = [side for side in main.sides if side.end is not None]
    step = 26.0 if sides else 12.0
    leaving: dict[int, list[int]] = {}
    landing: dict[int, list[int]] = {}
    for number, (start, end) in enumerate(spans):
        leaving.setdefault(start, []).append(number)
        landing.setdefault(end, []).append(number)
    for number, (start, end) in enumerate(spans):
        source = boxes[start] if start >= 0 else first
        target = boxes.get(end)
        if source is None or target is None:
            continue
        out = sorted(leaving[start], key=lambda n: -found[n])
        into = sorted(landing[end], key=lambda n: found[n])
        over = CARDS if start >= 0 and _stacked(plan.cell(start)) else 0.0
        x1 = source.at.cx + (out.index(number) - (len(out) - 1) / 2) * 9 + (5 if start in landing else 0)
        x2 = target.at.cx + (into.index(number) - (len(into) - 1) / 2) * 9 - (5 if end in leaving else 0)
        level = ceiling - 10 - step * found[number]
        side = sides[number - len(main.arcs)] if number >= len(main.arcs) else None
        steers = side.steers if side is not None else main.arcs[number].steers
        down = CARDS if _stacked(plan.cell(end)) else 0.0
        stroke = "gate" if steers else "skip"
        rise, fall = (
            (Point(x1, source.at.y - over), Point(x1, level)),
            (Point(x2, level), Point(x2, target.at.y - down)),
        )
        if side is None:
            elements.append(arrow(*rise, *fall, stroke=stroke, width=2.4, head=8, radius=10))
            continue
        made = _on_arc(plan, side.cells, (x1 + x2) / 2, level, x2 - x1, style)
        elements += [
            arrow(*rise, Point(made.at.x, level), stroke=stroke, width=2.4, head=8, radius=10, dashed=True),
            made,
            arrow(Point(made.at.right, level), *fall, stroke=stroke, width=2.4, head=8, radius=10, dashed=True),
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
        wide = line.width + 14
        x = max(right + 6, min(source.at.cx - wide / 2, canvas.width - canvas.margin - wide))
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
    elements: list[Element] = [note("channels", Point(canvas.margin, y), size=12.0)]
    taken: list[tuple[float, float]] = [(0.0, canvas.margin + elements[0].line.width + 4)]  # type: ignore[union-attr]
    for number in sorted(places, key=lambda number: -plan.cell(number).mads):
        cell = plan.cell(number)
        if cell.unit.role in ("merge", "concat", "pool", "shape", "linear") and cell.unit.body is None:
            continue
        if not cell.entry.inputs or len(cell.entry.input.shape) < 2:
            continue
        first, last = _in(cell.entry), cell.exit.output.channels
        for text, size in ((f"{first}→{last}", 13.0), (f"{first}→{last}", 12.0), (f"{last}", 12.0)):
            line = say(text if first != last else str(last), size, bold=True)
            left, right = boxes[number].at.cx - line.width / 2, boxes[number].at.cx + line.width / 2
            if all(right + 5 <= a or b <= left - 5 for a, b in taken) and right <= canvas.width - canvas.margin + 8:
                taken.append((left, right))
                elements.append(Text(Point(boxes[number].at.cx, y), line))
                break
    return elements


def _in(block: Block) -> int:
    return block.input.channels
