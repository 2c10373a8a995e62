"""Convolutions whose skip connection lies inside the weight (DiracNets)."""

from collections.abc import Mapping
from math import prod

from archspec.ops.arguments import EvenPadding, Flag, Positive, Sizes
from archspec.ops.base import Category, Example, Op, Tensor
from archspec.ops.footprint import Extra, Kept
from archspec.ops.geometry import image, padding_pairs, per_axis, windows
from archspec.ops.init import Initial
from archspec.ops.window import Ways, over_space, sliding


class DiracConv(Op):
    """Convolution with the weight diag(alpha) I + diag(beta) W / |W|: the identity (a Dirac delta on the
    channels that input and output share) and the filters, each divided by its norm, both scaled by a
    learned number per output channel (Zagoruyko and Komodakis 2017, 1706.00388, section 3). One
    convolution computes it; folded into an ordinary weight it costs nothing more.

    out      output channels
    kernel   size of the window, one number or one an axis
    stride   step of the window
    padding  amount on each side; one an axis; `half`: (kernel - 1) // 2
    bias     add one learned number per output channel
    init     how the weight starts (default: PyTorch's); alpha starts at 1, beta at 0.1

    Shape: as `conv`.
    """

    op = "dirac_conv"
    category = Category.CONV
    weighted = True
    examples = (
        Example(
            "dirac_conv(64, 3, padding=half, bias=false)",
            (Tensor((64, 56, 56)),),
            (Tensor((64, 56, 56)),),
            params=36992,
            mads=115605504,
        ),
        Example("dirac_conv(16, 3, stride=2)", (Tensor((8, 9, 9)),), (Tensor((16, 4, 4)),), params=1200, mads=18432),
        Example("dirac_conv(4, 5, padding=2)", (Tensor((8, 20)),), (Tensor((4, 20)),), params=172, mads=3200),
    )

    out: Positive
    kernel: Sizes = 1
    stride: Sizes = 1
    padding: EvenPadding = 0
    bias: Flag = True
    init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        axes = image(self, x)
        kernel, stride = per_axis("kernel", self.kernel, axes), per_axis("stride", self.stride, axes)
        ones = (1,) * axes
        pads = padding_pairs(self.padding, x.spatial, kernel, stride, ones)
        return (Tensor((self.out, *windows(x.spatial, kernel, stride, ones, pads))),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        (x,) = inputs
        each = Tensor((self.out,))
        weight = Tensor((self.out, x.channels, *per_axis("kernel", self.kernel, len(x.spatial))))
        return {"weight": weight, "alpha": each, "beta": each} | ({"bias": each} if self.bias else {})

    def mads(self, *inputs: Tensor) -> int:
        (output,) = self.infer(*inputs)
        return self.weights(*inputs)["weight"].elements * prod(output.spatial)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        (x,) = inputs
        axes = len(x.spatial)
        kernel, stride = per_axis("kernel", self.kernel, axes), per_axis("stride", self.stride, axes)
        ones = (1,) * axes
        pads = padding_pairs(self.padding, x.spatial, kernel, stride, ones)
        return over_space(sliding(kernel, stride, ones, [before for before, _ in pads]))

    def keeps(self, *inputs: Tensor) -> Kept:
        return Kept(inputs=True, aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        """The filters divided by their norms, and the weight that they make."""
        return Extra(once=(self.weights(*inputs)["weight"],) * 2)
