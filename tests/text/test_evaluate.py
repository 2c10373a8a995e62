from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.text.diagnostics import SpecError
from archspec.text.evaluate import Meter, evaluate, free_names
from archspec.text.expression import parse_expression
from archspec.text.functions import FUNCTIONS, divisible
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.suggest import suggest
from tests.text.tools import Names, complaint, diagnostics, only, scalar, value

NAMES: dict[str, Any] = {"width": 64, "i": 2, "layers": [6, 12, 24], "word": "half", "flag": True, "it": object()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("4 * width", 256),
        ("64 * 2**i if i > 0 else 1", 256),
        ("layers[-1] // 5 + layers[0] % 4", 6),
        ("8 / 2", 4.0),
        ("2**-1", 0.5),
        ("-width + +1", -63),
        ("0 < i <= 2 < width", True),
        ("i == 2 and not flag or 5", 5),
        ("layers[1:]", [12, 24]),
        ("layers + [1] * 2", [6, 12, 24, 1, 1]),
        ("3 * (0, 1)", [0, 1, 0, 1, 0, 1]),
        ("12 in layers and 13 not in layers", True),
        ("word == 'half' and 'al' in word", True),
        ("word[0]", "h"),
        ("word != null", True),
        ("it == it", True),
        ("it.shape[1]", 224),
        ("[1, [2, true]] == [1, [2, true]]", True),
        ("(1, 2) == [1, 2]", True),
        ("abs(-2) + ceil(2.1) + floor(2.9)", 7),
        ("divisible(33, 8)", 32),
        ("enumerate(layers, 1)", [(1, 6), (2, 12), (3, 24)]),
        ("zip(range(2), layers)", [(0, 6), (1, 12)]),
        ("int(3.7) + int(flag)", 4),
        ("float(3)", 3.0),
        ("len(layers) + len(word)", 7),
        ("log2(width) + sqrt(width)", 14.0),
        ("max(layers) - min(3, 1, 2)", 23),
        ("range(5, 0, -2)", [5, 3, 1]),
        ("reversed(layers)", [24, 12, 6]),
        ("round(2.5) + round(0.125, 2)", 2.12),
        ("sum(layers, 0.5)", 42.5),
    ],
)
def test_values(text: str, wanted: object) -> None:
    found = value(text, **NAMES)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("text", "code", "place", "message"),
    [
        ("word + 'x'", "A0360", "word", "`+` wants numbers"),
        ("1 + flag", "A0360", "flag", "`+` wants numbers"),
        ("'8' * width", "A0360", "'8'", "`*` wants numbers"),
        ("layers * flag", "A0360", "layers", "`*` wants numbers"),
        ("2 * null", "A0360", "null", "`*` wants numbers"),
        ("-word", "A0360", "word", "`-` wants a number"),
        ("not it", "A0360", "it", "a condition is wanted here"),
        ("layers[8 / 4]", "A0360", "8 / 4", "an index is a whole number"),
        ("layers[flag]", "A0360", "flag", "an index is a whole number"),
        ("layers[0, 1]", "A0360", "0, 1", "a list has one index"),
        ("layers[0:1, 2]", "A0360", "0:1, 2", "a list has one index"),
        ("width[0]", "A0360", "width", "only a list has items"),
        ("max(1, word)", "A0360", "word", "a number is wanted here, not text"),
        ("sum([1, true])", "A0360", "[1, true]", "a list of numbers is wanted here, and an item is true or false"),
        ("range(2.0)", "A0360", "2.0", "a whole number is wanted here, not 2.0"),
        ("len(width)", "A0360", "width", "a list or text is wanted here, not a number"),
        ("1 // (width - 64)", "A0361", "width - 64", "division by zero"),
        ("5 % 0.0", "A0361", "0.0", "division by zero"),
        ("0 ** -1", "A0361", "0 ** -1", "division by zero"),
        ("layers[3]", "A0362", "3", "no item 3: the list has 3 items"),
        ("[][i]", "A0362", "i", "no item 2: the list is empty"),
        ("word[-5]", "A0362", "-5", "no item -5: the text has 4 items"),
        ("sqrt(-1)", "A0363", "-1", "no real result for -1"),
        ("log2(0)", "A0363", "0", "no real result for 0"),
        ("(-8) ** 0.5", "A0363", "(-8) ** 0.5", "a root of a negative number is not a real number"),
        ("1e308 * 10", "A0363", "1e308 * 10", "the result is not a finite number"),
        ("1e300 ** 2", "A0363", "1e300 ** 2", "the result is not a finite number"),
        ("layers[::0]", "A0363", "::0", "a step of 0 never ends"),
        ("range(1, 2, 0)", "A0363", "0", "a step of 0 never ends"),
        ("round(1, -10**9)", "A0363", "-10**9", "more than 100 digits"),
        ("max([])", "A0363", "[]", "the list is empty"),
        ("divisible(3, 0)", "A0363", "0", "the divisor must be at least 1"),
        ("width == '64'", "A0364", "width == '64'", "a number is compared with text: they are never equal"),
        ("1 == true", "A0364", "1 == true", "a number is compared with true or false: they are never equal"),
        ("word < 'x'", "A0364", "word", "`<` compares numbers"),
        ("1 in word", "A0364", "1 in word", "a number cannot be in text"),
        ("1 in width", "A0364", "width", "`in` wants a list"),
        ("9 ** 9 ** 9", "A0365", "9 ** 9 ** 9", "a number of more than 256 bits"),
        ("2 ** 200 * 2 ** 200", "A0365", "2 ** 200 * 2 ** 200", "a number of more than 256 bits"),
        ("[0] * 10**9", "A0365", "[0] * 10**9", "a list of 1,000,000,000 items, where 200,000 are allowed"),
        ("range(10**12)", "A0365", "range(10**12)", "a list of 1,000,000,000,000 items, where 200,000 are allowed"),
        (
            "range(10**60)",
            "A0365",
            "range(10**60)",
            "a list of more than 1,000,000,000,000,000 items, where 200,000 are allowed",
        ),
        ("maxx(1)", "A0367", "maxx", "no function `maxx`"),
        ("min()", "A0367", "min()", "`min` cannot take 0 arguments"),
        ("sqrt(1, 2)", "A0367", "sqrt(1, 2)", "`sqrt` cannot take 2 arguments"),
        ("max(layers, key=1)", "A0367", "key=1", "`max` takes no named arguments"),
        ("width >> 2", "A0368", "width >> 2", "a pipe stands where a number is wanted"),
        ("conv(1)(2)", "A0368", "conv(1)(2)", "this is not a number"),
        ("widht", "A0300", "widht", "unknown name `widht`"),
        ("1 + it.colour", "A0300", "it.colour", "no attribute `colour`"),
    ],
)
def test_mistakes_are_told_at_the_part_that_is_wrong(text: str, code: str, place: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        value(text, **NAMES)
    found = only(caught.value)
    assert (found.code, found.labels[0].span.text, found.message) == (code, place, message)


def test_only_what_is_needed_is_computed() -> None:
    assert value("1 if true else nobody") == 1
    assert value("false and nobody") is False
    assert value("1 > 2 > nobody") is False


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "[0] * 10**9",
        "range(10**12)",
        "[[0] * 100000] * 100000 == [[0] * 100000] * 100000",
        "sum(range(200000)) + " * 30 + "0",
        "[[[0] * 1000] * 1000] * 1000 in [[[[0] * 1000] * 1000] * 1000] * 1000",
        "10**76 * 10**76",
    ],
)
def test_no_text_keeps_the_evaluator_busy(text: str) -> None:
    start = time.process_time()
    with pytest.raises(SpecError):
        value(text)
    assert time.process_time() - start < 5  # well under a second; the rest is for a busy machine


