"""norm → conv  ⟹  conv.   W' = W scale,  b' = b + Σ W shift

A batch norm, scale, bias or fixed factor whose output only convolutions or linear layers read goes into their
weights. Holds in evaluation. A shift may not pass under padding with zeros, which stand for no shifted value:
then only what scales alone is folded, for zeros stay zeros.
"""

from __future__ import annotations

from archspec.ops.base import Op, Tensor
from archspec.ops.conv import Conv
from archspec.ops.linear import Linear
from archspec.ops.tensor import Multiply
from archspec.passes.affine import AFFINE, Affine, affine_of
from archspec.passes.body import OUTPUT, Body, changed, having, over_modules
from archspec.passes.formulas import added, carried, scaled_inside
from archspec.passes.rewrite import Made, Rewritten
from archspec.program.model import Program, Ref


def fold_affine(program: Program) -> Rewritten:
    """Fold norms, scales and biases into the layers behind them.

    >>> from archspec.passes.example import network, show
    >>> show(fold_affine(network("[3, 8, 8]", "batch_norm", "conv(4, 3, bias=false)", "relu")).program)
    graph(x: [3, 8, 8])
      1  conv(4, 3)(x)  [4, 6, 6]  112
      2  relu(1)        [4, 6, 6]
    """
    return over_modules(program, _fold, having(*AFFINE))


def _fold(body: Body) -> None:
    for at, node, op in body.ops():
        affine = affine_of(op, node.key) if body.facts.goes(body.module, node) else None
        readers = tuple(body.readers.get(Ref(at), ()))
        if affine is None or not readers or not all(takes(body, reader, op, affine) for reader in readers):
            continue
        for reader in readers:
            into(body, reader, affine)
        body.remove(at)


def takes(body: Body, at: int, op: Op, affine: Affine) -> bool:
    """Whether a node is a layer that can do, besides its own work, what `op` does to each channel it reads."""
    if at == OUTPUT:
        return False
    node = body.nodes[at]
    if node.only or not body.facts.own(body.module, node):
        return False
    match node.body:
        case Conv():
            return (
                affine.shift is None or node.body.padding_mode != "zeros" or not _padded(node.body, body.given(at)[0])
            )
        case Linear():
            return len(body.given(at)[0].shape) == 1 or isinstance(op, Multiply)
    return False


def _padded(conv: Conv, x: Tensor) -> bool:
    return any(map(any, conv.pads(x)))


def into(body: Body, at: int, affine: Affine) -> None:
    """Let that layer do it."""
    layer = body.nodes[at].body
    assert isinstance(layer, (Conv, Linear))
    groups = layer.groups if isinstance(layer, Conv) else 1
    weight = body.old(at, "weight")
    if affine.shift is not None:
        bias = body.old(at, "bias") if layer.bias else None
        more = Made(carried, (weight, affine.shift), {"groups": groups})
        body.recipe(at, "bias", more if bias is None else Made(added, (bias, more)))
        body.change(at, changed(layer, bias=True))
    if affine.scale is not None:
        body.recipe(at, "weight", Made(scaled_inside, (weight, affine.scale), {"groups": groups}))
