"""A network that is wrong, as far as it could be made: what failed in red, with the shapes that it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.draw import network
from archspec.draw.check import border, samples
from archspec.draw.compose import Fact, NotThere, Request, find, laid_out, said, title_of, unfolded
from archspec.draw.fold import fold
from archspec.draw.marks import moved
from archspec.draw.parts import Drawing, Style, widest
from archspec.draw.picture import Block, Body, Figures
from archspec.draw.scene import Bounds, Circle, Element, Line, Path, Point, Rect, Run, Scene, Text
from archspec.draw.slide import Canvas, extent, scene
from archspec.draw.words import shape
from archspec.program.model import Program, Ref

if TYPE_CHECKING:
    from archspec.language.elaborate.unfinished import Fault

ERROR = "error"
"""the hue of what is wrong"""
SIZE = 13.0
"""of the shapes beside it"""


def compose_partial(
    program: Program,
    faults: Mapping[str, Mapping[str, Fault]],
    request: Request,
    *,
    told: Sequence[str] = (),
    notes: str = "",
    file: str = "",
) -> Scene:
    """The picture of what could be made. `told` says what is wrong, one line each.

    A broken box is red, as are the lines that lead to it; beside it stands what it reads, each with its shape.
    Modules in which something is wrong are red too, and their insets show where. Raises `NotThere` and `NoRoom`.
    """
    figures = Figures()
    bodies = fold(program, figures, request.mode, request.folded, faults)
    style = Style(request.direction, request.detail, prefix=request.focus, file=file)
    title = request.title or program.title or program.name
    body = bodies[program.main]
    where = ""
    if request.focus:
        try:
            module, _, name = find(program, request.focus, figures)
        except NotThere as error:
            raise NotThere(f"{error} in what could be made of it") from None
        body, title = bodies[module.id], request.title or title_of(module, name)
        where = f"{program.title or program.name}, {request.focus}"
    body = unfolded(body, request.unfolded)
    canvas, drawing = _laid_out(body, request, style, title)
    first = f"{told[0]}, and {len(told) - 1} more" if len(told) > 1 else "".join(told)
    facts: list[Fact] = [(Run(where),) if where else (), (Run(first, hue=ERROR),)]
    elements = list(drawing.elements)
    if not canvas.legend:
        elements = moved(elements, max(0.0, (request.height - 24 - extent(elements).bottom) / 2))
    shown = Bounds(24.0, 70.0, request.width - 48.0, request.height - (124.0 if canvas.legend else 82.0))
    elements = _marked(elements, dict(_broken(body, style, set())), shown)
    finished = replace(drawing, elements=tuple(elements), missing=drawing.missing)
    return scene(canvas, finished, title, said(facts, replace(drawing, facts=()), canvas), notes, request.focus)


def _laid_out(body: Body, request: Request, style: Style, title: str) -> tuple[Canvas, Drawing]:
    """A network in a row, with insets for what is wrong inside; what is short as a module is."""
    if not request.focus and len(body.blocks) > 4:
        canvas = Canvas(request.width, request.height, centred=False, legend=False)
        drawing = network.draw(body, Figures(), canvas, style, ())
        if drawing is not None:
            return canvas, drawing
    return laid_out(body, Figures(), request, style, title)


def _broken(body: Body, style: Style, seen: set[str]) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """The keys that boxes of broken ops have, and what those read, in lines. Insets have keys of their own."""
    for block in body.blocks:
        if block.mark == ERROR and block.op is not None:
            yield style.key(block), tuple(_reads(body, block))
        if block.body is not None and block.body.id not in seen:
            seen.add(block.body.id)
            yield from _broken(block.body, replace(style, prefix=""), seen)


def _reads(body: Body, block: Block) -> Iterator[Line]:
    for ref, type in zip(block.args, block.inputs, strict=False):
        yield Line((Run(f"{_name(body, ref)}  "), Run(shape(type), bold=True)), SIZE, ERROR)


def _name(body: Body, ref: Ref) -> str:
    """What gives a value: a step by its name, one without a name by what it does."""
    if ref.node < 0:
        return body.names[ref.output]
    block = body.blocks[ref.node]
    named = re.sub(r"(^|\.)\d+$", "", block.name)
    return named or f"{block.label.kernel} {block.label.word}".strip()


def _marked(elements: Sequence[Element], reads: Mapping[str, tuple[Line, ...]], shown: Bounds) -> list[Element]:
    """Lines to a broken box in red, none from it, and what it reads beside it where there is room."""
    red = [item for item in elements if isinstance(item, (Rect, Circle)) and item.stroke == ERROR]
    frames = [item for item in red if isinstance(item, Rect) and item.kind == "frame"]
    hosts = [item for item in red if item not in frames]
    wrong = [(item, lines) for item in hosts if (lines := _of(item, reads)) is not None]
    ends = _loose(elements, frames)
    found: list[Element] = []
    cut: list[Point] = []
    for item in elements:
        if isinstance(item, Path) and item.kind == "edge":
            first, last = item.points[0], item.points[-1]
            if any(border(host, first) <= 3.0 for host in hosts) or any(border(end, last) <= 3.0 for end in ends):
                cut += samples(item)
                continue
            if any(border(host, last) <= 3.0 for host, _ in wrong):
                item = replace(item, stroke=ERROR, width=max(item.width, 2.6))
        if item not in ends:
            found.append(item)
    found = [item for item in found if not (isinstance(item, Text) and item.tag is None and _beside(item, cut))]
    told: set[tuple[Line, ...]] = set()
    for host, lines in wrong:
        if lines and lines not in told:  # a bar has many pieces
            told.add(lines)
            found += _placed(host, lines, found, shown)
    return found


def _of(host: Rect | Circle, reads: Mapping[str, tuple[Line, ...]]) -> tuple[Line, ...] | None:
    """What the broken op reads that a box shows. Where a module is opened keys are longer."""
    key = host.tag.key if host.tag is not None else ""
    return next((lines for name, lines in reads.items() if key == name or key.endswith(f".{name}")), None)


def _loose(elements: Sequence[Element], frames: Sequence[Rect]) -> list[Rect]:
    """Boxes of outputs in what is broken: those are loose ends, which nobody gave a name."""
    starts = [item.points[0] for item in elements if isinstance(item, Path)]
    return [
        item
        for item in elements
        if isinstance(item, Rect) and item.kind == "box" and item.tag is None and item.stroke == "image"
        and (any(_inside(item.at, frame.at) for frame in frames) or not frames)
        and not any(border(item, start) <= 3.0 for start in starts)
    ]  # fmt: skip


def _beside(text: Text, points: Sequence[Point]) -> bool:
    """Whether words say what flows along a line that is not drawn, or where it leads."""
    near = text.bounds.grown(13.0)
    return any(near.x < x < near.right and near.y < y < near.bottom for x, y in points)


def _placed(host: Rect | Circle, lines: Sequence[Line], elements: Sequence[Element], shown: Bounds) -> list[Text]:
    """Lines as near to a box as nothing else is; none if there is no such place."""
    wide, step = widest(lines), SIZE * 1.3
    high = step * len(lines)
    frames = [item.at for item in elements if isinstance(item, Rect) and item.kind == "frame"]
    room = next((at for at in frames if _inside(host.at, at)), None)
    taken = [item.bounds if isinstance(item, Text) else item.at for item in elements if not isinstance(item, Path)]
    taken = [at for at in taken if at not in frames]
    curves = [point for item in elements if isinstance(item, Path) for point in samples(item)]
    places: list[tuple[float, Bounds]] = []
    for dx in range(-240, 241, 8):
        for dy in range(-150, 151, 6):
            at = Bounds(host.at.cx + dx - wide / 2, host.at.cy + dy - high / 2, wide, high)
            away = _away(host.at, at)
            if away >= 5:
                places.append((away + 0.05 * abs(dx) + (0.0 if dy > 0 else 2.0), at))
    for _, at in sorted(places):
        if not _inside(at, shown) or (room is not None and not _inside(at.grown(4), room)):
            continue
        near = at.grown(5.0)
        if room is None and any(_meet(near, frame) for frame in frames):
            continue
        if any(_meet(near, other) for other in taken):
            continue
        if any(near.x < x < near.right and near.y < y < near.bottom for x, y in curves):
            continue
        top = at.y + step / 2
        return [Text(Point(at.x, top + step * number), line, "start") for number, line in enumerate(lines)]
    return []


def _away(a: Bounds, b: Bounds) -> float:
    """How far two things are apart, across and down together."""
    return max(a.x - b.right, b.x - a.right, 0.0) + max(a.y - b.bottom, b.y - a.bottom, 0.0)


def _inside(at: Bounds, room: Bounds) -> bool:
    return room.x <= at.x and at.right <= room.right and room.y <= at.y and at.bottom <= room.bottom


def _meet(a: Bounds, b: Bounds) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom
