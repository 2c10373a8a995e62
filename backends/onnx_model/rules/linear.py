"""The rule of the linear layer."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.backends.onnx_model.rules.conv import learned
from archspec.ops.linear import Linear


@rule(Linear)
def linear(site: Site, op: Linear, x: Value) -> str:
    """A Gemm where there is one row a sample; a product of matrices where there are more."""
    if len(x.type.shape) == 1:
        return site.node("Gemm", x.name, *learned(site), transB=1)
    product = site.node("MatMul", x.name, site.node("Transpose", site.weights["weight"], perm=[1, 0]))
    return site.node("Add", product, site.weights["bias"]) if op.bias else product
