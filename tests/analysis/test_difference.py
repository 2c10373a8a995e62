from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

import archspec
from archspec.analysis.changes import Change, Difference
from archspec.analysis.difference import difference
from archspec.api import library
from archspec.program.model import Program
from tests.strategies import specs


def load(name: str, **params: object) -> Program:
    return archspec.load(name, params).program


def written(folder: Path, steps: str, name: str = "net", rest: str = "") -> Program:
    path = folder / f"{name}.yaml"
    path.write_text(f"archspec: 1\nname: {name}\ninputs: {{image: [8, 16, 16]}}\n{rest}graph:\n{steps}")
    return archspec.load(path).program


def told(changes: Sequence[Change]) -> list[tuple[object, ...]]:
    return [(one.kind, one.a, one.b, one.times, one.before, one.after) for one in changes]


PAIRS = [
    ("resnet50", "resnext50_32x4d"),
    ("resnet50", "se_resnet50"),
    ("resnet50", "preresnet50"),
    ("densenet121", "densenet169"),
    ("vgg16", "vgg19_bn"),
    ("googlenet", "inception_v3_aux"),
    ("googlenet_torchvision", "googlenet_torchvision_aux"),
    ("lenet5", "nasnet_a_large"),
    ("slide_resnext_a", "slide_resnext_b"),
]


@pytest.mark.parametrize(("one", "two"), [*PAIRS, *((b, a) for a, b in PAIRS)])
def test_changes_add_up_to_the_difference_in_cost(one: str, two: str) -> None:
    a, b = load(one), load(two)
    found = difference(a, b)
    for name in ("params", "mads"):
        before, after = found.costs[name]
        assert sum(getattr(change, name) for change in found.changes) == after - before
        _inside_adds_up(found.changes, name)


def _inside_adds_up(changes: Sequence[Change], name: str) -> None:
    for change in changes:
        if change.inside:
            assert getattr(change, name) == sum(getattr(one, name) for one in change.inside)
            _inside_adds_up(change.inside, name)


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_the_other_way_round_says_the_opposite(one: str, two: str) -> None:
    there, back = difference(load(one), load(two)), difference(load(two), load(one))
    opposite = {"added": "removed", "removed": "added"}

    def count(found: Difference, turned: bool) -> dict[tuple[str, str | None], int]:
        side = "b" if turned else "a"
        kinds = [(path, opposite.get(kind, kind) if turned else kind) for path, kind in found.paths(side)]
        return {key: kinds.count(key) for key in kinds}

    assert count(there, False) == count(back, True)


@pytest.mark.parametrize("name", library()[::9])
def test_a_network_is_equal_to_itself(name: str) -> None:
    found = difference(load(name), archspec.load(name).program)
    assert found.equal
    assert found.changes == ()


@pytest.mark.parametrize(("one", "two"), [pair for pair in pairwise(library()[::7]) if pair[0] != pair[1]])
def test_different_networks_are_different_and_add_up(one: str, two: str) -> None:
    found = difference(load(one), load(two))
    assert not found.equal
    before, after = found.costs["params"]
    assert sum(change.params for change in found.changes) == after - before


def test_a_spelling_is_no_difference(tmp_path: Path) -> None:
    plain = written(tmp_path, "  - a: conv(8, 3, padding=1)\n  - b: conv(8, 3, padding=1)\n", "plain")
    looped = written(tmp_path, "  - for: s in ['a', 'b']\n    do:\n      - ${s}: conv(8, 3, padding=1)\n", "looped")
    assert difference(plain, looped).equal


def test_what_is_between_names_is_matched_by_what_it_says(tmp_path: Path) -> None:
    a = written(tmp_path, "  - conv(8, 3)\n  - relu\n  - conv(16, 3)\n  - relu\n", "a")
    b = written(tmp_path, "  - conv(8, 3)\n  - batch_norm\n  - relu\n  - conv(32, 3)\n  - relu\n", "b")
    assert told(difference(a, b).changes) == [
        ("added", None, "1", 1, "", "batch_norm"),
        ("changed", "2", "3", 1, "conv(16, 3)", "conv(32, 3)"),
        ("resized", "3", "4", 1, "relu", "relu"),
    ]


def test_what_a_step_reads(tmp_path: Path) -> None:
    steps = "  - a: conv(8)\n  - b: conv(8)\n  - c: conv(8)({read})\n  - b + c\n"
    one, two = (written(tmp_path, steps.format(read=read), f"n{read}") for read in ("b", "a"))
    (change,) = difference(one, two).changes
    assert (change.kind, change.a, change.details) == ("changed", "c", (("reads", "b", "a", ""),))


