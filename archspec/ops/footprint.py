"""What values an op holds on to: the vocabulary of `Op.keeps`, `Op.scratch` and `Op.view`.

Reverse-mode differentiation computes the gradient of an op from its weights, and from its inputs, its
output, or values that it set aside on the way. Which of them is the choice of an implementation; here
it is that of PyTorch's autograd, measured op by op in the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archspec.ops.base import Tensor


class Extra(NamedTuple):
    """Values that an op makes besides its outputs."""

    each: tuple[Tensor, ...] = ()
    """for each sample"""
    once: tuple[Tensor, ...] = ()
    """for the batch as a whole"""


NONE = Extra()


class Kept(NamedTuple):
    """What an op keeps for its derivative, besides weights, which are there anyway."""

    inputs: bool = False
    output: bool = False
    either: bool = False
    """one of the two: the output where it was written over the input, else the input"""
    aside: Extra = NONE
    """values of its own, like the places of the maxima of a pooling"""


NOTHING_KEPT = Kept()
INPUTS = Kept(inputs=True)
OUTPUT = Kept(output=True)
EITHER = Kept(either=True)
