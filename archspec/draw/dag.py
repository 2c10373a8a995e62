"""Any DAG: Graphviz's `dot` says where the boxes stand, and the grammar of the other pictures dresses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archspec.draw.parts import Drawing, Style, box, label_lines, merge, say, widest
from archspec.draw.picture import Block, Body
from archspec.draw.scene import LEADING, Bounds, Circle, Element, Line, Path, Point, Rect

_INCH = 72.0


@dataclass(frozen=True, slots=True)
class Look:
    """How large words and boxes are, and how far apart."""

    size: float
    pad: float
    ranks: float
    nodes: float


LOOKS = (Look(15, 12, 26, 22), Look(14, 10, 22, 16), Look(13, 8, 18, 12), Look(12, 6, 15, 9))


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    """The DAG as large as it fits, from left to right or from top to bottom; None if it does not fit.

    Raises `SpecError` (A0505) if Graphviz is not installed.
    """
    directions = [style.direction] if style.direction else ["down", "right"] if frame.h > frame.w else ["right", "down"]
    for look in LOOKS:
        for direction in directions:
            if direction is None:
                continue
            placed = _placed(body, look, direction, style)
            if placed is not None and placed[0] <= frame.w and placed[1] <= frame.h:
                return Drawing(tuple(_moved(placed, frame)))
    return None


def _words(block: Block, look: Look) -> tuple[Line, ...]:
    lines = label_lines(block.label, look.size, 170.0, folds=2, bold=block.body is not None)
    lines = lines or (say(block.label.text, look.size),)
    if block.after:
        lines = (*lines, say(", ".join(block.after), max(12.0, look.size - 2), "words"))
    return lines


def _placed(body: Body, look: Look, direction: str, style: Style) -> tuple[float, float, list[Element]] | None:
    """Width, height and elements of the layout, its top left corner at the origin."""
    from archspec.draw.paint.graphviz import run

    sizes: dict[str, tuple[float, float]] = {}
    labels: dict[str, tuple[Line, ...]] = {}
    for number, block in enumerate(body.blocks):
        if block.role == "merge":
            sizes[f"n{number}"] = (32.0, 32.0)
            continue
        lines = labels[f"n{number}"] = _words(block, look)
        tall = sum(line.size for line in lines) * LEADING
        sizes[f"n{number}"] = (max(widest(lines) + 2 * look.pad, 40.0), tall + look.pad + 4)
    for place, name in enumerate(body.names):
        labels[f"i{place}"] = (say(name, look.size),)
        sizes[f"i{place}"] = (widest(labels[f"i{place}"]) + 2 * look.pad, look.size * LEADING + look.pad)
    for place, out in enumerate(body.outputs):
        name = out.name if not out.name.isdigit() else "output"
        labels[f"o{place}"] = (say(name, look.size),)
        sizes[f"o{place}"] = (widest(labels[f"o{place}"]) + 2 * look.pad, look.size * LEADING + look.pad)
    edges: list[tuple[str, str, bool, bool]] = []
    for number, block in enumerate(body.blocks):
        for place, ref in enumerate(block.args):
            source = f"n{ref.node}" if ref.node >= 0 else f"i{ref.output}"
            edges.append((source, f"n{number}", place in block.steers, block.only is not None))
    for place, out in enumerate(body.outputs):
        source = f"n{out.ref.node}" if out.ref.node >= 0 else f"i{out.ref.output}"
        edges.append((source, f"o{place}", False, out.only is not None))
    text = [
        f"digraph {{ graph [rankdir={'LR' if direction == 'right' else 'TB'} ranksep={look.ranks / _INCH:.3f} "
        f"nodesep={look.nodes / _INCH:.3f} splines=true]",
        'node [shape=box fixedsize=true label=""]',
        *(f"{name} [width={w / _INCH:.4f} height={h / _INCH:.4f}]" for name, (w, h) in sizes.items()),
        *(f"{a} -> {b} [id=e{number}]" for number, (a, b, _, _) in enumerate(edges)),
        "}",
    ]
    return _read(run(["dot", "-Tjson0"], "\n".join(text)), body, labels, edges, style)


def _read(
    answer: bytes,
    body: Body,
    labels: dict[str, tuple[Line, ...]],
    edges: Sequence[tuple[str, str, bool, bool]],
    style: Style,
) -> tuple[float, float, list[Element]]:
    import json

    layout = json.loads(answer)
    _, _, width, height = map(float, layout["bb"].split(","))
    elements: list[Element] = []
    for node in layout["objects"]:
        x, y = map(float, node["pos"].split(","))
        w, h = float(node["width"]) * _INCH, float(node["height"]) * _INCH
        name = node["name"]
        at = Bounds(x - w / 2, height - y - h / 2, w, h)
        if name[0] in "io":
            only = name[0] == "o" and body.outputs[int(name[1:])].only is not None
            elements.append(Rect(at, "image", "image.fill", label=labels[name], dashed=only))
            continue
        block = body.blocks[int(name[1:])]
        if block.role == "merge":
            elements.append(merge(block, Point(x, height - y), style, 16.0))
        else:
            elements.append(box(block, at, labels[name], style))
    for edge in layout["edges"]:
        _, _, steers, only = edges[int(edge["id"][1:])]
        words = edge["pos"].split()
        tip = next((word[2:] for word in words if word.startswith("e,")), "")
        points = [_point(word, height) for word in words if not word.startswith("e,")]
        # dot stops at the foot of its own head; ours has its tip where dot's has it.
        if tip:
            points[-1] = _point(tip, height)
        elements.append(Path(tuple(points), "gate" if steers else "edge", 1.8, 8.0, only))
    return width, height, elements


def _point(text: str, height: float) -> Point:
    x, y = map(float, text.split(","))
    return Point(x, height - y)


def _moved(placed: tuple[float, float, list[Element]], frame: Bounds) -> list[Element]:
    from dataclasses import replace

    width, height, elements = placed
    dx, dy = frame.x + (frame.w - width) / 2, frame.y + (frame.h - height) / 2

    def to(point: Point) -> Point:
        return Point(point.x + dx, point.y + dy)

    moved: list[Element] = []
    for element in elements:
        if isinstance(element, Path):
            moved.append(replace(element, points=tuple(map(to, element.points))))
        elif isinstance(element, Circle):
            moved.append(replace(element, centre=to(element.centre)))
        elif isinstance(element, Rect):
            moved.append(replace(element, at=Bounds(element.at.x + dx, element.at.y + dy, element.at.w, element.at.h)))
    return moved
