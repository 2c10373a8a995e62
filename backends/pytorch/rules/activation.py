"""Rules of the activations."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, Precedence, arguments, call, rule
from archspec.backends.pytorch.rules.helpers import SCALED_TANH
from archspec.ops import activation as ops
from archspec.ops.base import Tensor


@rule(ops.Relu)
def relu(op: ops.Relu, x: Tensor) -> Lowering:
    return _plain("nn.ReLU", "F.relu", inplace=True)


@rule(ops.Relu6)
def relu6(op: ops.Relu6, x: Tensor) -> Lowering:
    return _plain("nn.ReLU6", "F.relu6", inplace=True)


@rule(ops.LeakyRelu)
def leaky_relu(op: ops.LeakyRelu, x: Tensor) -> Lowering:
    slope = (Arg("negative_slope", op.slope, "slope", positional=True), 0.01)
    return _plain("nn.LeakyReLU", "F.leaky_relu", slope, inplace=True)


@rule(ops.Prelu)
def prelu(op: ops.Prelu, x: Tensor) -> Lowering:
    args = arguments(
        (Arg("num_parameters", x.channels if op.per_channel else 1, "in_channels", positional=True), 1),
        (Arg("init", op.start, "start"), 0.25),
    )
    return Lowering(Layer("nn.PReLU", args))


@rule(ops.Elu)
def elu(op: ops.Elu, x: Tensor) -> Lowering:
    return _plain("nn.ELU", "F.elu", (Arg("alpha", op.alpha, "alpha"), 1.0), inplace=True)


@rule(ops.Selu)
def selu(op: ops.Selu, x: Tensor) -> Lowering:
    return _plain("nn.SELU", "F.selu", inplace=True)


@rule(ops.Gelu)
def gelu(op: ops.Gelu, x: Tensor) -> Lowering:
    return _plain("nn.GELU", "F.gelu", (Arg("approximate", op.approximate, "approximate"), "none"))


@rule(ops.Silu)
def silu(op: ops.Silu, x: Tensor) -> Lowering:
    return _plain("nn.SiLU", "F.silu", inplace=True)


@rule(ops.Sigmoid)
def sigmoid(op: ops.Sigmoid, x: Tensor) -> Lowering:
    return _plain("nn.Sigmoid", "torch.sigmoid")


@rule(ops.Tanh)
def tanh(op: ops.Tanh, x: Tensor) -> Lowering:
    scale, inner = Arg("scale", op.scale, "scale"), Arg("input_scale", op.input_scale, "input_scale")
    if op.scale == op.input_scale == 1:
        return _plain("nn.Tanh", "torch.tanh")
    layer = Layer("ScaledTanh", arguments((scale, 1.0), (inner, 1.0)))
    inside = "{0}" if op.input_scale == 1 else "{input_scale} * {0}"
    operand = Precedence.LOOSE if op.input_scale == 1 else Precedence.ATOM
    if op.scale == 1:
        formula = Functional(f"torch.tanh({inside})", (inner,), operands=operand)
    else:
        formula = Functional(f"{{scale}} * torch.tanh({inside})", (scale, inner), Precedence.MUL, operand)
    return Lowering(layer, formula, helpers=(SCALED_TANH,))


@rule(ops.HardSigmoid)
def hard_sigmoid(op: ops.HardSigmoid, x: Tensor) -> Lowering:
    return _plain("nn.Hardsigmoid", "F.hardsigmoid", inplace=True)


@rule(ops.HardSwish)
def hard_swish(op: ops.HardSwish, x: Tensor) -> Lowering:
    return _plain("nn.Hardswish", "F.hardswish", inplace=True)


@rule(ops.Softplus)
def softplus(op: ops.Softplus, x: Tensor) -> Lowering:
    return _plain("nn.Softplus", "F.softplus", (Arg("beta", op.beta, "beta"), 1.0))


@rule(ops.Softmax)
def softmax(op: ops.Softmax, x: Tensor) -> Lowering:
    return _plain("nn.Softmax", "torch.softmax", Arg("dim", batch_axis(op.axis), "axis"))


@rule(ops.LogSoftmax)
def log_softmax(op: ops.LogSoftmax, x: Tensor) -> Lowering:
    return _plain("nn.LogSoftmax", "torch.log_softmax", Arg("dim", batch_axis(op.axis), "axis"))


def _plain(cls: str, function: str, *given: Arg | tuple[Arg, object], inplace: bool = False) -> Lowering:
    args = arguments(*given)
    return Lowering(Layer(cls, args), call(function, args), inplace=inplace)


def batch_axis(axis: int) -> int:
    """The axis in a tensor that has the batch in front."""
    return axis if axis < 0 else axis + 1
