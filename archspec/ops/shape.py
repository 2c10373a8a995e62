"""Ops that only move values: reshape, permute, cut, pad, shuffle, enlarge."""

from math import prod
from typing import Annotated

from archspec.ops.arguments import (
    Amounts,
    Flag,
    Indices,
    Integer,
    Integers,
    Number,
    OptionalAmounts,
    OptionalInteger,
    OptionalSizes,
    Positive,
    Scales,
    Sizes,
    words,
)
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.geometry import axis_of, image, need, need_rank, per_axis, plural, sides


class Flatten(Op):
    """Makes one axis of several.

    start  first axis of them, counted without the batch
    end    last axis of them

    Shape: [C, H, W] to [C * H * W].
    """

    op = "flatten"
    category = Category.SHAPE
    examples = (
        Example("flatten", (Tensor((256, 6, 6)),), (Tensor((9216,)),)),
        Example("flatten(1)", (Tensor((768, 14, 14)),), (Tensor((768, 196)),)),
        Example("flatten(0, 1)", (Tensor((4, 5, 6)),), (Tensor((20, 6)),)),
    )

    start: Integer = 0
    end: Integer = -1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        start, end = axis_of(self, self.start, x), axis_of(self, self.end, x)
        if start > end:
            raise OpError(f"`flatten` starts at axis {start}, behind its end {end}")
        return (Tensor((*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :]), x.dtype),)


