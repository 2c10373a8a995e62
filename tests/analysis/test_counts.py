"""Figures that one can work out on paper."""

from __future__ import annotations

import pytest

from archspec.analysis.cost import cost
from archspec.analysis.lengths import path_lengths
from archspec.analysis.paths import count_paths, depth, depth_min
from archspec.analysis.semiring import MANY
from archspec.analysis.summary import summary
from archspec.analysis.table import by_layer, by_module, by_op
from archspec.program.flatten import flatten
from archspec.program.model import Module, Program, Ref
from archspec.program.verify import verify
from archspec.text.bignum import decimal
from tests.program.build import Act, Body, Both, Dense, Mix, Sum, Table, program, residual


def test_a_residual_net_has_two_paths_a_block() -> None:
    made = verify(residual(600))
    assert depth(made) == 1202
    assert depth_min(made) == 2
    assert count_paths(made) == 2**600


def test_path_lengths_of_residual_blocks_are_binomial() -> None:
    assert path_lengths(residual(4)) == (0, 0, 1, 0, 4, 0, 6, 0, 4, 0, 1)


def squeeze(shortcut: bool) -> Program:
    """A block whose map is scaled by a gate computed from it, with or without a shortcut."""
    body = Body("net", image=4)
    mapped = body.add("map", Dense(out=4), body.x)
    gate = body.add("fc2", Dense(out=4), body.add("fc1", Dense(out=4), mapped))
    scaled = body.add("scale", Mix(), mapped, gate)
    if shortcut:
        body.add("sum", Sum(), scaled, body.x)
    return program(body.module())


def test_a_gate_steers_and_its_path_counts_apart() -> None:
    assert (count_paths(squeeze(True)), count_paths(squeeze(True), "all")) == (2, 3)
    assert (count_paths(squeeze(False)), count_paths(squeeze(False), "all")) == (1, 2)
    assert (depth(squeeze(True)), depth(squeeze(True), "all")) == (1, 3)


def test_a_value_read_twice_gives_two_paths_and_a_parameter_none() -> None:
    body = Body("net", image=4)
    twice = body.add("twice", Sum(), body.x, body.x)
    body.add("sum", Sum(), twice, body.add("table", Table(size=4)))
    assert count_paths(program(body.module())) == 2


def test_no_path_is_depth_zero() -> None:
    body = Body("net", image=4)
    body.add("fc", Dense(out=4), body.add("table", Table(size=4)))
    made = program(body.module())
    assert (count_paths(made), depth(made), depth_min(made), path_lengths(made)) == (0, 0, 0, ())


def test_modules_with_several_inputs_keep_them_apart() -> None:
    """One input passes three layers, the other none: which of them is fed decides."""
    inner = Body("inner", x=4, y=4)
    value = inner.x
    for step in range(3):
        value = inner.add(f"fc{step}", Dense(out=4), value)
    inner.add("sum", Sum(), value, Ref(-1, 1))
    pair = inner.module()
    depths = []
    for swap in (False, True):
        body = Body("net", {"inner": pair}, image=4)
        deep = body.add("deep", Dense(out=4), body.x)
        body.add("pair", "inner", *((deep, body.x) if not swap else (body.x, deep)))
        depths.append((depth(program(pair, body.module())), depth_min(program(pair, body.module()))))
    assert depths == [(4, 0), (3, 1)]


def test_path_counts_stop_at_their_bound() -> None:
    """A short program can ask for 2^(10^9) paths: counting it takes no time and says how many they are about."""
    modules: dict[str, Module] = {}
    below: str | None = None
    for level in range(9):
        body = Body(f"m{level}", modules, x=4)
        value = body.x
        for step in range(10):
            value = body.add(f"s{step}", below, value) if below else body.add(f"s{step}", Sum(), value, value)
        modules[body.id] = body.module()
        below = body.id
    made = program(*modules.values())
    assert count_paths(made) == MANY
    assert summary(made)["paths"] == "about 10^301,029,996"


@pytest.mark.parametrize("number", [0, 7, 10**3999, 10**4000, 10**4000 + 5, 3**20000], ids="abcdef")
def test_decimal_digits_of_any_integer(number: int) -> None:
    digits = decimal(number)
    assert digits.isdecimal()
    value = 0
    for at in range(0, len(digits), 1000):
        part = digits[at : at + 1000]
        value = value * 10 ** len(part) + int(part)
    assert value == number
    assert digits == "0" or digits[0] != "0"


