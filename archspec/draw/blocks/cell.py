"""A cell of pairs, as NASNet has it: every pair adds what two ops make of earlier values, a concat joins the sums.

Values run along rails; a dot is where an op reads one. Lines that cross without a dot do not meet.
"""

from __future__ import annotations

from dataclasses import replace

from archspec.draw.blocks import pairs
from archspec.draw.blocks.joined import centres_of, levels_of
from archspec.draw.blocks.pairs import Cell, Pair, given
from archspec.draw.parts import (
    Drawing,
    Style,
    arrow,
    bar,
    box,
    dot,
    height,
    label_lines,
    merge,
    note,
    producer,
    straight,
    tag,
)
from archspec.draw.picture import Body, Label
from archspec.draw.scene import Bounds, Element, Line, Path, Point, Rect
from archspec.draw.words import shape
from archspec.program.model import Ref

STREAMS = ("skip", "p0", "conv1", "linear")
"""hues of the values that come in"""


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if style.direction == "right" or len(body.blocks) > 80:
        return None
    cell = pairs.found(body)
    if cell is None or len(cell.stems) > len(STREAMS):
        return None
    for text in (14.0, 13.0, 12.0):
        for gap in (26.0, 22.0, 18.0, 15.0, 13.0):
            drawing = _Picture(body, cell, frame, style, text, gap).draw()
            if drawing is not None:
                return drawing
    return None


