"""Rules of learned tensors, channel-wise scale and bias, and the identity."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, Precedence, arguments, rule
from archspec.backends.pytorch.rules.conv import inits
from archspec.backends.pytorch.rules.helpers import BIAS, MULTIPLY, SCALE
from archspec.ops.base import Tensor
from archspec.ops.tensor import Bias, Identity, Multiply, Parameter, Scale


@rule(Identity)
def identity(op: Identity, x: Tensor) -> Lowering:
    return Lowering(Layer("nn.Identity"), Functional("{0}"))


@rule(Multiply)
def multiply(op: Multiply, x: Tensor) -> Lowering:
    factor = Arg("factor", op.factor, "factor", positional=True)
    product = Functional("{factor} * {0}", (factor,), precedence=Precedence.MUL, operands=Precedence.ATOM)
    return Lowering(Layer("Multiply", (factor,)), product, helpers=(MULTIPLY,), overwritable=True)


@rule(Scale)
def scale(op: Scale, x: Tensor) -> Lowering:
    channels = Arg("channels", x.channels, "in_channels", positional=True)
    layer = Layer("Scale", arguments(channels, (Arg("bias", op.bias, "bias"), False)))
    return Lowering(layer, helpers=(SCALE,), inits=inits(op), overwritable=True)


@rule(Bias)
def bias(op: Bias, x: Tensor) -> Lowering:
    layer = Layer("Bias", (Arg("channels", x.channels, "in_channels", positional=True),))
    start = {} if op.init is None else {"bias": op.init}
    return Lowering(layer, helpers=(BIAS,), inits=start, overwritable=True)


@rule(Parameter)
def parameter(op: Parameter) -> Lowering:
    shape = Arg("size", op.shape, "shape", positional=True)
    constant = op.init is None or op.init.kind in ("constant", "zeros", "ones")
    value = {"zeros": 0.0, "ones": 1.0}.get(op.init.kind, dict(op.init.settings).get("value")) if op.init else 0.0
    match value:
        case 0.0:
            made = Layer("torch.zeros", (shape,))
        case 1.0:
            made = Layer("torch.ones", (shape,))
        case _ if constant:
            made = Layer("torch.full", (shape, Arg("fill_value", value, "init", positional=True)))
        case _:
            made = Layer("torch.empty", (shape,))
    return Lowering(
        Layer("nn.Parameter", (Arg("data", made, positional=True),)),
        inits={} if constant or op.init is None else {"": op.init},
        constant=True,
        batchless=True,
    )
