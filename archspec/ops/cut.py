"""Ops that take parts: channels, slices, splits, crops."""

from archspec.ops.arguments import Indices, Integer, OptionalAmounts, OptionalInteger, OptionalSizes, Positive, Sizes
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import Extra, Kept
from archspec.ops.geometry import axis_of, need_rank, per_axis, plural, sides
from archspec.ops.window import HERE, Ways, over_space, shifted, straight


class Select(Op):
    """The channels of the given numbers, in that order.

    channels  one number or a list, from 0; negative ones count from the end

    Shape: [C, ...] to [how many, ...].
    """

    op = "select"
    category = Category.SHAPE
    overwritable = False
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

    def keeps(self, *inputs: Tensor) -> Kept:
        """The numbers of the channels."""
        return Kept(aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(once=(Tensor((len(self.chosen(*inputs)),), "int64"),))


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
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        (x,) = inputs
        axis = axis_of(self, self.axis, x)
        start, _, step = slice(self.start, self.stop, self.step).indices(x.shape[axis])
        ways = straight(len(x.shape))
        return (((*ways[:axis], (axis, shifted(start, step)), *ways[axis + 1 :]),),)


class Split(Op):
    """Cuts an axis into stretches of given sizes: several outputs.

    sizes  of each part, in order; or one size for all (the last may be smaller)
    axis   counted without the batch; default: channels

    Shape: one output a part; the sizes must add up.
    """

    op = "split"
    category = Category.SHAPE
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return stretches(axis_of(self, self.axis, inputs[0]), inputs[0], self.infer(*inputs))


class Chunk(Op):
    """Cuts an axis into a number of equal parts: several outputs.

    parts  how many; they must divide the axis
    axis   counted without the batch; default: channels
    """

    op = "chunk"
    category = Category.SHAPE
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return stretches(axis_of(self, self.axis, inputs[0]), inputs[0], self.infer(*inputs))


def stretches(axis: int, x: Tensor, parts: tuple[Tensor, ...]) -> tuple[tuple[Ways, ...], ...]:
    """What each part reads of an input that is cut into them along an axis."""
    ways, start = straight(len(x.shape)), 0
    found = []
    for part in parts:
        found.append(((*ways[:axis], (axis, shifted(start)), *ways[axis + 1 :]),))
        start += part.shape[axis]
    return tuple(found)


class Crop(Op):
    """Cuts the spatial axes: to a size around the centre, or by margins. Exactly one of the two is given.

    size     what is left, one number or one an axis; an odd rest is cut behind
    margins  cut from each side; one an axis; one pair [before, after] an axis
    """

    op = "crop"
    category = Category.SHAPE
    view = True
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return over_space([shifted(start) for start, _ in self.bounds(inputs[0])], (0, HERE))