class _Picture:
    def __init__(self, body: Body, cell: Cell, frame: Bounds, style: Style, text: float, gap: float):
        self.body, self.cell, self.frame, self.style, self.text, self.gap = body, cell, frame, style, text, gap
        join = body.blocks[cell.join]
        place = {ref.node: number for number, ref in enumerate(join.args)}
        # What the concat reads stands in its order, then what only other pairs read, then those that read pairs.
        self.pairs = sorted(cell.pairs, key=lambda pair: (pair.level, place.get(pair.add, 99), pair.add))
        self.direct = [ref for ref in join.args if ref in cell.stems]
        slots = 2 * len(self.pairs) + 0.25 * (len(self.pairs) - 1) + 0.6 * len(self.direct)
        self.slot = min(100.0, (frame.w - 8) / slots)
        self.width = self.slot * slots
        self.r = 12.0
        self.order = join.args

    def draw(self) -> Drawing | None:
        cell, frame, gap, r = self.cell, self.frame, self.gap, self.r
        labels = self._labels()
        if labels is None:
            return None
        high = max(height(lines) + 6 for lines in labels.values())
        stem_high = self.text + 14
        fed = [pair for pair in self.pairs if any(pair.add == ref.node for other in self.pairs for ref in other.reads)]
        deep = max(pair.level for pair in self.pairs) > 1
        rails = len(cell.stems)
        first = 24 + stem_high + gap + 13 * (rails - 1) + gap  # top of the upper boxes
        block = high + 8 + 2 * r
        second = first + block + 10 + 12 * (len(fed) - 1) + gap if deep else first
        low = second + block  # bottom of the lowest circles
        drop = gap * 1.2 + 24
        tall = low + drop + 26 + 40
        if tall > frame.h:
            return None
        y = frame.y + (frame.h - tall) / 2
        x = frame.x + (frame.w - self.width) / 2
        places, direct = self._places(x)
        elements: list[Element] = []
        tops = {1: y + first, 2: y + second}
        # Rails of what comes in.
        hues = dict(zip(cell.stems, STREAMS, strict=False))
        rail_y: dict[Ref, float] = {}
        for number, ref in enumerate(cell.stems):
            rail_y[ref] = y + 24 + stem_high + gap + 13 * number
            made = self._stem(ref, number, x, y, stem_high, rail_y[ref], hues[ref], places, direct)
            if made is None:
                return None
            elements += made
        # Rails of sums that other pairs read: the rightmost runs highest.
        for number, pair in enumerate(sorted(fed, key=lambda pair: -places[pair.add][2])):
            ref = Ref(pair.add)
            rail_y[ref] = tops[1] + block + 10 + 12 * number
            hues[ref] = self._hue(pair.add)
            elements += self._fed(ref, rail_y[ref], hues[ref], places, tops[1] + block)
        for pair in self.pairs:
            elements += self._pair(pair, places, tops[pair.level], high, labels, rail_y, hues)
        elements += self._join(places, direct, tops, block, rail_y, hues, y + low, drop, x)
        return Drawing(
            tuple(elements),
            ("a dot: an op reads the value of its rail", "bar: channels"),
            facts=(f"{len(self.pairs)} pairs",),
        )

    # ------------------------------------------------------------------------------------------------- words

    def _labels(self) -> dict[int, tuple[Line, ...]] | None:
        found = {}
        for pair in self.pairs:
            for number in pair.ops:
                if number is None:
                    continue
                block = self.body.blocks[number]
                lines = label_lines(block.label, self.text, self.slot - 12, folds=3, bold=False)
                if lines is None:
                    return None
                found[number] = lines
        return found

    def _hue(self, add: int) -> str:
        """Of a sum: its place in the concat, or that of no producer."""
        nodes = [ref.node for ref in self.order if ref not in self.cell.stems]
        return producer(nodes.index(add)) if add in nodes else "edge"

    # ------------------------------------------------------------------------------------------------ places

    def _places(self, x: float) -> tuple[dict[int, tuple[float, float, float]], dict[Ref, float]]:
        """Middles of a pair's two ops and of its circle; and where values go straight into the concat."""
        direct: dict[Ref, float] = {}
        for ref in self.direct:
            direct[ref] = x + 0.3 * self.slot
            x += 0.6 * self.slot
        places = {}
        for pair in self.pairs:
            places[pair.add] = (x + self.slot / 2, x + 1.5 * self.slot, x + self.slot)
            x += 2.25 * self.slot
        return places, direct

    def _taps(self, ref: Ref, places: dict[int, tuple[float, float, float]]) -> list[float]:
        return [places[pair.add][side] for pair in self.pairs for side, read in enumerate(pair.reads) if read == ref]

    # ----------------------------------------------------------------------------------------------- elements

    def _stem(
        self, ref: Ref, number: int, x: float, y: float, high: float, rail: float, hue: str,
        places: dict[int, tuple[float, float, float]], direct: dict[Ref, float],
    ) -> list[Element] | None:  # fmt: skip
        """What comes in, the box that fits it, and the rail along which it runs."""
        body, numbers = self.body, self.cell.stems[ref]
        count = len(self.cell.stems)
        at = x + self.width * (2 * number + 1) / (2 * count)
        place = given(body, ref, numbers)
        name, type = body.names[place], body.inputs[place]
        elements: list[Element] = []
        words = shape(type) if len(body.inputs) == 1 else f"{name}  {shape(type)}"
        elements.append(note(words, Point(at, y + 6), "middle", 13.0, "ink"))
        taps = [*self._taps(ref, places), *([direct[ref]] if ref in direct else [])]
        if numbers:
            block = body.blocks[numbers[-1]]
            lines = label_lines(self._adjusting(numbers), self.text, self.width / count - 30, folds=1)
            if lines is None:
                return None
            w = lines[0].width + 28
            shown = replace(block, role="conv1" if block.role == "concat" else block.role)
            elements += [
                arrow(Point(at, y + 15), Point(at, y + 31), head=8),
                box(shown, Bounds(at - w / 2, y + 31, w, high), lines, self.style),
            ]
            begin = y + 31 + high
        else:
            begin = y + 15
        elements.append(arrow(Point(at, begin), Point(at, rail), stroke=hue, width=2.4, head=0))
        elements += self._rail(rail, [at, *taps], hue)
        if ref in direct:
            elements.append(dot(Point(direct[ref], rail), hue, 3.2))
        return elements

    def _adjusting(self, numbers: tuple[int, ...]) -> Label:
        """What fits a value to the cell, in words: its convolutions, and whether they halve it."""
        blocks = [self.body.blocks[number] for number in numbers]
        convs = [block for block in blocks if block.role in ("conv", "conv1")]
        last = blocks[-1]
        if not convs or len(numbers) == 1:
            return last.label
        out = last.output
        halved = any(block.downsamples for block in blocks)
        return Label("conv", convs[-1].label.kernel, str(out.channels), ("/2",) if halved else ())

    def _rail(self, y: float, ends: list[float], hue: str) -> list[Element]:
        """A level line, and the dots where something leaves it."""
        elements: list[Element] = [dot(Point(at, y), hue, 3.2) for at in sorted(set(ends))]
        if max(ends) - min(ends) > 1:
            elements.append(Path(straight(Point(min(ends), y), Point(max(ends), y)), hue, 2.4))
        return elements

    def _fed(
        self, ref: Ref, rail: float, hue: str, places: dict[int, tuple[float, float, float]], low: float
    ) -> list[Element]:
        at = places[ref.node][2]
        return [
            arrow(Point(at, low), Point(at, rail), stroke=hue, width=2.4, head=0),
            *self._rail(rail, [at, *self._taps(ref, places)], hue),
        ]

    def _pair(
        self, pair: Pair, places: dict[int, tuple[float, float, float]], top: float, high: float,
        labels: dict[int, tuple[Line, ...]], rails: dict[Ref, float], hues: dict[Ref, str],
    ) -> list[Element]:  # fmt: skip
        """Two ops and their sum."""
        r = self.r
        *sides, middle = places[pair.add]
        centre = Point(middle, top + high + 8 + r)
        elements: list[Element] = [merge(self.body.blocks[pair.add], centre, self.style, r)]
        for side, number, read in zip(sides, pair.ops, pair.reads, strict=True):
            begin = Point(side, rails[read])
            tip = Point(middle + (r if side > middle else -r), centre.y)
            if number is None:
                elements.append(arrow(begin, Point(side, centre.y), tip, stroke=hues[read], head=8, radius=8))
                continue
            block = self.body.blocks[number]
            w = self.slot - 8
            lines = labels[number]
            elements += [
                arrow(begin, Point(side, top), stroke=hues[read], head=8),
                box(block, Bounds(side - w / 2, top, w, high), lines, self.style),
                arrow(Point(side, top + high), Point(side, centre.y), tip, head=8, radius=8),
            ]
        return elements

    def _join(
        self, places: dict[int, tuple[float, float, float]], direct: dict[Ref, float], tops: dict[int, float],
        block: float, rails: dict[Ref, float], hues: dict[Ref, str], low: float, drop: float, x: float,
    ) -> list[Element]:  # fmt: skip
        """The bar at the bottom, and a line into it from each sum that it reads."""
        join = self.body.blocks[self.cell.join]
        levels = {pair.add: pair.level for pair in self.pairs}
        entries: list[tuple[float, float, int, str]] = []
        for ref, type in zip(join.args, join.inputs, strict=True):
            if ref in direct:
                entries.append((direct[ref], rails[ref], type.channels, hues[ref]))
            else:
                begin = tops[levels[ref.node]] + block
                entries.append((places[ref.node][2], begin, type.channels, self._hue(ref.node)))
        entries.sort(key=lambda entry: entry[0])
        first, last = x, x + self.width
        ends = centres_of([channels for _, _, channels, _ in entries], first, last)
        turns = levels_of([at for at, _, _, _ in entries], ends)
        step = min(8.0, (drop - self.gap * 0.6 - 16) / max(1, max(turns)))
        bar_top = low + drop
        elements: list[Element] = []
        for (at, begin, _, hue), end, turn in zip(entries, ends, turns, strict=True):
            level = low + self.gap * 0.6 + step * turn
            bends = () if abs(at - end) < 1 else (Point(at, level), Point(end, level))
            elements.append(
                arrow(Point(at, begin), *bends, Point(end, bar_top), stroke=hue, width=2.6, head=9, radius=8)
            )
        place = Bounds(first, bar_top, last - first, 26.0)
        shown = [hue if hue in ("p0", "p1", "p2", "p3", "p4", "p5") else "p0" for _, _, _, hue in entries]
        segments = bar(place, [channels for _, _, channels, _ in entries], shown, size=13.0)
        elements += [
            Rect(part.at, "", hue, "segment", 0.0, 0.0, label=part.label, tag=tag(join, self.style))
            for part, (_, _, _, hue) in zip(segments, entries, strict=True)
        ]
        middle = place.cx
        elements += [
            arrow(Point(middle, place.bottom), Point(middle, place.bottom + 24)),
            note(shape(join.output), Point(middle, place.bottom + 33), "middle", 14.0, "ink"),
            note("concat", Point(place.right, place.bottom + 13), "end", 13.0, "ink", bold=True),
        ]
        return elements