def test_the_meter_counts_over_many_expressions() -> None:
    meter = Meter(Limits(operations=100))
    expression = parse_expression(scalar("1 + 2 * 3"))
    for _ in range(20):
        evaluate(expression, Names({}), meter)
    assert (meter.used, meter.left) == (100, 0)
    with pytest.raises(SpecError) as caught:
        evaluate(expression, Names({}), meter)
    assert diagnostics(caught.value) == [("A0366", "1 + 2 * 3")]


def test_bounds_can_be_raised() -> None:
    assert value("2**300", Limits(integer_bits=400)) == 2**300
    assert len(value("range(300000)", Limits(list_items=10**6))) == 300_000


def test_evaluations_do_not_share_lists() -> None:
    expression = parse_expression(scalar("[1, 2]"))
    first = evaluate(expression, Names({}), Meter(DEFAULT_LIMITS))
    assert evaluate(expression, Names({}), Meter(DEFAULT_LIMITS)) is not first


def test_free_names_leave_out_called_functions() -> None:
    names = free_names(parse_expression(scalar("max(a, b.c, len) + conv(d, e=f) if true else g[h]")))
    assert names == {"a", "b", "len", "conv", "d", "f", "g", "h"}


_LEAVES = st.one_of(
    st.integers(-9, 9).map(str),
    st.sampled_from(["a", "b", "0.5", "1.5", "1e3"]),
    st.sampled_from(["max(a, 2)", "abs(b)"]),
)
_ARITHMETIC = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner).map(
            lambda x: f"({x[0]} {x[1]} {x[2]})"
        ),
        st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner, inner, inner).map(
            lambda x: f"({x[3]} if {x[0]} {x[1]} {x[2]} else {x[4]})"
        ),
        inner.map(lambda x: f"-({x})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda x: f"sum([{', '.join(x)}])"),
        st.tuples(inner, inner).map(lambda x: f"[{x[0]}, {x[1]}][-1]"),
    ),
    max_leaves=10,
)


