"""Rules of ops with several inputs. Those that have no batch axis are learned tensors."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, batch_axis, rule
from archspec.ops import merge as ops


@rule(ops.Add, merges=True)
def add(site: Site, op: ops.Add, *inputs: Value) -> str:
    return _chained(site, "Add", inputs)


@rule(ops.Sub, merges=True)
def sub(site: Site, op: ops.Sub, *inputs: Value) -> str:
    return _chained(site, "Sub", inputs)


@rule(ops.Mul, merges=True)
def mul(site: Site, op: ops.Mul, *inputs: Value) -> str:
    return _chained(site, "Mul", inputs)


@rule(ops.Maximum, merges=True)
def maximum(site: Site, op: ops.Maximum, *inputs: Value) -> str:
    given = _right(site, inputs)
    return site.node("Max", *given) if len(given) > 1 else given[0]


@rule(ops.Gate, merges=True)
def gate(site: Site, op: ops.Gate, x: Value, g: Value) -> str:
    return site.node("Mul", x.name, _left(site, g, x))


@rule(ops.Lerp, merges=True)
def lerp(site: Site, op: ops.Lerp, x: Value, h: Value, t: Value) -> str:
    way = site.node("Mul", _left(site, t, x), site.node("Sub", h.name, x.name))
    return site.node("Add", x.name, way)


@rule(ops.Concat, merges=True)
def concat(site: Site, op: ops.Concat, *inputs: Value) -> str:
    if len(inputs) == 1:
        return inputs[0].name
    rank = len(inputs[0].type.shape)
    batched = next((value for value in inputs if value.batched), None)
    if batched is None:
        return site.node("Concat", *(value.name for value in inputs), axis=op.axis % rank)
    parts = [value.name if value.batched else _repeated(site, value, batched) for value in inputs]
    return site.node("Concat", *parts, axis=batch_axis(op.axis, rank))


def _chained(site: Site, kind: str, inputs: tuple[Value, ...]) -> str:
    """Two at a time from the left, as torch computes sums and products."""
    result, *others = _right(site, inputs)
    for other in others:
        result = site.node(kind, result, other)
    return result


def _right(site: Site, inputs: tuple[Value, ...]) -> list[str]:
    """Inputs so that ranks align right: a batched one of fewer axes gets them behind its batch."""
    rank = max(len(value.type.shape) for value in inputs)
    return [
        site.unsqueezed(value.name, range(1, 1 + rank - len(value.type.shape))) if value.batched else value.name
        for value in inputs
    ]


def _left(site: Site, steer: Value, x: Value) -> str:
    """What steers aligns left with the data: it gets axes at its end."""
    missing = len(x.type.shape) - len(steer.type.shape)
    return site.unsqueezed(steer.name, range(-missing, 0))


def _repeated(site: Site, value: Value, batched: Value) -> str:
    """A learned tensor once for each sample."""
    batch = site.node("Shape", batched.name, start=0, end=1)
    sizes = site.node("Concat", batch, site.integers(value.type.shape), axis=0)
    return site.node("Expand", value.name, sizes)
