"""Rules of padding, of space and of channels, and interpolation."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Layer, Lowering, arguments, brief, call, method, rule
from archspec.backends.pytorch.rules.conv import amounts
from archspec.ops import resize as ops
from archspec.ops.base import Tensor
from archspec.ops.geometry import even, per_axis, sides


@rule(ops.Pad)
def pad(op: ops.Pad, x: Tensor) -> Lowering:
    axes = len(x.spatial)
    pairs = sides("amounts", op.amounts, axes)
    around = Arg("pad", amounts(pairs), "amounts", positional=True)
    plain = op.mode == "constant"
    functional = call(
        "F.pad", arguments(around, (Arg("mode", op.mode, "mode"), "constant"), (Arg("value", op.value, "value"), 0.0))
    )
    equal = even(pairs)
    size = brief(equal) if equal is not None and len(set(equal)) == 1 else around.value
    kind = {"constant": "Constant", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}[
        op.mode
    ]
    kind = "Zero" if plain and op.value == 0 else kind
    args: tuple[Arg, ...] = (Arg("padding", size, "amounts", positional=True),)
    if kind == "Constant":
        args = (*args, Arg("value", op.value, "value", positional=True))
    return Lowering(Layer(f"nn.{kind}Pad{axes}d", args), functional)


@rule(ops.PadChannels)
def pad_channels(op: ops.PadChannels, x: Tensor) -> Lowering:
    zeros = "0, 0, " * len(x.spatial)
    more = Arg("more", op.out - x.channels, "more")
    return Lowering(None, method(f"F.pad({{0}}, ({zeros}0, {{more}}))", (more,)))


@rule(ops.Upsample)
def upsample(op: ops.Upsample, x: Tensor) -> Lowering:
    axes = len(x.spatial)
    if op.size is not None:
        given = Arg("size", brief(per_axis("size", op.size, axes)), "size")
    else:
        scales = op.scale if isinstance(op.scale, tuple) else (op.scale,)
        whole = tuple(int(scale) if scale is not None and scale == int(scale) else scale for scale in scales)
        given = Arg("scale_factor", whole[0] if len(set(whole)) == 1 else whole, "scale")
    args = arguments(
        given,
        (Arg("mode", op.mode, "mode"), "nearest"),
        (Arg("align_corners", op.align_corners, "align_corners"), False),
    )
    return Lowering(Layer("nn.Upsample", args), call("F.interpolate", args), overwritable=True)
