"""`archspec diff`: what makes two networks different, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.options import Limit, Set, load
from archspec.cli.terminal import (
    BOLD,
    DIM,
    GREEN,
    RED,
    WIDTH,
    YELLOW,
    cut,
    grouped,
    human,
    paint,
    paths_short,
    shorten,
    table,
)

if TYPE_CHECKING:
    from archspec.analysis.changes import Change, Detail, Difference


class Format(StrEnum):
    text = "text"
    json = "json"


MARKS = {"added": "+", "removed": "-", "changed": "~", "resized": "~", "inside": " "}
COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
FOOTNOTE = "+ added  - removed  ~ changed; other sizes: the same, given another shape"
ROOM = 60
"""columns for what changed, beside the figures"""


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A file, or the name of a spec that archspec ships.")],
    b: Annotated[str, typer.Argument(metavar="[B]", help="The other one; default: A again, with other params.")] = "",
    set: Set = None,
    set_a: Annotated[
        list[str] | None, typer.Option("--set-a", metavar="NAME=VALUE", help="Give a param of A another value.")
    ] = None,
    set_b: Annotated[
        list[str] | None, typer.Option("--set-b", metavar="NAME=VALUE", help="Give a param of B another value.")
    ] = None,
    depth: Annotated[int | None, typer.Option("--depth", min=1, metavar="N", help="Levels of modules to show.")] = None,
    format: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.text,
    limit: Limit = None,
) -> None:
    """Tell what makes two networks different: modules, numbers, and what they cost.

    `--set` is for both. Equal parts are left out, and equal changes in a row are one.
    """
    from archspec.analysis.difference import difference

    if not b and not set_a and not set_b:
        raise typer.BadParameter("a network is compared with another: name B, or change a param with `--set-b`")
    one = load(a, [*(set or ()), *(set_a or ())], limit)
    two = load(b or a, [*(set or ()), *(set_b or ())], limit)
    found = difference(one.program, two.program)
    if format is Format.json:
        import json

        typer.echo(json.dumps(found.record(), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_text(found, depth)))


def _text(found: Difference, depth: int | None) -> Iterator[str]:
    yield paint(shorten(f"{found.a} → {found.b}", WIDTH), BOLD)
    if found.settings:
        yield ""
        wide = max(len(setting.what) for setting in found.settings)
        for what, before, after, _ in found.settings:
            yield cut(f"  {what:<{wide}}  {before or 'none'} → {after or 'none'}", WIDTH)
    yield ""
    yield from _costs(found)
    yield ""
    if not found.changes:
        yield "no step is different" if not found.equal else "the same network"
        return
    rows = list(_rows(found.changes, 0, depth))
    head, *lines = table(("change", "params", "MADs"), [row[1:] for row in rows], NUMBERS, {"change": cut})
    yield head
    for (mark, *_), line in zip(rows, lines, strict=True):
        yield paint(line, COLOURS[mark]) if mark in COLOURS else line
    yield ""
    yield paint(FOOTNOTE, DIM)


NUMBERS = frozenset({"params", "MADs"})


def _costs(found: Difference) -> Iterator[str]:
    """Each figure of both, exact, and how far they are apart."""
    rows = []
    for name, (a, b) in found.costs.items():
        label = "MADs" if name == "mads" else name
        if name == "paths":
            rows.append((label, paths_short(a), "" if a == b else paths_short(b), "", ""))
        else:
            percent = f"{(b - a) / a:+.1%}" if a and a != b and name in ("params", "buffers", "mads") else ""
            rows.append((label, grouped(a), "" if a == b else grouped(b), "" if a == b else f"{b - a:+,}", percent))
    widths = [max(len(row[k]) for row in rows) for k in range(5)]
    for label, before, after, off, percent in rows:
        arrow = "→" if after else " "
        yield (
            f"  {label:<{widths[0]}}  {before:>{widths[1]}} {arrow} {after:>{widths[2]}}"
            f"  {off:>{widths[3]}}  {percent:>{widths[4]}}"
        ).rstrip()


def _rows(changes: Sequence[Change], level: int, depth: int | None) -> Iterator[tuple[str, str, str, str]]:
    """Mark, text, params and MADs of each line, modules before what is in them."""
    for change in changes:
        if change.kind == "resized" and not change.params and not change.mads:
            continue
        mark = MARKS[change.kind]
        name = f"{mark} {'  ' * level}{_name(change)}  "
        first, *rest = wrap(_what(change), max(ROOM - len(name), 24)) or [""]
        yield mark, (name + first).rstrip(), _signed(change.params), _signed(change.mads)
        yield from (("", " " * len(name) + line, "", "") for line in rest)
        if depth is None or level + 1 < depth:
            yield from _rows(change.inside, level + 1, depth)


def _name(change: Change) -> str:
    """Its name in the network that has it, and the other one if a step without a name has got another number."""
    first, last = (change.b, change.b_last) if change.a is None else (change.a, change.a_last)
    assert first is not None
    if change.times == 1:
        moved = change.a is not None and change.b not in (None, change.a) and change.kind != "changed"
        return f"{first} → {change.b}" if moved else first.strip("()")
    return f"{first} … {last} ({change.times:,} x)" if change.kind != "resized" else f"{first} … {last}"


def _what(change: Change) -> str:
    from archspec.analysis.changes import BODIES

    details = "; ".join(_detail(detail) for detail in change.details)
    if change.kind == "resized":
        return f"{change.before}, other sizes" if change.before else "other sizes"
    if change.kind in ("added", "removed"):
        return change.after or change.before
    if change.before != change.after and not (details and _head(change.before) == _head(change.after)):
        return f"{change.before} → {change.after}" + (f": {details}" if details else "")
    head = _head(change.after)
    if change.kind == "inside":
        head = "" if change.after in BODIES else change.after
    elif details and change.a is not None and change.a.startswith(head):
        head = ""  # conv2 is a conv
    return f"{head}: {details}" if head and details else head or details


def _head(text: str) -> str:
    return text.partition("(")[0]


def _detail(detail: Detail) -> str:
    formula = f" ({detail.formula})" if detail.formula and detail.formula != detail.what else ""
    return f"{detail.what} {detail.before or 'none'} → {detail.after or 'none'}{formula}"


def _signed(number: int) -> str:
    if not number:
        return ""
    return ("+" if number > 0 else "-") + human(abs(number))
