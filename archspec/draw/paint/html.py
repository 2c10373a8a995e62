"""One page that opens in any browser and needs nothing else: it pans, zooms, and unfolds modules.

Every scene is a picture of the page: the first is shown, a module that has a scene of its own (`Scene.key`)
opens when it is clicked. Hovering shows a node's op, shapes, cost and line of the spec.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from archspec.draw.paint.svg import svg
from archspec.draw.scene import Scene
from archspec.draw.theme import Theme

INKS = ("paper", "ink", "muted", "hairline")


def paint(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    first = scenes[0]
    colours = "".join(f"--{hue}:{theme[hue]};" for hue in INKS)
    # A key that two scenes share would hide one of them; the first counts.
    keyed = {"" if scene is first else scene.key: scene for scene in reversed(scenes)}
    templates = [
        f'<template data-scene="{escape(key)}" data-title="{escape(scene.title)}">\n'
        f"{svg(scene, theme, transparent)}\n</template>"
        for key, scene in reversed(keyed.items())
    ]
    notes = " · ".join(escape(line) for line in first.notes.splitlines())
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="archspec">',
        f"<title>{escape(first.title)}</title>",
        f"<style>:root{{{colours}}}\n{_asset('page.css')}</style>",
        '<header><nav aria-label="place in the network"></nav>',
        '<button id="fold" title="fold the module (Esc)">fold</button>',
        '<button id="out" title="zoom out (-)">−</button><button id="in" title="zoom in (+)">+</button>',
        '<button id="home" title="show all (0)">all</button></header>',
        "<main></main>",
        f"<footer>{notes}</footer>",
        '<div id="tip" role="tooltip" hidden></div>',
        *templates,
        f"<script>\n{_asset('page.js')}</script>",
        "</html>",
        "",
    ]
    return "\n".join(parts).encode()


def _asset(name: str) -> str:
    return (files("archspec.draw.paint") / "page" / name).read_text(encoding="utf-8")
