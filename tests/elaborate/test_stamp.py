"""A stamped copy is the copy that would have been made."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec import api
from archspec.language.elaborate.stamp import Stamp
from archspec.program.model import Origin, Program
from archspec.text.diagnostics import SpecError

HEAD = """
archspec: 1
name: net
inputs: {image: [8, 16, 16]}
modules:
  block:
    params: {width: int, stride: 1}
    steps:
      - conv: conv(width, 3, padding=1, stride=stride)
      - relu
  two:
    inputs: [a, b]
    steps:
      - conv(8, 1)(a) + b
  pair:
    steps:
      - x: relu
      - y: tanh(x)
    out: [x, y]
"""
REPEATS = {
    "chain": "{repeat: block(8), times: 7}",
    "named": "{repeat: block(8), times: 7, as: 'layer${j + 1}'}",
    "first-differs": "{repeat: 'block(8, stride=2 if j == 0 else 1)', times: 6}",
    "number-of-a-copy-made-anew": "{repeat: 'conv(16 if j < 2 else 24, 3 if j == 3 else 1, padding=half)', times: 6}",
    "middle-differs": "{repeat: 'block(8 + 8 * (j // 3))', times: 9}",
    "numbers-of-two-kinds": "{repeat: 'dropout(0.5 if j < 3 else 1 / 2)', times: 6}",
    "op": "{repeat: relu, times: 5}",
    "pipe": "{repeat: 'conv(8, 1) >> relu', times: 5}",
    "pipe-with-number": "{repeat: 'conv(8, 1 + 2 * (j % 2), padding=half) >> relu', times: 5}",
    "sum": "{repeat: 'relu(it) + conv(8, 1)(it)', times: 5}",
    "what-stands-outside": "{repeat: it + stem, times: 5}",
    "residual": "{repeat: block(8), times: 7, wire: residual}",
    "residual-outside": "{repeat: 'conv(8, 1)(it) + stem', times: 7, wire: residual}",
    "dense": "{repeat: block(4), times: 5, wire: dense}",
    "parallel": "{repeat: block(8), times: 5, wire: parallel, join: add}",
    "parallel-concat": "{repeat: 'block(j % 2 + 1)', times: 5, wire: parallel, join: concat}",
    "last": "{repeat: two, times: 5, wire: last(2)}",
    "body": "{repeat: {steps: [{c: 'conv(8, 1)'}, 'relu(c)']}, times: 5}",
    "body-with-number": "{repeat: {steps: [{'c${j}': 'conv(8, 1)'}, relu]}, times: 5}",
}


def spec(tmp_path: Path, repeat: str) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}graph:\n  - stem: relu\n  - body: {repeat}\n", encoding="utf-8")
    return path


def said(program: Program) -> object:
    """All of a program, with places as text: two readings of one file have places of their own."""
    return [
        (
            module._replace(nodes=(), origin=None),
            [(node._replace(origin=Origin(None)), str(node.origin)) for node in module.nodes],  # type: ignore[arg-type]
        )
        for module in program.modules.values()
    ]


def both(path: Path | str, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    """The program with stamped copies, and with every copy made anew."""
    stamped = said(api.load(path).program)
    monkeypatch.setattr(Stamp, "fits", lambda *_: False)
    return stamped, said(api.load(path).program)


@pytest.mark.parametrize("repeat", REPEATS.values(), ids=REPEATS)
def test_a_stamped_copy_is_the_copy_made(repeat: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamped, made = both(spec(tmp_path, repeat), monkeypatch)
    assert stamped == made


@pytest.mark.parametrize("name", ["densenet121", "resnet152", "vgg16_bn", "nasnet_a_large", "se_resnet50_v15"])
def test_shipped_networks_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stamped, made = both(name, monkeypatch)
    assert stamped == made


def test_copies_are_stamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    make = Stamp.make
    monkeypatch.setattr(Stamp, "make", lambda self, run, read: (names.extend(run), make(self, run, read))[1])
    api.load(spec(tmp_path, REPEATS["first-differs"]))
    assert names == ["3", "4", "5"]


def test_a_copy_that_would_differ_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="division by zero"):
        api.load(spec(tmp_path, "{repeat: 'block(8 // (4 - j))', times: 6}"))


def test_two_copies_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="two copies are called `c3`"):
        api.load(spec(tmp_path, "{repeat: block(8), times: 6, as: 'c${min(j, 3)}'}"))
