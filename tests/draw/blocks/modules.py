"""Every different module of the library as layouts see it, and what the first fitting layout makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import archspec
from archspec.draw import blocks
from archspec.draw.fold import fold
from archspec.draw.parts import Drawing, Style
from archspec.draw.picture import Body
from archspec.draw.scene import Run, Scene
from archspec.draw.sizes import SIZES
from archspec.draw.slide import Canvas
from archspec.draw.slide import scene as slide
from archspec.pictures import figures
from tests.draw.networks import architecture


@cache
def module(network: str, path: str = "") -> Body:
    """The body that names along the boxes of a network lead to."""
    made = architecture(network)
    body = fold(made.program, figures(made))[made.program.main]
    while path:
        name = max((b.name for b in body.blocks if path == b.name or path.startswith(f"{b.name}.")), key=len)
        inside = next(block.body for block in body.blocks if block.name == name)
        assert inside is not None
        body, path = inside, path[len(name) + 1 :]
    return body


FILES = {path.stem for path in (Path(__file__).parents[3] / "specs").glob("*.yaml")}
"""networks with a file of their own: what differs from one in its parameters alone is a variant"""


@cache
def modules(variants: bool = False) -> dict[str, Body]:
    """One of each structure, by "network path"."""
    found: dict[str, Body] = {}
    seen: set[str] = set()
    for network in archspec.library():
        if not variants and network not in FILES:
            continue
        made = architecture(network)
        for path, body in _inside(fold(made.program, figures(made))[made.program.main], "", set()):
            if body.shape not in seen:
                seen.add(body.shape)
                found[f"{network} {path}".strip()] = body
    return found


def _inside(body: Body, path: str, seen: set[str]) -> Iterator[tuple[str, Body]]:
    yield path, body
    for block in body.blocks:
        if block.body is not None and block.body.shape not in seen:
            seen.add(block.body.shape)
            yield from _inside(block.body, f"{path}.{block.name}" if path else block.name, seen)


def drawn(body: Body, size: str = "16:9", style: Style | None = None) -> tuple[str, Drawing | None]:
    """The name of the layout that draws a body, and its drawing; "-" if none does."""
    for name in blocks.LAYOUTS:
        drawing = import_module(f"archspec.draw.blocks.{name}").draw(body, Canvas(*SIZES[size]).frame, style or Style())
        if drawing is not None:
            return name, drawing
    return "-", None


def scene(drawing: Drawing, size: str = "16:9") -> Scene:
    """A slide with a title of ordinary length."""
    facts = [Run(" · ".join((*drawing.facts, "70.4 k params", "218 M mult-adds")))]
    return slide(Canvas(*SIZES[size]), drawing, "Bottleneck residual block", facts)