@given(_ARITHMETIC)
def test_arithmetic_agrees_with_pythons(text: str) -> None:
    def python() -> object:
        return eval(text, {"__builtins__": {}, "max": max, "abs": abs, "sum": sum}, {"a": 3, "b": -7})

    error = complaint(lambda: value(text, a=3, b=-7))
    if error is None:
        found, wanted = value(text, a=3, b=-7), python()
        assert found == wanted
        assert type(found) is type(wanted)
    elif only(error).code == "A0361":
        with pytest.raises(ZeroDivisionError):
            python()
    else:  # Python goes on where archspec stops: with large integers, infinities and complex numbers
        assert only(error).code in ("A0363", "A0365")


_ANYTHING = st.recursive(
    st.sampled_from(["1", "0", "2.5", "'x'", "true", "null", "word", "flag", "layers", "it", "[]", "10**70", "1e300"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+ - * / // % ** == < in and or".split()), inner).map(
            lambda x: f"({' '.join(x)})"
        ),
        st.tuples(inner, inner).map(lambda x: f"{x[0]}[{x[1]}]" if not x[0][0].isdigit() else f"[{x[0]}][{x[1]}]"),
        st.tuples(inner, inner).map(lambda x: f"({x[0]})[{x[1]}:]"),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=3)).map(
            lambda x: f"{x[0]}({', '.join(x[1])})"
        ),
        inner.map(lambda x: f"(not {x})"),
    ),
    max_leaves=8,
)


@given(_ANYTHING)
def test_any_expression_has_a_value_or_a_located_mistake(text: str) -> None:
    error = complaint(lambda: value(text, **NAMES))
    if error is not None:
        assert only(error).code.startswith("A036")
        assert only(error).labels[0].span.text in text


@given(st.one_of(st.integers(1, 10**6), st.floats(1, 1e6)), st.integers(1, 512))
def test_divisible_is_a_near_multiple(x: float, divisor: int) -> None:
    result = divisible(x, divisor)
    assert result % divisor == 0
    assert result >= max(divisor, 0.9 * x)
    assert result <= max(divisor, x + divisor)


@pytest.mark.parametrize(
    ("name", "known", "wanted"),
    [
        ("bottelneck", ["basic", "bottleneck"], "bottleneck"),
        ("ReLU", ["relu6", "relu", "gelu"], "relu"),
        ("batchnorm", ["layer_norm", "batch_norm"], "batch_norm"),
        ("xyz", ["conv", "linear"], None),
        ("x", ["y"], None),
        ("conv", [], None),
    ],
)
def test_did_you_mean(name: str, known: list[str], wanted: str | None) -> None:
    assert suggest(name, known) == wanted
