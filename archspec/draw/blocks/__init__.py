"""One module on one slide: a layout for each form that lectures know.

A layout is one file here with one function

    def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None

that draws `body` inside `frame` (title and subtitle stand above it, the legend below), with the words
and boxes of `parts.py`, or gives None where the body is not of its form or does not fit at the sizes
that `style` allows. It looks at structure alone (`structure.series`, `Body.repeat`, ops of blocks),
never at names. It may open modules (`structure.opened`) to show their insides. Elements need no
order: `Scene.of` sorts them. `check.problems` says what is wrong with a scene.

`LAYOUTS` lists them, the most special first; the first that draws wins. The other files here are what layouts are
made of: `fit` finds the largest look, `maker` stacks pieces and asks `added`, `joined`, `gated`, `highway` and `fan`
for what joins branches; `pairs` finds the parts of a cell. What no layout draws,
`network.py` does if it is a chain of many, else `dag.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from archspec.draw.parts import Drawing, Style
from archspec.draw.picture import Body
from archspec.draw.scene import Bounds

Layout = Callable[[Body, Bounds, Style], Drawing | None]

LAYOUTS: tuple[str, ...] = ("dense", "unrolled", "chain", "streams", "cell", "inception", "column")
"""files of this folder, the most special first"""


def draw(body: Body, frame: Bounds, style: Style) -> Drawing | None:
    """What the first fitting layout draws; None if there is none."""
    for name in LAYOUTS:
        layout: Layout = import_module(f"archspec.draw.blocks.{name}").draw
        drawing = layout(body, frame, style)
        if drawing is not None:
            return drawing
    return None
