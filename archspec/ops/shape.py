"""Ops that give the same values another arrangement: flatten, reshape, permute, shuffle."""

from math import prod

from archspec.ops.arguments import Integer, Integers, Positive
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.geometry import axis_of, image, need, need_rank, plural
from archspec.ops.window import HERE, PERIOD, Ways, Window, over_space, regrouped, straight


class Flatten(Op):
    """Makes one axis of several.

    start  first axis of them, counted without the batch
    end    last axis of them

    Shape: [C, H, W] to [C * H * W].
    """

    op = "flatten"
    category = Category.SHAPE
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return ((regrouped(inputs[0].shape, self.infer(*inputs)[0].shape),),)


class Reshape(Op):
    """The same values in order, in another shape.

    shape  without the batch; one entry may be -1: what is left

    Shape: as given; the number of elements must stay the same.
    """

    op = "reshape"
    category = Category.SHAPE
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return ((regrouped(inputs[0].shape, self.infer(*inputs)[0].shape),),)


class Permute(Op):
    """Puts the axes in another order.

    axes  the old axis for each new one, counted without the batch: [1, 2, 0] makes [H, W, C]

    Shape: the same sizes in the new order.
    """

    op = "permute"
    category = Category.SHAPE
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        (x,) = inputs
        axes = [axis_of(self, axis, x) for axis in self.axes]
        return ((tuple((axes.index(axis), HERE) for axis in range(len(axes))),),)


class PixelShuffle(Op):
    """Moves channels into space: [C * r * r, H, W] to [C, H * r, W * r] (Shi et al. 2016, arXiv 1609.05158).

    factor  r
    """

    op = "pixel_shuffle"
    category = Category.SHAPE
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return over_space([Window(1, ((0, 0),) * self.factor) if self.factor <= PERIOD else None] * 2)


class PixelUnshuffle(Op):
    """Moves space into channels: [C, H * r, W * r] to [C * r * r, H, W]; undoes pixel_shuffle.

    factor  r
    """

    op = "pixel_unshuffle"
    category = Category.SHAPE
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return over_space([Window(self.factor, ((0, self.factor - 1),))] * 2)


class ChannelShuffle(Op):
    """Deals the channels of each group out over all groups (Zhang et al. 2018, arXiv 1707.01083).

    groups  how many; they must divide the channels

    Shape: unchanged.
    """

    op = "channel_shuffle"
    category = Category.SHAPE
    overwritable = False
    examples = (Example("channel_shuffle(3)", (Tensor((240, 8, 8)),), (Tensor((240, 8, 8)),)),)

    groups: Positive

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        image(self, x)
        if x.channels % self.groups:
            raise OpError(f"{self.groups} groups do not divide {x.channels} channels", operand=0)
        return (x,)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return (((None, *straight(len(inputs[0].shape))[1:]),),)
