"""The rule of the convolution with a skip inside its weight."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.backends.onnx_model.rules.conv import around
from archspec.ops.dirac import DiracConv
from archspec.ops.geometry import padding_pairs, per_axis

LEAST = 1e-12
"""a norm below this counts as this, as in torch's normalize"""


@rule(DiracConv)
def dirac_conv(site: Site, op: DiracConv, x: Value) -> str:
    """The weight is folded by nodes that read nothing but weights: a runtime computes them once, when it loads."""
    axes = x.spatial
    kernel, stride = per_axis("kernel", op.kernel, axes), per_axis("stride", op.stride, axes)
    pads = padding_pairs(op.padding, x.type.spatial, kernel, stride, (1,) * axes)
    weight, inner = site.weights["weight"], list(range(1, axes + 2))
    alpha, beta = (site.unsqueezed(site.weights[name], inner) for name in ("alpha", "beta"))
    norm = site.node("Max", site.node("ReduceL2", weight, site.integers(inner)), site.scalar(LEAST))
    filters = site.node("Mul", beta, site.node("Div", weight, norm))
    # A Dirac delta: the unit matrix over channels, at the centre of the kernel.
    unit = site.node("EyeLike", site.node("ReduceSum", weight, site.integers(inner[1:]), keepdims=0), dtype=1)
    centre = [0, 0, *(k // 2 for k in kernel), 0, 0, *(k - 1 - k // 2 for k in kernel)]
    delta = site.node("Pad", site.unsqueezed(unit, inner[1:]), site.integers(centre))
    folded = site.node("Add", filters, site.node("Mul", alpha, delta))
    bias = [site.weights["bias"]] if op.bias else []
    return site.node("Conv", x.name, folded, *bias, kernel_shape=kernel, strides=stride, pads=around(pads))
