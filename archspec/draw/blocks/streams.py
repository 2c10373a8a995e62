"""A dual path block: one stream that is added to, one that grows, and between them the layers that feed both."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.draw.metrics import width
from archspec.draw.parts import Drawing, Style, arrow, bar, box, dot, height, label_lines, merge, note, producer, tag
from archspec.draw.picture import Block, Body
from archspec.draw.scene import Bounds, Element, Point, Rect
from archspec.draw.structure import is_op, opened
from archspec.draw.words import shape
from archspec.program.model import Ref

SUM, GROWN = "skip", "p3"
"""hues of the stream that is added to and of the one that grows"""


@dataclass(frozen=True, slots=True)
class Dual:
    """The parts of a dual path block, by number."""

    spine: tuple[int, ...]
    """from what the streams give, or from the input, to the split"""
    split: int
    add: int
    grow: int
    both: int | None
    """the concat of the two streams that the spine starts from"""
    projection: tuple[int, ...]
    """from the input to the streams, where there is only one input"""
    parts: int | None
    """its split"""


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    if style.direction == "right" or len(body.blocks) > 32:
        return None
    body = opened(body, {number for number, block in enumerate(body.blocks) if _chain(block)})
    dual = _dual(body)
    if dual is None:
        return None
    for text, high, gap, wide in ((15.0, 36.0, 34.0, 170.0), (14.0, 32.0, 28.0, 150.0), (13.0, 30.0, 23.0, 130.0)):
        drawing = _Streams(body, dual, frame, style, text, high, gap, wide).draw()
        if drawing is not None:
            return drawing
    return None


def _chain(block: Block) -> bool:
    inside = block.body
    if inside is None or len(inside.blocks) > 4 or len(inside.inputs) != 1:
        return False
    return all(len(part.args) == 1 for part in inside.blocks)


def _dual(body: Body) -> Dual | None:
    """The parts, if the outputs are a sum and a concat that both read one split."""
    ends = [out.ref.node for out in body.outputs]
    if len(ends) != 2 or min(ends) < 0:
        return None
    add = next((end for end in ends if is_op(body.blocks[end], "add")), None)
    grow = next((end for end in ends if is_op(body.blocks[end], "concat")), None)
    if add is None or grow is None:
        return None
    args = body.blocks[add].args, body.blocks[grow].args
    if any(len(refs) != 2 for refs in args):
        return None
    old_sum, new_sum = args[0]
    old_grown, new_grown = args[1]
    if new_sum.node != new_grown.node or old_sum.node != old_grown.node or new_sum.node < 0:
        return None
    spine = _back(body, body.blocks[new_sum.node].args[0])
    if spine is None:
        return None
    start, numbers = spine
    known = {add, grow, new_sum.node, *numbers}
    if old_sum.node < 0:
        if start.node < 0 or not is_op(body.blocks[start.node], "concat"):
            return None
        known.add(start.node)
        found = Dual(numbers, new_sum.node, add, grow, start.node, (), None)
    else:
        projection = _back(body, body.blocks[old_sum.node].args[0])
        if projection is None or projection[0] != start or start.node >= 0:
            return None
        known |= {old_sum.node, *projection[1]}
        found = Dual(numbers, new_sum.node, add, grow, None, projection[1], old_sum.node)
    return found if len(known) == len(body.blocks) else None


def _back(body: Body, ref: Ref) -> tuple[Ref, tuple[int, ...]] | None:
    """Along blocks of one input to what joins several, or to the input: where that ends, and the blocks in order."""
    found: list[int] = []
    while ref.node >= 0 and len(body.blocks[ref.node].args) == 1:
        found.append(ref.node)
        ref = body.blocks[ref.node].args[0]
    return (ref, tuple(reversed(found))) if found else None


class _Streams:
    def __init__(
        self, body: Body, dual: Dual, frame: Bounds, style: Style, text: float, high: float, gap: float, wide: float
    ):
        self.body, self.dual, self.frame, self.style = body, dual, frame, style
        self.text, self.high, self.gap, self.wide = text, high, gap, wide

    def draw(self) -> Drawing | None:
        body, dual, frame, gap = self.body, self.dual, self.frame, self.gap
        convs = [number for number in dual.spine if body.blocks[number].role not in ("norm", "activation")]
        bar_high, r = 24.0, 16.0
        head = 26.0 + (bar_high + 8 if dual.both is not None else 76 + 0.3 * gap)
        tall = head + len(convs) * (self.high + gap) + gap + bar_high + 62
        side = self.wide / 2 + min(130.0, (frame.w - self.wide) / 2 - 56)
        if tall > frame.h or side < self.wide / 2 + 50:
            return None
        x, y = frame.cx, frame.y + (frame.h - tall) / 2
        left, right = x - side, x + side
        add, grow = body.blocks[dual.add], body.blocks[dual.grow]
        elements: list[Element] = []
        low = y + tall - 62 - bar_high / 2  # middle of the joins
        if dual.both is not None:
            start = y + 26 + bar_high / 2
            elements += self._given(x, left, right, y, start, bar_high)
            rail_left = rail_right = y + 16
            top = start + bar_high / 2
        else:
            found = self._projected(x, left, right, y, bar_high)
            if found is None:
                return None
            made, rail_left, rail_right, top = found
            elements += made
        at = top
        before: list[str] = []
        for number in dual.spine:
            block = body.blocks[number]
            if block.role in ("norm", "activation"):
                before += [block.label.text, *block.after]
                continue
            before += block.before
            lines = label_lines(block.label, self.text, self.wide - 12, folds=2, bold=block.body is not None)
            if lines is None or height(lines) + 6 > self.high + 8:
                return None
            extent = max(self.high, height(lines) + 6)
            # The first box stands below the line that crosses the spine.
            end = max(at + gap, rail_right + 12) if at == top else at + gap
            elements.append(arrow(Point(x, at), Point(x, end)))
            if before:
                elements.append(
                    note(", ".join(before), Point(x - 10, end - min(gap / 2 + 2, 15)), "end", 12.0, "words")
                )
            elements.append(box(block, Bounds(x - self.wide / 2, end, self.wide, extent), lines, self.style))
            at = end + extent
            before = list(block.after)
        split = body.blocks[dual.split]
        elements.append(arrow(Point(x, at), Point(x, low - bar_high / 2)))
        elements.append(note("split", Point(x + 10, (at + low - bar_high / 2) / 2 - 2), "start", 12.0))
        parts = [type.channels for type in split.outputs]
        place = Bounds(x - self.wide / 2, low - bar_high / 2, self.wide, bar_high)
        elements += self._bar(place, parts, (SUM, GROWN), split)
        tall_bar = 54.0
        old, new = (type.channels for type in grow.inputs)
        upright = Bounds(right - 14, low - tall_bar / 2, 28, tall_bar)
        heights = bar(upright, [old, new], [producer(-1), producer(2)], upright=True, least=10.0)
        elements += [
            arrow(Point(left, rail_left), Point(left, low - r), stroke=SUM, width=2.8, head=11),
            arrow(Point(right, rail_right), Point(right, upright.y), stroke=producer(-1), width=2.8, head=11),
            arrow(Point(place.x, low), Point(left + r, low), stroke=SUM, width=2.6, head=10),
            arrow(Point(place.right, low), Point(upright.x, low), stroke=GROWN, width=2.2),
            merge(add, Point(left, low), self.style, r),
            *(Rect(part.at, "", part.fill, "segment", 0.0, 0.0, tag=tag(grow, self.style)) for part in heights),
            arrow(Point(left, low + r), Point(left, low + 52), head=9),
            arrow(Point(right, upright.bottom), Point(right, low + 52), head=9),
            note(shape(add.output), Point(left, low + 62), "middle", 13.0, "ink"),
            note(shape(grow.output), Point(right, low + 62), "middle", 13.0, "ink"),
            note("added", Point(left, (max(rail_left, top) + low) / 2), "middle", 14.0, SUM, plate=True, bold=True),
            note(
                "kept", Point(right, (max(rail_right, top) + low) / 2), "middle", 14.0, "muted", plate=True, bold=True
            ),
        ]
        if width(f"{old} + {new}", 13.0, True) + 22 + right <= frame.right:
            elements.append(note(f"{old} + {new}", Point(right + 20, low), "start", 13.0, "ink", bold=True))
        return Drawing(tuple(elements), ("left: residual path, added · right: densely connected path, grows",))

    def _bar(self, at: Bounds, channels: list[int], hues: tuple[str, str], owner: Block) -> list[Element]:
        segments = bar(at, channels, [producer(-1), producer(2)], size=13.0, least=24.0)
        fills = [hue if hue != SUM else "skip" for hue in hues]
        return [
            Rect(part.at, "", fill, "segment", 0.0, 0.0, label=part.label, tag=tag(owner, self.style))
            for part, fill in zip(segments, fills, strict=True)
        ]

    def _given(self, x: float, left: float, right: float, y: float, start: float, high: float) -> list[Element]:
        """Both streams come in, and the spine reads their concat."""
        body, both = self.body, self.body.blocks[self.dual.both or 0]
        given = [type.channels for type in both.inputs]
        place = Bounds(x - self.wide / 2, start - high / 2, self.wide, high)
        segments = bar(place, given, [producer(-1), producer(-1)], size=13.0, least=24.0)
        fills = ("skip", producer(-1))
        return [
            note(shape(body.inputs[0]), Point(left, y + 6), "middle", 13.0, "ink"),
            note(shape(body.inputs[1]), Point(right, y + 6), "middle", 13.0, "ink"),
            arrow(Point(left, start), Point(place.x, start), stroke=SUM),
            arrow(Point(right, start), Point(place.right, start), stroke=producer(-1)),
            dot(Point(left, start), SUM),
            dot(Point(right, start), producer(-1)),
            *(
                Rect(part.at, "", fill, "segment", 0.0, 0.0, label=part.label, tag=tag(both, self.style))
                for part, fill in zip(segments, fills, strict=True)
            ),
            note("concat", Point(x, place.y - 10), "middle", 12.0),
        ]

    def _projected(
        self, x: float, left: float, right: float, y: float, high: float
    ) -> tuple[list[Element], float, float, float] | None:
        """One input: a projection makes both streams of it. Also where the two rails begin, and the spine."""
        body, dual, gap = self.body, self.dual, self.gap
        parts = body.blocks[dual.parts or 0]
        split_at = y + 30
        block = body.blocks[dual.projection[-1]]
        w = min(self.wide, 2 * (x - left) - self.wide - 16)
        if w < 84:
            return None
        lines = label_lines(block.label, self.text - 2 if self.text > 14 else 12.0, w - 10, folds=2)
        if lines is None:
            return None
        extent = height(lines) + 8
        top = split_at + gap * 0.7
        place = Bounds(left - w / 2, top, w, extent)
        beam = Bounds(left - w / 2, top + extent + gap * 0.6, w, high)
        channels = [type.channels for type in parts.outputs]
        segments = bar(beam, channels, [producer(-1), producer(-1)], size=12.0, least=26.0)
        cross = beam.cy
        elements: list[Element] = [
            note(shape(body.inputs[0]), Point(x + 10, y + 14), "start", 13.0),
            note("x", Point(x, y - 2), "middle", 18.0, "ink", italic=True),
            arrow(Point(x, y + 8), Point(x, split_at), head=0),
            dot(Point(x, split_at), "edge"),
            arrow(Point(x, split_at), Point(left, split_at), Point(left, top), dashed=True, stroke="skip", width=2.6),
            box(block, place, lines, self.style),
            arrow(Point(left, place.bottom), Point(left, beam.y)),
            *(
                Rect(part.at, "", fill, "segment", 0.0, 0.0, label=part.label, tag=tag(parts, self.style))
                for part, fill in zip(segments, ("skip", producer(-1)), strict=True)
            ),
            arrow(Point(beam.right, cross), Point(right, cross), Point(right, cross + 20), stroke=producer(-1),
                  width=2.8, head=0),
            dot(Point(right, cross + 20), producer(-1), 1.4),
        ]  # fmt: skip
        return elements, beam.bottom, cross + 20, split_at
