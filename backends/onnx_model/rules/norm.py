"""Rules of the normalisation layers."""

from __future__ import annotations

from math import prod

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm


@rule(BatchNorm)
def batch_norm(site: Site, op: BatchNorm, x: Value) -> str:
    if op.track:
        return _running(site, op, x)
    return _of_the_batch(site, op, x)


@rule(InstanceNorm)
def instance_norm(site: Site, op: InstanceNorm, x: Value) -> str:
    if op.track:
        return _running(site, op, x)
    return site.node("InstanceNormalization", x.name, *_affine(site, x.type.channels), epsilon=op.eps)


@rule(LayerNorm)
def layer_norm(site: Site, op: LayerNorm, x: Value) -> str:
    shape = x.type.shape[-op.axes :]
    if op.affine:
        given = [site.weights["weight"], site.weights["bias"]]
    else:
        ones = site.filled(1.0, prod(shape))
        given = [site.node("Reshape", ones, site.integers(shape)) if len(shape) > 1 else ones]
    return site.node("LayerNormalization", x.name, *given, axis=-op.axes, epsilon=op.eps)


@rule(GroupNorm)
def group_norm(site: Site, op: GroupNorm, x: Value) -> str:
    affine = _affine(site, x.type.channels)
    return site.node("GroupNormalization", x.name, *affine, num_groups=op.groups, epsilon=op.eps)


@rule(LocalResponseNorm)
def local_response_norm(site: Site, op: LocalResponseNorm, x: Value) -> str:
    """ONNX's own where it means the same: an even window lies otherwise, and runtimes take images alone."""
    if op.size % 2 and x.spatial == 2:
        return site.node("LRN", x.name, size=op.size, alpha=op.alpha, beta=op.beta, bias=op.k)
    # The mean of squares over neighbouring channels is a pooling over an image of channels by places.
    flat = site.node("Reshape", x.name, site.integers([0, 1, x.type.channels, -1]))
    before, after = op.size // 2, (op.size - 1) // 2
    squares = site.node("Pad", site.node("Mul", flat, flat), site.integers([before, after]), "", site.integers([2]))
    mean = site.node("AveragePool", squares, kernel_shape=[op.size, 1])
    sums = site.node("Add", site.node("Mul", mean, site.scalar(op.alpha)), site.scalar(op.k))
    power = site.node("Pow", sums, site.scalar(op.beta))
    return site.node("Reshape", site.node("Div", flat, power), site.integers([0, *x.type.shape]))


def _running(site: Site, op: BatchNorm | InstanceNorm, x: Value) -> str:
    statistics = [site.weights["running_mean"], site.weights["running_var"]]
    affine = _affine(site, x.type.channels)
    return site.node("BatchNormalization", x.name, *affine, *statistics, epsilon=op.eps)


def _of_the_batch(site: Site, op: BatchNorm, x: Value) -> str:
    """Batch normalisation without running statistics computes them of the batch in inference too."""
    over = site.integers([0, *range(2, 2 + x.spatial)])
    apart = site.node("Sub", x.name, site.node("ReduceMean", x.name, over))
    variance = site.node("ReduceMean", site.node("Mul", apart, apart), over)
    deviation = site.node("Sqrt", site.node("Add", variance, site.scalar(op.eps)))
    result = site.node("Div", apart, deviation)
    if op.affine:
        result = site.node("Mul", result, site.channelwise("weight", x))
        result = site.node("Add", result, site.channelwise("bias", x))
    return result


def _affine(site: Site, channels: int) -> list[str]:
    """The learned weight and bias, or those that change nothing."""
    if "weight" in site.weights:
        return [site.weights["weight"], site.weights["bias"]]
    return [site.filled(1.0, channels), site.filled(0.0, channels)]
