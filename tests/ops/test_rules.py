"""The PyTorch rules: what they write, that they cannot write anything else, and what their helpers compute."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from archspec.backends.pytorch.rules import (
    Arg,
    Functional,
    Layer,
    Precedence,
    UnsupportedError,
    init_statement,
    literal,
    lower,
)
from archspec.backends.pytorch.rules.tape import REPLAYED
from archspec.ops.base import Op, Tensor
from archspec.ops.init import KINDS, Init
from archspec.ops.registry import ALL, OPS
from tests.ops.calls import as_function, as_layer, read

IMAGE = Tensor((64, 56, 56))


@pytest.mark.parametrize(
    ("text", "inputs", "source"),
    [
        ("conv(64, 7, 2, 3, bias=false)", (IMAGE,), "nn.Conv2d(64, 64, 7, stride=2, padding=3, bias=False)"),
        ("conv(64, [1, 7], padding=half)", (IMAGE,), "nn.Conv2d(64, 64, (1, 7), padding=(0, 3))"),
        ("conv(32, 3, padding=same)", (IMAGE,), "nn.Conv2d(64, 32, 3, padding=1)"),
        ("conv(32, 3, 2, padding=same)", (IMAGE,), "PaddedConv2d(64, 32, 3, stride=2, pad=(0, 1, 0, 1))"),
        ("batch_norm", (IMAGE,), "nn.BatchNorm2d(64)"),
        ("batch_norm(eps=1e-3)", (Tensor((10,)),), "nn.BatchNorm1d(10, eps=0.001)"),
        ("linear(1000)", (Tensor((1024,)),), "nn.Linear(1024, 1000)"),
        ("relu", (IMAGE,), "nn.ReLU()"),
        ("max_pool(3, stride=2, padding=1)", (IMAGE,), "nn.MaxPool2d(3, stride=2, padding=1)"),
        ("avg_pool(2, stride=2)", (IMAGE,), "nn.AvgPool2d(2)"),
        ("global_avg_pool", (IMAGE,), "nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())"),
        ("dropout", (IMAGE,), "nn.Dropout()"),
        ("dropout(0.2)", (IMAGE,), "nn.Dropout(0.2)"),
        ("gelu(tanh)", (IMAGE,), 'nn.GELU(approximate="tanh")'),
        ("drop_path(0.1)", (IMAGE,), "DropPath(0.1)"),
        ("flatten", (IMAGE,), "nn.Flatten()"),
        ("upsample(2, mode=bilinear)", (IMAGE,), 'nn.Upsample(scale_factor=2, mode="bilinear")'),
        ("parameter([3, 1, 1], init=1e-6)", (), "nn.Parameter(torch.full((3, 1, 1), 1e-06))"),
        ("parameter([1, 8])", (), "nn.Parameter(torch.zeros((1, 8)))"),
    ],
)  # fmt: skip
def test_layers_read_as_a_person_writes_them(text: str, inputs: tuple[Tensor, ...], source: str) -> None:
    layer = lower(read(text), inputs).layer
    assert layer is not None
    assert layer.render() == source


@pytest.mark.parametrize(
    ("text", "inputs", "source"),
    [
        ("relu", (IMAGE,), "F.relu(x0)"),
        ("add", (IMAGE, IMAGE, IMAGE), "x0 + x1 + x2"),
        ("concat", (IMAGE, IMAGE), "torch.cat([x0, x1], dim=1)"),
        ("gate", (IMAGE, Tensor((64, 1, 1))), "x0 * x1"),
        ("gate", (IMAGE, Tensor((64,))), "x0 * x1[..., None, None]"),
        ("add", (Tensor((5, 8)), Tensor((8,))), "x0 + x1[:, None]"),
        ("global_avg_pool", (IMAGE,), "torch.flatten(F.adaptive_avg_pool2d(x0, 1), 1)"),
        ("max_pool(3, 2, ceil=true)", (IMAGE,), "F.max_pool2d(x0, 3, stride=2, ceil_mode=True)"),
        ("dropout(0.2)", (IMAGE,), "F.dropout(x0, p=0.2, training=self.training)"),
        ("flatten", (IMAGE,), "torch.flatten(x0, 1)"),
        ("permute([1, 0])", (Tensor((5, 8)),), "x0.transpose(1, 2)"),
        ("permute([1, 2, 0])", (IMAGE,), "x0.permute(0, 2, 3, 1)"),
        ("slice(0, 32)", (IMAGE,), "x0[:, :32]"),
        ("slice(1, axis=1)", (IMAGE,), "x0[:, :, 1:]"),
        ("select([0, 5])", (IMAGE,), "x0[:, [0, 5]]"),
        ("crop(margins=[[1, 0], [0, 0]])", (IMAGE,), "x0[:, :, 1:, :]"),
        ("chunk(2)", (IMAGE,), "torch.chunk(x0, 2, dim=1)"),
        ("reshape([8, -1])", (IMAGE,), "x0.reshape(-1, 8, 25088)"),
        ("tanh(1.7159, 0.5)", (IMAGE,), "1.7159 * torch.tanh(0.5 * x0)"),
        ("pad([[0, 1], [2, 3]])", (IMAGE,), "F.pad(x0, (2, 3, 0, 1))"),
    ],
)  # fmt: skip
def test_expressions_read_as_a_person_writes_them(text: str, inputs: tuple[Tensor, ...], source: str) -> None:
    functional = lower(read(text), inputs).functional
    assert functional is not None
    assert functional.render([(f"x{number}", Precedence.ATOM) for number in range(len(inputs))]) == source


def test_names_stand_in_for_values() -> None:
    lowering = lower(read("dropout(0.2)"), (IMAGE,))
    assert lowering.layer is not None
    assert lowering.layer.render({"p": "rate"}) == "nn.Dropout(rate)"
    assert lowering.functional is not None
    atom = [("x", Precedence.ATOM)]
    assert lowering.functional.render(atom, {"p": "rate"}) == "F.dropout(x, p=rate, training=self.training)"


@pytest.mark.parametrize(
    ("name", "inputs", "source"),
    [
        ("add", ["a + b", "c"], "a + b + c"),
        ("add", ["a", "b + c"], "a + (b + c)"),
        ("sub", ["a - b", "c - d"], "a - b - (c - d)"),
        ("mul", ["a + b", "c"], "(a + b) * c"),
        ("mul", ["a * b", "c * d"], "a * b * (c * d)"),
        ("maximum", ["a + b", "c"], "torch.maximum(a + b, c)"),
        ("lerp", ["a + b", "c", "d"], "torch.lerp(a + b, c, d)"),
    ],
)
def test_brackets_keep_the_order_of_sums(name: str, inputs: list[str], source: str) -> None:
    functional = lower(OPS[name](), (IMAGE,) * len(inputs)).functional
    assert functional is not None
    binds = {"+": Precedence.ADD, "-": Precedence.ADD, "*": Precedence.MUL}
    given = [(text, next((binds[sign] for sign in binds if sign in text), Precedence.ATOM)) for text in inputs]
    assert functional.render(given) == source


def test_what_is_indexed_is_in_brackets() -> None:
    functional = lower(OPS["add"](), (Tensor((5, 8)), Tensor((8,)))).functional
    assert functional is not None
    assert functional.render([("a * b", Precedence.MUL), ("c * d", Precedence.MUL)]) == "(a * b) + (c * d)[:, None]"


@pytest.mark.parametrize("value", ["os", "relu; import os", '"', float("nan"), float("inf"), b"x", object(), ["relu"]])
def test_nothing_else_reaches_source(value: object) -> None:
    for wrapped in (value, (1, value), Layer("nn.Conv2d", (Arg("x", value),))):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="not allowed in generated source"):
            literal(wrapped)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not allowed in generated source"):
        Functional("f({0}, {x})", (Arg("x", value),)).render([("y", Precedence.ATOM)])  # type: ignore[arg-type]


def test_no_rule_is_an_answer() -> None:
    class Strange(Op):
        op = "strange"

    with pytest.raises(UnsupportedError, match="pytorch cannot lower `strange`"):
        lower(Strange(), ())
    with pytest.raises(UnsupportedError, match="pytorch cannot apply `linear` to a learned tensor"):
        lower(read("linear(3)"), (IMAGE,), frozenset({0}))


def test_learned_tensors_have_no_batch() -> None:
    image, weight, token = torch.randn(2, 8, 3, 3), torch.randn(8, 1, 1), torch.randn(1, 4)
    scale = as_function(OPS["mul"](), (Tensor((8, 3, 3)), Tensor((8, 1, 1))), frozenset({1}))
    assert scale is not None
    assert torch.equal(scale(image, weight), image * weight)
    tokens = torch.randn(2, 5, 4)
    concat = as_function(OPS["concat"](), (Tensor((1, 4)), Tensor((5, 4))), frozenset({0}))
    assert concat is not None
    assert torch.equal(concat(token, tokens), torch.cat([token.expand(2, 1, 4), tokens], dim=1))
    assert lower(OPS["add"](), (Tensor((1, 4)),) * 2, frozenset({0, 1})).batchless


@pytest.mark.parametrize("kind", KINDS)
def test_every_initialiser_runs(kind: str) -> None:
    weight = torch.full((8, 4, 3, 3), 7.0)
    before = weight.clone()
    eval(init_statement("weight", Init.make(kind)), {"nn": nn, "weight": weight})
    assert not torch.equal(weight, before)


def test_init_of_a_layer_is_what_was_asked() -> None:
    layer = as_layer(read("linear(10, init=0.5, bias_init=ones)"), (Tensor((4,)),))
    assert isinstance(layer, nn.Linear)
    assert torch.equal(layer.weight, torch.full((10, 4), 0.5))
    assert torch.equal(layer.bias, torch.ones(10))
    statement = init_statement("self.conv1.weight", Init.make("kaiming", ["fan_out"]))
    assert statement == 'nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")'


def test_helpers_are_formatted_and_clean() -> None:
    sources, imports = {}, set()
    for kind in ALL.values():
        for example in kind.examples:
            for helper in lower(read(example.text), example.inputs).helpers:
                sources[helper.name] = helper.source
                imports.update(helper.imports)
    sources[REPLAYED.name] = REPLAYED.source
    head = ["import torch", "import torch.nn.functional as F", "from torch import nn", "", "", ""]
    text = "\n".join([*(f"import {name}" for name in sorted(imports)), "", *head]) + "\n\n".join(sources.values())
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "88"]
    formatted = subprocess.run([*ruff, "format", *options, "-"], input=text, capture_output=True, text=True, check=True)
    assert formatted.stdout == text
    checked = subprocess.run([*ruff, "check", *options, "-"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_average_without_the_padding() -> None:
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    layer = as_layer(read("avg_pool(2, 1, padding=same, count_include_pad=false)"), (Tensor((1, 3, 3)),))
    assert isinstance(layer, nn.Module)
    expected = [[x[0, 0, i : i + 2, j : j + 2].mean().item() for j in range(3)] for i in range(3)]
    torch.testing.assert_close(layer(x), torch.tensor([[expected]]))


def test_max_pool_never_takes_the_padding() -> None:
    layer = as_layer(read("max_pool(3, 2, padding=same)"), (Tensor((1, 4, 4)),))
    assert isinstance(layer, nn.Module)
    x = -torch.ones(1, 1, 4, 4)
    assert torch.equal(layer(x), -torch.ones(1, 1, 2, 2))


@pytest.mark.parametrize("scale", ["training", "inference"])
def test_drop_path_drops_samples_and_keeps_the_mean(scale: str) -> None:
    torch.manual_seed(0)
    layer = as_layer(read(f"drop_path(0.25, scale={scale})"), (Tensor((3, 2, 2)),))
    assert isinstance(layer, nn.Module)
    x = torch.ones(20000, 3, 2, 2)
    trained, kept = layer(x), 4 / 3 if scale == "training" else 1.0
    assert {round(value, 4) for value in trained.flatten(1).unique(dim=1).flatten().tolist()} == {0.0, round(kept, 4)}
    assert torch.equal(trained.amax((1, 2, 3)), trained.amin((1, 2, 3)))
    torch.testing.assert_close(trained.mean(), layer.eval()(x).mean(), rtol=0.02, atol=0)
    assert layer(x).mean().item() == (1.0 if scale == "training" else 0.75)
