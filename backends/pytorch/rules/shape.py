"""Rules of the ops that rearrange values. Where torch has no module for one, it has a functional form alone."""

from __future__ import annotations

from archspec.backends.pytorch.rules.activation import batch_axis
from archspec.backends.pytorch.rules.base import Arg, Layer, Lowering, arguments, call, method, places, rule
from archspec.ops import shape as ops
from archspec.ops.base import Tensor


@rule(ops.Flatten)
def flatten(op: ops.Flatten, x: Tensor) -> Lowering:
    rank = len(x.shape)
    start, end = batch_axis(op.start % rank), -1 if op.end % rank == rank - 1 else batch_axis(op.end % rank)
    last = (Arg("end_dim", end, "end", positional=True), -1)
    first = Arg("start_dim", start, "start", positional=True)
    layer = Layer("nn.Flatten", arguments((first, 1) if end == -1 else first, last))
    return Lowering(layer, call("torch.flatten", arguments(first, last)))


@rule(ops.Reshape)
def reshape(op: ops.Reshape, x: Tensor) -> Lowering:
    (output,) = op.infer(x)
    args = tuple(Arg(f"size{number}", size, positional=True) for number, size in enumerate(output.shape))
    if len(x.shape) == 1:
        layer = Layer("nn.Unflatten", (Arg("dim", 1, positional=True), Arg("size", output.shape, "shape", True)))
    else:
        layer = None
    return Lowering(layer, method("{0}.reshape(-1, " + places(args) + ")", args))


@rule(ops.Permute)
def permute(op: ops.Permute, x: Tensor) -> Lowering:
    rank = len(x.shape)
    order = [axis % rank for axis in op.axes]
    moved = [axis for axis, old in enumerate(order) if axis != old]
    if len(moved) == 2:
        swapped = tuple(Arg(f"dim{axis}", axis + 1, positional=True) for axis in moved)
        return Lowering(None, method("{0}.transpose(" + places(swapped) + ")", swapped))
    args = tuple(Arg(f"dim{at}", axis + 1, positional=True) for at, axis in enumerate(order))
    return Lowering(None, method("{0}.permute(0, " + places(args) + ")", args))


@rule(ops.PixelShuffle)
def pixel_shuffle(op: ops.PixelShuffle, x: Tensor) -> Lowering:
    args = (Arg("upscale_factor", op.factor, "factor", positional=True),)
    return Lowering(Layer("nn.PixelShuffle", args), call("F.pixel_shuffle", args))


@rule(ops.PixelUnshuffle)
def pixel_unshuffle(op: ops.PixelUnshuffle, x: Tensor) -> Lowering:
    args = (Arg("downscale_factor", op.factor, "factor", positional=True),)
    return Lowering(Layer("nn.PixelUnshuffle", args), call("F.pixel_unshuffle", args))


@rule(ops.ChannelShuffle)
def channel_shuffle(op: ops.ChannelShuffle, x: Tensor) -> Lowering:
    args = (Arg("groups", op.groups, "groups", positional=True),)
    return Lowering(Layer("nn.ChannelShuffle", args), call("F.channel_shuffle", args))
