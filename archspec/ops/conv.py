"""Convolutions. The number of dimensions is that of the input: [C, L], [C, H, W] or [C, D, H, W]."""

from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar

from archspec.ops.arguments import EvenPadding, Flag, Naturals, Padding, Positive, Sizes, words
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import INPUTS, NONE, Extra, Kept
from archspec.ops.geometry import Pairs, even, image, padding_pairs, per_axis, windows
from archspec.ops.init import Initial
from archspec.ops.window import Ways, over_space, sliding, spread


class Conv(Op):
    """Convolution over 1, 2 or 3 spatial axes, as PyTorch's nn.Conv1d, 2d and 3d.

    out           output channels
    kernel        size of the window, one number or one an axis
    stride        step of the window
    padding       amount on each side; one an axis; one pair [before, after] an axis; `half`:
                  (kernel - 1) // 2 * dilation; `same`: ceil(size / stride) outputs, an odd rest
                  behind (TensorFlow's, ONNX's SAME_UPPER); `valid`: none
    dilation      distance between the taps of the window
    groups        channels are cut into this many groups that do not see each other
    bias          add one learned number per output channel
    padding_mode  what stands in the padding: `zeros`, `reflect`, `replicate` or `circular`
    init          how the weight starts (default: PyTorch's); bias_init likewise

    Shape: [C, sizes] to [out, floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1].
    """

    op = "conv"
    category = Category.CONV
    weighted = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "conv(64, 7, stride=2, padding=3)",
            (Tensor((3, 224, 224)),),
            (Tensor((64, 112, 112)),),
            params=9472,
            mads=118013952,
        ),
        Example(
            "conv(128, 3, padding=half, groups=32, bias=false)",
            (Tensor((128, 56, 56)),),
            (Tensor((128, 56, 56)),),
            params=4608,
            mads=14450688,
        ),
        Example(
            "conv(32, 3, stride=2, padding=same, bias=false)",
            (Tensor((3, 224, 224)),),
            (Tensor((32, 112, 112)),),
            params=864,
            mads=10838016,
        ),
        Example("conv(16, 4, padding=same)", (Tensor((3, 9, 9)),), (Tensor((16, 9, 9)),), params=784, mads=62208),
        Example(
            "conv(192, [1, 7], padding=[0, 3])",
            (Tensor((128, 17, 17)),),
            (Tensor((192, 17, 17)),),
            params=172224,
            mads=49717248,
        ),
        Example(
            "conv(8, 3, padding=[[0, 1], [0, 1]], stride=2)",
            (Tensor((4, 8, 8)),),
            (Tensor((8, 4, 4)),),
            params=296,
            mads=4608,
        ),
        Example(
            "conv(8, 3, dilation=2, padding=half, padding_mode=reflect)",
            (Tensor((4, 10, 10)),),
            (Tensor((8, 10, 10)),),
            params=296,
            mads=28800,
        ),
        Example("conv(32, 5, stride=2)", (Tensor((8, 100)),), (Tensor((32, 48)),), params=1312, mads=61440),
        Example(
            "conv(16, 3, padding=1)", (Tensor((3, 8, 16, 16)),), (Tensor((16, 8, 16, 16)),), params=1312, mads=2654208
        ),
        Example("conv(10, init=kaiming)", (Tensor((64, 7, 7)),), (Tensor((10, 7, 7)),), params=650, mads=31360),
    )

    out: Positive
    kernel: Sizes = 1
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    groups: Positive = 1
    bias: Flag = True
    padding_mode: Annotated[str, words("zeros", "reflect", "replicate", "circular")] = "zeros"
    init: Initial = None
    bias_init: Initial = None

    def pads(self, x: Tensor) -> Pairs:
        """Padding before and after each spatial axis of this input."""
        axes = len(x.spatial)
        return padding_pairs(
            self.padding,
            x.spatial,
            per_axis("kernel", self.kernel, axes),
            per_axis("stride", self.stride, axes),
            per_axis("dilation", self.dilation, axes),
        )

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        check_groups(self.groups, x.channels, self.out)
        kernel = per_axis("kernel", self.kernel, axes)
        stride = per_axis("stride", self.stride, axes)
        dilation = per_axis("dilation", self.dilation, axes)
        pads = self.pads(x)
        if self.padding_mode in ("reflect", "circular"):
            for size, pair in zip(x.spatial, pads, strict=True):
                if max(pair) > size - (self.padding_mode == "reflect"):
                    raise OpError(f"{self.padding_mode} padding of {max(pair)} is too much for an input of size {size}")
        return (Tensor((self.out, *windows(x.spatial, kernel, stride, dilation, pads))),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        (x,) = inputs
        kernel = per_axis("kernel", self.kernel, len(x.spatial))
        weight = {"weight": Tensor((self.out, x.channels // self.groups, *kernel))}
        return weight | ({"bias": Tensor((self.out,))} if self.bias else {})

    def mads(self, *inputs: Tensor) -> int:
        (output,) = self.infer(*inputs)
        return self.weights(*inputs)["weight"].elements * prod(output.spatial)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        (x,) = inputs
        axes = len(x.spatial)
        kernel, stride = per_axis("kernel", self.kernel, axes), per_axis("stride", self.stride, axes)
        dilation = per_axis("dilation", self.dilation, axes)
        return over_space(sliding(kernel, stride, dilation, [before for before, _ in self.pads(x)]))

    def keeps(self, *inputs: Tensor) -> Kept:
        copy = self.scratch(*inputs)
        return Kept(inputs=self.padding_mode in ("reflect", "replicate"), aside=copy) if copy.each else INPUTS

    def scratch(self, *inputs: Tensor) -> Extra:
        """Padding that is uneven, or no zeros, is written around a copy of the input."""
        if self.padding_mode == "zeros" and (isinstance(self.padding, int) or self.padding == "half"):
            return NONE
        (x,) = inputs
        pads = self.pads(x)
        if (self.padding_mode == "zeros" and even(pads) is not None) or not any(map(any, pads)):
            return NONE
        sizes = (before + size + after for size, (before, after) in zip(x.spatial, pads, strict=True))
        return Extra(each=(Tensor((x.channels, *sizes)),))


class ConvTranspose(Op):
    """Transposed convolution (also: deconvolution), as PyTorch's nn.ConvTranspose1d, 2d and 3d.

    out             output channels
    kernel          size of the window, one number or one an axis
    stride          step of the window over the output
    padding         amount cut from each side of the output; one an axis; `half`:
                    (kernel - 1) // 2 * dilation
    output_padding  amount added at the end, below the stride or the dilation
    dilation        distance between the taps of the window
    groups          channels are cut into this many groups that do not see each other
    bias            add one learned number per output channel
    init            how the weight starts (default: PyTorch's); bias_init likewise

    Shape: [C, sizes] to [out, (size - 1) * stride - 2 * padding + dilation * (kernel - 1) +
    output_padding + 1]. Multiply-adds are counted at the positions of the input.
    """

    op = "conv_transpose"
    category = Category.CONV
    weighted = True
    examples = (
        Example(
            "conv_transpose(64, 4, stride=2, padding=1, bias=false)",
            (Tensor((128, 16, 16)),),
            (Tensor((64, 32, 32)),),
            params=131072,
            mads=33554432,
        ),
        Example(
            "conv_transpose(8, 3, stride=2, padding=half, output_padding=1, groups=4)",
            (Tensor((16, 7, 7)),),
            (Tensor((8, 14, 14)),),
            params=296,
            mads=14112,
        ),
        Example("conv_transpose(4, 5, dilation=2)", (Tensor((2, 10)),), (Tensor((4, 18)),), params=44, mads=400),
        Example("conv_transpose(4, 2, stride=2)", (Tensor((8, 2, 3, 3)),), (Tensor((4, 4, 6, 6)),), 260, mads=4608),
    )

    out: Positive
    kernel: Sizes = 1
    stride: Sizes = 1
    padding: EvenPadding = 0
    output_padding: Naturals = 0
    dilation: Sizes = 1
    groups: Positive = 1
    bias: Flag = True
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        check_groups(self.groups, x.channels, self.out)
        kernel = per_axis("kernel", self.kernel, axes)
        stride = per_axis("stride", self.stride, axes)
        dilation = per_axis("dilation", self.dilation, axes)
        extra = per_axis("output_padding", self.output_padding, axes)
        for e, s, d in zip(extra, stride, dilation, strict=True):
            if e >= max(s, d):
                raise OpError(f"output_padding {e} must be below the stride {s} or the dilation {d}")
        pads = padding_pairs(self.padding, x.spatial, kernel, stride, dilation)
        sizes = tuple(
            (size - 1) * s - before - after + d * (k - 1) + e + 1
            for size, k, s, d, e, (before, after) in zip(x.spatial, kernel, stride, dilation, extra, pads, strict=True)
        )
        if min(sizes) < 1:
            raise OpError(f"padding {pads[sizes.index(min(sizes))][0]} leaves nothing of the output")
        return (Tensor((self.out, *sizes)),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        (x,) = inputs
        kernel = per_axis("kernel", self.kernel, len(x.spatial))
        weight = {"weight": Tensor((x.channels, self.out // self.groups, *kernel))}
        return weight | ({"bias": Tensor((self.out,))} if self.bias else {})

    def mads(self, *inputs: Tensor) -> int:
        (x,) = inputs
        return self.weights(x)["weight"].elements * prod(x.spatial)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        (x,) = inputs
        axes = len(x.spatial)
        kernel, stride = per_axis("kernel", self.kernel, axes), per_axis("stride", self.stride, axes)
        dilation = per_axis("dilation", self.dilation, axes)
        pads = padding_pairs(self.padding, x.spatial, kernel, stride, dilation)
        each = zip(kernel, stride, dilation, pads, strict=True)
        return over_space([spread(k, s, d, before) for k, s, d, (before, _) in each])

    def keeps(self, *inputs: Tensor) -> Kept:
        return INPUTS


def check_groups(groups: int, channels: int, out: int) -> None:
    """Raise `OpError` unless the groups divide both channel counts."""
    for count, what in ((channels, "input"), (out, "output")):
        if count % groups:
            raise OpError(
                f"{groups} groups do not divide {count} {what} channels",
                help="groups must divide input and output channels",
            )
