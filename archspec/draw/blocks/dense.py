"""A dense block, from left to right: each layer reads all that was made before it, in the colour of who made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archspec.draw.metrics import width
from archspec.draw.parts import Drawing, Style, arrow, note, producer, say, tag
from archspec.draw.picture import Block, Body
from archspec.draw.scene import Bounds, Element, Line, Path, Point, Rect, Run, Text
from archspec.draw.structure import count as count_units
from archspec.draw.structure import flat, opened, series

REST = "card"
"""hue of maps whose makers are left out"""
SIXTH = "pool"
"""hue of a sixth layer: producers begin again there"""
STACK = 100.0
"""height of the last stack"""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that is shown: its number, counted from 1."""

    number: int
    block: Block
    fresh: int
    """channels that it adds"""
    hue: str


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if body.repeat is None or body.repeat.wire != "dense" or style.direction == "down":
        return None
    units = [body.blocks[number] for number in body.repeat.units]
    for shown in range(len(units) if len(units) <= 6 else 5, 1, -1):
        if shown == len(units) - 1:
            continue  # to leave one out takes as much room as to draw it
        for box, stack in ((62.0, 38.0), (54.0, 30.0)):
            drawing = _Block(body, units, shown, frame, style, box, stack).draw()
            if drawing is not None:
                return drawing
    return None


