"""What a recipe computes with: pure functions of arrays, the same for numpy and torch.

Each takes the array library first (`xp`), then arrays, or None for what is not there. The channels of a group
follow each other, so that `groups` cuts an axis of channels into equal stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Array = Any
"""an array of numpy or a tensor of torch, float64"""
Library = Any
"""the module numpy or torch"""


def norm_scale(xp: Library, var: Array, weight: Array | None, *, eps: float) -> Array:
    """What batch norm multiplies each channel by in evaluation: weight / sqrt(var + eps)."""
    deviation = xp.sqrt(var + eps)
    return 1 / deviation if weight is None else weight / deviation


def norm_shift(xp: Library, mean: Array, scale: Array, bias: Array | None) -> Array:
    """What batch norm adds to each channel in evaluation: bias - mean * scale."""
    return -mean * scale if bias is None else bias - mean * scale


def scaled(xp: Library, weight: Array, scale: Array) -> Array:
    """A weight, each entry of its first axis scaled; or a bias; `scale` may be one number.

    >>> import numpy
    >>> scaled(numpy, numpy.ones((2, 2)), numpy.array([2.0, 3.0])).tolist()
    [[2.0, 2.0], [3.0, 3.0]]
    """
    if isinstance(scale, float):
        return weight * scale
    return weight * scale.reshape(-1, *(1,) * (len(weight.shape) - 1))


def scaled_inside(xp: Library, weight: Array, scale: Array, *, groups: int) -> Array:
    """A weight whose second axis is scaled. That axis holds the channels of one group, and `scale` those of all:
    the input of a convolution, the output of a transposed one."""
    if isinstance(scale, float):
        return weight * scale
    first, second, *kernel = weight.shape
    grouped = weight.reshape(groups, first // groups, second, -1) * scale.reshape(groups, 1, second, 1)
    return grouped.reshape(first, second, *kernel)


def carried(xp: Library, weight: Array, shift: Array, *, groups: int) -> Array:
    """What a layer gives for a constant input: `shift` in each channel, everywhere in the window."""
    first, second = weight.shape[:2]
    grouped = weight.reshape(groups, first // groups, second, -1) * shift.reshape(groups, 1, second, 1)
    return grouped.sum((2, 3)).reshape(first)


def added(xp: Library, *parts: Array | None) -> Array:
    """The sum of those that are there."""
    total = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def joined(xp: Library, *parts: Array, axis: int = 0) -> Array:
    """One behind the other."""
    return xp.concatenate(parts, axis)


def piece(xp: Library, value: Array, *, axis: int, start: int, stop: int) -> Array:
    """Entries `start` to `stop` along an axis."""
    return value[(slice(None),) * axis + (slice(start, stop),)]


def spread(xp: Library, *maps: Array, table: Sequence[Sequence[int]], channels: int) -> Array:
    """The weights of output maps, each of the channels that its row of the table names, as one over all channels.

    >>> import numpy
    >>> one, other = numpy.ones((1, 2, 1, 1)), numpy.full((1, 1, 1, 1), 2.0)
    >>> spread(numpy, one, other, table=[[0, 2], [1]], channels=3)[..., 0, 0].tolist()
    [[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]
    """
    weight = xp.zeros((len(maps), channels, *maps[0].shape[2:]), dtype=maps[0].dtype)
    for number, (row, one) in enumerate(zip(table, maps, strict=True)):
        weight[number, list(row)] = one[0]
    return weight


def zeros(xp: Library, like: Array) -> Array:
    """As many zeros as the first axis has entries."""
    return xp.zeros_like(like.reshape(like.shape[0], -1)[:, 0])


def dirac(xp: Library, weight: Array, alpha: Array, beta: Array) -> Array:
    """alpha * identity + beta * unit filters: the weight of DiracNets (1706.00388, section 3), norms below 1e-12
    taken as 1e-12."""
    first, second, *kernel = weight.shape
    flat = weight.reshape(first, -1)
    made = (beta.reshape(-1, 1) * flat / xp.clip(xp.sqrt((flat**2).sum(1)), 1e-12, None).reshape(-1, 1)).reshape(
        weight.shape
    )
    shared = xp.arange(min(first, second))
    centre = tuple(size // 2 for size in kernel)
    made[(shared, shared, *centre)] += alpha[: len(shared)]
    return made


def bound(xp: Library, scale: Array, shift: Array, *, low: float, high: float, upper: bool, axes: int) -> Array:
    """The least or the largest x that matters to clamp(scale * x + shift, low, high), channel by channel, with
    `axes` of size 1 behind.

    >>> import numpy
    >>> scale, shift = numpy.array([2.0, -1.0, 0.0]), numpy.array([1.0, 1.0, 1.0])
    >>> bound(numpy, scale, shift, low=0.0, high=6.0, upper=False, axes=0).tolist()
    [-0.5, -5.0, 0.0]
    >>> bound(numpy, scale, shift, low=0.0, high=6.0, upper=True, axes=0).tolist()
    [2.5, 1.0, 0.0]
    """
    flat = _flat(xp, scale, shift, low)
    divisor = xp.where(flat, 1.0, scale)
    ends = (low - shift) / divisor, (high - shift) / divisor
    return xp.where(flat, 0.0, (xp.maximum if upper else xp.minimum)(*ends)).reshape(-1, *(1,) * axes)


def bounded_scale(xp: Library, scale: Array, shift: Array, *, low: float, high: float) -> Array:
    """What a channel that was cut to its bounds is to be multiplied by."""
    return xp.where(_flat(xp, scale, shift, low), 0.0, scale)


def bounded_shift(xp: Library, scale: Array, shift: Array, *, low: float, high: float) -> Array:
    """What is to be added to it then."""
    return xp.where(_flat(xp, scale, shift, low), xp.clip(shift, low, high), shift)


def _flat(xp: Library, scale: Array, shift: Array, low: float) -> Array:
    """Channels whose bound would be no number of float32: scaled by 0, or nearly, they are constant."""
    return xp.abs(low - shift) >= 1e30 * xp.abs(scale)
