"""Rules of pooling. Sizes are known, so each window's place is written out instead of left to rounding rules."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.backends.onnx_model.rules.conv import around
from archspec.backends.onnx_model.rules.resize import padded
from archspec.ops import pool as ops
from archspec.ops.geometry import Pairs, per_axis, windows


@rule(ops.MaxPool)
def max_pool(site: Site, op: ops.MaxPool, x: Value) -> str:
    kernel, stride, dilation, pads = op.grid(x.type)
    pads = _whole(op, x, pads)
    given = x.name
    # Runtimes take no padding as wide as the kernel.
    if any(max(pair) >= k for pair, k in zip(pads, kernel, strict=True)):
        given, pads = padded(site, x, pads, value=float("-inf")), ((0, 0),) * len(pads)
    return site.node("MaxPool", given, kernel_shape=kernel, strides=stride, dilations=dilation, pads=around(pads))


@rule(ops.AvgPool)
def avg_pool(site: Site, op: ops.AvgPool, x: Value) -> str:
    """Padding counts if the op says so; what hangs over the end of the padding never does."""
    kernel, stride, _, pads = op.grid(x.type)
    whole, given = _whole(op, x, pads), x.name
    counts = op.count_include_pad
    wide = any(max(pair) >= k for pair, k in zip(whole, kernel, strict=True))
    if counts and (wide or whole != pads):
        given = padded(site, x, pads) if any(map(any, pads)) else given
        behind = tuple((0, more[1] - pad[1]) for more, pad in zip(whole, pads, strict=True))
        whole, counts = behind, False
    return site.node(
        "AveragePool",
        given,
        kernel_shape=kernel,
        strides=stride,
        pads=around(whole),
        count_include_pad=int(counts),
    )


@rule(ops.AdaptiveAvgPool)
def adaptive_avg_pool(site: Site, op: ops.AdaptiveAvgPool, x: Value) -> str:
    return _adaptive(site, op, x, "Average")


@rule(ops.AdaptiveMaxPool)
def adaptive_max_pool(site: Site, op: ops.AdaptiveMaxPool, x: Value) -> str:
    return _adaptive(site, op, x, "Max")


@rule(ops.GlobalAvgPool)
def global_avg_pool(site: Site, op: ops.GlobalAvgPool, x: Value) -> str:
    return _global(site, op, x, "Average")


@rule(ops.GlobalMaxPool)
def global_max_pool(site: Site, op: ops.GlobalMaxPool, x: Value) -> str:
    return _global(site, op, x, "Max")


def _whole(op: ops.MaxPool | ops.AvgPool, x: Value, pads: Pairs) -> Pairs:
    """The padding with as much more behind as the last window hangs over the end where sizes are rounded up."""
    kernel, stride, dilation, _ = op.grid(x.type)
    counts = windows(x.type.spatial, kernel, stride, dilation, pads, op.ceil)
    axes = zip(counts, x.type.spatial, kernel, stride, dilation, pads, strict=True)
    return tuple(
        (before, max(after, (n - 1) * s + d * (k - 1) + 1 - size - before) if op.ceil else after)
        for n, size, k, s, d, (before, after) in axes
    )


def _global(site: Site, op: ops.Global, x: Value, kind: str) -> str:
    pooled = site.node(f"Global{kind}Pool", x.name)
    return pooled if op.keepdim else site.node("Flatten", pooled)


def _adaptive(site: Site, op: ops.Adaptive, x: Value, kind: str) -> str:
    sizes = x.type.spatial
    parts = per_axis("size", op.size, len(sizes))
    if set(parts) == {1}:
        return site.node(f"Global{kind}Pool", x.name)
    if all(size % part == 0 for size, part in zip(sizes, parts, strict=True)):
        kernel = [size // part for size, part in zip(sizes, parts, strict=True)]
        return site.node(f"{kind}Pool", x.name, kernel_shape=kernel, strides=kernel)
    result = x.name
    for axis, (size, part) in enumerate(zip(sizes, parts, strict=True), 2):
        if size != part:
            result = _cut(site, result, axis, _stretches(size, part), kind, len(sizes) + 2)
    return result


def _stretches(size: int, parts: int) -> list[range]:
    """What each part reads: floor(i * size / parts) to ceil((i + 1) * size / parts)."""
    return [range(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def _cut(site: Site, value: str, axis: int, stretches: Sequence[range], kind: str, rank: int) -> str:
    """Windows of unlike sizes along one axis: gathered side by side, the short ones filled up, then made one.

    A short window repeats its last value: that changes no maximum, and in the mean it weighs nothing.
    """
    longest = max(map(len, stretches))
    places = [[*one, *[one[-1]] * (longest - len(one))] for one in stretches]
    side = site.node("Gather", value, site.table(places), axis=axis)
    along = site.integers([axis + 1])
    if kind == "Max":
        return site.node("ReduceMax", side, along, keepdims=0)
    weights = site.floats([[1 / len(one)] * len(one) + [0.0] * (longest - len(one)) for one in stretches])
    # The table meets the axis and the one behind it; all behind that are 1.
    fitted = site.unsqueezed(weights, range(2, 2 + rank - axis - 1))
    return site.node("ReduceSum", site.node("Mul", side, fitted), along, keepdims=0)
