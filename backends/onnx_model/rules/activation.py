"""Rules of the activations."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, batch_axis, rule
from archspec.ops import activation as ops
from archspec.ops.base import Op

PLAIN: dict[type[Op], str] = {
    ops.Relu: "Relu",
    ops.Selu: "Selu",
    ops.Sigmoid: "Sigmoid",
    ops.HardSwish: "HardSwish",
}
"""activations without arguments that ONNX has under a name of its own"""


@rule(*PLAIN)
def plain(site: Site, op: Op, x: Value) -> str:
    return site.node(PLAIN[type(op)], x.name)


@rule(ops.Relu6)
def relu6(site: Site, op: ops.Relu6, x: Value) -> str:
    return site.node("Clip", x.name, site.scalar(0.0), site.scalar(6.0))


@rule(ops.LeakyRelu)
def leaky_relu(site: Site, op: ops.LeakyRelu, x: Value) -> str:
    return site.node("LeakyRelu", x.name, alpha=op.slope)


@rule(ops.Prelu)
def prelu(site: Site, op: ops.Prelu, x: Value) -> str:
    slope = site.channelwise("weight", x) if op.per_channel else site.weights["weight"]
    return site.node("PRelu", x.name, slope)


@rule(ops.Elu)
def elu(site: Site, op: ops.Elu, x: Value) -> str:
    return site.node("Elu", x.name, alpha=op.alpha)


@rule(ops.Gelu)
def gelu(site: Site, op: ops.Gelu, x: Value) -> str:
    return site.node("Gelu", x.name, approximate=op.approximate)


@rule(ops.Silu)
def silu(site: Site, op: ops.Silu, x: Value) -> str:
    return site.node("Mul", x.name, site.node("Sigmoid", x.name))


@rule(ops.Tanh)
def tanh(site: Site, op: ops.Tanh, x: Value) -> str:
    inner = x.name if op.input_scale == 1 else site.node("Mul", x.name, site.scalar(op.input_scale))
    bent = site.node("Tanh", inner)
    return bent if op.scale == 1 else site.node("Mul", bent, site.scalar(op.scale))


@rule(ops.HardSigmoid)
def hard_sigmoid(site: Site, op: ops.HardSigmoid, x: Value) -> str:
    return site.node("HardSigmoid", x.name, alpha=1 / 6, beta=0.5)


@rule(ops.Softplus)
def softplus(site: Site, op: ops.Softplus, x: Value) -> str:
    if op.beta == 1:
        return site.node("Softplus", x.name)
    beta = site.scalar(op.beta)
    return site.node("Div", site.node("Softplus", site.node("Mul", x.name, beta)), beta)


@rule(ops.Softmax)
def softmax(site: Site, op: ops.Softmax, x: Value) -> str:
    return site.node("Softmax", x.name, axis=batch_axis(op.axis, len(x.type.shape)))


@rule(ops.LogSoftmax)
def log_softmax(site: Site, op: ops.LogSoftmax, x: Value) -> str:
    return site.node("LogSoftmax", x.name, axis=batch_axis(op.axis, len(x.type.shape)))
