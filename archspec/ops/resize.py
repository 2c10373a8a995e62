"""Ops that enlarge: padding of the spatial axes and of the channels, and interpolation."""

from math import trunc
from typing import Annotated

from archspec.ops.arguments import Amounts, Flag, Number, OptionalSizes, Positive, Scales, words
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import INPUTS, NOTHING_KEPT, Kept
from archspec.ops.geometry import image, need, need_rank, per_axis, plural, sides
from archspec.ops.window import HERE, Span, Ways, over_space, scaled, shifted


class Pad(Op):
    """Widens the spatial axes.

    amounts  on each side; one an axis; one pair [before, after] an axis
    mode     what stands there: `constant`, `reflect`, `replicate` or `circular`
    value    of `constant`

    Shape: [C, sizes] to [C, before + size + after].
    """

    op = "pad"
    category = Category.SHAPE
    overwritable = False
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

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        pairs = sides("amounts", self.amounts, len(inputs[0].spatial))
        return over_space([shifted(-before) for before, _ in pairs], (0, HERE))

    def keeps(self, *inputs: Tensor) -> Kept:
        return INPUTS if self.mode in ("reflect", "replicate") else NOTHING_KEPT


class PadChannels(Op):
    """Adds channels of zeros behind the input's: the shortcut without parameters of residual nets
    (option A of 1512.03385) where they get wider.

    out  how many channels there are then

    Shape: [C, ...] to [out, ...].
    """

    op = "pad_channels"
    category = Category.SHAPE
    overwritable = False
    examples = (
        Example("pad_channels(32)", (Tensor((16, 16, 16)),), (Tensor((32, 16, 16)),)),
        Example("pad_channels(10)", (Tensor((4, 5)),), (Tensor((10, 5)),)),
        Example("pad_channels(4)", (Tensor((4,)),), (Tensor((4,)),)),
    )

    out: Positive

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        if x.channels > self.out:
            raise OpError(f"the input has {plural(x.channels, 'channel')}, more than {self.out}", operand=0)
        return (Tensor((self.out, *x.shape[1:])),)


_RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_TAPS: dict[str, Span] = {"nearest": (0, 0), "bicubic": (-1, 2)}
"""what is read around the index below a point; linear modes read the index and the next"""


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
            sizes = tuple(trunc(size * scale) for size, scale in zip(x.spatial, scales, strict=True) if scale)
        if min(sizes) < 1:
            raise OpError(f"nothing is left of {x} at this scale", operand=0)
        return (Tensor((x.channels, *sizes)),)

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        """The points that PyTorch looks at: by the factor that was given, or by the sizes."""
        from fractions import Fraction

        (x,) = inputs
        (output,) = self.infer(x)
        half, windows = Fraction(1, 2), []
        factors = self.scale if isinstance(self.scale, tuple) else (self.scale,) * len(x.spatial)
        for size, new, factor in zip(x.spatial, output.spatial, factors, strict=True):
            if self.align_corners:
                ratio, start = Fraction(size - 1, max(new - 1, 1)), Fraction(0)
            else:
                given = Fraction(factor or 0).limit_denominator(1000)
                ratio = 1 / given if given else Fraction(size, new)
                start = Fraction(0) if self.mode == "nearest" else (ratio - 1) * half
            windows.append(scaled(ratio, start, _TAPS.get(self.mode, (0, 1))) if ratio else None)
        return over_space(windows, (0, HERE))
