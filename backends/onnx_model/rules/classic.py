"""Rules of LeNet-5's own layers."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.ops.classic import Rbf, TableConv


@rule(TableConv)
def table_conv(site: Site, op: TableConv, x: Value) -> str:
    """One convolution an output map, over the channels that its row names."""
    maps = []
    for number, row in enumerate(op.table):
        taken = site.node("Gather", x.name, site.integers(row), axis=1)
        weights = [site.weights[f"maps.{number}.{name}"] for name in ("weight", "bias") if name == "weight" or op.bias]
        maps.append(site.node("Conv", taken, *weights))
    return site.node("Concat", *maps, axis=1) if len(maps) > 1 else maps[0]


@rule(Rbf)
def rbf(site: Site, op: Rbf, x: Value) -> str:
    apart = site.node("Sub", site.unsqueezed(x.name, [-2]), site.weights["weight"])
    return site.node("ReduceSumSquare", apart, site.integers([-1]), keepdims=0)
