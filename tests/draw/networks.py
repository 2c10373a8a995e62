"""Scenes of the library's networks, made once a process."""

from __future__ import annotations

from functools import cache

import archspec
from archspec import pictures
from archspec.draw.scene import Scene


@cache
def architecture(name: str) -> archspec.Architecture:
    return archspec.load(name)


def scene(name: str, **words: object) -> Scene:
    """The picture of a network, as `archspec draw` with these options makes it."""
    return pictures.picture(architecture(name), pictures.request(**words))  # type: ignore[arg-type]
