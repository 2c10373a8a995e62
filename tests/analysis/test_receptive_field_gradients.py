"""The receptive field is where the gradient is not zero: torch is asked, one unit and one pixel at a time.

Weights are positive and maxima are means, so that no path can cancel or block another; norms divide by one. A
network is cut behind the node that the field is said of, and run on an input much wider than its field.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import archspec
from archspec.analysis.receptive_field import Field, receptive_field
from archspec.analysis.receptive_field_layers import receptive_fields
from archspec.architecture import Architecture
from archspec.ops.window import Span, Window
from archspec.program.model import Output, Ref

torch.set_num_threads(1)


def sums(x: torch.Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, *rest: Any, **more: Any) -> Any:
    """A convolution with ones where torch would take the maximum of a window."""
    axes = x.dim() - 2
    dilation, ceil = more.get("dilation", rest[0] if rest else 1), more.get("ceil_mode", len(rest) > 1 and rest[1])
    kernel, step, pad, spread = (
        (value,) * axes if isinstance(value, int) else tuple(value)
        for value in (kernel_size, stride or kernel_size, padding, dilation)
    )
    conv = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)[axes - 1]
    room = [s - 1 if ceil else 0 for s in step]
    x = nn.functional.pad(x, [side for p, r in zip(reversed(pad), reversed(room), strict=True) for side in (p, p + r)])
    ones = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype) / torch.tensor(kernel).prod()
    return conv(x, ones, stride=step, dilation=spread, groups=x.shape[1])


@contextmanager
def means_for_maxima() -> Iterator[None]:
    with mock.patch.multiple(nn.functional, max_pool1d=sums, max_pool2d=sums, max_pool3d=sums):
        yield


@torch.no_grad()
def positive(network: nn.Module) -> nn.Module:
    network.double().eval()
    for module in network.modules():
        for name, weight in module.named_parameters(recurse=False):
            fan = weight[0].numel() if weight.dim() > 1 else 1
            weight.fill_(0 if name.endswith("bias") else 1 / fan)
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_var is not None:
            module.running_var.fill_(1)
    return network


def cut(architecture: Architecture, node: str) -> Architecture:
    """The network up to the node of the main graph that `node` is or is in."""
    main = architecture.program.graph
    at = next(at for at, one in enumerate(main.nodes) if one.name == node)
    graph = main._replace(nodes=main.nodes[: at + 1], outputs=(Output("output", Ref(at)),))
    modules = {**architecture.program.modules, main.id: graph}
    return replace(architecture, program=architecture.program._replace(modules=modules))


def support(network: nn.Module, sizes: tuple[int, ...], axis: int, positions: int) -> Iterator[tuple[int, Span | None]]:
    """For some positions in the middle along an axis: the first and last index that has a gradient."""
    x = torch.ones(1, *sizes, dtype=torch.float64, requires_grad=True)
    with means_for_maxima():
        y = network(x)
    middle = [size // 2 for size in y.shape[2:]]
    for step in range(positions):
        middle[axis] = y.shape[2 + axis] // 2 + step
        (gradient,) = torch.autograd.grad(y[(0, slice(None), *middle)].sum(), x, retain_graph=True)
        along = gradient[0].abs().movedim(1 + axis, 0).flatten(1).amax(1)
        seen = along.nonzero().flatten().tolist()
        yield middle[axis], (seen[0], seen[-1]) if seen else None


def holds(architecture: Architecture, field: Field, wide: int = 0) -> None:
    """Torch's gradient has the support that the field says, on an input of the same size modulo `wide`."""
    network = positive(architecture.compile())
    shape = architecture.program.graph.inputs[0].type.shape
    for axis, window in enumerate(field.windows):
        sizes = [shape[0], *shape[1:]]
        while wide and sizes[1 + axis] < 2 * window.size + 4 * wide:
            sizes[1 + axis] += wide
        for position, span in support(network, tuple(sizes), axis, len(window.spans) + 1):
            assert window.span(position) == span, f"axis {axis}, position {position}"


QUICK = {
    "resnet20_cifar": {},
    "densenet40_12_cifar": {"growth": 2},
    "mobilenet_v1": {},
    "nin_cifar10": {},
    "alexnet": {},
}
SLOW = {
    "densenet121": {"growth": 2, "stem": 2},
    "resnet18": {},
    "resnet50": {},
    "googlenet": {},
    "inception_v3": {},
    "nasnet_a_mobile": {"filters": 8, "stem": 4},
    "vgg16": {},
    "zfnet": {},
}
"""knobs that make a network slim"""
LAST = {"vgg16": "features"}
"""where to cut if not behind the last node that sees a part: adaptive pooling is another one on a wide input"""


