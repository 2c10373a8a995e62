"""SVG, written here: it needs no program, takes a millisecond, and carries the hover text.

Graphviz could write it too, but knows one corner radius only, and takes a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from archspec.draw.metrics import CAP
from archspec.draw.paint.curve import head, shortened
from archspec.draw.scene import LEADING, Circle, Element, Line, Path, Rect, Scene, Tag, Text, number
from archspec.draw.theme import Theme

FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"


def paint(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    return (svg(scenes[0], theme, transparent) + "\n").encode()


def svg(scene: Scene, theme: Theme, transparent: bool = False) -> str:
    """The scene as one `<svg>` element, for a file or a page."""
    w, h = number(scene.width), number(scene.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}pt" height="{h}pt" viewBox="0 0 {w} {h}" '
        f'font-family="{FONT}" role="img">',
        f"<title>{escape(scene.title)}</title>",
    ]
    if scene.notes:
        parts.append(f"<desc>{escape(scene.notes)}</desc>")
    if not transparent:
        parts.append(f'<rect width="{w}" height="{h}" fill="{theme["paper"]}"/>')
    parts += [_element(element, theme) for element in scene.elements]
    return "\n".join([*parts, "</svg>"])


def _element(element: Element, theme: Theme) -> str:
    if isinstance(element, Text):
        return _tagged(_text(element, theme), element.tag)
    if isinstance(element, Path):
        return _tagged(_path(element, theme), element.tag)
    stroke = f'stroke="{theme[element.stroke]}" stroke-width="{number(element.width)}"' if element.stroke else ""
    dash = ' stroke-dasharray="6 4"' if element.dashed else ""
    fill = theme[element.fill] if element.fill else "none"
    if isinstance(element, Rect):
        x, y, w, h = map(number, element.at)
        round = f' rx="{number(element.radius)}"' if element.radius else ""
        shape = f'<rect x="{x}" y="{y}" width="{w}" height="{h}"{round} fill="{fill}" {stroke}{dash}/>'
    else:
        x, y, r = map(number, (*element.centre, element.radius))
        shape = f'<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}" {stroke}{dash}/>'
    shape = shape.replace(" />", "/>")
    return _tagged(shape + _label(element, theme), element.tag)


def _label(element: Rect | Circle, theme: Theme) -> str:
    return "".join(_line(line, element.at.cx, y, "middle", theme) for line, y in stacked(element))


def stacked(element: Rect | Circle) -> list[tuple[Line, float]]:
    """Each line of a label with its height on the page (the middle of its capitals)."""
    total = sum(line.size * LEADING for line in element.label)
    top = element.at.cy - total / 2
    places = []
    for line in element.label:
        places.append((line, top + line.size * LEADING / 2))
        top += line.size * LEADING
    return places


def _line(line: Line, x: float, middle: float, anchor: str, theme: Theme) -> str:
    base = middle + line.size * CAP / 2
    plain = len(line.runs) == 1 and not line.runs[0].shift
    how = f' text-anchor="{anchor}"' if anchor != "start" else ""
    head = (
        f'<text x="{number(x)}" y="{number(base)}" font-size="{number(line.size)}" fill="{theme[line.hue]}"{how} '
        'xml:space="preserve"'
    )
    if plain:
        run = line.runs[0]
        return f"{head}{_style(run.bold, run.italic)}>{escape(run.text, quote=False)}</text>"
    spans, down = [], 0.0
    for run in line.runs:
        shift = {"": 0.0, "up": -0.34, "down": 0.14}[run.shift] * line.size
        move = f' dy="{number(shift - down)}"' if shift != down else ""
        size = f' font-size="{number(line.size * run.scale)}"' if run.shift else ""
        fill = f' fill="{theme[run.hue]}"' if run.hue else ""
        spans.append(f"<tspan{_style(run.bold, run.italic)}{size}{move}{fill}>{escape(run.text, quote=False)}</tspan>")
        down = shift
    return f"{head}>{''.join(spans)}</text>"


def _style(bold: bool, italic: bool) -> str:
    return (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")


def _text(text: Text, theme: Theme) -> str:
    plate = ""
    if text.plate:
        x, y, w, h = map(number, text.bounds.grown(3))
        plate = f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{theme["paper"]}"/>'
    return plate + _line(text.line, text.at.x, text.at.y, text.anchor, theme)


def _path(path: Path, theme: Theme) -> str:
    points = shortened(path)
    commands = f"M{number(points[0].x)} {number(points[0].y)}"
    for k in range(1, len(points), 3):
        commands += "C" + " ".join(f"{number(x)} {number(y)}" for x, y in points[k : k + 3])
    colour = theme[path.stroke]
    dash = ' stroke-dasharray="6 4"' if path.dashed else ""
    line = f'<path d="{commands}" fill="none" stroke="{colour}" stroke-width="{number(path.width)}"{dash}/>'
    if not path.head:
        return line
    corners = " ".join(f"{number(x)},{number(y)}" for x, y in head(path))
    return f'{line}<polygon points="{corners}" fill="{colour}"/>'


def _tagged(content: str, tag: Tag | None) -> str:
    if tag is None or not (tag.key or tag.hover):
        return content
    key = f' data-key="{escape(tag.key)}"' if tag.key else ""
    place = f' data-line="{escape(tag.file)}:{tag.line}"' if tag.line else ""
    opens = ' data-opens=""' if tag.opens else ""
    hover = f"<title>{escape(tag.hover)}</title>" if tag.hover else ""
    return f"<g{key}{place}{opens}>{hover}{content}</g>"
