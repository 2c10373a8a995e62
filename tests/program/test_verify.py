"""The verifier finds each kind of inconsistency, and says which node it is."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from archspec.ops.base import Tensor
from archspec.program.model import INPUT, Call, Module, Node, Output, Program, Ref
from archspec.program.verify import verify
from archspec.text.diagnostics import SpecError
from tests.program.build import Act, Body, Dense, Mix, Sum, program, residual


def net(change: Callable[[list[Node]], None] | None = None, **fields: Any) -> Program:
    """image → a (8) → b (8) → sum → c (4), with one thing changed."""
    body = Body("net", image=3)
    a = body.add("a", Dense(out=8), body.x)
    b = body.add("b", Dense(out=8), a)
    body.add("c", Dense(out=4), body.add("both", Sum(), a, b))
    made = body.module(kind="graph")
    nodes = list(made.nodes)
    if change:
        change(nodes)
    return program(made._replace(nodes=tuple(nodes), **fields))


def node(number: int, **fields: Any) -> Callable[[list[Node]], None]:
    def change(nodes: list[Node]) -> None:
        nodes[number] = nodes[number]._replace(**fields)

    return change


def test_a_good_program_comes_back() -> None:
    for good in (net(), residual(3)):
        assert verify(good) is good


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (net(node(1, name="a")), "two nodes are called `a`"),
        (net(node(1, args=(Ref(2),))), "reads output 0 of node 2, which does not exist before it"),
        (net(node(1, args=(Ref(1),))), "reads output 0 of node 1, which does not exist before it"),
        (net(node(1, args=(Ref(0, 1),))), "reads output 1 of node 0, which does not exist before it"),
        (net(node(0, args=(Ref(INPUT, 1),))), "reads output 1 of the inputs, which does not exist before it"),
        (net(node(0, args=())), "gives 0 inputs to `dense`, which takes 1"),
        (net(node(1, args=(Ref(0), Ref(0)))), "gives 2 inputs to `dense`, which takes 1"),
        (net(node(1, types=(Tensor((9,)),))), "`dense` gives [8], not [9]"),
        (net(node(1, body=Dense(out=7), types=(Tensor((7,)),))), "refuses its inputs: cannot add tensors of different"),
        (net(node(1, key="a")), "applications of `a` have weights of different shapes"),
        (net(node(1, key="^enc")), "`^enc` is not among what the module borrows"),
        (net(node(2, skipped=True)), "is skipped, but has 2 arguments"),
        (net(node(3, skipped=True)), "is skipped, but gives [4] for [8]"),
        (net(node(1, body=Call("other"))), "calls module `other`, which does not exist"),
        (net(node(1, body=Call("net"))), "calls module `net`, which comes later or calls it"),
        (net(node(1, ties=MappingProxyType({"weight": "c.weight"}))), "ties `weight` [8, 8] to `c.weight` [4, 8]"),
        (net(node(1, ties=MappingProxyType({"weight": "d.weight"}))), "but there is no `d.weight`"),
        (net(node(1, ties=MappingProxyType({"wait": "a.weight"}))), "but there is no `wait`"),
        (net(outputs=(Output("out", Ref(9)),)), "output `out` is a value that does not exist"),
        (net(outputs=(Output("out", Ref(3), only="training"),)), "main module has no output outside training"),
        (net()._replace(main="none"), "main module `none` does not exist"),
        (Program("toy", "net", {"net": net().graph._replace(id="other")}), "module `other` is listed as `net`"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_broken_is_named(broken: Program, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        verify(broken)
    (first, *_) = caught.value.diagnostics
    assert first.code == "A0601"
    assert first.message.startswith("inconsistent program: ")
    assert message in first.message
    assert "this is a bug in archspec or in a pass" in first.help[0]


def callee() -> Module:
    inner = Body("inner", x=8)
    inner.add("fc", Dense(out=8), inner.x)
    inner.add("again", Dense(out=8), Ref(0), key="^enc")
    return inner.module(borrows=("enc",))


def caller(**extra: Any) -> Program:
    made = callee()
    body = Body("net", {"inner": made}, image=8)
    body.add("enc", Dense(out=8), body.x)
    body.add("call", "inner", Ref(0), **extra)
    return program(made, body.module())


def test_what_is_borrowed_must_be_lent() -> None:
    verify(caller(lends={"enc": "enc"}))
    with pytest.raises(SpecError, match="lends nothing to `inner`, which borrows `enc`"):
        verify(caller())
    with pytest.raises(SpecError, match=r"`\^other` is not among what the module borrows"):
        verify(caller(lends={"enc": "^other"}))


def test_a_borrowed_instance_has_one_shape_everywhere() -> None:
    made = callee()
    body = Body("net", {"inner": made}, image=8)
    body.add("enc", Dense(out=9), body.x)
    body.add("call", "inner", body.x, lends={"enc": "enc"})
    with pytest.raises(SpecError, match="applications of `enc` have weights of different shapes"):
        verify(program(made, body.module()))


def test_the_network_borrows_from_nobody() -> None:
    body = Body("net", image=8)
    body.add("a", Dense(out=8), body.x, key="^enc")
    with pytest.raises(SpecError, match="main module borrows `enc` from nobody"):
        verify(program(body.module(borrows=("enc",))))


def test_callee_types_must_be_equal() -> None:
    good = residual(2)
    block = good.modules["block"]
    wider = block._replace(inputs=(block.inputs[0]._replace(type=Tensor((9,))),))
    nodes = (block.nodes[0]._replace(args=(Ref(INPUT),)), *block.nodes[1:])
    broken = good._replace(modules={**good.modules, "block": wider._replace(nodes=nodes)})
    with pytest.raises(SpecError, match=r"gives \[8\] to `block`, which takes \[9\]"):
        verify(broken)


def test_an_instance_of_modules_has_one_set_of_weights() -> None:
    """Two concrete modules under one key must hold the same tensors, however deep they lie."""
    modules = {}
    for id, width in (("narrow", 4), ("wide", 5)):
        body = Body(id, x=8)
        body.add("fc", Dense(out=8), body.add("hidden", Dense(out=width), body.x))
        modules[id] = body.module()
    net_body = Body("net", modules, image=8)
    first = net_body.add("first", "narrow", net_body.x, key="enc")
    net_body.add("second", "wide", first, key="enc")
    with pytest.raises(SpecError, match="applications of `enc` have weights of different shapes"):
        verify(program(*modules.values(), net_body.module()))


def test_what_exists_only_in_training_and_reads_nothing_has_no_reader_elsewhere() -> None:
    from tests.program.build import Table

    body = Body("net", image=8)
    table = body.add("table", Table(size=8), only="training")
    body.add("sum", Sum(), body.x, table)
    with pytest.raises(SpecError, match="reads `table`, which exists only in training"):
        verify(program(body.module()))


def test_an_optional_input_may_be_left_out_and_no_other() -> None:
    body = Body("net", image=8)
    body.add("mix", Mix(), body.x, body.add("gate", Act(), body.x))
    made = body.module()
    verify(program(made))
    missing = made.nodes[1]._replace(args=(Ref(INPUT), Ref(0)), absent=frozenset({1}))
    with pytest.raises(SpecError, match="leaves out an input that `mix` needs"):
        verify(program(made._replace(nodes=(made.nodes[0], missing))))
