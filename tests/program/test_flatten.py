from __future__ import annotations

import pytest

from archspec.program.flatten import flat_size, flatten, graph
from archspec.program.model import INPUT, Module, Ref
from archspec.program.weights import Weights
from archspec.text.diagnostics import SpecError
from tests.program.build import Act, Body, Dense, Mix, Sum, program, residual


def test_names_keys_and_arguments() -> None:
    flat = flatten(residual(2))
    assert [(node.name, node.key, node.args) for node in flat.nodes] == [
        ("stem", "stem", (Ref(INPUT),)),
        ("blocks.0.fc1", "blocks.0.fc1", (Ref(0),)),
        ("blocks.0.act", "blocks.0.act", (Ref(1),)),
        ("blocks.0.fc2", "blocks.0.fc2", (Ref(2),)),
        ("blocks.add0", "blocks.add0", (Ref(3), Ref(0))),
        ("blocks.1.fc1", "blocks.1.fc1", (Ref(4),)),
        ("blocks.1.act", "blocks.1.act", (Ref(5),)),
        ("blocks.1.fc2", "blocks.1.fc2", (Ref(6),)),
        ("blocks.add1", "blocks.add1", (Ref(7), Ref(4))),
        ("classifier", "classifier", (Ref(8),)),
    ]
    assert flat.nodes[1].weights == ("blocks.0.fc1.weight", "blocks.0.fc1.bias", "blocks.0.fc1.calls")
    assert flat.outputs[0].ref == Ref(9)


def test_modes_contract_what_they_lack() -> None:
    body = Body("net", image=4)
    train = body.add("train", Dense(out=4), body.x, only="training")
    infer = body.add("infer", Dense(out=4), train, only="inference")
    skipped = body.add("skipped", Dense(out=4), infer, skipped=True)
    body.out("main", body.add("fc", Act(), skipped))
    body.out("aux", train, only="training")
    made = program(body.module())

    def names(mode: str | None) -> list[tuple[str, tuple[Ref, ...]]]:
        return [(node.name, node.args) for node in flatten(made, mode).nodes]  # type: ignore[arg-type]

    assert names(None) == [("train", (Ref(INPUT),)), ("infer", (Ref(0),)), ("fc", (Ref(1),))]
    assert names("training") == [("train", (Ref(INPUT),)), ("fc", (Ref(0),))]
    assert names("inference") == [("infer", (Ref(INPUT),)), ("fc", (Ref(0),))]
    assert [out.name for out in flatten(made, "training").outputs] == ["main", "aux"]
    assert [out.name for out in flatten(made, "inference").outputs] == ["main"]


def test_a_shared_instance_that_only_inner_bodies_apply_belongs_to_its_owner() -> None:
    inner = Body("inner", x=4)
    inner.add("use", Dense(out=4), inner.x, key="^enc")
    borrower = inner.module(borrows=("enc",))
    body = Body("net", {"inner": borrower}, image=4)
    body.add("b", "inner", body.add("a", "inner", body.x, lends={"enc": "enc"}), lends={"enc": "enc"})
    made = program(borrower, body.module())
    assert [(node.name, node.key) for node in flatten(made).nodes] == [("a.use", "enc"), ("b.use", "enc")]
    assert [weight.key for weight in Weights(made).all()] == ["enc.weight", "enc.bias", "enc.calls"]


def test_weights_are_found_through_dotted_keys() -> None:
    made = residual(2)
    weights = Weights(made)
    assert str(weights.find(made.graph, "blocks.1.fc2.weight")) == "[8, 8]"
    assert str(weights.find(made.graph, "blocks.1.fc2.calls")) == "[] int64"
    assert weights.find(made.graph, "blocks.1.fc2") is None
    assert weights.find(made.graph, "blocks.2.fc2.weight") is None


def test_a_short_program_cannot_ask_for_a_huge_flat_graph() -> None:
    modules: dict[str, Module] = {}
    below: str | None = None
    for level in range(9):
        body = Body(f"m{level}", modules, x=4)
        value = body.x
        for step in range(10):
            value = body.add(f"s{step}", below or Act(), value)
        modules[body.id] = body.module()
        below = body.id
    made = program(*modules.values())
    assert flat_size(made) == 10**9
    with pytest.raises(SpecError) as caught:
        flatten(made)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "A0602"
    assert diagnostic.message == "the flat graph of `toy` would have 1,000,000,000 nodes; the bound `nodes` is 50,000"


def test_graph_has_names_operands_and_steering_edges() -> None:
    body = Body("net", image=4)
    a = body.add("a", Act(), body.x)
    body.add("sum", Sum(), body.add("mix", Mix(), a, a), a)
    view = graph(program(body.module()))
    assert sorted(view.nodes) == ["a", "input:image", "mix", "output:out", "sum"]
    edges = sorted((start, end, data["operand"], data["steers"]) for start, end, data in view.edges(data=True))
    assert edges == [
        ("a", "mix", "gate", True),
        ("a", "mix", "x", False),
        ("a", "sum", "x", False),
        ("input:image", "a", "input", False),
        ("mix", "sum", "x", False),
        ("sum", "output:out", "output", False),
    ]
    assert view.nodes["mix"]["op"] == "mix"
    assert view.nodes["a"]["shape"] == (4,)
