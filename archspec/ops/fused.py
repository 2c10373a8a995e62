"""Ops that passes make and no spec can write: several steps of a network in one, which some engine can do at once."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from archspec.ops.arguments import words
from archspec.ops.base import Category, Example, Op, OpError, Tensor
from archspec.ops.conv import Conv
from archspec.ops.footprint import Extra
from archspec.ops.geometry import need, need_rank
from archspec.ops.norm import BatchNorm, LocalResponseNorm
from archspec.ops.window import Ways, aligned

IMAGE = Tensor((64, 56, 56))
ACTIVATIONS = ("relu", "relu6", "silu", "hard_sigmoid", "hard_swish")
"""what may be applied in one go with a convolution, as ops without arguments"""


class FusedConv(Conv):
    """A convolution that adds another value of its output's shape, if it is given one, and applies an activation.

    activation  what comes last, a name of an op or `none`; behind a sum `relu` or `none`

    Other arguments and the shape: those of `conv`. It is for networks that are not trained any more.
    """

    op = "fused_conv"
    inputs = ("input", "addend")
    optional = frozenset({"addend"})
    overwritable = False
    examples: ClassVar[tuple[Example, ...]] = (
        Example("fused_conv(64, 3, padding=1, activation=relu)", (IMAGE,), (IMAGE,), params=36928, mads=115605504),
        Example("fused_conv(64, 1, groups=2, bias=false, activation=relu6)", (IMAGE,), (IMAGE,), 2048, mads=6422528),
        Example("fused_conv(64, 1, bias=false, activation=relu)", (IMAGE, IMAGE), (IMAGE,), 4096, mads=12845056),
        Example("fused_conv(64, [1, 3], stride=[1, 2])", (IMAGE,), (Tensor((64, 56, 27)),), 12352, mads=18579456),
    )

    activation: Annotated[str, words("none", *ACTIVATIONS)] = "none"

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        x, *addends = inputs
        outputs = super().infer(x)
        if addends and tuple(addends) != outputs:
            raise OpError(f"cannot add {addends[0]} to {outputs[0]}", operand=1, clash=True)
        if addends and self.activation not in ("none", "relu"):
            raise OpError(f"`{self.activation}` cannot follow a sum in one op")
        return outputs

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return super().weights(inputs[0])

    def mads(self, *inputs: Tensor) -> int:
        return super().mads(inputs[0])

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        x, *addends = inputs
        ((ways,),) = (super().reach(x),)
        return (ways + tuple(aligned(one.shape, one.shape) for one in addends),)

    def scratch(self, *inputs: Tensor) -> Extra:
        return super().scratch(inputs[0])


class ClampChannels(Op):
    """Each channel cut to lie between two numbers of its own; infinite ones leave it as it is.

    Shape: unchanged, channels first.
    """

    op = "clamp_channels"
    category = Category.ACTIVATION
    examples = (
        Example("clamp_channels", (IMAGE,), (IMAGE,), buffers=128),
        Example("clamp_channels", (Tensor((10,)),), (Tensor((10,)),), buffers=20),
    )

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        return (x,)

    def buffers(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        bound = Tensor((inputs[0].channels, *(1 for _ in inputs[0].spatial)))
        return {"lower": bound, "upper": bound}


class BandedResponseNorm(LocalResponseNorm):
    """`local_response_norm`, its sums over neighbours a product of all channels with a matrix of 0 and 1.

    Arguments and shape: those of `local_response_norm`.
    """

    op = "banded_response_norm"
    examples = (
        Example("banded_response_norm(5)", (Tensor((96, 27, 27)),), (Tensor((96, 27, 27)),), mads=6718464),
        Example("banded_response_norm(4, beta=0.5, k=2.0)", (Tensor((8, 9)),), (Tensor((8, 9)),), mads=576),
    )

    def mads(self, *inputs: Tensor) -> int:
        (x,) = inputs
        return x.channels * x.elements

    def scratch(self, *inputs: Tensor) -> Extra:
        """The squares or the result, beside the sums; and the matrix."""
        (x,) = inputs
        return Extra(each=inputs, once=(Tensor((x.channels, x.channels)),))


class ScaledBatchNorm(BatchNorm):
    """`batch_norm` of an image, in evaluation one multiplication and addition for each value.

    Arguments and shape: those of `batch_norm`, [C, height, width].
    """

    op = "scaled_batch_norm"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("scaled_batch_norm", (IMAGE,), (IMAGE,), params=128, buffers=129),
        Example("scaled_batch_norm(eps=1e-3, affine=false)", (Tensor((8, 9, 9)),), (Tensor((8, 9, 9)),), buffers=17),
    )
