"""Rules of the normalisation layers."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Layer, Lowering, arguments, call, rule
from archspec.backends.pytorch.rules.conv import inits
from archspec.ops.base import Tensor
from archspec.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm


@rule(BatchNorm)
def batch_norm(op: BatchNorm, x: Tensor) -> Lowering:
    return _running(op, x, f"nn.BatchNorm{max(len(x.spatial), 1)}d", True)


@rule(InstanceNorm)
def instance_norm(op: InstanceNorm, x: Tensor) -> Lowering:
    return _running(op, x, f"nn.InstanceNorm{len(x.spatial)}d", False)


def _running(op: BatchNorm | InstanceNorm, x: Tensor, cls: str, default: bool) -> Lowering:
    args = arguments(
        Arg("num_features", x.channels, "in_channels", positional=True),
        (Arg("eps", op.eps, "eps"), 1e-5),
        (Arg("momentum", op.momentum, "momentum"), 0.1),
        (Arg("affine", op.affine, "affine"), default),
        (Arg("track_running_stats", op.track, "track"), default),
    )
    return Lowering(Layer(cls, args), inits=inits(op), overwritable=True)


@rule(LayerNorm)
def layer_norm(op: LayerNorm, x: Tensor) -> Lowering:
    shape = x.shape[-op.axes :]
    args = arguments(
        Arg("normalized_shape", shape[0] if len(shape) == 1 else shape, "in_features", positional=True),
        (Arg("eps", op.eps, "eps"), 1e-5),
        (Arg("elementwise_affine", op.affine, "affine"), True),
    )
    return Lowering(Layer("nn.LayerNorm", args), inits=inits(op), overwritable=True)


@rule(GroupNorm)
def group_norm(op: GroupNorm, x: Tensor) -> Lowering:
    args = arguments(
        Arg("num_groups", op.groups, "groups", positional=True),
        Arg("num_channels", x.channels, "in_channels", positional=True),
        (Arg("eps", op.eps, "eps"), 1e-5),
        (Arg("affine", op.affine, "affine"), True),
    )
    return Lowering(Layer("nn.GroupNorm", args), inits=inits(op), overwritable=True)


@rule(LocalResponseNorm)
def local_response_norm(op: LocalResponseNorm, x: Tensor) -> Lowering:
    args = arguments(
        Arg("size", op.size, "size", positional=True),
        (Arg("alpha", op.alpha, "alpha"), 1e-4),
        (Arg("beta", op.beta, "beta"), 0.75),
        (Arg("k", op.k, "k"), 1.0),
    )
    return Lowering(Layer("nn.LocalResponseNorm", args), call("F.local_response_norm", args), overwritable=True)
