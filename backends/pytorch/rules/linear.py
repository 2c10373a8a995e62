"""Rules of the linear layers."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Layer, Lowering, arguments, rule
from archspec.backends.pytorch.rules.conv import inits
from archspec.ops.base import Tensor
from archspec.ops.linear import Linear


@rule(Linear)
def linear(op: Linear, x: Tensor) -> Lowering:
    args = arguments(
        Arg("in_features", x.shape[-1], "in_features", positional=True),
        Arg("out_features", op.out, "out", positional=True),
        (Arg("bias", op.bias, "bias"), True),
    )
    return Lowering(Layer("nn.Linear", args), inits=inits(op), overwritable=True)
