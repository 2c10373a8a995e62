"""The table of rules: one function an op, in the files of the ops' families. `lower` looks an op up."""

from archspec.backends.onnx_model.rules import (
    activation,
    classic,
    conv,
    cut,
    dirac,
    fused,
    linear,
    merge,
    norm,
    pool,
    regularise,
    resize,
    shape,
    tensor,
)
from archspec.backends.onnx_model.rules.base import RULES, Constant, Made, Site, UnsupportedError, Value, lower

__all__ = ["RULES", "Constant", "Made", "Site", "UnsupportedError", "Value", "lower"]
FAMILIES = (activation, classic, conv, cut, dirac, fused, linear, merge, norm, pool, regularise, resize, shape, tensor)
"""the files that register rules when they are imported"""
