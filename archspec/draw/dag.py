"""Any DAG, dressed in the grammar of the other pictures: for what has no form of its own, large on a slide or small."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from archspec.draw.layered import Edge, Layout, layout
from archspec.draw.parts import Drawing, Style, box, label_lines, merge, producer, say, straight, widest
from archspec.draw.picture import Block, Body, Label
from archspec.draw.scene import LEADING, Bounds, Element, Line, Path, Point, Rect
from archspec.draw.structure import is_op

MOST = 120
"""nodes beyond which nobody could read a slide"""


@dataclass(frozen=True, slots=True)
class Look:
    """How large words and boxes are, and how far apart."""

    size: float
    pad: float
    ranks: float
    nodes: float
    folds: int = 2
    riders: bool = True
    out: bool = True
    chip: bool = False
    """a box says its kernel only, or its word where it has none"""


LOOKS = (
    Look(15, 12, 40, 22), Look(14, 10, 34, 16), Look(13, 8, 28, 12), Look(12, 6, 24, 8), Look(12, 6, 20, 6, 1, False),
)  # fmt: skip
SMALL = (
    Look(13, 7, 26, 8, 1, False), Look(12, 6, 22, 5, 2, False), Look(12, 5, 20, 4, 1, False, False),
    Look(12, 4, 16, 3, 2, False, False), Look(12, 5, 16, 3, 1, False, False, True),
)  # fmt: skip


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    """The DAG as large as it fits, from left to right or from top to bottom; None if it does not fit."""
    if len(body.blocks) > MOST:
        return None
    turns = [style.direction == "down"] if style.direction else [frame.h > frame.w, frame.h <= frame.w]
    for look in (*LOOKS, *SMALL):
        for down in turns:
            plate = Plate(body, look, style, down)
            if plate.width <= frame.w and plate.height <= frame.h:
                return Drawing(
                    tuple(plate.draw(frame.x + (frame.w - plate.width) / 2, frame.y + (frame.h - plate.height) / 2))
                )
    return None


class Plate:
    """A DAG in one look: its extent, and its elements once it is told where."""

    def __init__(
        self, body: Body, look: Look, style: Style, down: bool = False, channels: Mapping[int, str] | None = None
    ):
        self.body, self.look, self.style, self.down = body, look, style, down
        self.channels = channels or {}
        inputs, outputs = len(body.inputs), len(body.outputs)
        self.words: list[tuple[Line, ...]] = [(say(name, look.size),) for name in body.names]
        self.words += [self._words(number, block) for number, block in enumerate(body.blocks)]
        named = outputs > 1 or look.riders
        self.words += [(say(_exit(out.name), look.size),) if named else () for out in body.outputs]
        self._first = inputs
        self._exits = inputs + len(body.blocks)
        self.sizes = [self._size(node) for node in range(len(self.words))]
        self.edges: list[tuple[Edge, int]] = []
        """each with its place among the arguments of its head"""
        for number, block in enumerate(body.blocks):
            for place, ref in enumerate(block.args):
                tail = inputs + ref.node if ref.node >= 0 else ref.output
                self.edges.append((Edge(tail, inputs + number), place))
        for number, out in enumerate(body.outputs):
            tail = inputs + out.ref.node if out.ref.node >= 0 else out.ref.output
            self.edges.append((Edge(tail, self._exits + number), 0))
        sizes = [(h, w) for w, h in self.sizes] if down else self.sizes
        self.layout: Layout = layout(sizes, [edge for edge, _ in self.edges], look.ranks, look.nodes)
        self.width, self.height = self.layout.width, self.layout.height
        if down:
            self.width, self.height = self.height, self.width

    def _words(self, number: int, block: Block) -> tuple[Line, ...]:
        look = self.look
        if block.role == "merge" or is_op(block, "concat"):
            return ()
        label: Label = block.label
        if block.op is not None and block.label.out:
            label = replace(label, out=self.channels.get(number, label.out) if look.out else "")
        if look.chip:
            return (say(label.kernel or label.word, look.size, bold=bool(label.kernel)),)
        lines = label_lines(label, look.size, 60.0 if look.folds > 1 and not look.riders else 170.0, folds=look.folds)
        lines = lines or (say(label.text, look.size),)
        if block.after and look.riders and self.style.detail == "full":
            lines = (*lines, say(", ".join(block.after), max(12.0, look.size - 2), "words"))
        return lines

    def _size(self, node: int) -> tuple[float, float]:
        look, lines = self.look, self.words[node]
        if lines:
            return max(widest(lines) + 2 * look.pad, 30.0), sum(line.size for line in lines) * LEADING + look.pad
        if node >= self._exits:
            return (1.0, 1.0)
        block = self.body.blocks[node - self._first]
        if block.role == "merge":
            r = 2 * self._radius(block)
            return (r, r)
        long = max(14.0 * len(block.args), 28.0)
        return (long, 14.0) if self.down else (14.0, long)

    def _radius(self, block: Block) -> float:
        return (15.0 if self.look.size > 13 else 12.0) + (3.0 if len(block.label.word) > 1 else 0.0)

    # --------------------------------------------------------------------------------------------- elements

    def draw(self, x: float, y: float) -> list[Element]:
        def to(point: tuple[float, float]) -> Point:
            return Point(x + point[1], y + point[0]) if self.down else Point(x + point[0], y + point[1])

        elements: list[Element] = []
        for node, (w, h) in enumerate(self.sizes):
            centre = to(self.layout.at[node])
            elements += self._node(node, Bounds(centre.x - w / 2, centre.y - h / 2, w, h))
        tails, heads = self._ports()
        for number, (edge, place) in enumerate(self.edges):
            elements.append(self._edge(number, edge, place, tails[number], heads[number], to))
        return elements

    def _node(self, node: int, at: Bounds) -> list[Element]:
        if node < self._first:
            return [Rect(at, "image", "image.fill", label=self.words[node], radius=6.0)]
        if node >= self._exits:
            out = self.body.outputs[node - self._exits]
            if not self.words[node]:
                return []
            return [Rect(at, "image", "image.fill", label=self.words[node], radius=6.0, dashed=out.only is not None)]
        block = self.body.blocks[node - self._first]
        if block.role == "merge":
            radius = self._radius(block)
            return [merge(block, Point(at.cx, at.cy), self.style, radius)]
        if is_op(block, "concat"):
            slots = self._slots(node)
            length = (at.w if self.down else at.h) / len(slots)
            return [
                Rect(
                    Bounds(at.x + k * length, at.y, length, at.h)
                    if self.down
                    else Bounds(at.x, at.y + k * length, at.w, length),
                    "", producer(place), "segment", 0.0, 0.0,
                )
                for k, place in enumerate(slots)
            ]  # fmt: skip
        made = box(block, at, self.words[node], self.style)
        return [replace(made, width=min(made.width, 1.8))]

    def _arrival(self, number: int) -> float:
        """Where on the page an edge comes from: the rank before its head."""
        bends = self.layout.bends[number]
        return bends[-1][2] if bends else self.layout.at[self.edges[number][0].tail][1]

    def _slots(self, node: int) -> list[int]:
        """The arguments of a concat in the order in which their lines arrive."""
        into = [number for number, (edge, _) in enumerate(self.edges) if edge.head == node]
        return [self.edges[number][1] for number in sorted(into, key=self._arrival)]

    def _ports(self) -> tuple[list[float], list[float]]:
        """How far from the middle of its tail and of its head each edge ends."""
        tails, heads = [0.0] * len(self.edges), [0.0] * len(self.edges)
        for node in range(len(self.sizes)):
            w, h = self.sizes[node]
            across = w if self.down else h
            into = sorted((n for n, (edge, _) in enumerate(self.edges) if edge.head == node), key=self._arrival)
            joins = self._first <= node < self._exits and is_op(self.body.blocks[node - self._first], "concat")
            for k, number in enumerate(into):
                step = across / len(into) if joins else min(9.0, across * 0.7 / len(into))
                heads[number] = (k - (len(into) - 1) / 2) * step
            # Lines that leave one node leave from one point: they carry one value.
        return tails, heads

    def _edge(
        self,
        number: int,
        edge: Edge,
        place: int,
        tail: float,
        head: float,
        to: Callable[[tuple[float, float]], Point],
    ) -> Path:
        """Straight to the end of its rank, in a curve through each gap, and straight to its head."""
        at, span = self.layout.at, self.layout.span
        (x, y), (end_x, end_y) = at[edge.tail], at[edge.head]
        w, h = self.sizes[edge.tail]
        long = h if self.down else w
        points = [(x + long / 2, y + tail)]
        stops = [(span[edge.tail][1], y + tail)]
        for left, right, level in self.layout.bends[number]:
            stops += [(left, level), (right, level)]
        w, h = self.sizes[edge.head]
        long = h if self.down else w
        target = end_x - long / 2 + self._inset(edge.head, head)
        stops += [(span[edge.head][0], end_y + head)]
        curve: list[Point] = [to(points[0])]
        now = points[0]
        for k, stop in enumerate([*stops, (target, end_y + head)]):
            if abs(stop[0] - now[0]) < 0.01 and abs(stop[1] - now[1]) < 0.01:
                continue
            if abs(stop[1] - now[1]) < 0.01 or k % 2 == 0:
                curve += straight(to(now), to(stop))[1:]
            else:
                middle = (now[0] + stop[0]) / 2
                curve += [to((middle, now[1])), to((middle, stop[1])), to(stop)]
            now = stop
        block = self.body.blocks[edge.head - self._first] if self._first <= edge.head < self._exits else None
        loose = frozenset({"end"}) if edge.head >= self._exits and not self.words[edge.head] else frozenset[str]()
        hue, wide = self._hue(number, block, place)
        return Path(tuple(curve), hue, wide, 8.0, block is not None and block.only is not None, loose=loose)

    def _inset(self, node: int, head: float) -> float:
        """How far behind the edge of its square the border of a circle lies."""
        if not self._first <= node < self._exits:
            return 0.0
        block = self.body.blocks[node - self._first]
        if block.role != "merge":
            return 0.0
        r = self._radius(block)
        return r - float((r * r - head * head) ** 0.5)

    def _hue(self, number: int, block: Block | None, place: int) -> tuple[str, float]:
        if block is None:
            return "edge", 1.8
        if place in block.steers:
            return "gate", 1.8
        if is_op(block, "concat"):
            return producer(place), 1.8
        if block.role == "merge" and len(self.layout.bends[number]) > 0 and place not in block.steers:
            return "skip", 2.2
        return "edge", 1.8


def _exit(name: str) -> str:
    return name if not name.isdigit() else "output"


def small(body: Body, style: Style, channels: Mapping[int, str]) -> Sequence[Plate]:
    """The DAG for a frame below a network, from the most words to the fewest."""
    if len(body.blocks) > 40:
        return ()
    return [Plate(body, look, style, channels=channels) for look in SMALL]