@pytest.mark.parametrize(
    ("name", "knobs"), [*QUICK.items(), *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW.items())]
)
def test_networks_of_the_library(name: str, knobs: dict[str, Any]) -> None:
    architecture = archspec.load(name, knobs)
    whole = receptive_field(architecture.program)
    assert whole is not None
    part = cut(architecture, LAST.get(name, whole.node))
    field = receptive_field(part.program)
    assert field is not None
    assert field.windows == whole.windows or name in LAST
    holds(part, field, wide=64)


def spec(tmp_path: Path, steps: str, input: str = "[2, 64, 64]", modules: str = "{}") -> Architecture:
    path = tmp_path / "net.yaml"
    path.write_text(f"archspec: 1\nname: net\ninputs: {{image: {input}}}\nmodules: {modules}\ngraph:\n{steps}")
    return archspec.load(path)


NETS = {
    "dilated": (
        "[2, 96, 96]",
        """\
  - conv(3, 3, dilation=2, padding=half)
  - relu
  - conv(3, 3, dilation=4, padding=half)
  - max_pool(3, stride=2, dilation=2, padding=1)
  - conv(3, [1, 5], dilation=[1, 3], padding=half)
""",
    ),
    "branches that do not agree": (
        "[2, 90, 90]",
        """\
  - stem: conv(2, 5, stride=3, padding=1)
  - left: conv(2, 4, padding=same)
  - right: conv(2, [1, 7], padding=half)(stem)
  - far: conv(2, 3, padding=[[0, 2], [2, 0]])(stem)
  - left + right + far
""",
    ),
    "one axis": ("[2, 200]", "  - conv(3, 9, stride=4, padding=2)\n  - conv(3, 3, dilation=2)\n  - avg_pool(2)\n"),
    "residual, one axis": (
        "[2, 300]",
        """\
  - conv(4, 7, stride=2, padding=half)
  - x: max_pool(3, stride=2, padding=1)
  - h: conv(4, 3, padding=half) >> relu >> conv(4, 3, padding=half)
  - x + h
  - y: relu
  - h2: conv(8, 3, stride=2, padding=half) >> relu >> conv(8, 3, padding=half)
  - short: conv(8, 1, stride=2)(y)
  - h2 + short
""",
    ),
    "a cell": (
        "[2, 64, 64]",
        """\
  - x: conv(2, 3, stride=2, padding=half)
  - a: conv(2, 5, padding=half, groups=2) >> conv(2) >> conv(2, 5, padding=half, groups=2) >> conv(2)
  - b: avg_pool(3, stride=1, padding=1, count_include_pad=false)(x)
  - c: conv(2, 7, padding=half, groups=2)(b)
  - s: a + b
  - concat(s, c, x)
""",
    ),
    "three axes": (
        "[1, 16, 32, 32]",
        """\
  - conv(2, [1, 3, 3], stride=[1, 2, 2], padding=half)
  - max_pool(2)
  - conv(2, [3, 1, 1], padding=half)
""",
    ),
    "u-net": (
        "[2, 96, 96]",
        """\
  - a: conv(2, 3, padding=half)
  - b: max_pool(2) >> conv(2, 3, padding=half)
  - c: max_pool(2) >> conv(2, 3, padding=half)
  - conv_transpose(2, 2, stride=2)
  - concat(it, b)
  - conv(2, 3, padding=half)
  - upsample(2, mode=bilinear)
  - concat(it, a)
  - conv(2, 3, padding=half)
""",
    ),
    "transposed": (
        "[2, 40, 40]",
        """\
  - conv(2, 3)
  - conv_transpose(2, 5, stride=3, padding=1)
  - conv(2, 3, dilation=2)
  - conv_transpose(2, [2, 4], stride=[3, 2], padding=[0, 1], dilation=[2, 1])
""",
    ),
    "enlarged": ("[2, 40, 40]", "  - conv(2, 3)\n  - upsample([1.5, 2.5])\n  - conv(2, 3)\n"),
    "bicubic": ("[2, 40, 40]", "  - conv(2, 3)\n  - upsample(3, mode=bicubic)\n  - avg_pool(2)\n"),
    "corners": ("[2, 33, 33]", "  - conv(2, 3, padding=1)\n  - upsample(size=65, mode=bilinear, align_corners=true)\n"),
    "to a size": ("[2, 36, 36]", "  - conv(2, 3, padding=1)\n  - upsample(size=[48, 24])\n"),
    "adaptive": ("[2, 70, 70]", "  - conv(2, 3, padding=1)\n  - adaptive_avg_pool([30, 21])\n  - conv(2, 3)\n"),
    "rearranged": (
        "[4, 48, 48]",
        """\
  - pixel_unshuffle(2)
  - conv(8, 3, padding=half)
  - pixel_shuffle(2)
  - permute([0, 2, 1])
  - conv(4, [1, 5], padding=half)
  - permute([0, 2, 1])
  - channel_shuffle(2)
  - reshape([2, 2, 48, 48])
  - flatten(0, 1)
""",
    ),
    "channels last": (
        "[4, 48, 48]",
        """\
  - conv(4, 7, padding=half, groups=4)
  - permute([1, 2, 0])
  - linear(8)
  - relu
  - linear(4)
  - permute([2, 0, 1])
  - conv(4, 2, stride=2)
""",
    ),
    "shifted": (
        "[2, 60, 60]",
        """\
  - x: conv(2, 3, padding=half)
  - pad([[0, 1], [2, 0]])
  - crop(margins=[[1, 0], [0, 2]])
  - y: avg_pool(1, stride=2)
  - slice(0, step=2, axis=1)(x)
  - slice(1, step=2, axis=2)
  - it + y
""",
    ),
    "a dense loop": (
        "[2, 40, 40]",
        "  - {repeat: layer, times: 4, wire: dense}\n  - max_pool(3, stride=2, ceil=true)\n",
    ),
    "a residual loop": (
        "[2, 60, 60]",
        "  - conv(2, 3, stride=2)\n  - {repeat: layer, times: 5, wire: residual}\n",
    ),
}
MODULES = "{layer: ['conv(2, 3, padding=half)', relu, 'conv(2, [1, 3], padding=half)']}"


