"""Rules of the convolutions."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.backends.pytorch.rules.base import Arg, Layer, Lowering, Value, arguments, brief, rule
from archspec.backends.pytorch.rules.helpers import padded
from archspec.ops.base import Tensor
from archspec.ops.conv import Conv, ConvTranspose
from archspec.ops.geometry import Pairs, even, padding_pairs, per_axis
from archspec.ops.init import Init


@rule(Conv)
def conv(op: Conv, x: Tensor) -> Lowering:
    axes = len(x.spatial)
    pads = op.pads(x)
    around = even(pads)
    helper = padded("Conv", axes)
    return Lowering(
        Layer(
            f"nn.Conv{axes}d" if around else helper.name,
            arguments(
                *first(op, x),
                (Arg("stride", brief(per_axis("stride", op.stride, axes)), "stride"), 1),
                (Arg("padding", brief(around), "padding"), 0) if around else Arg("pad", amounts(pads), "padding"),
                (Arg("dilation", brief(per_axis("dilation", op.dilation, axes)), "dilation"), 1),
                (Arg("groups", op.groups, "groups"), 1),
                (Arg("bias", op.bias, "bias"), True),
                (Arg("padding_mode", op.padding_mode, "padding_mode"), "zeros"),
            ),
        ),
        helpers=() if around else (helper,),
        inits=inits(op),
        overwritable=True,
    )


@rule(ConvTranspose)
def conv_transpose(op: ConvTranspose, x: Tensor) -> Lowering:
    axes = len(x.spatial)
    kernel, stride, dilation, extra = (
        per_axis(name, getattr(op, name), axes) for name in ("kernel", "stride", "dilation", "output_padding")
    )
    pads = even(padding_pairs(op.padding, x.spatial, kernel, stride, dilation)) or (0,)
    return Lowering(
        Layer(
            f"nn.ConvTranspose{axes}d",
            arguments(
                *first(op, x),
                (Arg("stride", brief(stride), "stride"), 1),
                (Arg("padding", brief(pads), "padding"), 0),
                (Arg("output_padding", brief(extra), "output_padding"), 0),
                (Arg("groups", op.groups, "groups"), 1),
                (Arg("bias", op.bias, "bias"), True),
                (Arg("dilation", brief(dilation), "dilation"), 1),
            ),
        ),
        inits=inits(op),
        overwritable=True,
    )


def first(op: Conv | ConvTranspose, x: Tensor) -> tuple[Arg, ...]:
    """The arguments that one writes without their names."""
    kernel = brief(per_axis("kernel", op.kernel, len(x.spatial)))
    return (
        Arg("in_channels", x.channels, "in_channels", positional=True),
        Arg("out_channels", op.out, "out", positional=True),
        Arg("kernel_size", kernel, "kernel", positional=True),
    )


def amounts(pads: Pairs) -> Value:
    """As F.pad wants them: the last axis first."""
    return tuple(amount for pair in reversed(pads) for amount in pair)


def inits(op: object) -> Mapping[str, Init]:
    """What the spec says of how weight and bias start. A bias that is not there needs no start."""
    found = {"weight": getattr(op, "init", None)}
    if getattr(op, "bias", getattr(op, "affine", True)):
        found["bias"] = getattr(op, "bias_init", None)
    if not getattr(op, "affine", True):
        return {}
    return {name: init for name, init in found.items() if init is not None}