class Reshape(Op):
    """The same values in order, in another shape.

    shape  without the batch; one entry may be -1: what is left

    Shape: as given; the number of elements must stay the same.
    """

    op = "reshape"
    category = Category.SHAPE
    examples = (
        Example("reshape([128, 7, 7])", (Tensor((6272,)),), (Tensor((128, 7, 7)),)),
        Example("reshape([8, -1])", (Tensor((64, 3, 3)),), (Tensor((8, 72)),)),
    )

    shape: Integers

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        free = self.shape.count(-1)
        if free > 1 or any(size < 1 and size != -1 for size in self.shape):
            raise OpError("shape must hold positive integers and at most one -1")
        known = prod(size for size in self.shape if size != -1)
        if x.elements % known or (not free and x.elements != known):
            raise OpError(f"cannot reshape {x} of {x.elements} elements to {Tensor(self.shape)}", operand=0)
        return (Tensor(tuple(x.elements // known if size == -1 else size for size in self.shape), x.dtype),)


class Permute(Op):
    """Puts the axes in another order.

    axes  the old axis for each new one, counted without the batch: [1, 2, 0] makes [H, W, C]

    Shape: the same sizes in the new order.
    """

    op = "permute"
    category = Category.SHAPE
    examples = (
        Example("permute([1, 2, 0])", (Tensor((3, 8, 9)),), (Tensor((8, 9, 3)),)),
        Example("permute([1, 0])", (Tensor((768, 196)),), (Tensor((196, 768)),)),
    )

    axes: Integers

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = [axis_of(self, axis, x) for axis in self.axes]
        if sorted(axes) != list(range(len(x.shape))):
            raise OpError(f"axes must name each of the {plural(len(x.shape), 'axis')} of the input once", operand=0)
        return (Tensor(tuple(x.shape[axis] for axis in axes), x.dtype),)


class Select(Op):
    """The channels of the given numbers, in that order.

    channels  one number or a list, from 0; negative ones count from the end

    Shape: [C, ...] to [how many, ...].
    """

    op = "select"
    category = Category.SHAPE
    examples = (
        Example("select([0, 1, 2])", (Tensor((6, 14, 14)),), (Tensor((3, 14, 14)),)),
        Example("select(-1)", (Tensor((6, 14, 14)),), (Tensor((1, 14, 14)),)),
    )

    channels: Indices

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need_rank(self, x, 1)
        chosen = self.chosen(x)
        return (Tensor((len(chosen), *x.shape[1:]), x.dtype),)

    def chosen(self, x: Tensor) -> tuple[int, ...]:
        """The channel numbers, none negative, or `OpError`."""
        channels = (self.channels,) if isinstance(self.channels, int) else self.channels
        for channel in channels:
            if not -x.channels <= channel < x.channels:
                raise OpError(f"no channel {channel} in an input of {plural(x.channels, 'channel')}", operand=0)
        return tuple(channel % x.channels for channel in channels)


class Slice(Op):
    """A stretch of an axis, with Python's rules for ends that are left out or negative.

    start  first index
    stop   index behind the last (default: the end)
    step   every how many
    axis   counted without the batch; default: channels

    Shape: the axis has the number of indices taken; none is an error.
    """

    op = "slice"
    category = Category.SHAPE
    examples = (
        Example("slice(0, 32)", (Tensor((96, 8, 8)),), (Tensor((32, 8, 8)),)),
        Example("slice(1, step=2, axis=1)", (Tensor((4, 9, 9)),), (Tensor((4, 4, 9)),)),
        Example("slice(-2)", (Tensor((5,)),), (Tensor((2,)),)),
    )

    start: Integer = 0
    stop: OptionalInteger = None
    step: Positive = 1
    axis: Integer = 0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axis = axis_of(self, self.axis, x)
        count = len(range(*slice(self.start, self.stop, self.step).indices(x.shape[axis])))
        if not count:
            raise OpError(f"this slice takes nothing of an axis of size {x.shape[axis]}", operand=0)
        return (Tensor((*x.shape[:axis], count, *x.shape[axis + 1 :]), x.dtype),)


class Split(Op):
    """Cuts an axis into stretches of given sizes: several outputs.

    sizes  of each part, in order; or one size for all (the last may be smaller)
    axis   counted without the batch; default: channels

    Shape: one output a part; the sizes must add up.
    """

    op = "split"
    category = Category.SHAPE
    examples = (
        Example("split([64, 32])", (Tensor((96, 8, 8)),), (Tensor((64, 8, 8)), Tensor((32, 8, 8)))),
        Example("split(4, axis=-1)", (Tensor((2, 10)),), (Tensor((2, 4)), Tensor((2, 4)), Tensor((2, 2)))),
    )

    sizes: Sizes
    axis: Integer = 0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axis = axis_of(self, self.axis, x)
        total = x.shape[axis]
        if isinstance(self.sizes, int):
            whole, rest = divmod(total, self.sizes)
            parts = (self.sizes,) * whole + ((rest,) if rest else ())
        else:
            parts = self.sizes
        if sum(parts) != total:
            raise OpError(f"sizes add up to {sum(parts)}, but the axis has {total}", operand=0)
        return tuple(Tensor((*x.shape[:axis], part, *x.shape[axis + 1 :]), x.dtype) for part in parts)


class Chunk(Op):
    """Cuts an axis into a number of equal parts: several outputs.

    parts  how many; they must divide the axis
    axis   counted without the batch; default: channels
    """

    op = "chunk"
    category = Category.SHAPE
    examples = (
        Example("chunk(2)", (Tensor((64, 8, 8)),), (Tensor((32, 8, 8)), Tensor((32, 8, 8)))),
        Example("chunk(3, axis=-1)", (Tensor((5, 12)),), (Tensor((5, 4)), Tensor((5, 4)), Tensor((5, 4)))),
    )

    parts: Positive
    axis: Integer = 0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axis = axis_of(self, self.axis, x)
        size, rest = divmod(x.shape[axis], self.parts)
        if rest:
            raise OpError(
                f"{plural(self.parts, 'part')} do not divide an axis of {x.shape[axis]}",
                help="`split` takes sizes",
                operand=0,
            )
        return (Tensor((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype),) * self.parts


class Pad(Op):
    """Widens the spatial axes.

    amounts  on each side; one an axis; one pair [before, after] an axis
    mode     what stands there: `constant`, `reflect`, `replicate` or `circular`
    value    of `constant`

    Shape: [C, sizes] to [C, before + size + after].
    """

    op = "pad"
    category = Category.SHAPE
    examples = (
        Example("pad(2)", (Tensor((1, 28, 28)),), (Tensor((1, 32, 32)),)),
        Example("pad([[0, 1], [0, 1]])", (Tensor((8, 7, 7)),), (Tensor((8, 8, 8)),)),
        Example("pad([1, 2], mode=reflect)", (Tensor((8, 7, 7)),), (Tensor((8, 9, 11)),)),
        Example("pad(1, value=-1.5)", (Tensor((8, 7)),), (Tensor((8, 9)),)),
        Example("pad(1, mode=circular)", (Tensor((2, 3, 3, 3)),), (Tensor((2, 5, 5, 5)),)),
    )

    amounts: Amounts
    mode: Annotated[str, words("constant", "reflect", "replicate", "circular")] = "constant"
    value: Number = 0.0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        if self.value and self.mode != "constant":
            raise OpError(f"`value` does not go with mode `{self.mode}`")
        pairs = sides("amounts", self.amounts, axes)
        for size, pair in zip(x.spatial, pairs, strict=True):
            if self.mode in ("reflect", "circular") and max(pair) > size - (self.mode == "reflect"):
                raise OpError(f"{self.mode} padding of {max(pair)} is too much for an input of size {size}", operand=0)
        sizes = (before + size + after for size, (before, after) in zip(x.spatial, pairs, strict=True))
        return (Tensor((x.channels, *sizes)),)


class Crop(Op):
    """Cuts the spatial axes: to a size around the centre, or by margins. Exactly one of the two is given.

    size     what is left, one number or one an axis; an odd rest is cut behind
    margins  cut from each side; one an axis; one pair [before, after] an axis
    """

    op = "crop"
    category = Category.SHAPE
    examples = (
        Example("crop(56)", (Tensor((64, 64, 64)),), (Tensor((64, 56, 56)),)),
        Example("crop(margins=[[1, 0], [1, 0]])", (Tensor((8, 9, 9)),), (Tensor((8, 8, 8)),)),
        Example("crop([3, 4])", (Tensor((8, 4, 4)),), (Tensor((8, 3, 4)),)),
    )

    size: OptionalSizes = None
    margins: OptionalAmounts = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        return (Tensor((x.channels, *(stop - start for start, stop in self.bounds(x))), x.dtype),)

    def bounds(self, x: Tensor) -> tuple[tuple[int, int], ...]:
        """First index and index behind the last for each spatial axis, or `OpError`."""
        need_rank(self, x, 2)
        if (self.size is None) == (self.margins is None):
            raise OpError("`crop` takes either `size` or `margins`")
        axes = len(x.spatial)
        if self.size is not None:
            kept = per_axis("size", self.size, axes)
            starts = tuple((size - keep) // 2 for size, keep in zip(x.spatial, kept, strict=True))
            bounds = tuple((start, start + keep) for start, keep in zip(starts, kept, strict=True))
        else:
            assert self.margins is not None
            cut = sides("margins", self.margins, axes)
            bounds = tuple((before, size - after) for size, (before, after) in zip(x.spatial, cut, strict=True))
        if any(start < 0 or stop <= start for start, stop in bounds):
            raise OpError(f"cannot crop {x} so much", operand=0)
        return bounds


_RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


class Upsample(Op):
    """Enlarges (or shrinks) the spatial axes, by a factor or to a size. Exactly one of the two is given.

    scale          factor, one number or one an axis
    size           of the output, one number or one an axis
    mode           `nearest`, `linear` (1-D), `bilinear` or `bicubic` (2-D), `trilinear` (3-D)
    align_corners  the outermost values stay at the corners (not with `nearest`)

    Shape: [C, sizes] to [C, floor(size * scale)], or to [C, size].
    """

    op = "upsample"
    category = Category.SHAPE
    examples = (
        Example("upsample(2)", (Tensor((64, 14, 14)),), (Tensor((64, 28, 28)),)),
        Example("upsample(size=[7, 9], mode=bilinear)", (Tensor((8, 4, 4)),), (Tensor((8, 7, 9)),)),
        Example("upsample(1.5, mode=bicubic, align_corners=true)", (Tensor((8, 5, 5)),), (Tensor((8, 7, 7)),)),
        Example("upsample(2, mode=linear)", (Tensor((8, 5)),), (Tensor((8, 10)),)),
        Example("upsample([1, 2, 2])", (Tensor((4, 3, 5, 5)),), (Tensor((4, 3, 10, 10)),)),
    )

    scale: Scales = None
    size: OptionalSizes = None
    mode: Annotated[str, words("nearest", "linear", "bilinear", "bicubic", "trilinear")] = "nearest"
    align_corners: Flag = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        if (self.scale is None) == (self.size is None):
            raise OpError("`upsample` takes either `scale` or `size`")
        if _RANKS.get(self.mode, axes) != axes:
            raise OpError(
                f"mode `{self.mode}` takes {plural(_RANKS[self.mode], 'spatial axis')}, not {axes}", operand=0
            )
        if self.align_corners and self.mode == "nearest":
            raise OpError("`align_corners` does not go with mode `nearest`")
        if self.size is not None:
            sizes = per_axis("size", self.size, axes)
        else:
            scales = self.scale if isinstance(self.scale, tuple) else (self.scale,) * axes
            if len(scales) != axes:
                raise OpError(
                    f"scale has {plural(len(scales), 'entry')}, but the input has {plural(axes, 'spatial axis')}"
                )
            sizes = tuple(int(size * scale) for size, scale in zip(x.spatial, scales, strict=True) if scale)
        if min(sizes) < 1:
            raise OpError(f"nothing is left of {x} at this scale", operand=0)
        return (Tensor((x.channels, *sizes)),)


class PixelShuffle(Op):
    """Moves channels into space: [C * r * r, H, W] to [C, H * r, W * r] (Shi et al. 2016, arXiv 1609.05158).

    factor  r
    """

    op = "pixel_shuffle"
    category = Category.SHAPE
    examples = (Example("pixel_shuffle(2)", (Tensor((64, 8, 8)),), (Tensor((16, 16, 16)),)),)

    factor: Positive

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 3, 3, layout="[channels, height, width]")
        channels, height, width = x.shape
        if channels % self.factor**2:
            raise OpError(f"{self.factor} * {self.factor} does not divide {channels} channels", operand=0)
        return (Tensor((channels // self.factor**2, height * self.factor, width * self.factor)),)


class PixelUnshuffle(Op):
    """Moves space into channels: [C, H * r, W * r] to [C * r * r, H, W]; undoes pixel_shuffle.

    factor  r
    """

    op = "pixel_unshuffle"
    category = Category.SHAPE
    examples = (Example("pixel_unshuffle(2)", (Tensor((16, 16, 16)),), (Tensor((64, 8, 8)),)),)

    factor: Positive

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 3, 3, layout="[channels, height, width]")
        channels, height, width = x.shape
        if height % self.factor or width % self.factor:
            raise OpError(f"{self.factor} does not divide the size {height} x {width}", operand=0)
        return (Tensor((channels * self.factor**2, height // self.factor, width // self.factor)),)


class ChannelShuffle(Op):
    """Deals the channels of each group out over all groups (Zhang et al. 2018, arXiv 1707.01083).

    groups  how many; they must divide the channels

    Shape: unchanged.
    """

    op = "channel_shuffle"
    category = Category.SHAPE
    examples = (Example("channel_shuffle(3)", (Tensor((240, 8, 8)),), (Tensor((240, 8, 8)),)),)

    groups: Positive

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        image(self, x)
        if x.channels % self.groups:
            raise OpError(f"{self.groups} groups do not divide {x.channels} channels", operand=0)
        return (x,)
