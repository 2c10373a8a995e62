"""Rules of the ops that take parts."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.onnx_model.rules.base import Site, Value, batch_axis, rule
from archspec.ops import cut as ops


@rule(ops.Select)
def select(site: Site, op: ops.Select, x: Value) -> str:
    return site.node("Gather", x.name, site.integers(op.chosen(x.type)), axis=1)


@rule(ops.Slice)
def slice_(site: Site, op: ops.Slice, x: Value) -> str:
    axis = batch_axis(op.axis, len(x.type.shape))
    start, stop, step = slice(op.start, op.stop, op.step).indices(x.type.shape[axis - 1])
    return site.node("Slice", x.name, *(site.integers([number]) for number in (start, stop, axis, step)))


@rule(ops.Split, ops.Chunk)
def split(site: Site, op: ops.Split | ops.Chunk, x: Value) -> Sequence[str]:
    parts = op.infer(x.type)
    if len(parts) == 1:
        return (x.name,)
    axis = batch_axis(op.axis, len(x.type.shape))
    sizes = site.integers(part.shape[axis - 1] for part in parts)
    return site.several(len(parts), "Split", x.name, sizes, axis=axis)


@rule(ops.Crop)
def crop(site: Site, op: ops.Crop, x: Value) -> str:
    bounds = op.bounds(x.type)
    starts, stops = zip(*bounds, strict=True)
    axes = range(2, 2 + x.spatial)
    return site.node("Slice", x.name, *map(site.integers, (starts, stops, axes)))
