"""Diagnostics → text: for people (in the style of rustc), for programs (JSON), for GitHub's log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from archspec.text.diagnostics import Diagnostic, Frame, Label
from archspec.text.snippet import Cell, Mark, Row, Style, clean, draw
from archspec.text.source import Source, Span

FRAMES = 6
"""levels of an expansion that are shown; the middle of a longer chain is left out"""

_COLORS: dict[str, str] = {"strong": "1", "gutter": "1;34", "other": "1;34", "error": "1;31", "warning": "1;33"}


def render(diagnostics: Iterable[Diagnostic], *, color: bool = False, limit: int | None = None) -> str:
    """The diagnostics as a reader of a terminal wants them, at most `limit` of them in full. No final line break."""
    every = list(diagnostics)
    shown = every if limit is None else every[:limit]
    parts = [_render_one(diagnostic, color) for diagnostic in shown]
    if len(every) > 1:
        parts.append(
            summary(every) + (f", {len(every) - len(shown)} of them not shown" if len(shown) < len(every) else "")
        )
    return "\n\n".join(parts)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many there are of each severity.

    >>> summary([Diagnostic("A0110", "x"), Diagnostic("A0115", "y", severity="warning")])
    '1 error, 1 warning'
    """
    counts = [(sum(each.severity == severity for each in diagnostics), severity) for severity in ("error", "warning")]
    return ", ".join(f"{count} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count)


def place(diagnostic: Diagnostic) -> Span | None:
    """Where to look: what the labels cover on the line of the first one."""
    if not diagnostic.labels:
        return None
    first = diagnostic.labels[0].span
    spans = [
        each.span for each in diagnostic.labels if each.span.source is first.source and each.span.line == first.line
    ]
    return Span(first.source, min(span.start for span in spans), max(span.end for span in spans))


def _render_one(diagnostic: Diagnostic, color: bool) -> str:
    rows: list[Row] = [_heading(diagnostic)]
    numbers = [label.span.line for label in diagnostic.labels]
    gutter = len(str(max(numbers, default=0)))
    where = place(diagnostic)
    if where is not None:
        rows += _snippet(where, diagnostic.labels, gutter)
        others = [label for label in diagnostic.labels if label.span.source is not where.source]
        for _, labels in groupby(
            sorted(others, key=lambda each: each.span.source.name), lambda each: id(each.span.source)
        ):
            group = list(labels)
            rows += _snippet(group[0].span, group, gutter, ":::")
    rows += [_note(gutter, text) for text in _trace(diagnostic.frames, where.source if where else None)]
    rows += [_note(gutter, text, "help: ") for text in diagnostic.help]
    return "\n".join(_paint(row, diagnostic.severity, color) for row in rows)


def _heading(diagnostic: Diagnostic) -> Row:
    return [(f"{diagnostic.severity}[{diagnostic.code}]", "first"), (f": {clean(diagnostic.message)}", "strong")]


def _note(gutter: int, text: str, kind: str = "") -> Row:
    return [(" " * (gutter + 1) + "= ", "gutter"), (kind, "strong"), (clean(text), "")]


def _snippet(where: Span, labels: Sequence[Label], gutter: int, arrow: str = "-->") -> list[Row]:
    """The labelled lines of one file, in their order, `...` where lines between them are left out."""
    source = where.source
    rows: list[Row] = [
        [(" " * gutter + arrow, "gutter"), (f" {clean(source.name)}:{where.line}:{where.column}", "")],
        _gutter(gutter),
    ]
    lines: dict[int, list[Mark]] = {}
    for number, label in enumerate(labels):
        if label.span.source is source:
            lines.setdefault(label.span.line, []).append(_mark(label, first=number == 0 and arrow == "-->"))
    before = 0
    for line in sorted(lines):
        if before and line == before + 2:
            rows.append(_gutter(gutter, before + 1) + draw(source.line(before + 1), ())[0])
        elif before and line > before + 2:
            rows.append([("...", "gutter")])
        drawn = draw(source.line(line), lines[line])
        rows.append(_gutter(gutter, line) + drawn[0])
        rows += [_gutter(gutter) + row for row in ([(" ", ""), *row] for row in drawn[1:])]
        before = line
    return rows


def _mark(label: Label, first: bool) -> Mark:
    """A label on its first line; what follows on more lines is underlined up to the end of that one."""
    span = label.span
    start = span.column - 1
    length = len(span.source.line(span.line))
    end = min(start + span.end - span.start, max(length, start))
    return Mark(start, end, label.text, first)


def _gutter(width: int, number: int | None = None) -> Row:
    if number is None:
        return [(" " * (width + 1) + "|", "gutter")]
    return [(f"{number:>{width}} | ", "gutter")]


def _trace(frames: Sequence[Frame], source: Source | None) -> list[str]:
    lines = [f"while expanding {frame.what} ({_line(frame.span, source)})" for frame in frames]
    if len(lines) <= FRAMES:
        return lines
    half = FRAMES // 2
    return [*lines[:half], f"… {len(lines) - 2 * half} more levels …", *lines[-half:]]


def _line(span: Span, source: Source | None) -> str:
    return f"line {span.line}" if span.source is source else f"{span.source.name}:{span.line}"


def _paint(row: Row, severity: str, color: bool) -> str:
    if not color:
        return "".join(text for text, _ in row).rstrip()
    while row and not row[-1][0].strip():
        row = row[:-1]
    return "".join(_painted(style, cells, severity) for style, cells in groupby(row, lambda cell: cell[1]))


def _painted(style: Style, cells: Iterable[Cell], severity: str) -> str:
    text = "".join(cell[0] for cell in cells)
    code = _COLORS.get(severity if style == "first" else style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """The diagnostics for a program. Lines and columns count from 1; an end is the place after the last character."""
    return [
        {
            "code": each.code,
            "severity": each.severity,
            "message": each.message,
            **_place_json(place(each)),
            "labels": [{**_place_json(label.span), "text": label.text} for label in each.labels],
            "help": list(each.help),
            "trace": [{"what": frame.what, **_place_json(frame.span)} for frame in each.frames],
        }
        for each in diagnostics
    ]


def _place_json(span: Span | None) -> dict[str, Any]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """The diagnostics as workflow commands, one a line: GitHub shows them beside the changed lines."""
    return "\n".join(_github(each) for each in diagnostics)


def _github(diagnostic: Diagnostic) -> str:
    where = place(diagnostic)
    fields = []
    if where is not None:
        end_line, end_column = where.source.position(where.end)
        fields = [f"file={_property(where.source.name)}", f"line={where.line}", f"col={where.column}"]
        fields += [f"endColumn={end_column}"] if end_line == where.line else [f"endLine={end_line}"]
    fields.append(f"title={_property(diagnostic.code)}")
    lines = [diagnostic.message, *(f"help: {text}" for text in diagnostic.help)]
    return f"::{diagnostic.severity} {','.join(fields)}::{_escaped(chr(10).join(lines))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