class _Block:
    """One dense block with `shown` of its layers, the last of them always there."""

    def __init__(
        self, body: Body, units: Sequence[Block], shown: int, frame: Bounds, style: Style, box: float, stack: float
    ):
        self.body, self.units, self.frame, self.style, self.box, self.stack = body, units, frame, style, box, stack
        numbers = [*range(1, shown), len(units)] if shown < len(units) else list(range(1, len(units) + 1))
        self.layers = [
            Layer(number, units[number - 1], units[number - 1].output.channels, producer(place) if place < 5 else SIXTH)
            for place, number in enumerate(numbers)
        ]
        self.folded = shown < len(units)
        self.given = body.inputs[0].channels
        self.words = self._words(units[0])

    def channels(self, layer: Layer) -> int:
        """Behind a layer."""
        return self.given + sum(unit.output.channels for unit in self.units[: layer.number])

    def pieces(self, upto: int) -> list[tuple[int, str]]:
        """What lies in the stack behind the first `upto` layers that are shown: channels and hue, from the bottom."""
        found = [(self.given, producer(-1))]
        before = 0
        for layer in self.layers[:upto]:
            hidden = sum(unit.output.channels for unit in self.units[before : layer.number - 1])
            if hidden:
                found.append((hidden, REST))
            found.append((layer.fresh, layer.hue))
            before = layer.number
        return found

    def draw(self) -> Drawing | None:
        frame, count, layers = self.frame, len(self.layers), self.layers
        left = max(24.0, width("channels", 13.0) - self.stack / 2 + 12)
        right = 14.0
        skip = 46.0 if self.folded else 0.0
        pitch = (frame.w - left - right - self.stack - skip) / count
        if self.words is None or pitch < self.stack + self.box + 34:
            return None
        pitch = min(pitch, 168.0)
        used = left + right + self.stack + skip + pitch * count
        x0 = frame.x + (frame.w - used) / 2 + left
        places = [x0 + pitch * number + (skip if self.folded and number == count else 0) for number in range(count + 1)]
        total = self.channels(layers[-1])
        high = STACK
        tall = max(high, self.box_height())
        lowest = 24.0
        step = min(42.0, (frame.h - tall - 42 - lowest) / max(1, count - 1))
        if step < 12:
            return None
        spare = frame.h - tall - 42 - lowest - step * (count - 1)
        axis = frame.bottom - spare / 2 - tall / 2 - 42
        crest = axis - tall / 2
        elements: list[Element] = []
        tops: list[float] = []
        for number, x in enumerate(places):
            made, top = self._stack(number, x, axis, high / total)
            elements += made
            tops.append(top)
            behind = self.given if number == 0 else self.channels(layers[number - 1])
            y = axis + max(high, self.box_height()) / 2 + 22
            elements.append(note(str(behind), Point(x + self.stack / 2, y), "middle", 16.0, "ink", bold=True))
        y = axis + max(high, self.box_height()) / 2 + 22
        elements.append(
            note("channels", Point(x0 + self.stack / 2 - width(str(self.given), 16.0, True) / 2 - 12, y), "end")
        )
        for number, layer in enumerate(layers):
            elements += self._layer(number, layer, places, tops, axis)
        elements += self._arcs(places, tops, crest, lowest, step)
        given = Line((Run("x", italic=True), Run("0", shift="down")), 18.0)
        elements.append(Text(Point(x0 - 16, axis), given))
        entries = [(producer(-1), "input"), *((layer.hue, f"H{layer.number}") for layer in layers)]
        if self.folded:
            first, last = layers[-2].number + 1, layers[-1].number - 1
            entries.insert(-1, (REST, f"H{first} … H{last}" if last > first else f"H{first}"))
        growth = {unit.output.channels for unit in self.units}
        facts = ["every layer reads all earlier maps"] if frame.w > 600 else []
        facts.append(f"{count_units(self.body)} layers")
        if len(growth) == 1:
            facts.append(f"growth rate {growth.pop()}")
        return Drawing(
            tuple(elements),
            (f"H = {self._inside(self.units[0])}",) if frame.w > 600 else (),
            tuple(entries),
            tuple(facts),
        )

    # ----------------------------------------------------------------------------------------------- stacks

    def _stack(self, upto: int, x: float, axis: float, scale: float) -> tuple[list[Element], float]:
        """The maps behind so many layers, the newest on top, and where they begin."""
        pieces = self.pieces(upto)
        heights = [max(3.5, count * scale) for count, _ in pieces]
        y = axis + sum(heights) / 2
        elements: list[Element] = []
        for (_, paint), extent in zip(pieces, heights, strict=True):
            y -= extent
            elements.append(Rect(Bounds(x, y, self.stack, extent), "", paint, "segment", 0.0, 0.0))
        elements += [
            Path(
                (Point(x, at), Point(x, at), Point(x + self.stack, at), Point(x + self.stack, at)),
                "paper",
                1.0,
                kind="rule",
            )
            for at in self._seams(heights, axis)
        ]
        return elements, y

    @staticmethod
    def _seams(heights: Sequence[float], axis: float) -> list[float]:
        found, y = [], axis + sum(heights) / 2
        for extent in heights[:-1]:
            y -= extent
            found.append(y)
        return found

    # ----------------------------------------------------------------------------------------------- layers

    def box_height(self) -> float:
        return 28.0 + 16.0 * len(self.words or ())

    def _layer(
        self, number: int, layer: Layer, places: Sequence[float], tops: Sequence[float], axis: float
    ) -> list[Element]:
        """The box of a layer, the line into it and the one to its maps on top of the next stack."""
        x, end = places[number] + self.stack, places[number + 1]
        last = self.folded and number == len(self.layers) - 1
        at = end - (end - x) / 2 - self.box / 2 + (23.0 if last else 0.0)
        high = self.box_height()
        lines = (
            Line((Run("H", bold=True), Run(str(layer.number), shift="down")), 17.0),
            *(say(word, 12.0, "muted") for word in self.words or ()),
        )
        place = Bounds(at, axis - high / 2, self.box, high)
        box = Rect(
            place, layer.hue, "module.fill", width=2.2, radius=10, label=lines, tag=tag(layer.block, self.style),
            group=self.style.key(layer.block),
        )  # fmt: skip
        landing = min(max(tops[number + 1] + 6, axis - high / 2 + 10), axis)
        middle = (place.right + end) / 2 - 2
        elements: list[Element] = [
            box,
            arrow(
                Point(place.right, axis), Point(middle, axis), Point(middle, landing), Point(end, landing),
                stroke=layer.hue, width=2.3, head=9, radius=5,
            ),
        ]  # fmt: skip
        if last:
            elements += [
                arrow(Point(x, axis), Point(x + 14, axis), head=0, loose=["end"]),
                Text(Point(x + (place.x - x) / 2 - 1, axis), say("…", 22.0, "muted", bold=True)),
                arrow(Point(place.x - 16, axis), Point(place.x, axis), loose=["start"]),
            ]
        else:
            elements.append(arrow(Point(x, axis), Point(place.x, axis)))
        return elements

    def _arcs(
        self, places: Sequence[float], tops: Sequence[float], crest: float, lowest: float, step: float
    ) -> list[Element]:
        """From each stack's newest maps to every later stack. The longest leaves leftmost and lands rightmost."""
        elements: list[Element] = []
        count = len(places)
        hues = [producer(-1), *(layer.hue for layer in self.layers)]
        for start in range(count - 1):
            out = count - 1 - start
            for end in range(start + 1, count):
                leave, land = (min(6.0, (self.stack - 8) / max(1, many - 1)) for many in (out, end))
                a = places[start] + self.stack / 2 + ((out - 1) / 2 - (end - start - 1)) * leave
                b = places[end] + self.stack / 2 + ((end - 1) / 2 - start) * land
                apex = crest - lowest - step * (end - start - 1)
                middle, pull = (a + b) / 2, 0.36 * (b - a) / 2
                rise, fall = tops[start] - 2, tops[end] - 1
                points = (
                    Point(a, rise),
                    Point(a, rise - (rise - apex) * 0.66), Point(a + pull, apex), Point(middle, apex),
                    Point(b - pull, apex), Point(b, fall - (fall - apex) * 0.66), Point(b, fall),
                )  # fmt: skip
                elements.append(Path(points, hues[start], 2.3, 9.0))
        return elements

    # ------------------------------------------------------------------------------------------------ words

    def _inner(self, unit: Block) -> list[Block]:
        """The ops of a layer in order, if it is a chain."""
        body = unit.body
        while body is not None:
            numbers = {number for number, block in enumerate(body.blocks) if block.body is not None}
            if not numbers or len(body.blocks) > 16:
                break
            body = opened(body, numbers)
        if body is None or len(body.blocks) > 16:
            return [unit]
        items = series(body)
        return [body.blocks[number] for number in flat(items)] if items else []

    def _words(self, unit: Block) -> tuple[str, ...] | None:
        """Kernels and channels of a layer's convolutions, for its box; None where they do not fit it."""
        found = [
            f"{block.label.kernel}, {block.label.out}" if block.label.kernel else block.label.text
            for block in self._inner(unit)
            if block.role in ("conv", "conv1", "pool", "linear")
        ]
        if len(found) > 3:
            found = []
        return tuple(found) if all(width(word, 12.0) <= self.box - 4 for word in found) else None

    def _inside(self, unit: Block) -> str:
        """The layer in words: BN, ReLU, 1×1 conv, BN, ReLU, 3×3 conv."""
        parts: list[str] = []
        for block in self._inner(unit):
            parts += [*block.before, f"{block.label.kernel} {block.label.word}".strip(), *block.after]
        return ", ".join(parts)
