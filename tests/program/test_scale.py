"""What a network of 100,000 blocks or thousands of different nodes asks of the compiler: counts of work, no seconds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archspec import api
from archspec.language.elaborate.stamp import Stamp
from archspec.ops.conv import Conv
from archspec.ops.norm import BatchNorm
from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS
from benchmarks.scale import dag, residual

BLOCKS = 100_000
LIMITS = DEFAULT_LIMITS._replace(nodes=3 * BLOCKS, operations=10**9)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often convolutions and norms are asked what they give, hold and cost."""
    counts: Counter[str] = Counter()

    def watch(kind: type, name: str) -> None:
        real = getattr(kind, name)

        def counted(self: Any, *given: Any) -> Any:
            counts[name] += 1
            return real(self, *given)

        monkeypatch.setattr(kind, name, counted)

    for kind in (Conv, BatchNorm):
        for name in ("infer", "weights"):
            watch(kind, name)
    return counts


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_many_blocks_ask_each_op_as_often_as_two(tmp_path: Path, asked: Counter[str]) -> None:
    few = api.load(written(tmp_path, residual(2))).summary()
    before = dict(asked)
    asked.clear()
    many = api.load(written(tmp_path, residual(BLOCKS)), limits=LIMITS).summary()
    assert dict(asked) == before
    block = 2 * 16 * 16 * 9 + 2 * 2 * 16
    assert (many["params"] - few["params"], few["params"]) == ((BLOCKS - 2) * block, 2 * block + 170)
    assert (many["depth"], many["depth_min"]) == (2 * BLOCKS + 1, 1)


def test_all_copies_but_two_are_stamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    make = Stamp.make
    monkeypatch.setattr(Stamp, "make", lambda self, names, read: (runs.append(len(names)), make(self, names, read))[1])
    api.load(written(tmp_path, residual(1000)))
    assert runs == [998]


def test_copies_are_counted_before_they_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stamp, "make", lambda *_: pytest.fail("made"))
    text = residual(40_000).replace("repeat: block, ", "repeat: block, wire: residual, ")
    with pytest.raises(SpecError, match="more than 50,000 nodes"):
        api.load(written(tmp_path, text))


def test_four_times_the_different_nodes_do_not_ask_ops_twice_as_often(tmp_path: Path, asked: Counter[str]) -> None:
    totals = []
    for size in (2000, 8000):
        asked.clear()
        network = api.load(written(tmp_path, dag(size)))
        assert network.stats().total.params > 0
        assert len(network.program.graph.nodes) == size
        assert not network.warnings
        totals.append(asked.total())
    assert 0 < totals[1] < 2 * totals[0]
