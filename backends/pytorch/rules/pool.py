"""Rules of pooling."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, arguments, brief, call, rule
from archspec.backends.pytorch.rules.conv import amounts
from archspec.backends.pytorch.rules.helpers import padded
from archspec.ops import pool as ops
from archspec.ops.base import Tensor
from archspec.ops.geometry import even, per_axis


@rule(ops.MaxPool)
def max_pool(op: ops.MaxPool, x: Tensor) -> Lowering:
    return _slide(op, x, "MaxPool", "max_pool", (Arg("ceil_mode", op.ceil, "ceil"), False))


@rule(ops.AvgPool)
def avg_pool(op: ops.AvgPool, x: Tensor) -> Lowering:
    return _slide(
        op,
        x,
        "AvgPool",
        "avg_pool",
        (Arg("ceil_mode", op.ceil, "ceil"), False),
        (Arg("count_include_pad", op.count_include_pad, "count_include_pad"), True),
    )


def _slide(op: ops.Pool, x: Tensor, cls: str, function: str, *last: tuple[Arg, bool]) -> Lowering:
    axes = len(x.spatial)
    kernel, stride, dilation, pads = op.grid(x)
    args = (
        Arg("kernel_size", brief(kernel), "kernel", positional=True),
        (Arg("stride", brief(stride), "stride"), brief(kernel)),
    )
    around = even(pads)
    if around is None or any(pad > size // 2 for pad, size in zip(around, kernel, strict=True)):
        helper = padded(cls, axes)
        pad = Arg("pad", amounts(pads), "padding")
        layer = Layer(helper.name, arguments(*args, pad, (Arg("dilation", brief(dilation), "dilation"), 1), *last))
        return Lowering(layer, helpers=(helper,), overwritable=True)
    given = arguments(
        *args,
        (Arg("padding", brief(around), "padding"), 0),
        (Arg("dilation", brief(dilation), "dilation"), 1),
        *last,
    )
    return Lowering(Layer(f"nn.{cls}{axes}d", given), call(f"F.{function}{axes}d", given), overwritable=True)


@rule(ops.AdaptiveAvgPool)
def adaptive_avg_pool(op: ops.AdaptiveAvgPool, x: Tensor) -> Lowering:
    return _adaptive(op, x, "Avg", "avg")


@rule(ops.AdaptiveMaxPool)
def adaptive_max_pool(op: ops.AdaptiveMaxPool, x: Tensor) -> Lowering:
    return _adaptive(op, x, "Max", "max")


def _adaptive(op: ops.Adaptive, x: Tensor, cls: str, function: str) -> Lowering:
    axes = len(x.spatial)
    size = (Arg("output_size", brief(per_axis("size", op.size, axes)), "size", positional=True),)
    return Lowering(
        Layer(f"nn.Adaptive{cls}Pool{axes}d", size),
        call(f"F.adaptive_{function}_pool{axes}d", size),
        overwritable=True,
    )


@rule(ops.GlobalAvgPool)
def global_avg_pool(op: ops.GlobalAvgPool, x: Tensor) -> Lowering:
    return _global(op, x, "Avg", "avg")


@rule(ops.GlobalMaxPool)
def global_max_pool(op: ops.GlobalMaxPool, x: Tensor) -> Lowering:
    return _global(op, x, "Max", "max")


def _global(op: ops.Global, x: Tensor, cls: str, function: str) -> Lowering:
    axes = len(x.spatial)
    layer = Layer(f"nn.Adaptive{cls}Pool{axes}d", (Arg("output_size", 1, positional=True),))
    pooled = f"F.adaptive_{function}_pool{axes}d({{0}}, 1)"
    if op.keepdim:
        return Lowering(layer, call(f"F.adaptive_{function}_pool{axes}d", layer.args), overwritable=True)
    both = (Arg("pool", layer, positional=True), Arg("flatten", Layer("nn.Flatten"), positional=True))
    return Lowering(Layer("nn.Sequential", both), Functional(f"torch.flatten({pooled}, 1)"), overwritable=True)
