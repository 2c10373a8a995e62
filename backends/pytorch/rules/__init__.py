"""The lowering table: one function an op, in the files of the ops' families. `lower` looks an op up."""

from archspec.backends.pytorch.rules import (
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
from archspec.backends.pytorch.rules.base import (
    Arg,
    Functional,
    Helper,
    Layer,
    Lowering,
    Precedence,
    UnsupportedError,
    literal,
    lower,
)
from archspec.backends.pytorch.rules.init import init_statement

__all__ = [
    "Arg",
    "Functional",
    "Helper",
    "Layer",
    "Lowering",
    "Precedence",
    "UnsupportedError",
    "init_statement",
    "literal",
    "lower",
]
FAMILIES = (activation, classic, conv, cut, dirac, fused, linear, merge, norm, pool, regularise, resize, shape, tensor)
"""the files that register rules when they are imported"""
