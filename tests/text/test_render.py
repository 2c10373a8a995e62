"""Golden texts: what a reader sees, character for character."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.text.diagnostics import Diagnostic, Frame, Label, Reporter, SpecError, fault
from archspec.text.render import as_github, as_json, render
from archspec.text.source import Source, Span

LINES = (
    "\n" * 33
    + "      - h: fit(ch)(cur)\n"
    + "\n" * 4
    + "      - b4: sep(3)(h) + h\n"
    + "\n" * 22
    + "  - cells: {repeat: cell}\n"
)
NASNET = Source("specs/nasnet.yaml", LINES)


def span(source: Source, text: str, nth: int = 0) -> Span:
    at = -1
    for _ in range(nth + 1):
        at = source.text.index(text, at + 1)
    return Span(source, at, at + len(text))


def golden(text: str) -> str:
    return dedent(text).strip("\n")


CLASH = Diagnostic(
    "A0301",
    "cannot add tensors of different shapes",
    (
        Label(Span(NASNET, span(NASNET, "+ h").end - 1, span(NASNET, "+ h").end), "[44, 28, 28] from `h` (line 34)"),
        Label(span(NASNET, "sep(3)(h)"), "[88, 28, 28] from `sep` (line 20)"),
    ),
    ("`sep` ends in conv(2 * ch, 1) at line 26, so it doubles the channels",),
    (Frame("cells.normal1.0", span(NASNET, "cells")),),
)


def test_the_mistake_of_the_language_reference() -> None:
    assert render([CLASH]) == golden("""
        error[A0301]: cannot add tensors of different shapes
          --> specs/nasnet.yaml:39:13
           |
        39 |       - b4: sep(3)(h) + h
           |             ---------   ^ [44, 28, 28] from `h` (line 34)
           |             |
           |             [88, 28, 28] from `sep` (line 20)
           = while expanding cells.normal1.0 (line 62)
           = help: `sep` ends in conv(2 * ch, 1) at line 26, so it doubles the channels
    """)


def test_an_error_shows_itself_so() -> None:
    with pytest.raises(SpecError) as caught:
        raise fault("A0360", "`+` wants numbers", span(NASNET, "ch"), "this is text", help="")
    assert str(caught.value) == golden("""
        error[A0360]: `+` wants numbers
          --> specs/nasnet.yaml:34:16
           |
        34 |       - h: fit(ch)(cur)
           |                ^^ this is text
    """)


SMALL = Source("a.yaml", "aa bb cc\nskipped\n\tdd 日本x\n\n\nlast\n")
OTHER = Source("b.yaml", "other: 1\n")


def test_labels_of_one_line_of_other_lines_and_of_other_files() -> None:
    labels = (
        Label(span(SMALL, "bb"), "two"),
        Label(span(SMALL, "aa"), "one"),
        Label(span(SMALL, "cc"), "three"),
        Label(span(SMALL, "日本"), "wide"),
        Label(span(SMALL, "last"), ""),
        Label(span(OTHER, "other"), "elsewhere"),
    )
    assert render([Diagnostic("A0110", "clash", labels, severity="warning")]) == golden("""
        warning[A0110]: clash
         --> a.yaml:1:1
          |
        1 | aa bb cc
          | -- ^^ -- three
          | |  |
          | |  two
          | one
        2 | skipped
        3 |     dd 日本x
          |        ---- wide
        ...
        6 | last
          | ----
         ::: b.yaml:1:1
          |
        1 | other: 1
          | ----- elsewhere
    """)


def test_a_long_line_is_clipped_around_its_labels() -> None:
    source = Source("a.yaml", "x" * 300 + "HERE" + "y" * 100)
    assert render([Diagnostic("A0110", "long", (Label(span(source, "HERE"), "this"),))]) == golden(f"""
        error[A0110]: long
         --> a.yaml:1:301
          |
        1 | …{"x" * 40}HERE{"y" * 76}…
          |  {" " * 40}^^^^ this
    """)


def test_a_label_over_several_lines_is_drawn_on_its_first() -> None:
    source = Source("a.yaml", "one: two\nthree: four\r\nfive: six")
    labels = (Label(Span(source, 5, len(source.text))),)
    assert render([Diagnostic("A0104", "open", labels)]).splitlines()[-1] == "  |      ^^^"


def test_the_end_of_a_text_can_be_pointed_at() -> None:
    source = Source("a.yaml", "a +")
    assert (
        render([Diagnostic("A0220", "end", (Label(Span(source, 3, 3), "here"),))]).splitlines()[-1] == "  |    ^ here"
    )


def test_nothing_of_a_file_reaches_the_terminal_as_a_command() -> None:
    source = Source("a\x1b[2J.yaml", "a\x1b[31mb\u202ec")
    text = render([Diagnostic("A0116", "bad \x1b[0m\nname", (Label(span(source, "b"), "\r"),), ("\x07",))])
    assert text == golden("""
        error[A0116]: bad ␛[0m␊name
         --> a␛[2J.yaml:1:7
          |
        1 | a␛[31mb�c
          |       ^ ␍
          = help: ␇
    """)


def test_a_long_expansion_is_shortened_in_the_middle() -> None:
    frames = tuple(Frame(f"m{number}", span(SMALL if number else OTHER, "a" if number else "o")) for number in range(9))
    text = render([Diagnostic("A0301", "deep", (Label(span(SMALL, "aa")),), frames=frames)])
    assert text.splitlines()[5:] == [
        "  = while expanding m0 (b.yaml:1)",
        "  = while expanding m1 (line 1)",
        "  = while expanding m2 (line 1)",
        "  = … 3 more levels …",
        "  = while expanding m6 (line 1)",
        "  = while expanding m7 (line 1)",
        "  = while expanding m8 (line 1)",
    ]


def test_several_are_counted() -> None:
    error = Diagnostic("A0001", "no such file: x", help=("look again",))
    warning = Diagnostic("A0901", "unused", severity="warning")
    assert render([error, warning, error]) == golden("""
        error[A0001]: no such file: x
          = help: look again

        warning[A0901]: unused

        error[A0001]: no such file: x
          = help: look again

        2 errors, 1 warning
    """)
    assert render([error, warning, error], limit=1).splitlines()[-1] == "2 errors, 1 warning, 2 of them not shown"
    assert render([]) == ""


def test_color_paints_the_same_text() -> None:
    painted = render([CLASH], color=True)
    assert painted.startswith("\x1b[1;31merror[A0301]\x1b[0m\x1b[1m: cannot add")
    assert "\x1b[1;31m^\x1b[0m" in painted
    assert "\x1b[1;34m---------\x1b[0m" in painted
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render([CLASH])


def test_json() -> None:
    (found,) = json.loads(json.dumps(as_json([CLASH])))
    assert found["file"] == "specs/nasnet.yaml"
    assert [found[key] for key in ("code", "severity", "line", "column", "end_line", "end_column")] == [
        "A0301", "error", 39, 13, 39, 26,
    ]  # fmt: skip
    assert found["message"] == CLASH.message
    assert found["help"] == list(CLASH.help)
    assert [(label["column"], label["end_column"], label["text"]) for label in found["labels"]] == [
        (25, 26, "[44, 28, 28] from `h` (line 34)"),
        (13, 22, "[88, 28, 28] from `sep` (line 20)"),
    ]
    assert [(frame["what"], frame["line"]) for frame in found["trace"]] == [("cells.normal1.0", 62)]
    (bare,) = as_json([Diagnostic("A0001", "no such file: x")])
    assert bare["file"] is bare["line"] is None


def test_github() -> None:
    source = Source("a,b:c.yaml", "x: 1\ny: 2")
    several = Diagnostic("A0301", "100% wrong\nreally", (Label(Span(source, 3, 9)),), ("mend it",), severity="warning")
    assert as_github([CLASH, several, Diagnostic("A0001", "gone")]).splitlines() == [
        "::error file=specs/nasnet.yaml,line=39,col=13,endColumn=26,title=A0301::cannot add tensors of different shapes"
        "%0Ahelp: `sep` ends in conv(2 * ch, 1) at line 26, so it doubles the channels",
        "::warning file=a%2Cb%3Ac.yaml,line=1,col=4,endLine=2,title=A0301::100%25 wrong%0Areally%0Ahelp: mend it",
        "::error title=A0001::gone",
    ]


def test_a_reporter_tells_everything_at_once() -> None:
    reporter = Reporter()
    for _ in range(2):
        with reporter.catch():
            raise fault("A0301", "one", span(SMALL, "aa"))
    reporter.warn("A0901", "two", None)
    with pytest.raises(SpecError) as caught:
        reporter.check()
    assert [(each.code, each.severity) for each in caught.value.diagnostics] == [
        ("A0901", "warning"),
        ("A0301", "error"),
    ]


@given(
    st.text(max_size=200),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.text(max_size=8)), max_size=5),
)
def test_anything_can_be_drawn(text: str, places: list[tuple[int, int, str]]) -> None:
    source = Source("a.yaml", text)
    labels = [Label(Span(source, min(a, b, len(text)), min(max(a, b), len(text))), note) for a, b, note in places]
    drawn = render([Diagnostic("A0301", text, tuple(labels))])
    assert all(character.isprintable() or character == "\n" for character in drawn)
    assert drawn.count("^") >= bool(labels)
    as_json([Diagnostic("A0301", text, tuple(labels))])
    assert "\n" not in as_github([Diagnostic("A0301", text, tuple(labels))])
