"""DOT text with every position given: `neato -n2` paints it without a layout of its own.

Graphviz counts y upwards, lays lines below nodes (`outputorder=edgesfirst`), and draws an arrow head as
long as ten times its `arrowsize`. Every line of words is a node of its own, which keeps it where the
scene has it; two points without ink in the corners keep the canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil

from archspec.draw.paint.curve import head, shortened
from archspec.draw.paint.svg import stacked
from archspec.draw.parts import straight
from archspec.draw.scene import Bounds, Circle, Element, Line, Path, Point, Rect, Run, Scene, Text, number
from archspec.draw.theme import Theme

FONT = "Liberation Sans"
"""has the widths of Arial, and is there where Graphviz runs on a server"""
HIGH = 0.165
"""by which part of its size Graphviz sets a line of an HTML label too high"""


def paint(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    return dot(scenes[0], theme, transparent).encode()


def dot(scene: Scene, theme: Theme, transparent: bool = False) -> str:
    """The scene as DOT."""
    writer = _Writer(scene, theme)
    paper = "transparent" if transparent else theme["paper"]
    head = [
        f"// {scene.title}".rstrip(),
        "// paint it with: neato -n2 -Tsvg",
        "graph {",
        f'  graph [bgcolor="{paper}" pad=0 margin=0 dpi=144 outputorder=edgesfirst splines=true notranslate=true]',
        f'  node [shape=none label="" width=0 height=0 margin=0 fixedsize=true fontname="{FONT}"]',
        "  edge [dir=none]",
    ]
    for element in scene.elements:
        writer.element(element)
    corners = [
        f'  corner{k} [style=invis shape=point pos="{number(x)},{number(y)}"]'
        for k, (x, y) in enumerate(((0, 0), (scene.width, scene.height)))
    ]
    return "\n".join([*head, *corners, *writer.lines, "}"]) + "\n"


class _Writer:
    def __init__(self, scene: Scene, theme: Theme):
        self.scene, self.theme = scene, theme
        self.lines: list[str] = []
        self._count = 0

    def _pos(self, x: float, y: float) -> str:
        return f"{number(x)},{number(self.scene.height - y)}"

    def _node(self, at: Bounds, attributes: str) -> None:
        self._count += 1
        self.lines.append(
            f'  n{self._count} [pos="{self._pos(at.cx, at.cy)}" '
            f"width={at.w / 72:.4f} height={at.h / 72:.4f} {attributes}]"
        )

    def element(self, element: Element) -> None:
        if isinstance(element, Path):
            self._path(element)
        elif isinstance(element, Text):
            at = element.bounds
            side = {"start": "LEFT", "middle": "", "end": "RIGHT"}[element.anchor]
            self._words(element.line, at.x, element.at.y, element.plate, side)
        else:
            self._shape(element)
            for line, y in stacked(element):
                self._words(line, element.at.cx - line.width / 2, y, False)

    def _shape(self, element: Rect | Circle) -> None:
        theme = self.theme
        round = "rounded" if isinstance(element, Rect) and element.radius else ""
        style = [part for part in ("filled" if element.fill else "", round, "dashed" if element.dashed else "") if part]
        stroke = theme[element.stroke] if element.stroke else "transparent"
        fill = f' fillcolor="{theme[element.fill]}"' if element.fill else ""
        name = "circle" if isinstance(element, Circle) else "box"
        tip = f" tooltip={_quoted(element.tag.hover)}" if element.tag and element.tag.hover else ""
        self._node(
            element.at,
            f'shape={name} style="{",".join(style) or "solid"}" color="{stroke}"{fill} '
            f"penwidth={number(element.width if element.stroke else 0)}{tip}",
        )

    def _words(self, line: Line, left: float, middle: float, plate: bool, side: str = "") -> None:
        """A line of words. With a side ("LEFT", "RIGHT") it ends there exactly, however wide Graphviz sets it."""
        if not line.text:
            return
        words = "".join(self._run(run) for run in line.runs)
        at = Bounds(left, middle - line.size / 2 + line.size * HIGH, line.width, line.size)
        back = ""
        if plate:
            back = f' style=filled fillcolor="{self.theme["paper"]}"'
            at = at.grown(2)
        elif side:
            wide = ceil(line.width)
            at = Bounds(left - (wide - line.width if side == "RIGHT" else 0), at.y, wide, at.h)
            words = (
                '<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR>'
                f'<TD FIXEDSIZE="TRUE" WIDTH="{wide}" HEIGHT="{ceil(line.size)}" ALIGN="{side}">'
                f"{words}</TD></TR></TABLE>"
            )
        style = f'fixedsize=false fontsize={number(line.size)} fontcolor="{self.theme[line.hue]}"{back}'
        self._node(at, f"{style} label=<{words}>")

    def _run(self, run: Run) -> str:
        words = escape(run.text, quote=False).replace("  ", " &#160;")
        if words.startswith(" "):
            words = "&#160;" + words[1:]
        if words.endswith(" "):
            words = words[:-1] + "&#160;"
        for on, mark in ((run.bold, "B"), (run.italic, "I"), (run.shift == "up", "SUP"), (run.shift == "down", "SUB")):
            words = f"<{mark}>{words}</{mark}>" if on else words
        return f'<FONT COLOR="{self.theme[run.hue]}">{words}</FONT>' if run.hue else words

    def _path(self, path: Path) -> None:
        points = shortened(path)
        dash = " style=dashed" if path.dashed else ""
        colour = f'color="{self.theme[path.stroke]}"'
        self._edge(points, f"{colour} penwidth={number(path.width)}{dash}")
        if path.head:
            # The head is an edge of its own, without a width: each version of Graphviz adds the pen's in its own way.
            tip, left, right = head(path)
            base = Point((left.x + right.x) / 2, (left.y + right.y) / 2)
            self._edge(straight(base, base), f"{colour} penwidth=0 dir=forward arrowsize={path.head / 10:.2f}", tip)

    def _edge(self, points: Sequence[Point], attributes: str, tip: Point | None = None) -> None:
        count = self._count = self._count + 1
        for side, (x, y) in zip("ab", (points[0], tip or points[-1]), strict=True):
            self.lines.append(f'  {side}{count} [style=invis shape=point pos="{self._pos(x, y)}"]')
        arrives = f"e,{self._pos(*tip)} " if tip else ""
        spline = " ".join(self._pos(x, y) for x, y in points)
        self.lines.append(f'  a{count} -- b{count} [pos="{arrives}{spline}" {attributes}]')


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
