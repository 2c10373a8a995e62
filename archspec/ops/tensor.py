"""Learned tensors that are no layer, channel-wise scale and bias, and the identity."""

from collections.abc import Mapping

from archspec.ops.arguments import Flag, Number, Shape
from archspec.ops.base import Category, Example, Op, Tensor
from archspec.ops.footprint import INPUTS, NONE, Extra, Kept
from archspec.ops.geometry import need, need_rank
from archspec.ops.init import Init, Initial

IMAGE = Tensor((64, 56, 56))


class Identity(Op):
    """Its input, unchanged."""

    op = "identity"
    category = Category.SHAPE
    view = True
    overwritable = False
    examples = (Example("identity", (IMAGE,), (IMAGE,)),)

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return inputs


class Multiply(Op):
    """Multiplies by a fixed number. Written `0.17 * y` where nodes are joined: Inception-ResNet scales
    its residuals so (1602.07261, section 3.3).

    factor  the number

    Shape: unchanged.
    """

    op = "multiply"
    category = Category.MERGE
    examples = (Example("multiply(0.17)", (IMAGE,), (IMAGE,)),)

    factor: Number

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        return (x,)


class Scale(Op):
    """Multiplies each channel by a learned weight, and adds a learned bias if asked to. LeNet-5's
    subsampling is such a layer after pooling.

    bias  add one learned number per channel
    init  how the weight starts (default 1); bias_init likewise (default 0)

    Shape: unchanged, channels first.
    """

    op = "scale"
    category = Category.TENSOR
    examples = (
        Example("scale", (IMAGE,), (IMAGE,), params=64),
        Example("scale(bias=true, init=0.25)", (Tensor((6, 14, 14)),), (Tensor((6, 14, 14)),), params=12),
        Example("scale", (Tensor((10,)),), (Tensor((10,)),), params=10),
    )

    bias: Flag = False
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        return (x,)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        shape = Tensor((inputs[0].channels,))
        return {"weight": shape, "bias": shape} if self.bias else {"weight": shape}

    def keeps(self, *inputs: Tensor) -> Kept:
        return INPUTS

    def scratch(self, *inputs: Tensor) -> Extra:
        """The product, while the bias is added."""
        return Extra(each=inputs) if self.bias else NONE


class Bias(Op):
    """Adds a learned number to each channel.

    init  how it starts (default 0)

    Shape: unchanged, channels first.
    """

    op = "bias"
    category = Category.TENSOR
    examples = (
        Example("bias", (IMAGE,), (IMAGE,), params=64),
        Example("bias(init=1)", (Tensor((10,)),), (Tensor((10,)),), params=10),
    )

    init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        return (x,)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"bias": Tensor((inputs[0].channels,))}


class Parameter(Op):
    """A learned tensor that reads nothing: the step's name is its key in the state dict.

    shape  without a batch; the tensor is the same for all samples
    init   how it starts: a number, or an initialiser

    It joins others by `+ - *`, `gate`, `lerp`, `maximum` and `concat`; in sums and products ranks align right.
    """

    op = "parameter"
    category = Category.TENSOR
    inputs = ()
    overwritable = False
    examples = (
        Example("parameter([384, 1, 1], init=1e-6)", (), (Tensor((384, 1, 1)),), params=384),
        Example("parameter([1, 768], init=truncated_normal)", (), (Tensor((1, 768)),), params=768),
    )

    shape: Shape
    init: Initial = Init.make("constant")

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (Tensor(self.shape),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"": Tensor(self.shape)}
