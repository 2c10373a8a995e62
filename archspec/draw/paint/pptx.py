"""PowerPoint: native shapes, connectors and text that a lecturer can move and rewrite. One slide a scene.

A straight line between two shapes becomes a connector that stays with them when they are moved; a line
with corners becomes a freeform. What belongs together (a box, its cards, its words) is a group. Names of
shapes are keys of the network, alternative texts say what the hover of a web page says.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any

from archspec.draw.scene import LEADING, Bounds, Circle, Element, Line, Path, Point, Rect, Scene, Tag, Text
from archspec.draw.theme import Theme
from archspec.text.extras import need

EMU = 12700
"""English metric units in a point"""
FONT = "Arial"
NEAR = 4.0
"""an end this close to the middle of a shape's side, in points, is glued to it"""
SITES = {"rect": {0: (0.5, 0.0), 1: (0.0, 0.5), 2: (0.5, 1.0), 3: (1.0, 0.5)},
         "oval": {0: (0.5, 0.0), 2: (0.0, 0.5), 4: (0.5, 1.0), 6: (1.0, 0.5)}}  # fmt: skip
"""numbers of the places to which PowerPoint glues a connector, and where they are on the shape"""
MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"


def paint(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    need("pptx", "a PowerPoint file")
    from pptx import Presentation

    deck = Presentation()
    width, height = max(scene.width for scene in scenes), max(scene.height for scene in scenes)
    deck.slide_width, deck.slide_height = _emu(width), _emu(height)
    deck.core_properties.title = scenes[0].title
    deck.core_properties.author = "archspec"
    for scene in scenes:
        _Slide(deck, scene, theme, transparent, Point((width - scene.width) / 2, (height - scene.height) / 2)).fill()
    file = BytesIO()
    deck.save(file)
    return _dated(file.getvalue())


class _Slide:
    """One slide being filled: where its shapes stand, so that connectors find them."""

    def __init__(self, deck: Any, scene: Scene, theme: Theme, transparent: bool, shift: Point):
        title_only = deck.slide_layouts[5]
        self.slide = deck.slides.add_slide(title_only)
        self.scene, self.theme, self.shift = scene, theme, shift
        self.glue: list[tuple[Any, str, Bounds]] = []
        if not transparent:
            self.slide.background.fill.solid()
            self.slide.background.fill.fore_color.rgb = self.colour("paper")

    def colour(self, hue: str) -> Any:
        from pptx.dml.color import RGBColor

        # The package has no types for it.
        from_string: Callable[[str], Any] = RGBColor.from_string
        return from_string(self.theme[hue].removeprefix("#"))

    def fill(self) -> None:
        """Shapes first, so that connectors can be glued to them; then lines are put below them."""
        heading = _heading(self.scene)
        groups: dict[str, Any] = {}
        shared = _shared(self.scene.elements)
        lines = []
        for element in self.scene.elements:
            if element is heading:
                self.title(element)
            elif isinstance(element, Path):
                lines.append(element)
            else:
                shapes = self.slide.shapes
                if element.group in shared:
                    group = groups.get(element.group)
                    if group is None:
                        group = groups[element.group] = shapes.add_group_shape()
                        group.name = element.group
                    shapes = group.shapes
                self.shape(shapes, element)
        if heading is None:
            self._remove(self.slide.shapes.title)
        tree = self.slide.shapes._spTree
        first = 2 + sum(isinstance(one, Rect) and one.kind == "frame" for one in self.scene.elements)
        for at, line in enumerate(lines):
            shape = self.connector(line) or self.freeform(line)
            _name(shape, line.tag)
            tree.remove(shape._element)
            tree.insert(min(first + at, len(tree)), shape._element)
        if self.scene.notes:
            self.slide.notes_slide.notes_text_frame.text = self.scene.notes

    def title(self, text: Text) -> None:
        """The heading goes into the slide's title, which outlines and screen readers know."""
        shape = self.slide.shapes.title
        self._place(shape, _room(text))
        self.words(shape.text_frame, [text.line], text.anchor)

    def shape(self, shapes: Any, element: Rect | Circle | Text) -> None:
        from pptx.enum.shapes import MSO_SHAPE

        if isinstance(element, Text):
            box = shapes.add_textbox(0, 0, 0, 0)
            self._place(box, _room(element))
            self.words(box.text_frame, [element.line], element.anchor)
            if element.plate:
                self._fill(box, "paper")
            _name(box, element.tag)
            return
        oval = isinstance(element, Circle)
        rounded = not oval and element.radius > 0
        kind = MSO_SHAPE.OVAL if oval else MSO_SHAPE.ROUNDED_RECTANGLE if rounded else MSO_SHAPE.RECTANGLE
        made = shapes.add_shape(kind, 0, 0, 0, 0)
        at = element.at
        self._place(made, at)
        if isinstance(element, Rect) and rounded:
            made.adjustments[0] = min(0.5, element.radius / max(min(at.w, at.h), 0.01))
        _plain(made)
        self._fill(made, element.fill)
        self._stroke(made.line, element.stroke, element.width, element.dashed)
        self.words(made.text_frame, element.label, "middle")
        _name(made, element.tag)
        # The dot where a line splits is smaller than the reach of its places.
        if min(at.w, at.h) > 2 * NEAR and (oval or (isinstance(element, Rect) and element.kind in ("box", "segment"))):
            self.glue.append((made, "oval" if oval else "rect", at))

    def words(self, frame: Any, lines: Sequence[Line], anchor: str) -> None:
        from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
        from pptx.util import Pt

        frame.word_wrap = False
        frame.auto_size = MSO_AUTO_SIZE.NONE
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        align = {"start": PP_ALIGN.LEFT, "middle": PP_ALIGN.CENTER, "end": PP_ALIGN.RIGHT}[anchor]
        for number_, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number_ == 0 else frame.add_paragraph()
            paragraph.alignment = align
            paragraph.line_spacing = Pt(line.size * LEADING)
            paragraph.space_before = paragraph.space_after = Pt(0)
            for run in line.runs:
                made = paragraph.add_run()
                made.text = run.text
                font = made.font
                font.size, font.name = Pt(line.size), FONT
                font.bold, font.italic = run.bold, run.italic
                font.color.rgb = self.colour(run.hue or line.hue)
                if run.shift:
                    font._element.set("baseline", "30000" if run.shift == "up" else "-20000")

    def connector(self, path: Path) -> Any | None:
        """A connector for a straight line, glued to the shapes at its ends."""
        from pptx.enum.shapes import MSO_CONNECTOR

        start, end = path.points[0], path.points[-1]
        if path.kind != "edge" or not _straight(path.points):
            return None
        ends = (self._x(start), self._y(start), self._x(end), self._y(end))
        made = self.slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
        _plain(made)
        ends_of = made._element.nvCxnSpPr.cNvCxnSpPr
        for point, glue in ((start, ends_of.get_or_add_stCxn), (end, ends_of.get_or_add_endCxn)):
            found = self._site(point)
            if found is not None:
                # `begin_connect` knows the four places of a box alone, and would move the end there.
                place = glue()
                place.id, place.idx = found[0].shape_id, found[1]
        self._stroke(made.line, path.stroke, path.width, path.dashed)
        self._head(made, path)
        return made

    def _site(self, point: Point) -> tuple[Any, int] | None:
        for shape, kind, at in self.glue:
            for site, (across, down) in SITES[kind].items():
                if abs(at.x + across * at.w - point.x) <= NEAR and abs(at.y + down * at.h - point.y) <= NEAR:
                    return shape, site
        return None

    def freeform(self, path: Path) -> Any:
        """A shape made of the path's own curves."""
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.oxml import parse_xml

        xs, ys = [x for x, _ in path.points], [y for _, y in path.points]
        box = Bounds(min(xs), min(ys), max(max(xs) - min(xs), 0.01), max(max(ys) - min(ys), 0.01))
        made = self.slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, 0, 0)
        self._place(made, box)
        _plain(made)
        made.fill.background()

        def point(one: Point) -> str:
            return f'<a:pt x="{_emu(one.x - box.x)}" y="{_emu(one.y - box.y)}"/>'

        start, *rest = path.points
        curves = "".join(
            f"<a:cubicBezTo>{''.join(map(point, rest[k : k + 3]))}</a:cubicBezTo>" for k in range(0, len(rest), 3)
        )
        outline = parse_xml(
            f'<a:custGeom xmlns:a="{MAIN}"><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/>'
            '<a:rect l="0" t="0" r="r" b="b"/><a:pathLst>'
            f'<a:path w="{_emu(box.w)}" h="{_emu(box.h)}" fill="none">'
            f"<a:moveTo>{point(start)}</a:moveTo>{curves}</a:path>"
            "</a:pathLst></a:custGeom>"
        )
        properties = made._element.spPr
        preset = properties.find(f"{{{MAIN}}}prstGeom")
        properties.replace(preset, outline)
        self._stroke(made.line, path.stroke, path.width, path.dashed)
        self._head(made, path)
        return made

    def _head(self, shape: Any, path: Path) -> None:
        if not path.head:
            return
        from pptx.oxml import parse_xml

        size = "sm" if path.head < 2.5 * path.width else "med" if path.head < 4.5 * path.width else "lg"
        line = shape.line._get_or_add_ln()
        line.append(parse_xml(f'<a:tailEnd xmlns:a="{MAIN}" type="triangle" w="{size}" len="{size}"/>'))

    def _fill(self, shape: Any, hue: str) -> None:
        if not hue:
            shape.fill.background()
            return
        shape.fill.solid()
        shape.fill.fore_color.rgb = self.colour(hue)

    def _stroke(self, line: Any, hue: str, width: float, dashed: bool) -> None:
        from pptx.enum.dml import MSO_LINE
        from pptx.util import Pt

        if not hue or not width:
            line.fill.background()
            return
        line.color.rgb = self.colour(hue)
        line.width = Pt(width)
        if dashed:
            line.dash_style = MSO_LINE.DASH

    def _place(self, shape: Any, at: Bounds) -> None:
        shape.left, shape.top = _emu(at.x + self.shift.x), _emu(at.y + self.shift.y)
        shape.width, shape.height = _emu(at.w), _emu(at.h)

    def _x(self, point: Point) -> Any:
        return _emu(point.x + self.shift.x)

    def _y(self, point: Point) -> Any:
        return _emu(point.y + self.shift.y)

    @staticmethod
    def _remove(shape: Any) -> None:
        shape._element.getparent().remove(shape._element)


