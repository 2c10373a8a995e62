"""Rules of learned tensors, channel-wise scale and bias, and the identity."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.ops.tensor import Bias, Identity, Multiply, Parameter, Scale


@rule(Identity)
def identity(site: Site, op: Identity, x: Value) -> str:
    return x.name


@rule(Multiply)
def multiply(site: Site, op: Multiply, x: Value) -> str:
    return site.node("Mul", x.name, site.scalar(op.factor))


@rule(Scale)
def scale(site: Site, op: Scale, x: Value) -> str:
    scaled = site.node("Mul", x.name, site.channelwise("weight", x))
    return site.node("Add", scaled, site.channelwise("bias", x)) if op.bias else scaled


@rule(Bias)
def bias(site: Site, op: Bias, x: Value) -> str:
    return site.node("Add", x.name, site.channelwise("bias", x))


@rule(Parameter)
def parameter(site: Site, op: Parameter) -> str:
    """The initialiser itself."""
    return site.weights[""]
