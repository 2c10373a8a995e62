"""1×1 conv → average pool  ⟹  average pool → 1×1 conv, which then works on fewer positions.

A mean over positions and a product over channels do not see each other. The window's weights must add up to 1,
so that the bias comes out as it went in: the window lies inside the input, or padding is not counted. DenseNet's
transitions (Huang et al. 2016, arXiv 1608.06993) cost a quarter so.
"""

from __future__ import annotations

from archspec.ops.base import Op, Tensor
from archspec.ops.conv import Conv
from archspec.ops.geometry import per_axis
from archspec.ops.pool import AdaptiveAvgPool, AvgPool, GlobalAvgPool
from archspec.passes.body import Body, having, over_modules
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program


def commute_pool(program: Program) -> Rewritten:
    """Average before 1×1 convolutions, not after them.

    >>> from archspec.passes.example import network, show
    >>> show(commute_pool(network("[64, 8, 8]", "conv(32)", "avg_pool(2)")).program)
    graph(x: [64, 8, 8])
      1  avg_pool(2)(x)  [64, 4, 4]
      0  conv(32)(1)     [32, 4, 4]  2,080
    """
    return over_modules(program, _commute, having(AvgPool, AdaptiveAvgPool, GlobalAvgPool))


def _commute(body: Body) -> None:
    for at, _, pool in body.ops():
        before = body.producer(at) if isinstance(pool, (AvgPool, AdaptiveAvgPool, GlobalAvgPool)) else None
        if before is None or not isinstance(before[2], Conv):
            continue
        number, conv = before[0], before[2]
        (x,), (wide,) = body.given(number), body.given(at)
        if body.bare(number) and _pointwise(conv, x) and averages(pool, wide) and _pays(pool, wide):
            body.swap(number, at)


def _pointwise(conv: Conv, x: Tensor) -> bool:
    axes = len(x.spatial)
    return per_axis("kernel", conv.kernel, axes) == per_axis("stride", conv.stride, axes) == (1,) * axes and not any(
        map(any, conv.pads(x))
    )


def averages(pool: Op, x: Tensor) -> bool:
    """Whether it is a pooling whose windows' weights add up to 1, and gives an image."""
    match pool:
        case AvgPool():
            kernel, stride, _, pads = pool.grid(x)
            over = pool.ceil and any((size - k) % s for size, k, s in zip(x.spatial, kernel, stride, strict=True))
            return not (any(map(any, pads)) or over) or not pool.count_include_pad
        case GlobalAvgPool():
            return pool.keepdim
    return isinstance(pool, AdaptiveAvgPool)


def _pays(pool: Op, x: Tensor) -> bool:
    (output,) = pool.infer(x)
    return output.elements < x.elements
