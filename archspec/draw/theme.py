"""Themes: pure maps from hue to colour. A scene in another theme is the same scene.

A role has the hue of its strokes ("conv") and that of its fill ("conv.fill"); a producer p0 … p5 has
its colour and that of words on it ("p1.text"). Checked: ink on every fill at least 11.7 : 1, strokes
on paper at least 3.1 : 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MARKS = ("added", "removed", "changed", "error")
"""what sets a part apart: in the difference of two networks, or where one could not be made"""
ROLES = (
    "conv", "conv1", "pool", "activation", "norm", "linear", "merge", "module", "card", "shape", "image", *MARKS,
)  # fmt: skip
"""what a box can be; "conv1" is a convolution with a kernel of 1, "shape" an op that only moves numbers"""
PRODUCERS = ("p0", "p1", "p2", "p3", "p4", "p5")
"""hues of what a concat joins, by its place; a seventh begins again"""
INKS = (
    "paper",
    "ink",
    "muted",
    "hairline",
    "edge",
    "skip",
    "gate",
    "words",
    "params",
    "mads",
)
"""hues without a fill: "skip" is the shortcut's, "gate" that of a line that only steers, "words" names norms and
activations beside an edge, "params" and "mads" are bars"""
HUES = (
    *INKS,
    *(hue for role in ROLES for hue in (role, f"{role}.fill")),
    *(hue for producer in PRODUCERS for hue in (producer, f"{producer}.text")),
)


@dataclass(frozen=True, slots=True)
class Theme:
    name: str
    colours: Mapping[str, str]

    def __getitem__(self, hue: str) -> str:
        """The colour of a hue, as #RRGGBB."""
        return self.colours[hue]


def _theme(name: str, inks: str, strokes: str, fills: str, producers: str, on: str) -> Theme:
    colours = dict(zip(INKS, inks.split(), strict=True))
    for role, stroke, fill in zip(ROLES, strokes.split(), fills.split(), strict=True):
        colours |= {role: stroke, f"{role}.fill": fill}
    for producer, colour, text in zip(PRODUCERS, producers.split(), on.split(), strict=True):
        colours |= {producer: colour, f"{producer}.text": text}
    return Theme(name, MappingProxyType({hue: f"#{colour}" for hue, colour in colours.items()}))


# In each: conv, conv 1x1, pool, activation, norm, linear, merge, module, card, shape, image, added, removed, changed,
# error.
LIGHT = _theme(
    "light",
    "FFFFFF 1B2530 5B6774 C9D1D9 5B6774 B34700 7A1F55 6B5A00 5B6774 7A1F55",
    "005A9C 3A93CF B34700 B98500 8A94A0 00805C 7A1F55 005A9C 9DB9D3 8A94A0 8A94A0 00805C B3261E 9A6700 C4001A",
    "CFE2F1 E6F3FB FBE5D6 FCF1D0 EEF0F3 D5EFE6 F3E1EA E3EEF7 F1F6FA FFFFFF FFFFFF D5EFE6 FDECEA FCF1D0 FDE4E4",
    "5B6774 005A9C 56B4E9 00805C DDAA33 7A1F55",
    "FFFFFF FFFFFF 1B2530 FFFFFF 1B2530 FFFFFF",
)
DARK = _theme(
    "dark",
    "12161C F2F5F8 A9B4C0 3A4552 A9B4C0 FF9A5C F08CC0 F0C24B A9B4C0 F08CC0",
    "6DB6F2 8CCBF5 FF9A5C F0C24B 8A94A0 4FD1A5 F08CC0 6DB6F2 3D6C96 8A94A0 A9B4C0 4FD1A5 FF8A80 F0C24B FF6B6B",
    "16344F 122A3D 43261A 3B3113 242A32 123A2E 3F1C30 16344F 14222F 12161C 12161C 123A2E 3A1C1C 3B3113 451A1A",
    "A9B4C0 6DB6F2 B4DCF8 4FD1A5 F0C24B F08CC0",
    "12161C 12161C 12161C 12161C 12161C 12161C",
)
MONO = _theme(
    "mono",
    "FFFFFF 000000 4A4A4A BDBDBD 4A4A4A 000000 000000 333333 7A7A7A 333333",
    "000000 555555 000000 555555 777777 000000 000000 000000 8C8C8C 777777 555555 000000 555555 000000 000000",
    "D9D9D9 F2F2F2 FFFFFF FFFFFF FFFFFF E6E6E6 FFFFFF EDEDED FAFAFA FFFFFF FFFFFF D9D9D9 FFFFFF F2F2F2 FFFFFF",
    "1A1A1A 4D4D4D 707070 949494 BDBDBD D9D9D9",
    "FFFFFF FFFFFF FFFFFF 000000 000000 000000",
)
THEMES: Mapping[str, Theme] = MappingProxyType({theme.name: theme for theme in (LIGHT, DARK, MONO)})