@pytest.mark.parametrize("name", NETS)
def test_small_networks(name: str, tmp_path: Path) -> None:
    input, steps = NETS[name]
    architecture = spec(tmp_path, steps, input, MODULES)
    field = receptive_field(architecture.program)
    assert field is not None
    assert not field.whole
    holds(architecture, field)
    assert receptive_fields(architecture.program)[-1].windows == field.windows


KERNELS = st.integers(1, 5)


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[str], Window]:
    """Convolutions and pools over one axis as text, and the closed formulas of size, stride and first pixel."""
    lines, size, stride, first = [], 1, 1, 0
    for _ in range(draw(st.integers(1, 5))):
        kernel, step, dilation = draw(KERNELS), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        pad = draw(st.integers(0, kernel // 2))
        op = draw(
            st.sampled_from(["conv(2, {k}, {s}, {p}, {d})", "max_pool({k}, {s}, {p}, {d})", "avg_pool({k}, {s}, {p})"])
        )
        dilation = 1 if op.startswith("avg") else dilation
        lines.append(op.format(k=kernel, s=step, p=pad, d=dilation))
        size += (kernel - 1) * dilation * stride
        first -= pad * stride
        stride *= step
    return lines, Window(stride, ((first, first + size - 1),))


@given(chains())
@settings(max_examples=60)
def test_chains_follow_the_closed_formula(
    tmp_path_factory: pytest.TempPathFactory, chain: tuple[list[str], Window]
) -> None:
    lines, window = chain
    steps = "".join(f"  - {line}\n" for line in lines)
    architecture = spec(tmp_path_factory.mktemp("chain"), steps, "[2, 3000]")
    field = receptive_field(architecture.program)
    assert field is not None
    assert field.windows == field.smallest == field.largest == (window,)


PARTS = st.lists(
    st.sampled_from(
        [
            "conv(2, 3, padding=half)",
            "conv(2, 5, padding=same, dilation=2)",
            "conv(2, 2, padding=same)",
            "conv(2)",
            "identity",
            "max_pool(3, stride=1, padding=1)",
        ]
    ),
    min_size=1,
    max_size=2,
)
MOVES = st.sampled_from(
    [
        "max_pool(2)",
        "conv(2, 4, stride=2, padding=1)",
        "conv_transpose(2, 4, stride=2, padding=1)",
        "conv_transpose(2, 3, stride=2, padding=1, output_padding=1)",
        "upsample(2)",
        "upsample(2, mode=linear)",
    ]
)


@given(st.lists(st.tuples(st.lists(PARTS, min_size=1, max_size=3), MOVES), min_size=1, max_size=3))
@settings(max_examples=25)
def test_random_networks(tmp_path_factory: pytest.TempPathFactory, blocks: list[tuple[list[list[str]], str]]) -> None:
    """Blocks one behind the other: a change of size, then branches that are added."""
    steps = ""
    for number, (branches, move) in enumerate(blocks):
        steps += f"  - x{number}: {move}\n"
        names = []
        for at, (first, *rest) in enumerate(branches):
            names.append(f"b{number}_{at}")
            steps += "".join(f"  - {line}\n" for line in ([f"{first}(x{number})", *rest][:-1]))
            steps += f"  - {names[-1]}: {rest[-1] if rest else f'{first}(x{number})'}\n"
        steps += f"  - add({', '.join(names)})\n"
    architecture = spec(tmp_path_factory.mktemp("net"), steps, "[2, 256]")
    field = receptive_field(architecture.program)
    assert field is not None
    holds(architecture, field)
