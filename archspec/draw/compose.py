"""From a Program to a Scene: what is asked for is found, folded, laid out by whoever can, and put on a slide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.draw import blocks, inset, network
from archspec.draw.fold import fold
from archspec.draw.parts import Detail, Direction, Drawing, Style
from archspec.draw.picture import Block, Body, Figures, Row, Share
from archspec.draw.scene import Line, Run, Scene
from archspec.draw.slide import SMALLEST, Canvas, scene
from archspec.draw.structure import opened
from archspec.draw.words import figure, humanised, shape
from archspec.program.model import Call, Program
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    from archspec.program.model import Module

ROWS: tuple[Row, ...] = ("params", "mads", "memory", "receptive_field")


Fact = tuple[Run, ...]


class NotThere(ValueError):
    """A part that was asked for is not in the network. The message says which there are, or which is close."""


class NoRoom(ValueError):
    """The picture does not fit the canvas at a size that can be read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a picture is to show, and on what canvas (points)."""

    width: float = 960.0
    height: float = 540.0
    focus: str = ""
    """names along the calls of the module to show; "": the whole network"""
    folded: tuple[str, ...] = ()
    """names of modules, or of steps, that stay one box"""
    unfolded: tuple[str, ...] = ()
    """names of those whose inside stands in their place"""
    direction: Direction | None = None
    detail: Detail = "full"
    rows: tuple[Row, ...] = ("params", "mads")
    title: str = ""
    mode: str | None = None
    """"inference": without what is for training alone"""


def compose(program: Program, figures: Figures, request: Request, *, notes: str = "", file: str = "") -> Scene:
    """The picture of a network, or of one of its modules. Raises `NotThere` and `NoRoom`."""
    bodies = fold(program, figures, request.mode, request.folded)
    if request.focus:
        return _focused(program, bodies, figures, request, notes, file)
    body = unfolded(bodies[program.main], request.unfolded)
    style = Style(request.direction, request.detail, file=file)
    title = request.title or program.title or program.name
    canvas, drawing = laid_out(body, figures, request, style, title, whole=True)
    return scene(canvas, drawing, title, said(((), *_facts(figures)), drawing, canvas), notes)


def laid_out(
    body: Body, figures: Figures, request: Request, style: Style, title: str, *, whole: bool = False
) -> tuple[Canvas, Drawing]:
    """What the first layout that can makes of a body: as a network if it is the `whole` of one. Raises `NoRoom`."""
    if whole and is_network(body):
        canvas = Canvas(request.width, request.height, centred=False, legend=False)
        found = network.draw(body, figures, canvas, style, request.rows)
        if found is not None:
            return canvas, found
    while len(body.blocks) == 1 and body.blocks[0].body is not None:
        body = opened(body, {0})  # a box alone says nothing
    canvas = Canvas(request.width, request.height)
    drawing: Drawing | None = blocks.draw(body, canvas.frame, style)
    if drawing is None:
        drawing = inset.large(body, canvas.frame, style)
    if drawing is None:
        plain = Canvas(request.width, request.height, centred=False, legend=False)
        drawing = network.draw(body, figures, plain, style, request.rows)
        canvas = plain if drawing is not None else canvas
    if drawing is None:
        from archspec.draw import dag

        drawing = dag.draw(body, canvas.frame, style)
    if drawing is None:
        raise NoRoom(
            f"`{title}` has {len(body.blocks)} boxes here, which do not fit {request.width:g} × {request.height:g} "
            "points at a size that can be read"
        )
    return canvas, drawing


def said(facts: Sequence[Fact], drawing: Drawing, canvas: Canvas) -> list[Run]:
    """Where it stands, what the layout says, and the other facts, with dots between them.

    As many as there is room for: the first are worth most.
    """
    where, *costs = facts
    facts = [fact for fact in (where, *((Run(fact),) for fact in drawing.facts), *costs) if fact]
    runs: list[Run] = []
    for fact in facts:
        more = [*runs, *([Run(" · ")] if runs else []), *fact]
        if runs and Line(tuple(more), SMALLEST).width > canvas.width - 2 * canvas.margin:
            break
        runs = more
    return runs


# -------------------------------------------------------------------------------------------------- what it says


def _facts(figures: Figures) -> list[Fact]:
    """121 weighted layers · 7.98 M params · 2.83 G mult-adds · receptive field 2071 px · 2^58 paths."""
    facts: list[Fact] = []
    if figures.depth:
        facts.append((Run(f"{figures.depth:,} weighted layer{'s' if figures.depth > 1 else ''}"),))
    if figures.params:
        facts.append((Run(f"{figure(figures.params)} params"),))
    if figures.mads:
        facts.append((Run(f"{figure(figures.mads)} mult-adds"),))
    if figures.receptive_field:
        facts.append((Run(f"receptive field {figures.receptive_field} px"),))
    if figures.paths and figures.paths != "1":
        base, power, exponent = figures.paths.partition("^")
        facts.append((Run(base), Run(exponent, shift="up"), Run(" paths")) if power else (Run(f"{base} paths"),))
    return facts


def is_network(body: Body) -> bool:
    """Whether a body is a whole network and no module: it ends in a linear layer or a global pool, or is a long row."""
    ends = any(
        block.role == "linear"
        or (block.op is not None and block.op.op.startswith("global"))
        or (block.input.spatial and not block.resolution)
        for block in body.blocks
    )
    repeats = any(block.body is not None and block.body.repeat is not None for block in body.blocks)
    return (ends and (len(body.blocks) > 3 or repeats)) or len(body.blocks) >= 12


# -------------------------------------------------------------------------------------------------------- focus


def _focused(
    program: Program, bodies: Mapping[str, Body], figures: Figures, request: Request, notes: str, file: str
) -> Scene:
    module, share, block_name = find(program, request.focus, figures)
    body = unfolded(bodies[module.id], request.unfolded)
    style = Style(request.direction, request.detail, prefix=request.focus, file=file)
    title = request.title or title_of(module, block_name)
    facts: list[Fact] = [(Run(f"{program.title or program.name}, {request.focus}"),)]
    if share.params:
        facts.append((Run(f"{figure(share.params)} params"),))
    if share.mads:
        facts.append((Run(f"{figure(share.mads)} mult-adds"),))
    if len(body.inputs) == 1 and len(body.outputs) == 1:
        facts.append((Run(f"{shape(body.inputs[0])} → {shape(body.type_of(body.outputs[0].ref))}"),))
    canvas, drawing = laid_out(body, figures, request, style, title)
    return scene(canvas, drawing, title, said(facts, drawing, canvas), notes, request.focus)


def title_of(module: Module, name: str) -> str:
    """What a module is called on its own slide."""
    template = humanised(module.template) if module.kind == "module" else ""
    own = humanised(name) if not name.split(".")[-1].isdigit() else ""
    if template and own.lower().startswith(template.lower()):
        return own
    return f"{own}: {template}" if own and template else own or template or f"Part {name}"


def find(program: Program, path: str, figures: Figures) -> tuple[Module, Share, str]:
    """The module that a path of names means, what it costs, and its last name.

    The name of a module of the spec means its first call.
    """
    module, share, rest, name = program.graph, Share(), path, ""
    while rest:
        found = [
            (number, node)
            for number, node in enumerate(module.nodes)
            if rest == node.name or rest.startswith(f"{node.name}.")
        ]
        if not found:
            break
        number, node = max(found, key=lambda entry: len(entry[1].name))
        if not isinstance(node.body, Call):
            raise NotThere(f"`{path}` is the op `{node.body.op}`, which has no inside")
        shares = figures.shares.get(module.id, ())
        share = shares[number] if shares else Share()
        module, rest, name = program.modules[node.body.module], rest[len(node.name) + 1 :], node.name
    if not rest:
        return module, share, name
    for other in program.modules.values():
        for number, node in enumerate(other.nodes):
            if isinstance(node.body, Call) and program.modules[node.body.module].template == path:
                shares = figures.shares.get(other.id, ())
                return program.modules[node.body.module], shares[number] if shares else Share(), ""
    here = [node.name for node in module.nodes if isinstance(node.body, Call)]
    known = [*here, *(other.template for other in program.modules.values() if other.kind == "module")]
    close = suggest(rest, known) or suggest(path, known)
    prefix = path[: len(path) - len(rest)]
    help = f"did you mean `{prefix}{close}`?" if close in here else f"did you mean `{close}`?" if close else ""
    listed = ", ".join(f"`{prefix}{each}`" for each in here[:8]) or "none"
    raise NotThere(f"no module is called `{path}`; {help or f'here are {listed}'}")


def unfolded(body: Body, names: Collection[str]) -> Body:
    """The body with the modules of these names opened, as deep as they lie in each other."""
    while names:
        numbers = {
            number for number, block in enumerate(body.blocks) if block.body is not None and _named(block, names)
        }
        if not numbers:
            break
        body = opened(body, numbers)
    return body


def _named(block: Block, names: Collection[str]) -> bool:
    return block.template in names or block.name in names or block.name.rsplit(".", 1)[-1] in names
