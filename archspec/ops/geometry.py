"""Sizes of what slides over an input: convolution and pooling windows, padding, axes."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.ops.arguments import Sides
from archspec.ops.base import Dtype, Op, OpError, Tensor

Pairs = tuple[tuple[int, int], ...]
LAYOUTS = {1: "[channels, length]", 2: "[channels, height, width]", 3: "[channels, depth, height, width]"}


def plural(count: int, what: str) -> str:
    """A count and its noun.

    >>> plural(1, "spatial axis"), plural(3, "spatial axis"), plural(2, "group")
    ('1 spatial axis', '3 spatial axes', '2 groups')
    """
    return f"{count} {what if count == 1 else _many(what)}"


def _many(what: str) -> str:
    return {"axis": what[:-2] + "es", "entry": what[:-1] + "ies"}.get(what.split()[-1], what + "s")


def need(op: Op, x: Tensor, dtype: Dtype = "float32", operand: int = 0) -> None:
    """Raise `OpError` if the input does not hold values of that dtype."""
    if x.dtype != dtype:
        raise OpError(f"`{op.op}` takes {dtype} values, not {x.dtype}", operand=operand)


def need_rank(op: Op, x: Tensor, least: int, most: int | None = None, layout: str = "") -> None:
    """Raise `OpError` if the number of axes (without the batch) is outside the bounds."""
    rank = len(x.shape)
    if rank >= least and (most is None or rank <= most):
        return
    bounds = f"at least {least}" if most is None else str(least) if most == least else f"{least} to {most}"
    noun = "axis" if (most or least) == 1 else "axes"
    hint = f"the input is {layout}" if layout else "axes count without the batch"
    raise OpError(f"`{op.op}` takes an input of {bounds} {noun}, not {rank}", help=hint, operand=0)


def image(op: Op, x: Tensor) -> int:
    """The number of spatial axes of a float input [channels, 1 to 3 spatial axes], or `OpError`."""
    need(op, x)
    if not 2 <= len(x.shape) <= 4:
        raise OpError(
            f"`{op.op}` takes channels and 1 to 3 spatial axes, not an input of shape {x}",
            help=f"the input is one of {', '.join(LAYOUTS.values())}",
            operand=0,
        )
    return len(x.shape) - 1


def axis_of(op: Op, axis: int, x: Tensor) -> int:
    """The axis counted from 0, or `OpError` if the input has no such axis."""
    rank = len(x.shape)
    if not -rank <= axis < rank:
        raise OpError(
            f"`{op.op}` has no axis {axis} in an input of {plural(rank, 'axis')}",
            help="axes count from 0, without the batch",
        )
    return axis % rank


def per_axis(name: str, value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """One number for each axis, or `OpError` if the wrong number of them was given."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        raise OpError(f"{name} has {plural(len(value), 'entry')}, but the input has {plural(axes, 'spatial axis')}")
    return value


def sides(name: str, value: Sides, axes: int) -> Pairs:
    """Amounts before and after each axis."""
    if isinstance(value, int):
        return ((value, value),) * axes
    if len(value) != axes:
        raise OpError(f"{name} has {plural(len(value), 'entry')}, but the input has {plural(axes, 'spatial axis')}")
    return tuple((entry, entry) if isinstance(entry, int) else entry for entry in value)


def padding_pairs(
    padding: Sides | str,
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> Pairs:
    """Padding before and after each axis.

    `half` is (kernel - 1) // 2 * dilation on each side. `same` makes ceil(size / stride) outputs and
    puts an odd rest behind, as TensorFlow and ONNX's SAME_UPPER do. `valid` is none.
    """
    if padding == "valid":
        return ((0, 0),) * len(sizes)
    if padding == "half":
        return tuple(((k - 1) // 2 * d,) * 2 for k, d in zip(kernel, dilation, strict=True))
    if padding == "same":
        totals = [
            max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
            for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    assert not isinstance(padding, str), padding
    return sides("padding", padding, len(sizes))


def even(pairs: Pairs) -> tuple[int, ...] | None:
    """The amounts if each axis has the same before and after, else None."""
    return tuple(before for before, _ in pairs) if all(before == after for before, after in pairs) else None


def windows(
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    pads: Pairs,
    ceil: bool = False,
) -> tuple[int, ...]:
    """How many windows fit along each axis: floor((size + padding - extent) / stride) + 1.

    With `ceil` a last window may hang over the end if it starts inside the input or the padding
    before it (PyTorch's rule). Raises `OpError` if not one window fits.
    """
    axes = zip(sizes, kernel, stride, dilation, pads, strict=True)
    return tuple(_windows(size, k, s, d, pad, ceil) for size, k, s, d, pad in axes)


def _windows(size: int, kernel: int, stride: int, dilation: int, pad: tuple[int, int], ceil: bool) -> int:
    extent = dilation * (kernel - 1) + 1
    room = size + sum(pad) - extent
    count = (-(-room // stride) if ceil else room // stride) + 1
    if ceil and (count - 1) * stride >= size + pad[0]:
        count -= 1
    if count < 1:
        padded = f"{size} plus padding {pad[0]} and {pad[1]}" if any(pad) else str(size)
        reach = f"a kernel of {kernel}" + (f" with dilation {dilation} (extent {extent})" if dilation > 1 else "")
        raise OpError(
            f"{reach} does not fit an input of size {padded}",
            help="take a smaller kernel, more padding or less stride before",
        )
    return count
