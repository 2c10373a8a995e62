"""A checkpointed module is the plain one with less kept: equal outputs, gradients, statistics and random numbers."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import nn

import archspec
from tests.analysis.allocations import saved_for_backward
from tests.strategies import specs
from tests.torch_versions import TRAINS_SHUFFLES, since
from tests.zoo.oracle import build


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spec")


def pair(folder: Path, text: str) -> tuple[nn.Module, nn.Module, list[torch.Tensor]]:
    """The plain network, the checkpointed one with the same weights, and inputs for them."""
    networks = []
    for name, words in (("plain", "checkpoint: false"), ("checkpointed", "checkpoint: on")):
        file = folder / f"{name}.yaml"
        file.write_text(text.replace("checkpoint: on", words), "utf-8")
        architecture = archspec.load(file)
        networks.append(architecture.compile(seed=0).double())
    torch.manual_seed(1)
    inputs = [torch.randn(3, *port.type.shape).double() for port in architecture.program.graph.inputs]
    return networks[0], networks[1], inputs


def step(network: nn.Module, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """What a forward in training gives; and backward is run, if there is something to learn."""
    torch.manual_seed(2)
    found: Any = network(*inputs)
    outputs = [found] if isinstance(found, torch.Tensor) else [*found.values()]
    wanted = [output for output in outputs if output.requires_grad]
    if wanted:
        torch.autograd.backward(wanted, [torch.ones_like(output) for output in wanted])
    return outputs


def hold_equal(plain: nn.Module, other: nn.Module, inputs: list[torch.Tensor], steps: int = 2) -> None:
    assert [*plain.state_dict()] == [*other.state_dict()]
    for _ in range(steps):
        expected, found = step(plain, inputs), step(other, inputs)
        torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
    for (name, one), two in zip(plain.named_buffers(), other.buffers(), strict=True):
        torch.testing.assert_close(two, one, rtol=0, atol=0, equal_nan=True, msg=name)
    for (name, one), two in zip(plain.named_parameters(), other.parameters(), strict=True):
        # what reads one tensor twice may add its gradients in another order
        torch.testing.assert_close(two.grad, one.grad, rtol=1e-9, atol=1e-12, equal_nan=True, msg=name)
    with torch.no_grad():
        torch.testing.assert_close(step(other, inputs), step(plain, inputs), rtol=0, atol=0, equal_nan=True)
        plain.eval()
        other.eval()
        torch.testing.assert_close(step(other, inputs), step(plain, inputs), rtol=0, atol=0, equal_nan=True)


@TRAINS_SHUFFLES
@settings(max_examples=60)
@given(text=specs().filter(lambda text: "checkpoint: on" in text))
def test_random_networks_train_alike(folder: Path, text: str) -> None:
    hold_equal(*pair(folder, text))


def spec(modules: str, graph: str, shape: str = "[4, 6, 6]") -> str:
    head = f"archspec: 1\nname: net\ninputs: {{x: {shape}}}\nparams: {{on: true}}\n"
    parts = (textwrap.indent(textwrap.dedent(part), "  ") for part in (modules, graph))
    return "{}modules:\n{}graph:\n{}".format(head, *parts)


NESTED = spec(
    """\
    inner:
      checkpoint: on
      steps: [{norm: batch_norm}, relu, {conv: "conv(4, 3, padding=half)"}, dropout(0.5)]
    middle:
      checkpoint: on
      steps: [{one: inner}, {norm: instance_norm(track=true)}, {two: inner}, drop_path(0.4)]
    """,
    """\
      - stem: conv(4, 1)
      - outer: {repeat: middle, times: 2, wire: residual, checkpoint: on}
      - inner
    """,
)
SEVERAL = spec(
    """\
    cell:
      checkpoint: on
      inputs: [prev, cur]
      steps:
        - a: conv(4, 3, padding=half)(prev)
        - b: batch_norm(cur)
        - sum: a + b
      out: [sum, b]
    """,
    """\
      - stem: conv(4, 1)
      - s, t: cell(x, stem)
      - u, v: cell(t, s)
      - concat(u, v)
    """,
)
LENT = spec(
    """\
    twin:
      checkpoint: on
      steps: [{conv: "conv(4, 1)"}, batch_norm]
    """,
    """\
      shared: {same: twin, norm: batch_norm}
      steps:
        - left: same(x)
        - body:
            checkpoint: on
            steps:
              - norm
              - same
              - sum: it + left
        - again: norm
        - relu
    """,
)
TIED = spec(
    """\
    pair:
      checkpoint: on
      steps:
        - one: conv(4, 1)
        - norm: batch_norm
        - two: conv(4, 1)
          tie: {weight: one.weight}
    """,
    """\
      - pair
      - relu
      - pair
    """,
)
HEADS = (
    spec(
        """\
        block:
          checkpoint: on
          steps: [{conv: "conv(4, 1)"}, {norm: batch_norm}, {do: dropout(0.3), only: training}]
        """,
        """\
          - trunk: block
          - block
          - pool: global_avg_pool
        """,
    )
    + "heads:\n  aux: {from: trunk, do: block >> global_avg_pool, only: training, weight: 0.3}\n"
)


@pytest.mark.parametrize(
    "text", [NESTED, SEVERAL, LENT, TIED, HEADS], ids=["nested", "several", "lent", "tied", "heads"]
)
def test_special_networks_train_alike(folder: Path, text: str) -> None:
    plain, other, inputs = pair(folder, text)
    hold_equal(plain, other, inputs, steps=3)
    plain.train()
    other.train()
    assert saved_for_backward(other, *inputs) < saved_for_backward(plain, *inputs)


def test_backward_may_run_twice(folder: Path) -> None:
    plain, other, inputs = pair(folder, NESTED)
    for network in (plain, other):
        torch.manual_seed(0)
        loss = network(*inputs).square().sum()
        loss.backward(retain_graph=True)
        loss.backward()
    for one, two in zip([*plain.parameters(), *plain.buffers()], [*other.parameters(), *other.buffers()], strict=True):
        assert torch.equal(one, two)
        if one.grad is not None:
            torch.testing.assert_close(two.grad, one.grad)


@since("2.9", "a compiled norm that is computed again counts its batch again")
@pytest.mark.parametrize("text", [NESTED, SEVERAL], ids=["nested", "several"])
def test_torch_compiles_it_in_one_graph(folder: Path, text: str) -> None:
    """A compiled graph draws its random numbers otherwise, so nothing is dropped here."""
    text = text.replace("dropout(0.5)", "identity").replace(", drop_path(0.4)", "")
    plain, other, inputs = pair(folder, text)
    compiled = torch.compile(other, backend="aot_eager", fullgraph=True)
    for _ in range(2):
        torch.testing.assert_close(step(compiled, inputs), step(plain, inputs))
    for (name, one), two in zip(plain.named_buffers(), other.named_buffers(), strict=True):
        torch.testing.assert_close(two[1], one, msg=name)
    for (name, one), two in zip(plain.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(two.grad, one.grad, msg=name)


def test_torch_exports_it(folder: Path) -> None:
    _, network, inputs = pair(folder, NESTED)
    network.eval()
    exported = torch.export.export(network, tuple(inputs))
    torch.testing.assert_close(exported.module()(*inputs), network(*inputs))


def test_the_source_says_it_once_and_only_where_it_is_needed(folder: Path) -> None:
    file = folder / "net.yaml"
    file.write_text(NESTED, "utf-8")
    source = archspec.load(file).python()
    marked = [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and [ast.unparse(one) for one in node.decorator_list] == ["checkpointed"]
    ]
    assert marked == ["Inner", "Middle", "Outer"]
    file.write_text(NESTED.replace("checkpoint: on", "checkpoint: not on"), "utf-8")
    assert "checkpoint" not in archspec.load(file).python()


def test_one_template_may_be_plain_here_and_checkpointed_there(folder: Path) -> None:
    file = folder / "net.yaml"
    text = "unit:\n  params: {save: false}\n  checkpoint: save and on\n  steps: [{conv: 'conv(4, 1)'}, batch_norm]\n"
    file.write_text(spec(text, "  - unit\n  - relu\n  - unit(save=true)\n"), "utf-8")
    network = archspec.load(file).compile()
    assert [type(one).__name__ for one in network.children()] == ["Unit", "Unit2"]
    image = torch.randn(2, 4, 6, 6)
    network.train()(image).sum().backward()
    counts = [int(value) for name, value in network.named_buffers() if name.endswith("tracked")]
    assert counts == [1, 1]


def test_a_densenet_keeps_less_than_half() -> None:
    """Really measured: the storages that autograd holds after forward."""
    plain, efficient = (archspec.load("densenet121", {"memory_efficient": flag}) for flag in (False, True))
    kept = []
    for architecture in (plain, efficient):
        network = architecture.compile(seed=0)
        kept.append(saved_for_backward(network, torch.randn(2, 3, 64, 64)))
    assert kept[1] < kept[0] / 2


@pytest.mark.slow
def test_a_densenet_trains_as_torchvisions() -> None:
    """Against torchvision's plain network: its own memory-efficient one counts batches twice."""
    theirs = build("densenet121", "cpu")
    ours = archspec.load("densenet121", {"memory_efficient": True}).compile()
    ours.load_state_dict(theirs.state_dict())
    hold_equal(theirs.double(), ours.double(), [torch.randn(2, 3, 64, 64).double()], steps=1)
