"""Expressions that are read without Python's parser are ones that it accepts, and mean the same."""

from __future__ import annotations

import ast
from keyword import kwlist

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archspec.text.diagnostics import SpecError
from archspec.text.expression import Applied, parse_expression
from archspec.text.grammar import LITERALS
from archspec.text.limits import DEFAULT_LIMITS
from tests.text.tools import scalar

NAMES = st.sampled_from(["x", "h1", "conv", "Conv_2", "it", "é", "_x", "__x", "x-y", "", *kwlist, *LITERALS])
NUMBERS = st.sampled_from("0 1 07 64 123456789 1234567890 1e3 -1".split())
GIVEN = st.lists(NAMES | NUMBERS, max_size=3).flatmap(
    lambda items: st.sampled_from([", ", ",", " ,", ",  "]).map(lambda comma: f"({comma.join(items)})")
)
TEXTS = st.one_of(
    st.tuples(NAMES, st.just("") | GIVEN, st.just("") | GIVEN).map("".join),
    st.tuples(NAMES, st.sampled_from([" + ", " - ", " * ", "*", " ** ", " / "]), NAMES | NUMBERS).map("".join),
)


@given(TEXTS)
@example("conv(64, 3)(x)")
@example("x + y")
def test_what_is_accepted_means_the_same_in_python(text: str) -> None:
    found = Applied.of(text)
    if found is None:
        return
    tree = parse_expression(scalar(f"({text})")).tree  # brackets: by way of the tokens, and of Python
    if found.name in ("+", "-", "*"):
        assert isinstance(tree, ast.BinOp)
        operands: list[ast.expr] = [tree.left, tree.right]
    elif found.operands:
        assert isinstance(tree, ast.Call)
        assert not tree.keywords
        operands, tree = tree.args, tree.func
        assert ast.unparse(tree).replace(" ", "") == found.name + found.numbers.replace(" ", "")
    else:
        operands = []
    assert [operand.id for operand in operands if isinstance(operand, ast.Name)] == [*found.operands]
    own = parse_expression(scalar(text))
    assert ast.dump(own.tree) == ast.dump(parse_expression(scalar(f"({text})")).tree)
    assert own.source(own.tree) == text
    assert own.span() == own.span(own.tree)


@pytest.mark.parametrize("text", ["conv(64, 3)(x)", "concat(x, y)", "conv(64,3)", "relu", "x * y", "f(1)(x,y)"])
def test_plain_applications_are_recognised(text: str) -> None:
    assert Applied.of(text) is not None


@pytest.mark.parametrize(
    "text", ["f(x)(y)", "f(1, a=2)", "f(-1)", "f(0)", "f()", "f(x).y", "x + 1", "class(x)", "f(true)", "f(1)(null)"]
)
def test_what_has_more_to_it_is_left_to_python(text: str) -> None:
    assert Applied.of(text) is None


@pytest.mark.parametrize("limits", [{"expression_depth": 1}, {"integer_bits": 8}, {"expression_length": 10}])
def test_bounds_hold_for_plain_applications(limits: dict[str, int]) -> None:
    with pytest.raises(SpecError):
        parse_expression(scalar("conv(6400, 3)(x)"), DEFAULT_LIMITS._replace(**limits))
