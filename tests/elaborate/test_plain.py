"""Plain steps become the nodes that the long way would have made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import archspec
from archspec.language.elaborate import bodies
from archspec.program.model import Program
from archspec.text.diagnostics import SpecError
from tests.strategies import specs

GRAPHS = {
    "chain": "[conv(8, 3), relu, conv(8, 3), relu]",
    "named": "[a: 'conv(8, 1)', b: 'conv(8, 1)(a)', c: a + b, d: 'concat(a, c)', e: c * d]",
    "as-a-name-before": "[a: relu, b: relu, relu: tanh(a), c: relu + b]",
    "a-name-twice": "[a: relu, a: relu]",
    "a-number-s-name": "[width: relu, b: relu, b2: relu(width)]",
    "numbers": "[a: conv(width), b: conv(width), c: a * width, d: width * a]",
    "keys-of-numbers": "[relu, x: relu, relu, relu(x)]",
    "what-it-reads": "[a: relu, b: relu(it), c: it + a, d: a + it]",
    "of-a-module": "[a: two, b: two(a), c: two, d: two(c)]",
    "outside-of-a-body": "[a: relu, b: [relu, relu(a), it + a], c: [relu(a), relu(a)]]",
    "wrong-op": "[a: relu, b: conv, c: rleu(a), d: relu(a), e: add(a)]",
    "wrong-node": "[a: relu, b: relu(aa), c: relu(b), d: relu(a, a), e: relu(later), later: relu(a)]",
    "wrong-shape": "[a: 'conv(8, 1)', b: 'conv(7, 1)(a)', c: a + b, d: b + b, e: a + b]",
    "many-outputs": "[a: 'split(2)', b: 'split(2)(image)', c: relu(b), d: add(a), e: add(a)]",
    "shared": "{shared: {s: 'conv(8, 1)'}, steps: [a: s, b: s(a), c: relu(b), d: s + c]}",
}


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    short = outcome(path)
    with monkeypatch.context() as patch:
        patch.setattr(bodies, "plain", lambda *given: None)
        return short, outcome(path)


def outcome(path: Path) -> object:
    try:
        found = archspec.load(path)
    except SpecError as error:
        return str(error)
    return unplaced(found.program), [str(one) for one in found.warnings]


def unplaced(program: Program) -> object:
    """The program without its sources, which are compared by identity."""
    return [
        module._replace(
            origin=None,
            nodes=tuple([node._replace(origin=(node.origin.span[1:], node.origin.arguments)) for node in module.nodes]),  # type: ignore[arg-type]
        )
        for module in program.modules.values()
    ]


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_plain_steps_are_as_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graph: str) -> None:
    path = tmp_path / "net.yaml"
    text = "archspec: 1\nname: net\ninputs: {image: [8, 8, 8]}\nparams: {width: 8}\nmodules: {two: [relu, relu]}\n"
    path.write_text(f"{text}defaults: {{conv: {{padding: half}}}}\ngraph: {graph}\n", encoding="utf-8")
    short, long = both(path, monkeypatch)
    assert short == long


@settings(max_examples=40)
@given(text=specs())
def test_random_networks_are_the_same_by_the_long_way(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("spec") / "random.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as monkeypatch:
        short, long = both(path, monkeypatch)
    assert short == long
