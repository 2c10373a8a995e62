"""What two networks differ in, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archspec.draw.compose import Fact, NotThere, Request, find, laid_out, said, title_of, unfolded
from archspec.draw.fold import fold
from archspec.draw.marks import coloured, legend, moved
from archspec.draw.pairing import Names
from archspec.draw.parts import Style
from archspec.draw.picture import Block, Body, Figures
from archspec.draw.scene import Element, Run, Scene
from archspec.draw.slide import Canvas, extent, heading
from archspec.draw.structure import marked, opened
from archspec.draw.union import Union
from archspec.draw.words import figure
from archspec.program.model import Program, Ref

FOOT = 24.0
"""of a whole network, for the legend"""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two networks."""

    program: Program
    figures: Figures

    @property
    def title(self) -> str:
        return self.program.title or self.program.name


def compose_difference(
    a: Side, b: Side, names: Names, request: Request, *, settings: Sequence[str] = (), notes: str = ""
) -> Scene:
    """The picture of the second network in which what the first has otherwise is marked.

    What was added, removed and changed has a hue of its own, all else is grey; numbers that changed are written
    "64 → 128", and rows of costs say what each part adds. `names` pairs the steps, `settings` says what was set to
    make two networks of one spec: "growth 32 → 24". Raises `NotThere` and `NoRoom`.
    """
    bodies = [fold(side.program, side.figures, request.mode, request.folded) for side in (a, b)]
    body = Union(a.program, b.program, bodies[0], bodies[1], names).main()
    figures = replace(b.figures, compared=True)
    style = Style(request.direction, request.detail, prefix=request.focus, compared=True)
    both = a.title if a.title == b.title else f"{a.title} → {b.title}"
    if request.focus:
        block = _inside(body, a.program, b.program, request.focus)
        assert block.body is not None
        body, title = block.body, request.title or _title(a.program, b.program, request.focus)
        facts: list[Fact] = [(Run(f"{both}, {request.focus}"),), *_gains(block)]
        if block.mark in ("added", "removed"):
            body = marked(body, block.mark)
    else:
        title = request.title or both
        facts = [(Run(", ".join(settings)),) if settings else (), *_facts(a.figures, b.figures)]
    if not request.focus and not any(part.mark for part in body.blocks):
        facts.insert(1, (Run("no step is different"),))
    body = unfolded(body, request.unfolded)
    if not request.focus:
        body = _replaced(body)
    lower = replace(request, height=request.height - FOOT)
    whole = not request.focus
    canvas, drawing = laid_out(body, figures, lower, style, title, whole=whole)
    if canvas.legend:
        canvas, drawing = laid_out(body, figures, request, style, title)
    marks = {style.key(part): part.mark for part in body.blocks}
    dense = body.repeat is not None and body.repeat.wire == "dense"
    elements: list[Element] = coloured(drawing.elements, marks, bars=not dense)
    if not canvas.legend:
        spare = request.height - FOOT - 14 - extent(elements).bottom
        elements = moved(elements, max(0.0, spare / 2))
    full = Canvas(request.width, request.height, canvas.centred)
    elements += legend(full, elements, request.height - (28.0 if canvas.legend else 20.0))
    elements += heading(full, title, said(facts, drawing, full))
    return Scene.of(request.width, request.height, elements, title, notes, drawing.missing, request.focus)


def _replaced(body: Body) -> Body:
    """The body with chains opened in which one kind of module took the place of another: a stage of each."""
    numbers = {
        number
        for number, block in enumerate(body.blocks)
        if block.body is not None and block.body.repeat is None and _two_kinds(block.body)
    }
    return opened(body, numbers) if numbers else body


def _two_kinds(body: Body) -> bool:
    chain = all(block.body is not None and block.args == (Ref(at - 1),) for at, block in enumerate(body.blocks))
    return chain and {"added", "removed"} <= {block.mark for block in body.blocks}


def _facts(a: Figures, b: Figures) -> list[Fact]:
    """16 → 19 weighted layers · 138 → 144 M params (+3.8 %) · …"""
    facts: list[Fact] = []
    if a.depth or b.depth:
        facts.append((Run(f"{_moved(f'{a.depth:,}', f'{b.depth:,}')} weighted layers"),))
    for before, after, words in ((a.params, b.params, "params"), (a.mads, b.mads, "mult-adds")):
        if before or after:
            facts.append((Run(f"{_moved(figure(before), figure(after))} {words}{_percent(before, after)}"),))
    return facts


def _moved(before: str, after: str) -> str:
    """Two figures, the unit of the first left out where both have it.

    >>> _moved("138 M", "144 M"), _moved("16", "16"), _moved("980 k", "1.02 M")
    ('138 → 144 M', '16', '980 k → 1.02 M')
    """
    if before == after:
        return after
    number, _, unit = before.partition(" ")
    return f"{number} → {after}" if unit == after.partition(" ")[2] else f"{before} → {after}"


def _percent(before: int, after: int) -> str:
    """
    >>> _percent(100, 104), _percent(100, 100), _percent(10**9, 10**9 - 512), _percent(0, 7)
    (' (+4.0 %)', '', ' (−512)', '')
    """
    if before == after or not before:
        return ""
    share = 100 * (after - before) / before
    sign = "−" if after < before else "+"
    if abs(share) < 0.05:
        return f" ({sign}{figure(abs(after - before))})"
    return f" ({sign}{abs(share):.1f} %)"


def _gains(block: Block) -> list[Fact]:
    """+25.4 k params · +24.6 k mult-adds."""
    return [
        (Run(f"{'+' if value > 0 else ''}{figure(value)} {words}"),)
        for value, words in ((block.params, "params"), (block.mads, "mult-adds"))
        if value
    ]


def _inside(body: Body, a: Program, b: Program, path: str) -> Block:
    """The module of the union that a path of names means; one that was removed has its names of the first network."""
    rest, found, top = path, None, body
    while rest:
        inside = [block for block in body.blocks if rest == block.name or rest.startswith(f"{block.name}.")]
        found = max(inside, key=lambda block: len(block.name), default=None)
        if found is None or found.body is None:
            break
        body, rest = found.body, rest[len(found.name) + 1 :]
    if found is not None and found.body is not None and not rest:
        return found
    block = _template(top, path)
    if block is not None:
        return block
    try:
        find(b, path, Figures())
    except NotThere:
        find(a, path, Figures())
    raise NotThere(f"`{path}` is one box in this picture: it has no inside that could be different")


def _template(body: Body, name: str) -> Block | None:
    """The first module of a name of the spec, one that is different before others."""
    waiting, same = [body], None
    seen: set[int] = set()
    while waiting:
        here = waiting.pop(0)
        for block in here.blocks:
            if block.body is None or id(block.body) in seen:
                continue
            if block.template == name:
                if block.mark:
                    return block
                same = same or block
            seen.add(id(block.body))
            waiting.append(block.body)
    return same


def _title(a: Program, b: Program, path: str) -> str:
    for program in (b, a):
        try:
            module, _, name = find(program, path, Figures())
        except NotThere:
            continue
        return title_of(module, name)
    return path
