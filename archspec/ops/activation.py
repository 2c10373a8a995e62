"""Activations: applied to each value on its own (softmax: along one axis). Shapes do not change."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from archspec.ops.arguments import Flag, Integer, Number, PositiveNumber, words
from archspec.ops.base import Category, Example, Op, Tensor
from archspec.ops.footprint import EITHER, INPUTS, OUTPUT, Extra, Kept
from archspec.ops.geometry import axis_of, need, need_rank

IMAGE, ROW = Tensor((64, 56, 56)), Tensor((10,))


class Activation(Op):
    """Abstract. A function of each value."""

    category = Category.ACTIVATION
    overwritable = False
    kept: ClassVar[Kept] = INPUTS
    """what the derivative is computed from"""

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        return (x,)

    def keeps(self, *inputs: Tensor) -> Kept:
        return self.kept


class Relu(Activation):
    """max(x, 0)."""

    op = "relu"
    overwrites = True
    kept = OUTPUT
    examples = (Example("relu", (IMAGE,), (IMAGE,)),)


class Relu6(Activation):
    """min(max(x, 0), 6), as in MobileNet (Howard et al. 2017, arXiv 1704.04861)."""

    op = "relu6"
    overwrites = True
    examples = (Example("relu6", (IMAGE,), (IMAGE,)),)


class LeakyRelu(Activation):
    """x where positive, else slope * x.

    slope  of the negative side
    """

    op = "leaky_relu"
    overwrites = True
    kept = EITHER
    examples = (Example("leaky_relu", (IMAGE,), (IMAGE,)), Example("leaky_relu(0.2)", (IMAGE,), (IMAGE,)))

    slope: Number = 0.01


class Prelu(Activation):
    """x where positive, else a learned slope times x (He et al. 2015, arXiv 1502.01852).

    per_channel  one slope for each channel, not one for all
    start        what the slopes start at
    """

    op = "prelu"
    examples = (
        Example("prelu", (IMAGE,), (IMAGE,), params=1),
        Example("prelu(per_channel=true, start=0.1)", (IMAGE,), (IMAGE,), params=64),
    )

    per_channel: Flag = False
    start: Number = 0.25

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        need_rank(self, inputs[0], 1)
        return super().infer(*inputs)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"weight": Tensor((inputs[0].channels if self.per_channel else 1,))}


class Elu(Activation):
    """x where positive, else alpha * (exp(x) - 1) (Clevert et al. 2015, arXiv 1511.07289).

    alpha  minus the limit of the negative side
    """

    op = "elu"
    overwrites = True
    kept = EITHER
    examples = (Example("elu", (IMAGE,), (IMAGE,)), Example("elu(0.5)", (ROW,), (ROW,)))

    alpha: PositiveNumber = 1.0


class Selu(Activation):
    """Self-normalising ELU with fixed constants (Klambauer et al. 2017, arXiv 1706.02515)."""

    op = "selu"
    overwrites = True
    kept = EITHER
    examples = (Example("selu", (IMAGE,), (IMAGE,)),)


class Gelu(Activation):
    """x times the normal distribution function of x (Hendrycks and Gimpel 2016, arXiv 1606.08415).

    approximate  `none`: exact; `tanh`: the paper's approximation, as in GPT-2
    """

    op = "gelu"
    examples = (Example("gelu", (IMAGE,), (IMAGE,)), Example("gelu(tanh)", (ROW,), (ROW,)))

    approximate: Annotated[str, words("none", "tanh")] = "none"


class Silu(Activation):
    """x * sigmoid(x), also called swish (Ramachandran et al. 2017, arXiv 1710.05941)."""

    op = "silu"
    overwrites = True
    examples = (Example("silu", (IMAGE,), (IMAGE,)),)


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    op = "sigmoid"
    kept = OUTPUT
    examples = (Example("sigmoid", (IMAGE,), (IMAGE,)),)


class Tanh(Activation):
    """scale * tanh(input_scale * x).

    scale        of the result; LeNet-5 has 1.7159 (LeCun et al. 1998, appendix A)
    input_scale  of the argument; LeNet-5 has 2/3
    """

    op = "tanh"
    examples = (Example("tanh", (IMAGE,), (IMAGE,)), Example("tanh(1.7159, 0.6666666666666666)", (ROW,), (ROW,)))

    scale: Number = 1.0
    input_scale: Number = 1.0

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its own output, before that is scaled."""
        return OUTPUT if self.scale == 1 else Kept(aside=Extra(each=inputs))


class HardSigmoid(Activation):
    """min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, arXiv 1905.02244)."""

    op = "hard_sigmoid"
    overwrites = True
    examples = (Example("hard_sigmoid", (IMAGE,), (IMAGE,)),)


class HardSwish(Activation):
    """x * hard_sigmoid(x) (Howard et al. 2019, arXiv 1905.02244)."""

    op = "hard_swish"
    overwrites = True
    examples = (Example("hard_swish", (IMAGE,), (IMAGE,)),)


class Softplus(Activation):
    """log(1 + exp(beta * x)) / beta.

    beta  sharpness: large values come near relu
    """

    op = "softplus"
    examples = (Example("softplus", (IMAGE,), (IMAGE,)), Example("softplus(2)", (ROW,), (ROW,)))

    beta: PositiveNumber = 1.0


class Softmax(Activation):
    """exp(x) divided by its sum along an axis.

    axis  counted without the batch; default: the last
    """

    op = "softmax"
    kept = OUTPUT
    examples = (Example("softmax", (ROW,), (ROW,)), Example("softmax(axis=0)", (IMAGE,), (IMAGE,)))

    axis: Integer = -1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        axis_of(self, self.axis, inputs[0])
        return super().infer(*inputs)


class LogSoftmax(Activation):
    """Logarithm of softmax along an axis.

    axis  counted without the batch; default: the last
    """

    op = "log_softmax"
    kept = OUTPUT
    examples = (Example("log_softmax", (ROW,), (ROW,)), Example("log_softmax(0)", (IMAGE,), (IMAGE,)))

    axis: Integer = -1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        axis_of(self, self.axis, inputs[0])
        return super().infer(*inputs)
