"""Normalisation layers."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from archspec.ops.arguments import Flag, Form, Number, Positive, PositiveNumber, is_number
from archspec.ops.base import NOTHING, Category, Example, Op, OpError, Tensor
from archspec.ops.footprint import Extra, Kept
from archspec.ops.geometry import image, need, need_rank
from archspec.ops.init import Initial

Momentum = Annotated[
    float | None,
    Form(
        "a number from 0 to 1, or null for the plain average",
        lambda value: value is None or (is_number(value) and 0 <= value <= 1),
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]},
        lambda value: None if value is None else float(value),
    ),
]


def affine(count: int | tuple[int, ...], wanted: bool) -> Mapping[str, Tensor]:
    """A learned weight and bias of that shape."""
    shape = (count,) if isinstance(count, int) else count
    return {"weight": Tensor(shape), "bias": Tensor(shape)} if wanted else NOTHING


def statistics(channels: int, wanted: bool) -> Mapping[str, Tensor]:
    """Running mean and variance of each channel, and how many batches they have seen."""
    if not wanted:
        return NOTHING
    return {
        "running_mean": Tensor((channels,)),
        "running_var": Tensor((channels,)),
        "num_batches_tracked": Tensor((), "int64"),
    }


class BatchNorm(Op):
    """Batch normalisation of each channel over batch and space (Ioffe and Szegedy 2015, arXiv 1502.03167).

    eps       added to the variance
    momentum  weight of the newest batch in the running statistics; null: their plain average
    affine    learn a weight and a bias per channel
    track     keep running statistics and use them in inference
    init      how the weight starts (default 1); bias_init likewise (default 0)

    Shape: unchanged, [C] or [C, 1 to 3 spatial axes].
    """

    op = "batch_norm"
    category = Category.NORM
    examples: ClassVar[tuple[Example, ...]] = (
        Example("batch_norm", (Tensor((64, 56, 56)),), (Tensor((64, 56, 56)),), params=128, buffers=129),
        Example("batch_norm(eps=1e-3, momentum=0.01)", (Tensor((32, 20)),), (Tensor((32, 20)),), 64, 65),
        Example("batch_norm(affine=false)", (Tensor((10,)),), (Tensor((10,)),), buffers=21),
        Example("batch_norm(track=false)", (Tensor((8, 2, 3, 3)),), (Tensor((8, 2, 3, 3)),), params=16),
        Example("batch_norm(init=0)", (Tensor((8, 3, 3)),), (Tensor((8, 3, 3)),), params=16, buffers=17),
    )

    eps: PositiveNumber = 1e-5
    momentum: Momentum = 0.1
    affine: Flag = True
    track: Flag = True
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1, 4)
        return (x,)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return affine(inputs[0].channels, self.affine)

    def buffers(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return statistics(inputs[0].channels, self.track)

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, and mean and deviation of each channel."""
        return Kept(inputs=True, aside=Extra(once=(Tensor(inputs[0].shape[:1]),) * 2))


