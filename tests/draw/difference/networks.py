"""Differences of pairs of networks, and of small specs that tests write."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import archspec
from archspec import pictures
from archspec.analysis.counterparts import counterparts
from archspec.draw.fold import fold
from archspec.draw.picture import Body, Figures
from archspec.draw.scene import Circle, Rect, Scene
from archspec.draw.theme import MARKS
from archspec.draw.union import Union
from tests.draw.networks import architecture


@cache
def difference(a: str, b: str, **words: str) -> Scene:
    return pictures.difference(architecture(a), architecture(b), pictures.request(**words))  # type: ignore[arg-type]


def spec(folder: Path, name: str, steps: str) -> archspec.Architecture:
    """A network of steps on a map of 16 channels."""
    path = folder / f"{name}.yaml"
    head = f"archspec: 1\nname: {name}\ninputs: {{x: [16, 32, 32]}}\ndefaults: {{conv: {{padding: half}}}}\n"
    path.write_text(f"{head}graph:\n{steps}")
    return archspec.load(path)


def union(a: archspec.Architecture, b: archspec.Architecture) -> Body:
    """Both as one, without costs."""
    bodies = [fold(each.program, Figures()) for each in (a, b)]
    return Union(a.program, b.program, bodies[0], bodies[1], counterparts(a.program, b.program)).main()


def shown(body: Body) -> list[str]:
    """A line a block: its mark, its words, and what it reads."""
    marks = {"": " ", "added": "+", "removed": "-", "changed": "~", "error": "!"}
    names = [*(block.label.text for block in body.blocks), *body.names]
    lines = []
    for block in body.blocks:
        reads = ", ".join(str(ref.node) if ref.node >= 0 else names[ref.node] for ref in block.args)
        words = " ".join((block.label.text, *block.after))
        lines.append(f"{marks[block.mark]} {words} <- {reads}")
    return lines


def marks(scene: Scene) -> set[str]:
    """The marks of its boxes, those of the legend left out."""
    boxes = [item for item in scene.elements if isinstance(item, (Rect, Circle))]
    return {item.stroke for item in boxes if not (isinstance(item, Rect) and item.kind == "swatch")} & set(MARKS)
