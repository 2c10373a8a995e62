"""Traced numbers: a computation replayed elsewhere gives what the computation gives there, or declines."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.text.trace_replay import Replay
from archspec.text.traced import Trace

Compute = Callable[[Any, Any, Any], Any]
MISTAKES = (ArithmeticError, ValueError, IndexError)


def traced(compute: Compute, a: int, b: int, x: float) -> Replay:
    trace = Trace()
    result = compute(trace.param("a", a), trace.param("b", b), trace.param("x", x))
    return Replay(trace, {"result": result})


def outcome(compute: Compute, a: int, b: int, x: float) -> object:
    """What a computation gives, with the kinds of its numbers, or the mistake it makes."""
    try:
        return repr(compute(a, b, x))
    except MISTAKES as error:
        return type(error)


# Programs: expressions over a, b (integers), x (a float) and constants, with Python's own operators.
WHOLE = "a", "b", "0", "1", "2", "3", "7", "-2"
BINARY = "+", "-", "*", "//", "%"


def whole(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(BINARY), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        two.map(lambda t: f"max({t[0]}, {t[1]})"),
        two.map(lambda t: f"min({t[0]}, {t[1]})"),
        two.map(lambda t: f"({t[0]} if {t[0]} < {t[1]} else -{t[1]})"),
        two.map(lambda t: f"({t[0]} if {t[0]} == {t[1]} or not {t[1]} else {t[1]})"),
        two.map(lambda t: f"divmod({t[0]}, {t[1]})[1]"),
        two.map(lambda t: f"len({{{t[0]}, {t[1]}}})"),
        inner.map(lambda t: f"abs({t})"),
        inner.map(lambda t: f"sum(range({t} % 5))"),
        inner.map(lambda t: f"(5, 6, 7, 8)[{t} % 4]"),
        inner.map(lambda t: f"({t}) ** 3"),
        inner.map(lambda t: f"len(str({t}))"),
        st.tuples(inner, inner).map(lambda t: f"trunc(({t[0]} + x) * {t[1]} / 4)"),
        inner.map(lambda t: f"floor({t} * x) + ceil(x / 2) + round(x * {t})"),
        inner.map(lambda t: f"(2 if x * {t} >= 1.5 else 4)"),
        inner.map(lambda t: f"int(round(x, 1) * 10 + {t})"),
    )


EXPRESSIONS = st.recursive(st.sampled_from(WHOLE), whole, max_leaves=12)
NAMES = {"trunc": math.trunc, "floor": math.floor, "ceil": math.ceil}
INTS = st.integers(-20, 20)
FLOATS = st.one_of(st.sampled_from([0.0, -0.0, 0.5, 1.0, 1.5, -2.5]), st.floats(-50, 50))


@given(EXPRESSIONS, INTS, INTS, FLOATS, st.lists(st.tuples(INTS, INTS, FLOATS), min_size=1, max_size=8))
def test_replayed_is_computed(text: str, a: int, b: int, x: float, others: list[tuple[int, int, float]]) -> None:
    compute = eval(f"lambda a, b, x: ({text}, x * a)", dict(NAMES))
    try:
        replay = traced(compute, a, b, x)
    except MISTAKES:
        assert isinstance(outcome(compute, a, b, x), type)
        return
    assert repr(replay({"a": a, "b": b, "x": x})) == repr({"result": compute(a, b, x)})
    for point in others:
        found = replay(dict(zip("abx", point, strict=True)))
        if found is not None:
            assert repr(found["result"]) == outcome(compute, *point)


@given(EXPRESSIONS, INTS, INTS, FLOATS)
def test_a_pinned_param_is_where_the_trace_was_made(text: str, a: int, b: int, x: float) -> None:
    compute = eval(f"lambda a, b, x: {text}", dict(NAMES))
    try:
        replay = traced(compute, a, b, x)
    except MISTAKES:
        return
    made = {"a": a, "b": b, "x": x}
    assert all(made[name] == value for name, value in replay.pinned.items())


def test_a_traced_number_passes_for_a_number_and_is_none() -> None:
    trace = Trace()
    number, share = trace.param("n", 3), trace.param("x", 0.5)
    assert isinstance(number, int)
    assert not isinstance(number, bool | float)
    assert isinstance(share, float)
    assert not isinstance(share, int)
    with pytest.raises(TypeError):
        int.__add__(number, 1)  # C code that takes digits without asking finds none


def test_what_python_asks_for_digits_is_pinned() -> None:
    cases: list[Compute] = [
        lambda a, b, x: list(range(a)),
        lambda a, b, x: [7, 8, 9, 10][a],
        lambda a, b, x: (0,) * a,
        lambda a, b, x: str(a),
        lambda a, b, x: f"{a:04d}",
        lambda a, b, x: {a: 1}[3],
        lambda a, b, x: math.sqrt(a),
        lambda a, b, x: int(a),
        lambda a, b, x: float(a),
        lambda a, b, x: 2**a,
        lambda a, b, x: math.log2(x) + a.bit_length(),
    ]
    for compute in cases:
        replay = traced(compute, 3, 5, 0.5)
        assert replay.pinned["a"] == 3
        assert replay({"a": 4, "b": 5, "x": 0.5}) is None
        assert replay({"a": 3, "b": 99, "x": 0.5}) == {"result": compute(3, 5, 0.5)}


def test_equal_quantities_are_one_term_and_checks_of_channels_one_interval() -> None:
    trace = Trace()
    growth = trace.param("growth", 32)
    channels = 64
    for _ in range(50):
        channels = channels + growth
        assert 1 <= channels < 10_000
    assert channels == growth * 50 + 64
    assert channels % 2 == growth * 50 % 2 == 0
    source = Replay(trace, {"channels": channels}).source
    assert source == "def replay(a0):\n    if not (-0x1 <= a0 <= 0xc6): return\n    return ((0x40 + 0x32*a0), )\n"


def test_in_a_memo_table_terms_are_compared_and_nothing_is_pinned() -> None:
    trace = Trace()
    a, b = trace.param("a", 4), trace.param("b", 4)
    table = {trace.key((1, a + a)): "twice"}
    assert table.get(trace.key((1, 2 * a))) == "twice"
    assert table.get(trace.key((1, 2 * b))) is None
    assert table.get(trace.key((1, 8))) is None
    assert not trace.record.bounds
    assert {a: 1}.get(b) == 1  # any other table looks at the numbers, and both are pinned
    assert Replay(trace, {}).pinned == {"a": 4, "b": 4}


def test_a_long_sum_and_a_high_power_take_little() -> None:
    trace = Trace()
    a = trace.param("a", 3)
    total: Any = 0
    for k in range(1, 5000):
        total += (a + k) // (k + 1)
    power = ((a + 1) ** 40) * ((a + 2) ** 40)
    replay = Replay(trace, {"total": total, "power": power})
    assert len(replay.source) < 400_000
    for value in (3, 50, 1234):
        expected = sum((value + k) // (k + 1) for k in range(1, 5000))
        assert replay({"a": value}) == {"total": expected, "power": (value + 1) ** 40 * (value + 2) ** 40}


def test_a_gigantic_power_is_refused_before_it_is_computed() -> None:
    trace = Trace()
    with pytest.raises(OverflowError):
        _ = 2 ** trace.param("a", 10**9)
    with pytest.raises(OverflowError):
        _ = trace.param("a", 3) ** 10**9


def test_nothing_of_a_name_reaches_the_source() -> None:
    trace = Trace()
    bad = trace.param("__import__('os').abort()", 3)
    replay = Replay(trace, {"exit()": [bad + 1, "quit()", None]})
    assert replay.source == "def replay(a0):\n    return ([(0x1 + a0), constants[0], constants[1], ], )\n"
    assert replay({"__import__('os').abort()": 5}) == {"exit()": [6, "quit()", None]}


def test_a_number_that_is_kept_beyond_its_trace_is_found_out() -> None:
    trace = Trace()
    kept = trace.param("a", 3)
    Replay(trace, {"a": kept})
    for use in (lambda: kept + 1, lambda: kept == 3, lambda: str(kept), lambda: hash(kept), lambda: range(kept)):
        with pytest.raises(RuntimeError, match="beyond its trace"):
            use()
