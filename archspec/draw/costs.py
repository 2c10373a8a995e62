"""Costs under a row of cells: bars as long as the cost, each under the cell that has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archspec.draw.mainline import Main
from archspec.draw.parts import note, say
from archspec.draw.picture import Block, Figures, Row
from archspec.draw.scene import Bounds, Element, Path, Point, Rect, Text
from archspec.draw.slide import Canvas
from archspec.draw.trunk import Cell
from archspec.draw.words import figure

_NAMES: dict[Row, tuple[str, str]] = {
    "params": ("params", "params"),
    "mads": ("mult-adds", "mads"),
    "memory": ("values", "conv1"),
    "receptive_field": ("rec. field", "muted"),
}


@dataclass(frozen=True, slots=True)
class Costs:
    """One row of numbers, one for each place on the main line."""

    name: str
    hue: str
    values: tuple[int, ...]
    bars: bool = True
    """a row of text otherwise"""
    signed: bool = False
    """the values are differences"""


def costs(row: Sequence[Cell], main: Main, rows: Sequence[Row], figures: Figures, prefix: str) -> list[Costs]:
    """The rows that were asked for. A row in which nothing has a value is left out."""
    found = []
    for kind in rows:
        name, hue = _NAMES[kind]
        values = tuple(_value(kind, row[number], figures, prefix) for number in main.line)
        if figures.compared:
            if any(values) and kind in ("params", "mads"):
                found.append(Costs(f"Δ {name}", "muted", values, False, True))
        elif any(values):
            found.append(Costs(name, hue, values, kind != "receptive_field"))
    return found


def _value(kind: Row, cell: Cell, figures: Figures, prefix: str) -> int:
    if kind == "params":
        return cell.params
    if kind == "mads":
        return cell.mads
    if kind == "memory":
        return memory(cell.entry) if len(cell.numbers) == 1 else memory(cell.unit) * cell.times
    last = cell.exit.name
    return figures.fields.get(f"{prefix}.{last}" if prefix else last, 0)


def memory(block: Block) -> int:
    """Values that the boxes inside a block make: what training keeps, norms and activations in place."""
    if block.body is None:
        return sum(type.elements for type in block.outputs)
    return sum(memory(inner) for inner in block.body.blocks)


_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def drawn_costs(costs: Costs, boxes: Sequence[tuple[int, Bounds]], at: Bounds, canvas: Canvas) -> list[Element]:
    """The costs with its base line at the top of `at`, which says the margin, the left end and the highest bar."""
    base, tall = at.y, at.h
    elements: list[Element] = [note(costs.name, Point(canvas.margin, base - 6), size=12.0)]
    label = elements[0].bounds.right if isinstance(elements[0], Text) else 0.0
    right = min(canvas.width - canvas.margin, max(box.right for _, box in boxes) + 14)
    most = max(map(abs, costs.values)) or 1
    scale, unit = next(((scale, unit) for scale, unit in _UNITS if most >= scale), (1.0, ""))
    start = max(boxes[0][1].x, label + 6)
    if costs.bars:
        elements.append(
            Path(
                (Point(start, base), Point(start, base), Point(right, base), Point(right, base)),
                "hairline",
                1.2,
                kind="rule",
            )
        )
    taken: list[tuple[float, float]] = [(0.0, label + 4)]
    for number, box in sorted(boxes, key=lambda entry: -abs(costs.values[entry[0]])):
        value = costs.values[number]
        if not value:
            continue
        if not costs.bars:
            top = base
            texts = [f"{value}"]
            if costs.signed:
                texts = [f"+{figure(value)}" if value > 0 else figure(value)]
        else:
            high = max(0.8, tall * value / most)
            wide = min(46.0, max(10.0, box.w * 0.62))
            x = box.cx - wide / 2
            elements.append(Rect(Bounds(x, base - high, wide, high), "", costs.hue, "bar", 0.0, 0.0))
            top = base - high
            texts = _texts(value / scale, unit)
        for text in texts:
            line = say(text, 12.0)
            left, end = box.cx - line.width / 2, box.cx + line.width / 2
            if end <= canvas.width - 6 and all(end + 4 <= a or b <= left - 4 for a, b in taken):
                taken.append((left, end))
                elements.append(Text(Point(box.cx, top - 8 if costs.bars else base - 6), line))
                break
    return elements


def _texts(value: float, unit: str) -> list[str]:
    """A value with its unit, and without it where there is no room: all of a row have the same."""
    if not unit:
        return [f"{value:.0f}"]
    value += 1e-9  # half a unit rounds up
    if value < 0.005:
        return [f"<0.01 {unit}", "<0.01"]
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return [f"{value:.{digits}f} {unit}", f"{value:.{digits}f}"]
