"""Noise that regularises training and is absent in inference. Shapes do not change."""

from typing import Annotated

from archspec.ops.arguments import Form, Probability, is_number, words
from archspec.ops.base import Category, Example, Op, Tensor
from archspec.ops.footprint import NOTHING_KEPT, Extra, Kept
from archspec.ops.geometry import image, need

Chance = Annotated[
    float,
    Form(
        "a probability from 0 to 1",
        lambda value: is_number(value) and 0 <= value <= 1,
        {"type": "number", "minimum": 0, "maximum": 1},
        float,
    ),
]


class Dropout(Op):
    """Sets values to zero with probability p in training and divides the rest by 1 - p
    (Srivastava et al. 2014).

    p  probability of a value to be dropped
    """

    op = "dropout"
    category = Category.REGULARISE
    overwrites = True
    overwritable = False
    examples = (
        Example("dropout", (Tensor((4096,)),), (Tensor((4096,)),)),
        Example("dropout(0.2)", (Tensor((1024, 7, 7)),), (Tensor((1024, 7, 7)),)),
    )

    p: Chance = 0.5

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        return (x,)

    def idle(self) -> bool:
        return True

    def keeps(self, *inputs: Tensor) -> Kept:
        """The factor of each value."""
        return Kept(aside=Extra(each=inputs)) if self.p else NOTHING_KEPT


class DropoutChannels(Op):
    """Dropout of whole channels, also called spatial dropout (Tompson et al. 2015, arXiv 1411.4280).

    p  probability of a channel to be dropped

    Takes [C, 1 to 3 spatial axes].
    """

    op = "dropout_channels"
    category = Category.REGULARISE
    overwrites = True
    overwritable = False
    examples = (
        Example("dropout_channels", (Tensor((64, 8, 8)),), (Tensor((64, 8, 8)),)),
        Example("dropout_channels(0.1)", (Tensor((64, 8)),), (Tensor((64, 8)),)),
    )

    p: Chance = 0.5

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        image(self, inputs[0])
        return (inputs[0],)

    def idle(self) -> bool:
        return True

    def keeps(self, *inputs: Tensor) -> Kept:
        """The factor of each channel."""
        return Kept(aside=Extra(each=(Tensor(inputs[0].shape[:1]),))) if self.p else NOTHING_KEPT


class DropPath(Op):
    """Stochastic depth: drops the whole input of a sample with probability p in training
    (Huang et al. 2016, arXiv 1603.09382). Stands at the end of a residual branch, before the sum.

    p      probability of a sample to be dropped
    scale  where the survival probability 1 - p is made up for: `training` divides by it there;
           `inference` multiplies by it there, as the paper does
    """

    op = "drop_path"
    category = Category.REGULARISE
    overwritable = False
    examples = (
        Example("drop_path(0.2)", (Tensor((64, 8, 8)),), (Tensor((64, 8, 8)),)),
        Example("drop_path(0.5, scale=inference)", (Tensor((16, 32)),), (Tensor((16, 32)),)),
    )

    p: Probability
    scale: Annotated[str, words("training", "inference")] = "training"

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        need(self, x)
        return (x,)

    def idle(self) -> bool:
        return self.scale == "training"

    def keeps(self, *inputs: Tensor) -> Kept:
        """The factor of each sample."""
        return Kept(aside=Extra(each=(Tensor(()),)))
