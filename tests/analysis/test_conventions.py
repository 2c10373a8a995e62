"""What archspec says that a tool says is what the tool says, run on the real networks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from torch import nn

import archspec
from archspec.analysis.conventions import Counted, Term, convention, lines
from archspec.analysis.counters import COUNTERS
from tests.analysis.tools import TOOLS, printed
from tests.zoo.oracle import build
from tests.zoo.reference import reference, slow_beyond

NAMED = ["densenet121", "googlenet_torchvision", "resnet152", "vgg16", "nasnet_a_large"]
FAMILIES = [
    "dpn68",
    "inception_v3",
    "inception_v4",
    "inception_resnet_v2",
    "mobilenet_v1",
    "preresnet50",
    "resnext50_32x4d",
    "se_resnet50_v15",
]


@cache
def theirs(id: str) -> nn.Module:
    return build(id).to_empty(device="cpu")


def ours(id: str, tool: str) -> Counted:
    return convention(archspec.load(id).program, tool)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("id", slow_beyond(NAMED[:2], NAMED + FAMILIES))
def test_equal_to_what_the_tool_prints(id: str, tool: str) -> None:
    """On torchvision's and timm's own modules."""
    assert ours(id, tool).total == printed(tool, theirs(id), reference()[id]["input"])


CHAIN = """\
archspec: 1
name: chain
inputs: {image: [6, 16, 20]}
graph:
  - body:
      - conv(8, 3, padding=1)
      - group_norm(4)
      - relu6
      - conv_transpose(12, 4, stride=2, padding=1, groups=4)
      - batch_norm(affine=false)
      - leaky_relu
      - conv_transpose(12, 3, stride=2, bias=false)
      - instance_norm(affine=true)
      - prelu(per_channel=true)
      - avg_pool(3, 2, ceil=true)
      - layer_norm
      - elu
      - max_pool(2)
      - silu
      - local_response_norm(3)
      - upsample(2)
      - upsample(2, mode=bilinear)
      - gelu
      - instance_norm
      - adaptive_avg_pool([7, 5])
      - batch_norm(track=false)
      - adaptive_max_pool([4, 3])
      - hard_swish
      - layer_norm(3, affine=false)
      - global_avg_pool(keepdim=true)
      - flatten
      - linear(10)
      - softmax
"""


@pytest.mark.parametrize("tool", TOOLS)
def test_every_rule_on_a_chain_of_modules(tool: str, tmp_path: Path) -> None:
    """One of each op that a tool has a rule for, as modules in an `nn.Sequential` that archspec wrote."""
    path = tmp_path / "chain.yaml"
    path.write_text(CHAIN)
    made = archspec.load(path)
    counted = convention(made.program, tool)
    assert counted.total == printed(tool, made.compile(), (6, 16, 20))
    named = {part.term for part in COUNTERS[tool].parts} - {"not seen"}
    assert named <= {term.name for term in counted.terms}


@pytest.mark.parametrize("tool", ["fvcore", "torchinfo", "flops"])
@pytest.mark.parametrize("id", ["lenet5_modern", "nin_cifar10", "alexnet", "diracnet18", "densenet40_12_cifar"])
def test_equal_on_the_modules_that_archspec_writes(id: str, tool: str) -> None:
    made = archspec.load(id)
    (image,) = made.program.graph.inputs
    assert convention(made.program, tool).total == printed(tool, made.compile(), image.type.shape)


def test_rows_applied_to_one_linear_layer_are_one_row_for_torchinfo(tmp_path: Path) -> None:
    path = tmp_path / "tokens.yaml"
    path.write_text("archspec: 1\nname: tokens\ninputs: {x: [7, 16]}\ngraph:\n  - linear(5)\n")
    made = archspec.load(path)
    assert convention(made.program, "torchinfo").total == printed("torchinfo", made.compile(), (7, 16)) == 16 * 5 + 5
    assert convention(made.program, "thop").total == printed("thop", made.compile(), (7, 16)) == 7 * 16 * 5


def test_functions_change_what_hooks_see() -> None:
    program = archspec.load("resnet50").program
    modules, functions = (convention(program, "ptflops", given) for given in ((), ("*:relu",)))
    relu = {term.name: term.amount for term in modules.terms}["activation"]
    assert modules.total - functions.total == relu // 2 > 0


@pytest.mark.parametrize("tool", COUNTERS)
@pytest.mark.parametrize("id", ["lenet5", "diracnet18", "nasnet_a_large", "googlenet"])
def test_terms_add_up_and_say_why(id: str, tool: str) -> None:
    counted = ours(id, tool)
    assert sum(term.amount for term in counted.terms) == counted.total
    assert counted.terms[0].amount == archspec.load(id).stats().mads
    assert all(term.amount and term.why for term in counted.terms)


def test_terms_and_their_screen() -> None:
    counted = ours("densenet121", "thop")
    assert counted.terms == (
        Term("multiply-adds", 2834161664, "convolutions, linear layers, matrix products"),
        Term("norm", 62669824, "4 an element of a norm (2 if not affine); group norm is not seen"),
        Term("average pool", 175616, "1 an element made; adaptive pooling: one more than the size of its window"),
    )
    assert lines(counted) == [
        "thop (profile)   2,897,007,104  2.90 G macs",
        "  multiply-adds  2,834,161,664  convolutions, linear layers, matrix products",
        "  norm             +62,669,824  4 an element of a norm (2 if not affine); group",
        "                                norm is not seen",
        "  average pool        +175,616  1 an element made; adaptive pooling: one more",
        "                                than the size of its window",
    ]
