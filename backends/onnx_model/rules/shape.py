"""Rules of the ops that rearrange values. A 0 in the shape of a reshape keeps the batch as it is."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.ops import shape as ops


@rule(ops.Flatten)
def flatten(site: Site, op: ops.Flatten, x: Value) -> str:
    (output,) = op.infer(x.type)
    if output.shape == x.type.shape:
        return x.name
    if len(output.shape) == 1:
        return site.node("Flatten", x.name)
    return site.node("Reshape", x.name, site.integers([0, *output.shape]))


@rule(ops.Reshape)
def reshape(site: Site, op: ops.Reshape, x: Value) -> str:
    (output,) = op.infer(x.type)
    return site.node("Reshape", x.name, site.integers([0, *output.shape]))


@rule(ops.Permute)
def permute(site: Site, op: ops.Permute, x: Value) -> str:
    rank = len(x.type.shape)
    return site.node("Transpose", x.name, perm=[0, *(axis % rank + 1 for axis in op.axes)])


@rule(ops.PixelShuffle)
def pixel_shuffle(site: Site, op: ops.PixelShuffle, x: Value) -> str:
    return site.node("DepthToSpace", x.name, blocksize=op.factor, mode="CRD")


@rule(ops.PixelUnshuffle)
def pixel_unshuffle(site: Site, op: ops.PixelUnshuffle, x: Value) -> str:
    """ONNX's SpaceToDepth puts the channels behind, torch before."""
    (channels, height, width), r = x.type.shape, op.factor
    cut = site.node("Reshape", x.name, site.integers([0, channels, height // r, r, width // r, r]))
    moved = site.node("Transpose", cut, perm=[0, 1, 3, 5, 2, 4])
    return site.node("Reshape", moved, site.integers([0, channels * r * r, height // r, width // r]))


@rule(ops.ChannelShuffle)
def channel_shuffle(site: Site, op: ops.ChannelShuffle, x: Value) -> str:
    each = x.type.channels // op.groups
    cut = site.node("Reshape", x.name, site.integers([0, op.groups, each, *x.type.spatial]))
    dealt = site.node("Transpose", cut, perm=[0, 2, 1, *range(3, 3 + x.spatial)])
    return site.node("Reshape", dealt, site.integers([0, *x.type.shape]))