def test_shared_and_tied_tensors_are_held_once() -> None:
    body = Body("net", image=4)
    a = body.add("a", Dense(out=4), body.x)
    b = body.add("b", Dense(out=4), a, key="a")
    body.add("c", Dense(out=4), b, ties={"weight": "a.weight"})
    counted = cost(verify(program(body.module())))
    assert (counted.params, counted.buffers, counted.mads) == (20 + 4, 2, 48)


def test_a_tie_may_reach_into_a_called_module() -> None:
    inner = Body("inner", x=4)
    inner.add("fc", Dense(out=4), inner.x)
    made = inner.module()
    body = Body("net", {"inner": made}, image=4)
    a = body.add("a", Dense(out=4), body.x)
    body.add("b", "inner", a, ties={"fc.weight": "a.weight"})
    both = verify(program(made, body.module()))
    assert cost(both).params == 20 + 4
    assert sum(row["params"] for row in by_layer(both, cost(both))) == 24


def test_training_only_parts_are_params_but_no_multiply_adds() -> None:
    body = Body("net", image=4)
    a = body.add("a", Dense(out=4), body.x)
    body.out("aux", body.add("aux", Dense(out=2), a, only="training"), only="training")
    body.out("main", body.add("b", Dense(out=3), a))
    made = verify(program(body.module()))
    total = cost(made).total
    assert (total.params, total.training_only, total.mads) == (20 + 10 + 15, 10, 16 + 12)
    assert summary(made)["output"] == [3]


def nested() -> Program:
    """A shared module of two layers, applied twice, and a branch that gives two values."""
    enc = Body("enc", x=4)
    enc.add("b", Dense(out=4), enc.add("a", Dense(out=4), enc.x))
    shared = enc.module()
    body = Body("net", {"enc": shared}, image=4)
    left = body.add("left", "enc", body.x, key="enc")
    right = body.add("right", "enc", left, key="enc")
    two = body.add("two", Both(), right)
    body.add("head.0", Dense(out=2), body.add("sum", Sum(), two, two._replace(output=1)))
    body.add("head.1", Act(), Ref(len(body.nodes) - 1))
    return verify(program(shared, body.module()))


def test_rows_by_module() -> None:
    made = nested()
    rows = by_module(made, cost(made))
    columns = ("key", "level", "op", "output", "params", "buffers", "mads", "calls")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("enc", 1, "enc", [4], 40, 2, 64, 2),
        ("enc.a", 2, "dense(4)", [4], 20, 1, 32, 2),
        ("enc.b", 2, "dense(4)", [4], 20, 1, 32, 2),
        ("head", 1, "", [2], 10, 1, 8, 1),
        ("head.0", 2, "dense(2)", [2], 10, 1, 8, 1),
    ]
    assert [row["key"] for row in by_module(made, cost(made), 1)] == ["enc", "head"]


def test_rows_by_layer_and_by_op() -> None:
    made = nested()
    assert [(row["key"], row["params"], row["mads"]) for row in by_layer(made, cost(made))] == [
        ("enc.a", 20, 16),
        ("enc.b", 20, 16),
        ("enc.a", 0, 16),
        ("enc.b", 0, 16),
        ("head.0", 10, 8),
    ]
    assert [tuple(row.values()) for row in by_op(made)] == [
        ("dense", 5, 50, 3, 72),
        ("act", 1, 0, 0, 0),
        ("both", 1, 0, 0, 0),
        ("sum", 1, 0, 0, 0),
    ]


def test_a_table_without_a_depth_fits_a_screen() -> None:
    made = residual(30)
    assert [row["key"] for row in by_module(made, cost(made))] == ["stem", "blocks", "classifier"]
    assert len(by_module(made, cost(made), 3)) == 3 + 30 + 60


def test_layers_that_hold_no_weight_of_the_network_are_summed_up() -> None:
    body = Body("net", image=4)
    body.add("sum", Sum(), body.add("fc", Dense(out=4), body.x), body.add("bias", Table(size=4)))
    made = program(body.module())
    last = by_layer(made, cost(made))[-1]
    assert (last["op"], last["params"]) == ("all others", 4)
    assert len(flatten(made).nodes) == 3
