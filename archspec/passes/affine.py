"""Ops that multiply each channel by a number and add one, in evaluation: a layer beside them can do it too."""

from __future__ import annotations

from typing import NamedTuple

from archspec.ops.base import Op, Tensor
from archspec.ops.cut import Crop, Slice
from archspec.ops.norm import BatchNorm
from archspec.ops.tensor import Bias, Multiply, Scale
from archspec.passes.formulas import norm_scale, norm_shift
from archspec.passes.rewrite import Made, Old, Recipe
from archspec.program.weights import join_key

AFFINE: tuple[type[Op], ...] = (BatchNorm, Scale, Bias, Multiply)
"""ops that may be of that kind"""


class Affine(NamedTuple):
    """scale * x + shift, channel by channel; None stands for 1 and 0. A plain number holds for all channels."""

    scale: Recipe | float | None
    shift: Recipe | None


def affine_of(op: Op, key: str) -> Affine | None:
    """What an op with that key does to each channel in evaluation, if that is all it does.

    A batch norm without running statistics normalises by its input, and is none.
    """

    def old(name: str) -> Old:
        return Old(join_key(key, name))

    match op:
        case BatchNorm(track=True):
            learned = op.affine
            scale = Made(norm_scale, (old("running_var"), old("weight") if learned else None), {"eps": op.eps})
            return Affine(scale, Made(norm_shift, (old("running_mean"), scale, old("bias") if learned else None)))
        case Scale():
            return Affine(old("weight"), old("bias") if op.bias else None)
        case Bias():
            return Affine(None, old("bias"))
        case Multiply():
            return Affine(op.factor, None)
    return None


def cuts_space(op: Op, output: Tensor) -> bool:
    """Whether an op only cuts spatial axes, so that channels may be scaled before it as well as after."""
    return isinstance(op, Crop) or (isinstance(op, Slice) and op.axis % len(output.shape) != 0)
