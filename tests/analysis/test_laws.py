"""Counting a module once and composing must equal counting the flat graph. networkx is the oracle."""

from __future__ import annotations

from math import prod

import networkx
from hypothesis import given
from hypothesis import strategies as st

from archspec.analysis.cost import cost
from archspec.analysis.lengths import path_lengths
from archspec.analysis.paths import Edges, count_paths, depth, depth_min, main_output
from archspec.program.flatten import flat_size, flatten, graph
from archspec.program.model import INPUT, Mode, Module, Program, Ref
from archspec.program.read import type_of
from archspec.program.verify import verify
from archspec.program.weights import Weights
from tests.program.build import Act, Body, Both, Dense, Mix, Sum, Table, program

WIDTH = 3
MODES: list[Mode | None] = [None, None, None, "training", "inference"]
mode = st.sampled_from(MODES)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Small networks of nested modules: several inputs and outputs, shared instances, skips, modes."""
    done: dict[str, Module] = {}
    for level in range(draw(st.integers(1, 3))):
        body = Body(f"m{level}", done, **{f"in{port}": WIDTH for port in range(draw(st.integers(1, 3)))})
        values = [Ref(INPUT, port) for port in range(len(body.ports))]
        borrows = ("enc",) if draw(st.booleans()) else ()
        for step in range(draw(st.integers(1, 6))):
            kinds = ["dense", "shared", "act", "sum", "mix", "both", "table", "skip", "training"]
            kind = draw(st.sampled_from(kinds + ["call"] * 4 * bool(done) + ["borrowed"] * bool(borrows)))
            name, x = f"s{step}", draw(st.sampled_from(values))
            lends: dict[str, str] = {}
            match kind:
                case "dense" | "training":
                    made = body.add(name, Dense(out=WIDTH), x, only="training" if kind == "training" else None)
                case "shared":
                    made = body.add(name, Dense(out=WIDTH), x, key="one", only=draw(mode))
                case "borrowed":
                    made = body.add(name, Dense(out=WIDTH), x, key="^enc", only=draw(mode))
                case "act":
                    made = body.add(name, Act(), x)
                case "sum":
                    made = body.add(name, Sum(), x, *draw(st.lists(st.sampled_from(values), max_size=3)))
                case "mix":
                    made = body.add(name, Mix(), x, draw(st.sampled_from(values)))
                case "both":
                    made = Ref(body.add(name, Both(), x).node, draw(st.integers(0, 1)))
                case "table":
                    made = body.add(name, Table(size=WIDTH))
                case "skip":
                    made = body.add(name, Dense(out=WIDTH), x, skipped=True)
                case _:
                    callee = done[draw(st.sampled_from(sorted(done)))]
                    if callee.borrows:
                        lends = {"enc": "^enc" if borrows and draw(st.booleans()) else "mine"}
                    arguments = [draw(st.sampled_from(values)) for _ in callee.inputs]
                    made = body.add(name, callee.id, *arguments, only=draw(mode), lends=lends)
                    made = Ref(made.node, draw(st.integers(0, len(callee.outputs) - 1)))
            values.append(made)
        for number in range(draw(st.integers(1, 2))):
            body.out(f"out{number}", values[-1 - number])
        used = {node.key for node in body.nodes} | {key for node in body.nodes for key in node.lends.values()}
        done[body.id] = body.module(borrows=borrows if "^enc" in used else ())
    main = Body("main", done, image=WIDTH)
    callee = done[f"m{level}"]
    main.add("body", callee.id, *(Ref(INPUT, 0) for _ in callee.inputs), lends=dict.fromkeys(callee.borrows, "enc"))
    main.add("aux", Dense(out=2), main.add("fc", Dense(out=WIDTH), Ref(0)), only="training")
    main.out("aux", Ref(2), only="training")
    main.out("main", Ref(1))
    return program(*done.values(), main.module(kind="graph"))


def all_paths(made: Program, follow_all: bool) -> list[int]:
    """Weighted layers of every path, by brute enumeration."""
    view = graph(made, "inference")
    if not follow_all:
        view.remove_edges_from([edge[:3] for edge in view.edges(keys=True, data="steers") if edge[3]])
    end = f"output:{main_output(made.graph).name}"
    return [
        sum(view.nodes[target]["weighted"] for _, target, _ in path)
        for path in networkx.all_simple_edge_paths(view, "input:image", end)
    ]


@given(programs())
def test_paths_and_depth_equal_enumeration(made: Program) -> None:
    verify(made)
    each: tuple[Edges, ...] = ("data", "all")
    for edges in each:
        lengths = all_paths(made, edges == "all")
        assert count_paths(made, edges) == len(lengths)
        assert depth(made, edges) == max(lengths, default=0)
        assert depth_min(made, edges) == min(lengths, default=0)
        assert path_lengths(made, edges) == tuple(
            lengths.count(length) for length in range(max(lengths, default=-1) + 1)
        )


@given(programs())
def test_cost_equals_sum_over_the_flat_graph(made: Program) -> None:
    counted = cost(made)
    flat = flatten(made)
    assert len(flat.nodes) == flat_size(made)
    params, buffers = {}, {}
    for node in flat.nodes:
        types = [
            flat.nodes[ref.node].types[ref.output] if ref.node != INPUT else made.graph.inputs[0].type
            for ref in node.args
        ]
        for name, type in node.op.weights(*types).items():
            params[f"{node.key}.{name}"] = prod(type.shape)
        for name, type in node.op.buffers(*types).items():
            buffers[f"{node.key}.{name}"] = prod(type.shape)
    assert counted.params == sum(params.values())
    assert counted.buffers == sum(buffers.values())
    assert counted.mads == sum(
        node.op.mads(
            *(
                flat_inference.nodes[ref.node].types[ref.output] if ref.node != INPUT else made.graph.inputs[0].type
                for ref in node.args
            )
        )
        for flat_inference in [flatten(made, "inference")]
        for node in flat_inference.nodes
    )


@given(programs())
def test_manifest_equals_the_flat_graph(made: Program) -> None:
    keys = [weight.key for weight in Weights(made).all()]
    assert len(keys) == len(set(keys))
    assert set(keys) == {key for node in flatten(made).nodes for key in node.weights}
    trainable = [weight.type.elements for weight in Weights(made).all() if weight.trainable]
    assert sum(trainable) == cost(made).params


@given(programs())
def test_training_only_params_are_those_that_inference_lacks(made: Program) -> None:
    in_inference = {key for node in flatten(made, "inference").nodes for key in node.weights}
    only = [w for w in Weights(made).all() if w.trainable and w.key not in in_inference]
    assert cost(made).total.training_only == sum(weight.type.elements for weight in only)


@given(programs())
def test_flat_types_are_those_of_the_modules(made: Program) -> None:
    flat = flatten(made)
    for out, wanted in zip(flat.outputs, made.graph.outputs, strict=True):
        source = flat.nodes[out.ref.node].types if out.ref.node != INPUT else [made.graph.inputs[0].type]
        assert source[out.ref.output if out.ref.node != INPUT else 0] == type_of(made.graph, wanted.ref)
