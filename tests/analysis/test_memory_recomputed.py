"""What checkpointed modules keep, and make again, is what torch keeps and makes again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import archspec
from archspec.analysis.memory import lifetimes, memory
from archspec.analysis.memory_table import by_layer, by_module
from tests.analysis.allocations import saved_by, saved_for_backward, weights

SPEC = """\
archspec: 1
name: net
inputs: {image: [4, 8, 8]}
modules:
  inner:
    checkpoint: true
    steps: [{conv: "conv(6, 1)"}, sigmoid, {last_conv: "conv(4, 1)"}]
  outer:
    checkpoint: true
    steps: [{one: inner}, sigmoid, {two: inner}, tanh]
graph:
  - stem: conv(4, 1)
  - alone: inner
  - outer
  - outer
  - fc: conv(1, 1)
"""
MAP = 8 * 8 * 4
"""bytes of one channel"""


def load(folder: Path, text: str) -> archspec.Architecture:
    file = folder / "net.yaml"
    file.write_text(text, "utf-8")
    return archspec.load(file)


def test_by_hand(tmp_path: Path) -> None:
    """Kept: the image, what each of the three modules is given, and what the last convolution reads. Made again at
    once: what the sigmoid and the tanh of an `outer` give, and what the sigmoid of an `inner` in it gives."""
    found = memory(load(tmp_path, SPEC).program, batch=3)
    assert found.training == 3 * (4 + 4 * 3 + 4) * MAP
    assert found.recomputed == 3 * (4 + 4 + 6) * MAP


def test_a_plain_network_makes_nothing_again(tmp_path: Path) -> None:
    assert memory(load(tmp_path, SPEC.replace("checkpoint: true", "checkpoint: false")).program).recomputed == 0


def saved(architecture: archspec.Architecture, batch: int) -> int:
    with torch.device("meta"):
        network = architecture.compile()
    shape = architecture.program.graph.inputs[0].type.shape
    return saved_for_backward(network, torch.empty(batch, *shape, device="meta"))


def test_it_is_what_torch_keeps(tmp_path: Path) -> None:
    architecture = load(tmp_path, SPEC)
    assert memory(architecture.program, batch=3).training == saved(architecture, 3)


@pytest.mark.parametrize("name", ["densenet121", "densenet161"])
def test_a_densenet_keeps_less_than_half(name: str) -> None:
    plain, efficient = (archspec.load(name, {"memory_efficient": flag}) for flag in (False, True))
    said, before = memory(efficient.program, 4), memory(plain.program, 4)
    assert said.training == saved(efficient, 4)
    assert said.training < before.training / 2
    assert said.training + said.recomputed < before.training / 1.9
    assert said.activations_peak == before.activations_peak


def test_a_densenet_makes_one_layer_again() -> None:
    """The largest of what the layers of the plain network keep besides their inputs."""
    plain, efficient = (archspec.load("densenet121", {"memory_efficient": flag}) for flag in (False, True))
    with torch.device("meta"):
        network = plain.compile().train()
    sizes: list[int] = []

    def measure(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        given = inputs[0].detach().requires_grad_()
        sizes.append(sum(saved_by(layer.forward, [given], [given, *weights(layer)])[1].values()))

    for name, part in network.named_modules():
        if "denselayer" in name.rpartition(".")[2]:
            part.register_forward_pre_hook(measure)
    network(torch.empty(2, 3, 224, 224, device="meta"))
    assert len(sizes) == 58
    assert memory(efficient.program, 2).recomputed == max(sizes)


def test_rows_of_what_is_made_again_keep_nothing(tmp_path: Path) -> None:
    lives = lifetimes(load(tmp_path, SPEC).program, 3)
    kept = {row["layer"]: row["kept"] for row in by_layer(lives)}
    assert {layer for layer, size in kept.items() if size} == {"stem", "alone.last_conv", "2.3", "3.3"}
    rows = by_module(lives, 1)
    assert [row["op"] for row in rows][1:4] == ["inner, checkpointed", "outer, checkpointed", "outer, checkpointed"]
    assert sum(kept.values()) == sum(row["kept"] for row in rows) == lives.kept - lives.given
