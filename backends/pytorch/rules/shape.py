"""Rules of the ops that only move values. Where torch has no module for one, it has a functional form alone."""

from __future__ import annotations

from archspec.backends.pytorch.rules.activation import batch_axis
from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, arguments, brief, call, method, rule
from archspec.backends.pytorch.rules.conv import amounts
from archspec.ops import shape as ops
from archspec.ops.base import Tensor
from archspec.ops.geometry import even, per_axis, sides


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
    return Lowering(layer, method("{0}.reshape(-1, " + _places(args) + ")", args))


@rule(ops.Permute)
def permute(op: ops.Permute, x: Tensor) -> Lowering:
    rank = len(x.shape)
    order = [axis % rank for axis in op.axes]
    moved = [axis for axis, old in enumerate(order) if axis != old]
    if len(moved) == 2:
        swapped = tuple(Arg(f"dim{axis}", axis + 1, positional=True) for axis in moved)
        return Lowering(None, method("{0}.transpose(" + _places(swapped) + ")", swapped))
    args = tuple(Arg(f"dim{at}", axis + 1, positional=True) for at, axis in enumerate(order))
    return Lowering(None, method("{0}.permute(0, " + _places(args) + ")", args))


@rule(ops.Select)
def select(op: ops.Select, x: Tensor) -> Lowering:
    args = tuple(Arg(f"channel{at}", channel, positional=True) for at, channel in enumerate(op.chosen(x)))
    return Lowering(None, method("{0}[:, [" + _places(args) + "]]", args))


@rule(ops.Slice)
def slice_(op: ops.Slice, x: Tensor) -> Lowering:
    args: list[Arg] = []
    start = stop = step = ""
    if op.start:
        start, args = "{start}", [*args, Arg("start", op.start, "start")]
    if op.stop is not None:
        stop, args = "{stop}", [*args, Arg("stop", op.stop, "stop")]
    if op.step != 1:
        step, args = ":{step}", [*args, Arg("step", op.step, "step")]
    axes = ":, " * (op.axis % len(x.shape) + 1)
    return Lowering(None, method("{0}[" + axes + start + ":" + stop + step + "]", args))


@rule(ops.Split)
def split(op: ops.Split, x: Tensor) -> Lowering:
    if len(op.infer(x)) == 1:
        return Lowering(Layer("nn.Identity"), Functional("{0}"))
    args = (Arg("split_size", op.sizes, "sizes", positional=True), Arg("dim", batch_axis(op.axis), "axis"))
    return Lowering(None, call("torch.split", args))


@rule(ops.Chunk)
def chunk(op: ops.Chunk, x: Tensor) -> Lowering:
    if op.parts == 1:
        return Lowering(Layer("nn.Identity"), Functional("{0}"))
    args = (Arg("chunks", op.parts, "parts", positional=True), Arg("dim", batch_axis(op.axis), "axis"))
    return Lowering(None, call("torch.chunk", args))


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


@rule(ops.Crop)
def crop(op: ops.Crop, x: Tensor) -> Lowering:
    bounds = op.bounds(x)
    args, cuts = [], []
    for axis, (start, stop) in enumerate(bounds):
        if (start, stop) == (0, x.spatial[axis]):
            cuts.append(":")
            continue
        cuts.append(f"{{start{axis}}}:{{stop{axis}}}")
        args += [Arg(f"start{axis}", start), Arg(f"stop{axis}", stop)]
    return Lowering(None, method("{0}[:, :, " + ", ".join(cuts) + "]", args))


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


def _places(args: tuple[Arg, ...]) -> str:
    return ", ".join(f"{{{arg.name}}}" for arg in args)