class InstanceNorm(Op):
    """Normalises each channel of each sample over space (Ulyanov et al. 2016, arXiv 1607.08022).

    eps       added to the variance
    momentum  weight of the newest batch in the running statistics
    affine    learn a weight and a bias per channel
    track     keep running statistics and use them in inference
    init      how the weight starts (default 1); bias_init likewise (default 0)

    Shape: unchanged, [C, 1 to 3 spatial axes] of more than one element.
    """

    op = "instance_norm"
    category = Category.NORM
    examples = (
        Example("instance_norm", (Tensor((64, 56, 56)),), (Tensor((64, 56, 56)),)),
        Example("instance_norm(affine=true)", (Tensor((8, 20)),), (Tensor((8, 20)),), params=16),
        Example("instance_norm(track=true)", (Tensor((8, 2, 3, 3)),), (Tensor((8, 2, 3, 3)),), buffers=17),
    )

    eps: PositiveNumber = 1e-5
    momentum: Momentum = 0.1
    affine: Flag = False
    track: Flag = False
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        image(self, x)
        if x.elements == x.channels:
            raise OpError(f"`instance_norm` needs more than one element a channel, not shape {x}", operand=0)
        return (x,)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return affine(inputs[0].channels, self.affine)

    def buffers(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return statistics(inputs[0].channels, self.track)

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, mean and deviation of each channel of each sample, and for each sample what channels share."""
        shared = self.affine + 2 * self.track
        return Kept(inputs=True, aside=Extra(each=(Tensor(inputs[0].shape[:1]),) * (2 + shared)))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(each=(Tensor(inputs[0].shape[:1]),) * (2 + 2 * self.affine + 2 * self.track))


class LayerNorm(Op):
    """Normalises each sample over its last axes (Ba et al. 2016, arXiv 1607.06450).

    axes    how many of the last axes are normalised together
    eps     added to the variance
    affine  learn a weight and a bias for each element of those axes
    init    how the weight starts (default 1); bias_init likewise (default 0)

    Shape: unchanged.
    """

    op = "layer_norm"
    category = Category.NORM
    examples = (
        Example("layer_norm", (Tensor((196, 768)),), (Tensor((196, 768)),), params=1536),
        Example("layer_norm(3, eps=1e-6)", (Tensor((4, 6, 6)),), (Tensor((4, 6, 6)),), params=288),
        Example("layer_norm(affine=false)", (Tensor((10,)),), (Tensor((10,)),)),
    )

    axes: Positive = 1
    eps: PositiveNumber = 1e-5
    affine: Flag = True
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        if self.axes > len(x.shape):
            raise OpError(f"`layer_norm` over {self.axes} axes of an input that has {len(x.shape)}", operand=0)
        return (x,)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return affine(inputs[0].shape[-self.axes :], self.affine)

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, and mean and deviation of each stretch that is normalised."""
        return Kept(inputs=True, aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(each=(Tensor(inputs[0].shape[: -self.axes]),) * 2)


class GroupNorm(Op):
    """Normalises groups of channels of each sample (Wu and He 2018, arXiv 1803.08494).

    groups  number of groups; it must divide the channels
    eps     added to the variance
    affine  learn a weight and a bias per channel
    init    how the weight starts (default 1); bias_init likewise (default 0)

    Shape: unchanged, channels first.
    """

    op = "group_norm"
    category = Category.NORM
    examples = (
        Example("group_norm(32)", (Tensor((64, 56, 56)),), (Tensor((64, 56, 56)),), params=128),
        Example("group_norm(1, eps=1e-6, affine=false)", (Tensor((6, 5)),), (Tensor((6, 5)),)),
    )

    groups: Positive
    eps: PositiveNumber = 1e-5
    affine: Flag = True
    init: Initial = None
    bias_init: Initial = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        need_rank(self, x, 1)
        if x.channels % self.groups:
            raise OpError(f"{self.groups} groups do not divide {x.channels} channels", operand=0)
        return (x,)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return affine(inputs[0].channels, self.affine)

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, and mean and deviation of each group."""
        return Kept(inputs=True, aside=self.scratch(*inputs))

    def scratch(self, *inputs: Tensor) -> Extra:
        return Extra(each=(Tensor((self.groups,)),) * 2)


class LocalResponseNorm(Op):
    """Divides each value by a sum of squares over neighbouring channels (Krizhevsky et al. 2012).

    size   number of neighbouring channels, itself included
    alpha  weight of the sum of squares; as in PyTorch and Caffe it is divided by `size`, so AlexNet's
           printed 1e-4 over 5 channels, which is not averaged, is alpha=5e-4 here
    beta   exponent
    k      added to the sum

    y = x / (k + alpha / size * sum of squares) ** beta. Shape: unchanged.
    """

    op = "local_response_norm"
    category = Category.NORM
    examples = (
        Example("local_response_norm(5)", (Tensor((96, 27, 27)),), (Tensor((96, 27, 27)),)),
        Example("local_response_norm(5, alpha=5e-4, beta=0.75, k=2.0)", (Tensor((8, 9)),), (Tensor((8, 9)),)),
    )

    size: Positive
    alpha: Number = 1e-4
    beta: Number = 0.75
    k: Number = 1.0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        image(self, x)
        return (x,)

    def keeps(self, *inputs: Tensor) -> Kept:
        """Its input, the squares with channels of zeros around them, the sums and their powers."""
        (x,) = inputs
        padded = Tensor((x.channels + self.size - 1, *x.spatial))
        return Kept(inputs=True, aside=Extra(each=(padded, x, x)))

    def scratch(self, *inputs: Tensor) -> Extra:
        """Two of the steps from the squares to the powers."""
        return Extra(each=inputs * 2)