def test_another_name_is_a_change_since_it_is_a_key(tmp_path: Path) -> None:
    one, two = (written(tmp_path, f"  - {name}: conv(8)\n  - relu\n", name) for name in ("one", "two"))
    (change,) = difference(one, two).changes
    assert (change.kind, change.details) == ("changed", (("name", "one", "two", ""),))


def test_what_a_module_gives_back(tmp_path: Path) -> None:
    rest = "modules:\n  m:\n    steps:\n      - a: conv(8)\n      - b: relu\n      - c: a + b\n    out: {out}\n"
    one, two = (written(tmp_path, "  - m\n  - relu\n", out, rest.format(out=out)) for out in ("c", "b"))
    (change, *_) = difference(one, two).changes
    assert [(inner.kind, inner.details) for inner in change.inside] == [("changed", (("gives", "c", "b", ""),))]


def test_equal_changes_of_copies_are_one() -> None:
    found = difference(load("densenet121"), load("densenet121", growth=24))
    assert found.settings == (("growth", "32", "24", ""),)
    (features, last) = found.changes
    block = features.inside[4]
    assert (block.a, block.inside[0].times, block.inside[0].a, block.inside[0].a_last) == (
        "denseblock3", 24, "denselayer1", "denselayer24",
    )  # fmt: skip
    conv = block.inside[0].inside[1]
    assert conv.details == (("out", "128", "96", "4 * growth"),)
    assert (last.kind, last.times) == ("resized", 3)


def test_copies_more_or_fewer() -> None:
    (features, _) = difference(load("densenet169"), load("densenet121")).changes
    assert told(features.inside[0].inside) == [("removed", "denselayer25", None, 8, "dense_layer", "")]


def test_the_record_is_plain_and_complete() -> None:
    found = difference(load("resnet50"), load("se_resnet50"))
    record = json.loads(json.dumps(found.record()))
    assert list(record) == ["a", "b", "equal", "settings", "costs", "changes"]
    assert record["costs"]["depth"] == {"a": 50, "b": 50}
    squeeze = record["changes"][1]["inside"][0]["inside"][0]
    assert squeeze == {
        "kind": "added", "a": None, "b": "se", "a_last": None, "b_last": None, "times": 1, "before": "",
        "after": "squeeze_excite", "details": [], "params": 3 * 8464, "mads": 3 * 8192, "inside": [],
    }  # fmt: skip
    assert ("layer1.0.se", "added") in set(found.paths("b"))


def test_cost_grows_with_different_modules_and_steps(tmp_path: Path) -> None:
    """Copies are looked at once a pair; a long list of steps is no square."""

    from archspec.text.limits import Limits

    path = tmp_path / "deep.yaml"
    path.write_text(
        "archspec: 1\nname: deep\ninputs: {x: [8]}\nparams: {n: 10, k: 8}\n"
        "modules:\n  block:\n    - fc1: linear(k)\n    - relu\n    - fc2: linear(8)\n"
        "graph:\n  - stages: {repeat: block, times: n, wire: residual}\n"
        "  - for: q in range(n)\n    do: [linear(k if q % 2 else 8), relu]\n"
    )
    limits = Limits(nodes=10**6, operations=10**7)
    one, two = (archspec.load(path, {"n": n, "k": k}, limits=limits).program for n, k in ((5000, 8), (5003, 9)))
    found = difference(one, two)
    assert found.changes[0].inside[0].times == 5000


@settings(max_examples=60)
@given(one=specs(), two=specs())
def test_laws_on_random_networks(tmp_path_factory: pytest.TempPathFactory, one: str, two: str) -> None:
    """Nothing changes between a network and itself; between two, changes add up, and every step is told or paired."""
    folder = tmp_path_factory.mktemp("pair")
    programs = []
    for name, text in (("one", one), ("two", two), ("again", one)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
        programs.append(archspec.load(folder / f"{name}.yaml").program)
    a, b, again = programs
    assert difference(a, again).equal
    found = difference(a, b)
    for figure in ("params", "mads"):
        before, after = found.costs[figure]
        assert sum(getattr(change, figure) for change in found.changes) == after - before
    removed = sum(change.times for change in found.changes if change.kind == "removed")
    added = sum(change.times for change in found.changes if change.kind == "added")
    steps = [sum(not node.skipped for node in program.graph.nodes) for program in (a, b)]
    assert steps[0] - removed == steps[1] - added
