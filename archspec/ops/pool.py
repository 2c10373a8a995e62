"""Pooling. The number of dimensions is that of the input: [C, L], [C, H, W] or [C, D, H, W]."""

from archspec.ops.arguments import Flag, OptionalSizes, Padding, Sizes
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import INPUTS, NONE, NOTHING_KEPT, Extra, Kept
from archspec.ops.geometry import Pairs, even, image, padding_pairs, per_axis, windows
from archspec.ops.window import HERE, Ways, Window, adaptive, over_space, sliding


class Pool(Op):
    """Abstract. A window that slides over the spatial axes."""

    category = Category.POOL

    kernel: Sizes
    stride: OptionalSizes = None
    padding: Padding = 0

    def grid(self, x: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], Pairs]:
        """Kernel, stride, dilation and padding, one entry for each spatial axis of this input."""
        axes = len(x.spatial)
        kernel = per_axis("kernel", self.kernel, axes)
        stride = kernel if self.stride is None else per_axis("stride", self.stride, axes)
        dilation = per_axis("dilation", getattr(self, "dilation", 1), axes)
        return kernel, stride, dilation, padding_pairs(self.padding, x.spatial, kernel, stride, dilation)

    def slide(self, x: Tensor, ceil: bool) -> tuple[Tensor, ...]:
        image(self, x)
        kernel, stride, dilation, pads = self.grid(x)
        small = all(max(pair) <= k // 2 for k, pair in zip(kernel, pads, strict=True))
        if not small and not isinstance(self.padding, str):
            raise OpError(
                f"padding {max(map(max, pads))} is more than half of the kernel",
                help="a window must never lie in the padding alone",
            )
        if ceil and (even(pads) is None or not small):
            raise OpError("`ceil` needs the same padding before and after each axis, at most half of the kernel")
        return (Tensor((x.channels, *windows(x.spatial, kernel, stride, dilation, pads, ceil))),)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        kernel, stride, dilation, pads = self.grid(inputs[0])
        return over_space(sliding(kernel, stride, dilation, [before for before, _ in pads]), (0, HERE))

    def padded(self, x: Tensor) -> Extra:
        """The copy of the input that PyTorch needs where it cannot pad while it pools."""
        if isinstance(self.padding, int):
            return NONE
        kernel, _, _, pads = self.grid(x)
        around = even(pads)
        if around is not None and all(pad <= size // 2 for pad, size in zip(around, kernel, strict=True)):
            return NONE
        sizes = (before + size + after for size, (before, after) in zip(x.spatial, pads, strict=True))
        return Extra(each=(Tensor((x.channels, *sizes)),))


class MaxPool(Pool):
    """Largest value of each window, as PyTorch's nn.MaxPool1d, 2d and 3d.

    kernel    size of the window, one number or one an axis
    stride    step of the window (default: the kernel)
    padding   minus infinity on each side, at most half the window; one an axis; one pair
              [before, after] an axis; `half`, `same`, `valid` as in conv
    dilation  distance between the values of a window
    ceil      round the output size up: a last window may hang over the end if it starts inside

    Shape: [C, sizes] to [C, floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1].
    """

    op = "max_pool"
    examples = (
        Example("max_pool(3, stride=2, padding=1)", (Tensor((64, 112, 112)),), (Tensor((64, 56, 56)),)),
        Example("max_pool(2)", (Tensor((6, 28, 28)),), (Tensor((6, 14, 14)),)),
        Example("max_pool(3, stride=2, ceil=true)", (Tensor((64, 112, 112)),), (Tensor((64, 56, 56)),)),
        Example("max_pool(3, 2, ceil=true)", (Tensor((8, 4)),), (Tensor((8, 2)),)),
        Example("max_pool(3, stride=2, padding=same)", (Tensor((8, 10, 10)),), (Tensor((8, 5, 5)),)),
        Example("max_pool(2, padding=[[1, 0], [1, 0]], stride=2)", (Tensor((4, 7, 7)),), (Tensor((4, 4, 4)),)),
        Example("max_pool([1, 2, 2])", (Tensor((4, 3, 8, 8)),), (Tensor((4, 3, 4, 4)),)),
        Example("max_pool(3, stride=1, padding=half, dilation=2)", (Tensor((4, 9, 9)),), (Tensor((4, 9, 9)),)),
    )

    dilation: Sizes = 1
    ceil: Flag = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return self.slide(inputs[0], self.ceil)

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, and where the maxima are."""
        return Kept(inputs=not self.padded(*inputs).each, aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(each=(*self.padded(*inputs).each, *places(self.infer(*inputs))))


class AvgPool(Pool):
    """Mean of each window, as PyTorch's nn.AvgPool1d, 2d and 3d.

    kernel             size of the window, one number or one an axis
    stride             step of the window (default: the kernel)
    padding            zeros on each side, at most half the window; one an axis; one pair
                       [before, after] an axis; `half`, `same`, `valid` as in conv
    ceil               round the output size up: a last window may hang over the end if it starts inside
    count_include_pad  divide by the whole window; if false, by its values that are no padding

    Shape: [C, sizes] to [C, floor((size + padding - kernel) / stride) + 1]. Over 3 axes PyTorch takes
    no kernel larger than the input, whatever the padding.
    """

    op = "avg_pool"
    examples = (
        Example("avg_pool(2, stride=2)", (Tensor((256, 56, 56)),), (Tensor((256, 28, 28)),)),
        Example(
            "avg_pool(3, stride=1, padding=half, count_include_pad=false)",
            (Tensor((88, 42, 42)),),
            (Tensor((88, 42, 42)),),
        ),
        Example("avg_pool(3, 2, ceil=true)", (Tensor((8, 6)),), (Tensor((8, 3)),)),
        Example("avg_pool(3, 2, padding=same)", (Tensor((8, 10, 10)),), (Tensor((8, 5, 5)),)),
        Example("avg_pool(2, 1, padding=same, count_include_pad=false)", (Tensor((8, 5, 5)),), (Tensor((8, 5, 5)),)),
        Example("avg_pool(2)", (Tensor((4, 4, 8, 8)),), (Tensor((4, 2, 4, 4)),)),
    )

    ceil: Flag = False
    count_include_pad: Flag = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        output = self.slide(x, self.ceil)
        if len(x.spatial) == 3 and any(k > size for k, size in zip(self.grid(x)[0], x.spatial, strict=True)):
            raise OpError(f"`avg_pool` over 3 axes takes no kernel larger than its input {x}", operand=0)
        return output

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        """A mean over exactly the whole axis is global pooling by another name."""
        (x,) = inputs
        kernel, stride, dilation, pads = self.grid(x)
        found: list[Window | None] = list(sliding(kernel, stride, dilation, [before for before, _ in pads]))
        for axis, (k, size, pad) in enumerate(zip(kernel, x.spatial, pads, strict=True)):
            if k == size > 1 and not any(pad):
                found[axis] = None
        return over_space(found, (0, HERE))

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, which PyTorch asks for the shape alone."""
        copy = self.padded(*inputs)
        return Kept(aside=copy) if copy.each else INPUTS

    def scratch(self, *inputs: Tensor) -> Extra:
        return self.padded(*inputs)


def places(outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Where each maximum was found: an index for each output."""
    return tuple(Tensor(output.shape, "int64") for output in outputs)


class Adaptive(Op):
    """Abstract. Windows so cut that the output has a given size."""

    category = Category.POOL

    size: Sizes

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        return (Tensor((x.channels, *per_axis("size", self.size, axes))),)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        (x,) = inputs
        sizes = zip(x.spatial, per_axis("size", self.size, len(x.spatial)), strict=True)
        return over_space([adaptive(size, parts) if parts > 1 else None for size, parts in sizes], (0, HERE))


class AdaptiveAvgPool(Adaptive):
    """Mean of windows cut so that the output has the given size; window i is floor(i * in / out) to
    ceil((i + 1) * in / out).

    size  of the output, one number or one an axis

    Shape: [C, sizes] to [C, size].
    """

    op = "adaptive_avg_pool"
    examples = (
        Example("adaptive_avg_pool(7)", (Tensor((512, 14, 14)),), (Tensor((512, 7, 7)),)),
        Example("adaptive_avg_pool([6, 5])", (Tensor((256, 13, 13)),), (Tensor((256, 6, 5)),)),
        Example("adaptive_avg_pool(1)", (Tensor((8, 20)),), (Tensor((8, 1)),)),
        Example("adaptive_avg_pool(2)", (Tensor((8, 4, 4, 4)),), (Tensor((8, 2, 2, 2)),)),
    )

    def keeps(self, *inputs: Tensor) -> Kept:
        (output,) = self.infer(*inputs)
        return NOTHING_KEPT if output.elements == output.channels else INPUTS


class AdaptiveMaxPool(Adaptive):
    """Largest value of windows cut so that the output has the given size, as in adaptive_avg_pool.

    size  of the output, one number or one an axis

    Shape: [C, sizes] to [C, size].
    """

    op = "adaptive_max_pool"
    examples = (
        Example("adaptive_max_pool(7)", (Tensor((512, 14, 14)),), (Tensor((512, 7, 7)),)),
        Example("adaptive_max_pool(3)", (Tensor((8, 20)),), (Tensor((8, 3)),)),
    )

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, and where the maxima are."""
        return Kept(inputs=True, aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(each=places(self.infer(*inputs)))


class Global(Op):
    """Abstract. One window as large as the input."""

    category = Category.POOL

    keepdim: Flag = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        return (Tensor((x.channels, *(1,) * axes) if self.keepdim else (x.channels,)),)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return over_space([None] * len(inputs[0].spatial), (0, HERE))


class GlobalAvgPool(Global):
    """Mean of each channel over all spatial axes (Lin et al. 2013, arXiv 1312.4400).

    keepdim  keep the spatial axes, of size 1

    Shape: [C, sizes] to [C], or to [C, 1, 1].
    """

    op = "global_avg_pool"
    examples = (
        Example("global_avg_pool", (Tensor((1024, 7, 7)),), (Tensor((1024,)),)),
        Example("global_avg_pool(keepdim=true)", (Tensor((1024, 7, 7)),), (Tensor((1024, 1, 1)),)),
        Example("global_avg_pool", (Tensor((16, 50)),), (Tensor((16,)),)),
    )


class GlobalMaxPool(Global):
    """Largest value of each channel over all spatial axes.

    keepdim  keep the spatial axes, of size 1

    Shape: [C, sizes] to [C], or to [C, 1, 1].
    """

    op = "global_max_pool"
    examples = (
        Example("global_max_pool", (Tensor((1024, 7, 7)),), (Tensor((1024,)),)),
        Example("global_max_pool(keepdim=true)", (Tensor((16, 4, 4, 4)),), (Tensor((16, 1, 1, 1)),)),
    )

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, and where the maxima are."""
        return Kept(inputs=True, aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(each=places(self.infer(*inputs)))
