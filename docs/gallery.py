"""`make gallery`: a page with every network of the library in both themes, and the modules that lectures show.

    python docs/gallery.py [FOLDER]

writes `index.html` and an SVG a picture to FOLDER (default: docs/gallery), which git does not keep.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from html import escape
from pathlib import Path
from typing import NamedTuple

import archspec

FOCUS = (
    ("resnet50", "layer1.1"), ("resnet50", "layer2.0"), ("resnet18", "layer1.0"), ("preresnet50", "bottleneck"),
    ("resnext50_32x4d", "bottleneck"), ("se_resnet50", "layer1.1"), ("se_resnet50", "squeeze_excite"),
    ("densenet121", "features.denseblock1"), ("densenet121", "dense_layer"), ("densenet121", "transition"),
    ("googlenet", "inception3a"), ("inception_v3", "inception_a"), ("inception_v3", "inception_b"),
    ("inception_v3", "inception_c"), ("inception_v3", "reduction_a"), ("inception_resnet_v2", "block17"),
    ("nasnet_a_mobile", "normal"), ("nasnet_a_mobile", "reduction"), ("highway19_cifar", "highway"),
    ("dpn92", "block"), ("ror3_110_cifar", "stage"), ("mobilenet_v1", "separable"),
    ("googlenet_aux", "auxiliary"),
)  # fmt: skip
"""modules with a slide of their own: network and place"""
THEMES = ("light", "dark")
HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Networks drawn by archspec</title>
<meta name="viewport" content="width=device-width">
<style>
body { font: 15px Arial, "Liberation Sans", sans-serif; margin: 2rem auto; max-width: 1500px; color: #1B2530 }
h2 { margin-top: 3rem } figure { margin: 0 0 2rem } figcaption { color: #5B6774; margin-bottom: .4rem }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem }
img { width: 100%; border: 1px solid #C9D1D9; border-radius: 6px; display: block }
nav a { margin-right: .8em } code { color: #1B2530 }
</style></head><body>
<h1>Networks drawn by archspec</h1>
<p>Each picture is what the command beside it writes, with nothing moved by hand.</p>
"""


class Shown(NamedTuple):
    """One picture: a network, or a module of it."""

    name: str
    focus: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}{'-' + self.focus if self.focus else ''}"

    @property
    def command(self) -> str:
        return f"archspec draw {self.name}{' --focus ' + self.focus if self.focus else ''} -o {self.file}.svg"


def draw(shown: Shown, folder: Path) -> None:
    """Write the picture in both themes."""
    network = archspec.load(shown.name)
    for theme in THEMES:
        network.draw(folder / f"{shown.file}-{theme}.svg", theme=theme, focus=shown.focus)


def page(everything: Sequence[tuple[str, Sequence[Shown]]]) -> Iterator[str]:
    yield HEAD
    for title, group in everything:
        yield f"<h2>{escape(title)}</h2>\n"
        for shown in group:
            yield f'<figure id="{escape(shown.file)}"><figcaption><code>{escape(shown.command)}</code></figcaption>'
            yield '<div class="pair">'
            for theme in THEMES:
                source = f"{shown.file}-{theme}.svg"
                yield f'<img loading="lazy" src="{escape(source)}" alt="{escape(shown.file)}, {theme}">'
            yield "</div></figure>\n"
    yield "</body></html>\n"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    networks = [Shown(name) for name in archspec.library() if not name.startswith("slide_")]
    slides = [Shown(name) for name in archspec.library() if name.startswith("slide_")]
    modules = [Shown(*each) for each in FOCUS]
    with ProcessPoolExecutor(2) as pool:
        everything = [*networks, *modules, *slides]
        list(pool.map(draw, everything, [folder] * len(everything), chunksize=8))
    groups = [("Whole networks", networks), ("Modules", modules), ("Slides", slides)]
    (folder / "index.html").write_text("".join(page(groups)), encoding="utf-8")
    print(f"wrote {folder / 'index.html'}, {len(everything)} pictures in {len(THEMES)} themes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "gallery")
