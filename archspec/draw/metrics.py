"""Widths of text in Arial, and in Liberation Sans, which has the same ones. No font is needed to know them."""

from __future__ import annotations

from functools import lru_cache

_EM = 2048
CAP = 0.716
"""height of capitals, in sizes"""

# Letters by advance width in 1/2048 em. A slanted letter is as wide as the upright one.
_REGULAR = {
    391: "'",
    455: "ijl",
    532: "|",
    569: " !,./:;I[\\]ft·ìíîïÌÍÎÏ",
    682: "()-`r²³¹“”",
    684: "{}",
    717: "•",
    727: '"',
    797: "*",
    819: "°",
    913: "ε",
    961: "^",
    1024: "Jcksvxyzγ↓↑çýÿčśšźžż",
    1124: "±÷≈≤≥√",
    1139: "#$0123456789?L_abdeghnopqu–éèüöäñàáâãåêëðòóôõøùúûąęěğłńňőůű",
    1140: "δ",
    1178: "β",
    1180: "µ",
    1184: "α",
    1196: "+<=>~×−",
    1251: "FTZß",
    1264: "σ",
    1266: "Σ",
    1366: "&ABEKPSVXYÀÁÂÃÄÅÈÉÊËÝŠŚ",
    1460: "∞",
    1479: "CDHNRUwÇÑÙÚÛÜČ",
    1593: "GOQÒÓÔÕÖØ",
    1706: "Mm",
    1708: "½¼¾",
    1821: "%æ",
    1933: "Wœ",
    2048: "→←—…↔ÆŒ",
    2079: "@",
}
_BOLD = {
    487: "'",
    569: " ,./I\\ijl·ìíîïÌÍÎÏ",
    573: "|",
    682: "!()-:;[]`ft²³¹",
    717: "•",
    797: "*r{}",
    819: "°",
    971: '"',
    972: "ε",
    1024: "z“”↓↑źžż",
    1124: "±÷≈≤≥√",
    1139: "#$0123456789J_aceksvxyγ–éèäçàáâãåêëýÿčąęěśš",
    1180: "µ",
    1196: "+<=>^~×−",
    1229: "Σ",
    1242: "δ",
    1250: "β",
    1251: "?FLTZbdghnopquöüßñðòóôõøùúûğńňőůű",
    1259: "α",
    1366: "EPSVXYÈÉÊËÝŠŚ",
    1401: "σ",
    1460: "∞",
    1479: "&ABCDHKNRUÀÁÂÃÄÅÇÑÙÚÛÜČ",
    1593: "GOQwÒÓÔÕÖØ",
    1706: "M",
    1708: "½¼¾",
    1821: "%mæ",
    1933: "Wœ",
    1997: "@",
    2048: "→←—…↔ÆŒ",
}


def _table(widths: dict[int, str]) -> dict[str, int]:
    return {letter: advance for advance, letters in widths.items() for letter in letters}


_TABLES = {False: _table(_REGULAR), True: _table(_BOLD)}


@lru_cache(maxsize=1 << 14)
def width(text: str, size: float, bold: bool = False) -> float:
    """Width in points of `text` set at `size` points; a letter that is not known counts as one em.

    >>> round(width("3×3 conv", 16), 2)
    65.38
    """
    table = _TABLES[bold]
    return sum(table.get(letter, _EM) for letter in text) * size / _EM


def wrap(text: str, size: float, room: float, bold: bool = False) -> list[str] | None:
    """`text` broken at spaces into lines of at most `room` points; None if a word is wider than that."""
    lines: list[str] = []
    for word in text.split():
        if width(word, size, bold) > room:
            return None
        if lines and width(f"{lines[-1]} {word}", size, bold) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cut(text: str, size: float, room: float, bold: bool = False) -> str:
    """`text`, or as much of its beginning as fits in `room` points, with an ellipsis."""
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"
