"""Blanks inside expressions."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from archspec.language.fmt.spacing import spaced
from archspec.text.limits import Limits

LIMITS = Limits()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("conv( 64 ,7 , stride = 2 )", "conv(64, 7, stride=2)"),
        ("4*width+1", "4 * width + 1"),
        ("64 * 2 ** i", "64 * 2**i"),
        ("2**-1", "2**-1"),
        ("- 1 if a==b else+ 2", "-1 if a == b else +2"),
        ("x  -  y", "x - y"),
        ("x-y>>relu", "x - y >> relu"),
        ("prev . height//2", "prev.height // 2"),
        ("a [ 1 : -1 ]", "a[1:-1]"),
        ("not( a )and b", "not (a) and b"),
        ("a in[1,2]", "a in [1, 2]"),
        ("f (a) (b)", "f(a)(b)"),
        ("f(a,)", "f(a,)"),
        ("inception(192,   96, 208,  16,48)", "inception(192,   96, 208,  16, 48)"),
        ("inception( 64,   96)", "inception( 64,   96)"),
        ("inception( 64, 96)", "inception(64, 96)"),
        ('reshape("c  h ->h,w")', 'reshape("c  h ->h,w")'),
        ("conv(1e-3,.5)", "conv(1e-3, .5)"),
    ],
)
def test_examples(given: str, wanted: str) -> None:
    assert spaced(given, LIMITS) == wanted


_NAMES = st.sampled_from(["x", "width", "input.channels", "f(a, b)", "2", "1e-3", "'a  b'", "[1, 2]", "a[1:]"])
_BINARY = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", ">>", "==", "<=", ">"])
_BLANK = st.sampled_from(["", " ", "   "])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(_NAMES)
    inner = expressions(depth=depth - 1)
    left, right, gap = draw(inner), draw(inner), draw(_BLANK)
    shape = draw(st.integers(0, 6))
    match shape:
        case 0:
            return f"{left}{gap}{draw(_BINARY)}{draw(_BLANK)}{right}"
        case 1:
            return f"({gap}{left}{draw(_BINARY)}{right}{gap})"
        case 2:
            return f"g{gap}({left}{gap},{draw(_BLANK)}k{gap}={gap}{right})"
        case 3:
            return f"-{gap}{left}"
        case 4:
            return f"{left} if {right}{gap} else {gap}x"
        case 5:
            return f"not {gap}{left}{gap} or {right}"
        case _:
            return f"[{gap}{left},{gap}{right}{gap}]"


@given(expressions())
def test_spacing_is_idempotent_and_changes_no_meaning(text: str) -> None:
    try:
        before = ast.dump(ast.parse(text, mode="eval"))
    except SyntaxError:
        reject()  # `-not x`
    once = spaced(text, LIMITS)
    assert ast.dump(ast.parse(once, mode="eval")) == before
    assert spaced(once, LIMITS) == once
