"""TikZ: a LaTeX file of its own that compiles with what every TeX distribution has, one page a scene.

To use a picture in another document, take the `tikzpicture` and the colours above it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from archspec.draw.metrics import CAP
from archspec.draw.paint.curve import head, shortened
from archspec.draw.paint.svg import stacked
from archspec.draw.scene import Element, Line, Path, Point, Rect, Run, Scene, Text, number
from archspec.draw.theme import Theme

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        **{sign: f"\\{sign}" for sign in "%&$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "×": r"\texttimes{}",
        "·": r"\textperiodcentered{}",
        "…": r"\textellipsis{}",
        "→": r"$\rightarrow$",
        "−": r"$-$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "½": r"\textonehalf{}",
        "–": "--",
        "“": "``",
        "”": "''",
        "\u2019": "'",
        **{sign: f"$^{{{digit}}}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        **{sign: f"$_{{{digit}}}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
        **{
            sign: f"$\\{name}$"
            for sign, name in zip("αβγσνρεµ", "alpha beta gamma sigma nu rho epsilon mu".split(), strict=True)
        },
    }
)
"""what pdfTeX cannot set as it stands"""

SYMBOLS = ("+", "×", "−")
"""signs that stand alone in a circle: in TeX's fonts they are centred on the axis of formulas, not on capitals"""

HEAD = r"""% archspec: TikZ, to be compiled by pdflatex, xelatex or lualatex
\documentclass{article}
\usepackage[paperwidth=WIDTHbp,paperheight=HEIGHTbp,margin=0pt]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage[scaled]{helvet}
\renewcommand{\familydefault}{\sfdefault}
\usepackage{tikz}
\pagestyle{empty}
\setlength{\parindent}{0pt}
\setlength{\topskip}{0pt}
"""


def paint(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    wide, high = max(scene.width for scene in scenes), max(scene.height for scene in scenes)
    pictures = [_picture(scene, theme, transparent) for scene in scenes]
    used = "".join(pictures)
    colours = [
        f"\\definecolor{{{_hue(hue)}}}{{HTML}}{{{theme[hue].removeprefix('#')}}}"
        for hue in sorted(theme.colours)
        if f"{_hue(hue)}," in used or f"{_hue(hue)}]" in used or f"{{{_hue(hue)}}}" in used
    ]
    preamble = HEAD.replace("WIDTH", number(wide)).replace("HEIGHT", number(high))
    parts = [preamble + "\n".join(colours), r"\begin{document}%"]
    return "\n".join([*parts, "\n\\newpage\n".join(pictures), r"\end{document}", ""]).encode()


def _picture(scene: Scene, theme: Theme, transparent: bool) -> str:
    notes = [f"% {line}" for line in (scene.title, *scene.notes.splitlines()) if line]
    lines = [
        *notes,
        # One point of the scene is a big point, and y grows downwards.
        r"\noindent\begin{tikzpicture}[x=1bp,y=-1bp,inner sep=0pt,outer sep=0pt,line cap=round,line join=round]",
        f"\\useasboundingbox (0,0) rectangle ({number(scene.width)},{number(scene.height)});",
    ]
    if not transparent:
        lines.append(f"\\fill[as-paper] (0,0) rectangle ({number(scene.width)},{number(scene.height)});")
    for element in scene.elements:
        lines += _element(element)
    return "\n".join([*lines, r"\end{tikzpicture}%"])


def _element(element: Element) -> list[str]:
    if isinstance(element, Path):
        return _path(element)
    if isinstance(element, Text):
        plate = []
        if element.plate:
            x, y, w, h = element.bounds.grown(3)
            plate = [f"\\fill[as-paper] ({number(x)},{number(y)}) rectangle ({number(x + w)},{number(y + h)});"]
        return [*plate, _line(element.line, element.at, element.anchor)]
    style = [f"draw={_hue(element.stroke)}", f"line width={number(element.width)}bp"] if element.stroke else []
    style += [f"fill={_hue(element.fill)}"] if element.fill else []
    style += ["dash pattern=on 6bp off 4bp"] if element.dashed else []
    at = element.at
    if isinstance(element, Rect):
        style += [f"rounded corners={number(element.radius)}bp"] if element.radius else []
        place = f"({number(at.x)},{number(at.y)}) rectangle ({number(at.right)},{number(at.bottom)})"
    else:
        place = f"({number(element.centre.x)},{number(element.centre.y)}) circle[radius={number(element.radius)}bp]"
    shape = f"\\path[{','.join(style)},] {place};"
    return [shape, *(_line(line, Point(at.cx, middle), "middle") for line, middle in stacked(element))]


def _path(path: Path) -> list[str]:
    start, *rest = shortened(path)
    curve = _point(start)
    for k in range(0, len(rest), 3):
        one, two, end = rest[k : k + 3]
        curve += f" .. controls {_point(one)} and {_point(two)} .. {_point(end)}"
    hue = _hue(path.stroke)
    dash = "dash pattern=on 6bp off 4bp," if path.dashed else ""
    cap = "line cap=butt," if path.head or path.dashed else ""
    lines = [f"\\draw[draw={hue},line width={number(path.width)}bp,{dash}{cap}] {curve};"]
    if path.head:
        lines.append(f"\\fill[{hue}] {' -- '.join(map(_point, head(path)))} -- cycle;")
    return lines


def _line(line: Line, at: Point, anchor: str) -> str:
    """One line whose capitals stand around `at`: its base line lies half their height below."""
    place = Point(at.x, at.y + line.size * CAP / 2)
    side = {"start": "base west", "middle": "base", "end": "base east"}[anchor]
    words = "".join(_run(run, line) for run in line.runs)
    return f"\\node[anchor={side},text={_hue(line.hue)},] at {_point(place)} {{{words}}};"


def _run(run: Run, line: Line) -> str:
    size = line.size * run.scale
    font = f"\\fontsize{{{number(size)}bp}}{{{number(size * 1.16)}bp}}\\selectfont "
    font += (r"\bfseries " if run.bold else "") + (r"\itshape " if run.italic else "")
    words = "".join(map(_sign, run.text))
    # TeX eats a space at the edges of a group.
    words = "\\ " + words[1:] if words.startswith(" ") else words
    words = words[:-1] + "\\ " if words.endswith(" ") and not words.endswith("\\ ") else words
    if run.hue:
        words = f"\\color{{{_hue(run.hue)}}}{words}"
    shift = {"": 0.0, "up": 0.34, "down": -0.14}[run.shift] * line.size
    if run.text in SYMBOLS:
        words = f"\\raisebox{{0.09em}}{{{words}}}"
    content = f"{{{font}{words}}}"
    return f"\\raisebox{{{number(shift)}bp}}[0pt][0pt]{content}" if shift else content


def _sign(sign: str) -> str:
    """A character as LaTeX; what the T1 fonts do not have loses its accents, or becomes a question mark.

    >>> _sign("%"), _sign("é"), _sign("ﬁ"), _sign("图")
    ('\\\\%', 'é', 'fi', '?')
    """
    if sign in SIGNS:
        return SIGNS[sign]
    if sign <= "\u017f":
        return sign if sign.isprintable() else " "
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return "".join(SIGNS.get(one, one) for one in plain) or "?"


def _point(point: Point) -> str:
    return f"({number(point.x)},{number(point.y)})"


def _hue(hue: str) -> str:
    """A hue as the name of a colour; the dot of a fill would be TikZ syntax."""
    return f"as-{hue.replace('.', '-')}"
