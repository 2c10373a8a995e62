"""Pictures of networks: the figures are gathered here, drawn by `archspec/draw`, and painted by suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from archspec.draw.compose import ROWS, NoRoom, NotThere, Request, compose
from archspec.draw.paint import PAINTERS
from archspec.draw.picture import Figures, Row, Share
from archspec.draw.scene import Scene
from archspec.draw.sizes import size as size_of
from archspec.draw.theme import LIGHT, THEMES, Theme

if TYPE_CHECKING:
    from pathlib import Path

    from archspec.architecture import Architecture
    from archspec.text.limits import Limits

PAGES = 300
"""insides that a page holds at most"""

__all__ = ["NoRoom", "NotThere", "Picture", "Request", "difference", "paint", "partial", "picture", "request"]


@dataclass(frozen=True, eq=False)
class Picture:
    """A scene with its theme: what `Architecture.draw` gives back and a notebook shows."""

    scene: Scene
    theme: Theme = LIGHT
    transparent: bool = False
    inside: Callable[[], Sequence[Scene]] = field(default=tuple, repr=False)
    """makes the pictures of its modules, for a file that unfolds them"""

    def bytes(self, suffix: str) -> bytes:
        """The picture as a file of this kind: ".svg", ".pdf", ".png", ".dot", ".tex", ".pptx", ".html"."""
        painter = PAINTERS.get(suffix)
        more = self.inside() if painter is not None and painter.insides else ()
        return paint([self.scene, *more], suffix, self.theme, self.transparent)

    def save(self, path: str | Path) -> None:
        """Write a file of the kind that its suffix says. Raises `SpecError` if it cannot be painted or written."""
        from pathlib import Path

        from archspec.text.write import write_atomically

        write_atomically(path, self.bytes(Path(path).suffix.lower()))

    def _repr_svg_(self) -> str:
        return self.bytes(".svg").decode()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<picture of {self.scene.title}, {self.scene.width:g} x {self.scene.height:g} pt>"


def paint(scenes: Sequence[Scene], suffix: str, theme: Theme = LIGHT, transparent: bool = False) -> bytes:
    """Scenes as one file of a kind. Raises `ValueError` for a suffix that nobody paints."""
    painter = PAINTERS.get(suffix)
    if painter is None:
        raise ValueError(f"a picture ends in {', '.join(PAINTERS)}, not `{suffix}`")
    if len(scenes) > 1 and not painter.several and not painter.insides:
        raise ValueError(f"a `{suffix}` file holds one picture")
    return painter(scenes, theme, transparent)


def theme_of(name: str) -> Theme:
    """A theme by its name. Raises `ValueError`."""
    if name not in THEMES:
        raise ValueError(f"a theme is {_or(THEMES)}, not `{name}`")
    return THEMES[name]


def request(
    *,
    size: str = "16:9",
    focus: str = "",
    fold: Iterable[str] = (),
    unfold: Iterable[str] = (),
    direction: str | None = None,
    detail: str = "full",
    rows: Iterable[str] = ("params", "mads"),
    title: str = "",
) -> Request:
    """What a picture is to show, in words. Raises `ValueError` for a word that means nothing."""
    canvas = size_of(size)
    if canvas is None:
        raise ValueError(f"a size is 16:9, 4:3, half or WxH in points, not `{size}`")
    if direction not in (None, "right", "down"):
        raise ValueError(f"a direction is `right` or `down`, not `{direction}`")
    if detail not in ("full", "plain"):
        raise ValueError(f"a detail is `full` or `plain`, not `{detail}`")
    wanted: list[Row] = []
    for name in rows:
        row = next((row for row in ROWS if row == name), None)
        if row is None:
            raise ValueError(f"a row is {_or(ROWS)}, not `{name}`")
        wanted.append(row)
    return Request(
        width=canvas[0],
        height=canvas[1],
        focus=focus,
        folded=tuple(fold),
        unfolded=tuple(unfold),
        direction="right" if direction == "right" else "down" if direction == "down" else None,
        detail="plain" if detail == "plain" else "full",
        rows=tuple(wanted),
        title=title,
    )


def picture(architecture: Architecture, wanted: Request) -> Scene:
    """The scene of a network. Raises `NotThere` and `NoRoom`, both `ValueError`s."""
    notes = [str(architecture.source)] if architecture.source is not None else []
    notes.append(f"drawn by archspec from {architecture.origin.name.rsplit('/', 1)[-1]}")
    return compose(
        architecture.program,
        figures(architecture, wanted.rows),
        wanted,
        notes="\n".join(notes),
        file=architecture.origin.name.rsplit("/", 1)[-1],
    )


def insides(architecture: Architecture, scene: Scene, wanted: Request) -> list[Scene]:
    """Pictures of the modules in a picture, of the modules in those, and so on, each with its key.

    One that does not fit its canvas is left out, and so are those beyond `PAGES`.
    """
    found: dict[str, Scene] = {}
    waiting = [scene]
    while waiting and len(found) < PAGES:
        for key in _openings(waiting.pop(0)):
            if key not in found and len(found) < PAGES:
                try:
                    inside = picture(architecture, replace(wanted, focus=key, title=""))
                except ValueError:
                    continue
                found[key] = inside
                waiting.append(inside)
    return list(found.values())


def _openings(scene: Scene) -> list[str]:
    tags = (element.tag for element in scene.elements)
    return list(dict.fromkeys(tag.key for tag in tags if tag is not None and tag.opens and tag.key))


def partial(spec: str | Path, params: Mapping[str, object], limits: Limits, wanted: Request) -> Scene:
    """The scene of a spec that is wrong, as far as it could be made.

    Raises `SpecError` where nothing could be made, and as `picture` does.
    """
    from archspec.draw.partial import compose_partial
    from archspec.language import library
    from archspec.language.elaborate import elaborate_partly
    from archspec.language.files import Files

    found = library.find(spec, limits)
    unit, variant = Files(limits).unit(found, params)
    name = variant.name if variant is not None else unit.spec.name
    title = (variant.title if variant is not None else None) or unit.spec.title
    made = elaborate_partly(unit, limits, name=name, title=title)
    file = found.source.name.rsplit("/", 1)[-1]
    told = [
        f"line {each.labels[0].span.line}: {each.message}" if each.labels else each.message
        for each in made.found
        if each.severity == "error"
    ]
    notes = f"drawn by archspec from {file}, as far as it could be made"
    return compose_partial(made.program, made.faults, wanted, told=told, notes=notes, file=file)


def difference(a: Architecture, b: Architecture, wanted: Request) -> Scene:
    """The scene of the second network with what the first has otherwise marked. Raises as `picture` does."""
    from archspec.analysis.counterparts import counterparts
    from archspec.draw.difference import Side, compose_difference
    from archspec.program.read import literal

    before, after = a.program.params, b.program.params
    same = a.spec.name == b.spec.name
    settings = [
        f"{name} {literal(before[name])} → {literal(after[name])}"
        for name in (after if same else ())
        if name in before and literal(before[name]) != literal(after[name])
    ]
    files = dict.fromkeys(each.origin.name.rsplit("/", 1)[-1] for each in (a, b))
    return compose_difference(
        Side(a.program, figures(a)),
        Side(b.program, figures(b)),
        counterparts(a.program, b.program),
        wanted,
        settings=settings,
        notes=f"drawn by archspec from {' and '.join(files)}",
    )


def figures(architecture: Architecture, rows: Sequence[Row] = ()) -> Figures:
    """What a picture says in numbers."""
    from archspec.analysis.receptive_field import field_record

    cost, summary = architecture.stats(), architecture.summary()
    field = field_record(architecture.program)
    return Figures(
        params=cost.params,
        mads=cost.mads,
        depth=summary["depth"],
        paths=_paths(summary["paths"]),
        receptive_field=_pixels(field["size"]) if field is not None else "",
        shares={
            id: tuple(Share(count.params, count.mads) for count in module.nodes) for id, module in cost.modules.items()
        },
        fields=_fields(architecture) if "receptive_field" in rows else {},
    )


def _pixels(size: object) -> str:
    return " × ".join(map(str, size)) if isinstance(size, list) else str(size)


def _paths(text: str) -> str:
    """A count of paths as a slide says it: a power of two as such, a large number by its magnitude.

    >>> _paths("288230376151711744"), _paths("32"), _paths("1"), _paths("123456789012")
    ('2^58', '2^5', '1', '1.2·10^11')
    """
    if not text.isdecimal():
        return text
    if len(text) > 600:
        return f"about 10^{len(text) - 1}"
    count = int(text)
    if count > 2 and count & (count - 1) == 0:
        return f"2^{count.bit_length() - 1}"
    return f"{count:,}" if len(text) < 8 else f"{text[0]}.{text[1]}·10^{len(text) - 1}"


def _fields(architecture: Architecture) -> Mapping[str, int]:
    from archspec.analysis.receptive_field_layers import receptive_fields

    found: dict[str, int] = {}
    for layer in receptive_fields(architecture.program, limit=architecture.limits.nodes):
        if layer.local:
            size = max(window.size for window in layer.windows if window is not None)
            # A module is what its last node is.
            parts = layer.name.split(".")
            for end in range(1, len(parts) + 1):
                name = ".".join(parts[:end])
                found[name] = max(found.get(name, 0), size)
    return found


def _or(words: Iterable[str]) -> str:
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}" if most else last
