"""Plain text for a screen: tables, numbers for people, colour where it helps."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TextIO

WIDTH = 80

BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"


def coloured(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: a terminal, and nobody said no (NO_COLOR, TERM=dumb)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str) -> str:
    """`text` in a style, if standard output shows styles."""
    return f"\x1b[{style}m{text}\x1b[0m" if text and coloured(sys.stdout) else text


def human(number: int) -> str:
    """Three digits and a suffix, for people.

    >>> human(7978856), human(2834161664), human(840), human(999999), human(10**30)
    ('7.98 M', '2.83 G', '840', '1.00 M', 'about 10^30')
    """
    if number < 1000:
        return str(number)
    if number >= 10**18:
        digits = len(grouped(number)) - grouped(number).count(",") if number < 10**4000 else 0
        return f"about 10^{digits - 1}" if digits else "more than 10^4000"
    value, suffix = number / 1000, 0
    while value >= 999.5 and suffix < 4:
        value, suffix = value / 1000, suffix + 1
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f} {'kMGTP'[suffix]}"


def grouped(number: int) -> str:
    """With thousands separators.

    >>> grouped(7978856)
    '7,978,856'
    """
    return f"{number:,}"


def mib(size: int) -> str:
    """Mebibytes with two decimals.

    >>> mib(8630272)
    '8.23'
    """
    return f"{size / 2**20:,.2f}"


def shape(sizes: Sequence[int]) -> str:
    """
    >>> shape([64, 56, 56])
    '[64, 56, 56]'
    """
    return "[" + ", ".join(map(str, sizes)) + "]"


def shorten(text: str, width: int) -> str:
    """Cut in the middle, where names tell least, to at most `width` characters.

    >>> shorten("features.denseblock3.denselayer12.conv1", 24)
    'features.de…ayer12.conv1'
    """
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    tail = width - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}" if width > 2 else text[:width]


def cut(text: str, width: int) -> str:
    """Cut at the end to at most `width` characters.

    >>> cut("conv(64, 7, stride=2)", 12)
    'conv(64, 7,…'
    """
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def paths_text(text: str) -> tuple[str, str]:
    """A path count for the screen: exact while it is short, else by its magnitude; and what power it is."""
    if not text.isdecimal() or len(text) > 600:
        return (text, "") if not text.isdecimal() else (f"about 10^{len(text) - 1}", "exact in --format json")
    count = int(text)
    power = f"2^{count.bit_length() - 1}" if count > 2 and count & (count - 1) == 0 else ""
    if len(text) > 24:
        return power or f"{text[0]}.{text[1:3]}e{len(text) - 1}", "exact in --format json"
    return grouped(count), power


def paths_short(text: str) -> str:
    """The same in one word: a power of two as such.

    >>> paths_short(str(2**58)), paths_short("4096"), paths_short("1296")
    ('2^58', '2^12', '1,296')
    """
    exact, power = paths_text(text)
    return power if power.startswith("2^") else exact


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: frozenset[str] = frozenset(),
    elastic: Mapping[str, Callable[[str, int], str]] = MappingProxyType({}),
) -> list[str]:
    """Lines of a table of at most `WIDTH` columns.

    Columns named in `right` stand right. Where the table is too wide, the `elastic` columns give way, one after
    the other, each down to 12 characters, cut in the way given (`cut` or `shorten`).
    """
    widths = [max([len(column), *(len(row[k]) for row in rows)]) for k, column in enumerate(columns)]
    for name in elastic:
        over = sum(widths) + 2 * (len(widths) - 1) - WIDTH
        if over > 0:
            k = columns.index(name)
            widths[k] = max(min(widths[k], 12), widths[k] - over)

    def line(cells: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if column in right else elastic.get(column, cut)(cell, width).ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=True)
        ]
        return "  ".join(parts).rstrip()

    return [paint(line(columns), BOLD), *map(line, rows)]


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str]) -> list[str]:
    """Lines of a Markdown table."""
    return [
        "| " + " | ".join(columns) + " |",
        "|" + "|".join(" ---: " if column in right else " --- " for column in columns) + "|",
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows),
    ]


def latex(columns: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str]) -> list[str]:
    """Lines of a LaTeX table in the style of the package booktabs.

    >>> print("\\n".join(latex(["name", "params"], [["a_b", "7,978"]], frozenset({"params"}))))
    \\begin{tabular}{lr}
    \\toprule
    name & params \\\\
    \\midrule
    a\\_b & 7,978 \\\\
    \\bottomrule
    \\end{tabular}
    """
    lines = [" & ".join(map(_latex_text, row)) + r" \\" for row in (columns, *rows)]
    alignment = "".join("r" if column in right else "l" for column in columns)
    head, body = [rf"\begin{{tabular}}{{{alignment}}}", r"\toprule", lines[0], r"\midrule"], lines[1:]
    return [*head, *body, r"\bottomrule", r"\end{tabular}"]


_LATEX = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"\dots{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def _latex_text(text: str) -> str:
    """Escaped; a power stands as a formula.

    >>> _latex_text("2^58"), _latex_text("50% of {x}")
    ('$2^{58}$', '50\\\\% of \\\\{x\\\\}')
    """
    base, caret, power = text.partition("^")
    if caret and base.isdecimal() and power.isdecimal():
        return f"${base}^{{{power}}}$"
    return "".join(_LATEX.get(letter, letter) for letter in text)
