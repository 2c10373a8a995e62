"""Rules of the convolutions. ONNX pads each side by its own amount, so uneven padding needs no node."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.backends.onnx_model.rules.resize import padded
from archspec.ops.conv import Conv, ConvTranspose
from archspec.ops.geometry import Pairs, padding_pairs, per_axis


@rule(Conv)
def conv(site: Site, op: Conv, x: Value) -> str:
    axes = x.spatial
    pads, given = op.pads(x.type), x.name
    if op.padding_mode != "zeros" and any(map(any, pads)):
        given, pads = padded(site, x, pads, op.padding_mode), ((0, 0),) * axes
    return site.node(
        "Conv",
        given,
        *learned(site),
        kernel_shape=per_axis("kernel", op.kernel, axes),
        strides=per_axis("stride", op.stride, axes),
        pads=around(pads),
        dilations=per_axis("dilation", op.dilation, axes),
        group=op.groups,
    )


@rule(ConvTranspose)
def conv_transpose(site: Site, op: ConvTranspose, x: Value) -> str:
    axes = x.spatial
    kernel, stride, dilation, extra = (
        per_axis(name, getattr(op, name), axes) for name in ("kernel", "stride", "dilation", "output_padding")
    )
    return site.node(
        "ConvTranspose",
        x.name,
        *learned(site),
        kernel_shape=kernel,
        strides=stride,
        pads=around(padding_pairs(op.padding, x.type.spatial, kernel, stride, dilation)),
        output_padding=extra,
        dilations=dilation,
        group=op.groups,
    )


def learned(site: Site) -> list[str]:
    """Weight, and bias if there is one."""
    return [site.weights[name] for name in ("weight", "bias") if name in site.weights]


def around(pads: Pairs) -> list[int]:
    """As ONNX wants them: all that comes before, then all that comes behind."""
    return [before for before, _ in pads] + [after for _, after in pads]
