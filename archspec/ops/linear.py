"""Linear layers."""

from collections.abc import Mapping
from math import prod

from archspec.ops.arguments import Flag, Positive
from archspec.ops.base import Category, Example, Op, Tensor
from archspec.ops.footprint import INPUTS, Kept
from archspec.ops.geometry import need, need_rank
from archspec.ops.init import Initial
from archspec.ops.window import Ways, straight


class Linear(Op):
    """Fully connected layer over the last axis: y = x W^T + b, as PyTorch's nn.Linear.

    out   output features
    bias  add one learned number per output feature
    init  how the weight starts (default: PyTorch's); bias_init likewise

    Shape: [..., features] to [..., out]. An image must be flattened first.
    """

    op = "linear"
    category = Category.LINEAR
    weighted = True
    examples = (
        Example("linear(1000)", (Tensor((1024,)),), (Tensor((1000,)),), params=1025000, mads=1024000),
        Example("linear(64, bias=false)", (Tensor((10, 32)),), (Tensor((10, 64)),), params=2048, mads=20480),
        Example("linear(10, init=0, bias_init=1)", (Tensor((84,)),), (Tensor((10,)),), params=850, mads=840),
    )

    out: Positive
    bias: Flag = True
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        return (Tensor((*x.shape[:-1], self.out)),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        (x,) = inputs
        weight = {"weight": Tensor((self.out, x.shape[-1]))}
        return weight | ({"bias": Tensor((self.out,))} if self.bias else {})

    def mads(self, *inputs: Tensor) -> int:
        (x,) = inputs
        return prod(x.shape) * self.out

    def reach(self, *inputs: Tensor) -> tuple[tuple[Ways, ...], ...]:
        return (((*straight(len(inputs[0].shape) - 1), None),),)

    def keeps(self, *inputs: Tensor) -> Kept:
        return INPUTS