def _heading(scene: Scene) -> Text | None:
    """The text that is the picture's title."""
    texts = [one for one in scene.elements if isinstance(one, Text) and one.line.size >= 18]
    return max(texts, key=lambda one: (one.line.size, -one.at.y), default=None)


def _shared(elements: Iterable[Element]) -> frozenset[str]:
    """Groups of more than one shape."""
    names = [one.group for one in elements if one.group and not isinstance(one, Path)]
    return frozenset(name for name in names if names.count(name) > 1)


def _room(text: Text) -> Bounds:
    """A box for one line, wider than it needs so that another font of the same kind fits as well."""
    w, h = text.line.width * 1.04 + 4, text.line.size * LEADING
    left = {"start": text.at.x, "middle": text.at.x - w / 2, "end": text.at.x - w}[text.anchor]
    return Bounds(left, text.at.y - h / 2, w, h)


def _straight(points: Sequence[Point]) -> bool:
    """Whether all points lie on one line, half a point aside at most."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1e-9)
    return all(abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) <= 0.5 * length for x, y in points)


def _name(shape: Any, tag: Tag | None) -> None:
    if tag is None:
        return
    if tag.key:
        shape.name = tag.key
    if tag.hover:
        shape._element.xpath(".//p:cNvPr")[0].set("descr", tag.hover)


def _plain(shape: Any) -> None:
    """Without the template's style, whose shadow no setting of the shape takes away."""
    for style in shape._element.xpath("./p:style"):
        shape._element.remove(style)


def _emu(points: float) -> Any:
    from pptx.util import Emu

    return Emu(round(points * EMU))


def _dated(data: bytes) -> bytes:
    """The same archive with the earliest date that it can hold in place of now."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename), old.read(item), zipfile.ZIP_DEFLATED)
    return out.getvalue()
