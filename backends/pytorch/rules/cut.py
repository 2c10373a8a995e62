"""Rules of the ops that take parts. Torch has no modules for them: they have functional forms alone."""

from __future__ import annotations

from archspec.backends.pytorch.rules.activation import batch_axis
from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, call, method, places, rule
from archspec.ops import cut as ops
from archspec.ops.base import Tensor


@rule(ops.Select)
def select(op: ops.Select, x: Tensor) -> Lowering:
    args = tuple(Arg(f"channel{at}", channel, positional=True) for at, channel in enumerate(op.chosen(x)))
    return Lowering(None, method("{0}[:, [" + places(args) + "]]", args))


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


@rule(ops.Crop)
def crop(op: ops.Crop, x: Tensor) -> Lowering:
    bounds = op.bounds(x)
    args, cuts = [], []
    for axis, (start, stop) in enumerate(bounds):
        if (start, stop) == (0, x.spatial[axis]):
            cuts.append(":")
            continue
        behind = x.spatial[axis] - stop
        cuts.append((f"{{start{axis}}}" if start else "") + ":" + (f"{{stop{axis}}}" if behind else ""))
        args += [Arg(f"start{axis}", start)] if start else []
        args += [Arg(f"stop{axis}", -behind)] if behind else []
    return Lowering(None, method("{0}[:, :, " + ", ".join(cuts) + "]", args))
