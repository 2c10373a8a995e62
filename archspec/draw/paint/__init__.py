"""Painters: a scene and a theme become the bytes of a file. The suffix of the file says which.

A painter is one file here with one function

    def paint(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes

Only a painter that can put several pictures in one file (`PAINTERS[suffix].several`) is given more than
one scene. `transparent` leaves the paper out. The same scenes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from archspec.draw.scene import Scene
from archspec.draw.theme import Theme

Paint = Callable[[Sequence[Scene], Theme, bool], bytes]


@dataclass(frozen=True, slots=True)
class Painter:
    file: str
    """of this folder, and the function in it"""
    several: bool = False
    insides: bool = False
    """after the picture it is given those of the modules in it, each with its key"""

    def __call__(self, scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
        """Paint. Raises `SpecError` (A0505) if a program that it needs is not here."""
        name, _, function = self.file.partition(".")
        paint: Paint = getattr(import_module(f"archspec.draw.paint.{name}"), function)
        return paint(scenes, theme, transparent)


PAINTERS: Mapping[str, Painter] = MappingProxyType(
    {
        ".svg": Painter("svg.paint"),
        ".dot": Painter("dot.paint"),
        ".pdf": Painter("graphviz.pdf"),
        ".png": Painter("graphviz.png"),
        ".pptx": Painter("pptx.paint", several=True),
        ".tex": Painter("tex.paint", several=True),
        ".html": Painter("html.paint", insides=True),
    }
)
