"""Every op, by name, family by family: the order of `archspec ops`. To add an op: its class, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archspec.ops import (
    activation,
    classic,
    conv,
    cut,
    dirac,
    linear,
    merge,
    norm,
    pool,
    regularise,
    resize,
    shape,
    tensor,
)
from archspec.ops.base import Op

_ALL: tuple[type[Op], ...] = (
    conv.Conv,
    conv.ConvTranspose,
    dirac.DiracConv,
    linear.Linear,
    norm.BatchNorm,
    norm.LayerNorm,
    norm.GroupNorm,
    norm.InstanceNorm,
    norm.LocalResponseNorm,
    activation.Relu,
    activation.Relu6,
    activation.LeakyRelu,
    activation.Prelu,
    activation.Elu,
    activation.Selu,
    activation.Gelu,
    activation.Silu,
    activation.Sigmoid,
    activation.Tanh,
    activation.HardSigmoid,
    activation.HardSwish,
    activation.Softplus,
    activation.Softmax,
    activation.LogSoftmax,
    pool.MaxPool,
    pool.AvgPool,
    pool.AdaptiveAvgPool,
    pool.AdaptiveMaxPool,
    pool.GlobalAvgPool,
    pool.GlobalMaxPool,
    regularise.Dropout,
    regularise.DropoutChannels,
    regularise.DropPath,
    merge.Add,
    merge.Sub,
    merge.Mul,
    merge.Maximum,
    merge.Concat,
    merge.Gate,
    merge.Lerp,
    shape.Flatten,
    shape.Reshape,
    shape.Permute,
    shape.PixelShuffle,
    shape.PixelUnshuffle,
    shape.ChannelShuffle,
    cut.Select,
    cut.Slice,
    cut.Split,
    cut.Chunk,
    cut.Crop,
    resize.Pad,
    resize.PadChannels,
    resize.Upsample,
    tensor.Scale,
    tensor.Bias,
    tensor.Parameter,
    tensor.Identity,
    tensor.Multiply,
    classic.TableConv,
    classic.Rbf,
)

OPS: Mapping[str, type[Op]] = MappingProxyType({kind.op: kind for kind in _ALL})
"""name → class"""


def find(name: str) -> type[Op] | None:
    """The op of that name, or None.

    >>> find("conv").__name__
    'Conv'
    """
    return OPS.get(name)
