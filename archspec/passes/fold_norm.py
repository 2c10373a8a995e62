"""conv → norm  ⟹  conv.   W' = scale W,  b' = scale b + shift

A convolution or linear layer whose output only a batch norm reads, or a scale, bias or fixed factor, takes that
into its weight and bias. Holds in evaluation, where the norm uses its running statistics; it gets a bias if it
has none. (Jacob et al. 2018, arXiv 1712.05877, section 3.2 folds so before it quantises.)
"""

from __future__ import annotations

from archspec.ops.base import Op, Tensor
from archspec.ops.conv import Conv, ConvTranspose
from archspec.ops.linear import Linear
from archspec.ops.tensor import Multiply
from archspec.passes.affine import AFFINE, Affine, affine_of, cuts_space
from archspec.passes.body import Body, changed, having, over_modules
from archspec.passes.formulas import added, scaled, scaled_inside
from archspec.passes.rewrite import Made, Recipe, Rewritten
from archspec.program.model import Node, Program


def fold_norm(program: Program) -> Rewritten:
    """Fold norms, scales and biases into the layers before them.

    >>> from archspec.passes.example import network, show
    >>> show(fold_norm(network("[3, 8, 8]", "conv(4, 3, bias=false)", "batch_norm", "relu")).program)
    graph(x: [3, 8, 8])
      0  conv(4, 3)(x)  [4, 6, 6]  112
      2  relu(0)        [4, 6, 6]
    """
    return over_modules(program, _fold, having(*AFFINE))


def _fold(body: Body) -> None:
    for at, node, op in body.ops():
        affine = affine_of(op, node.key) if body.facts.goes(body.module, node) else None
        before = _layer_before(body, at) if affine is not None else None
        if affine is None or before is None:
            continue
        number, source, layer = before
        folded = _with_bias(layer, affine)
        if folded is None or not _per_channel(layer, source.types[0], op):
            continue
        body.change(number, folded)
        for name, recipe in _recipes(body, number, layer, affine):
            body.recipe(number, name, recipe)
        body.remove(at)


def _layer_before(body: Body, at: int) -> tuple[int, Node, Op] | None:
    """The layer whose output the node alone reads; what a crop leaves is scaled before it as well as after."""
    before = body.producer(at)
    while before is not None and cuts_space(before[2], before[1].types[0]):
        before = body.producer(before[0])
    return before


def _with_bias(layer: Op, affine: Affine) -> Op | None:
    """The layer, with a bias if it needs one; None if it is no layer that scales channels."""
    if not isinstance(layer, (Conv, ConvTranspose, Linear)):
        return None
    return layer if layer.bias or affine.shift is None else changed(layer, bias=True)


def _per_channel(layer: Op, output: Tensor, op: Op) -> bool:
    """Whether the layer's weight has a row for each channel that the op scales."""
    return not isinstance(layer, Linear) or len(output.shape) == 1 or isinstance(op, Multiply)


def _recipes(body: Body, at: int, layer: Op, affine: Affine) -> list[tuple[str, Recipe]]:
    assert isinstance(layer, (Conv, ConvTranspose, Linear))
    found: list[tuple[str, Recipe]] = []
    if affine.scale is not None:
        weight = body.old(at, "weight")
        if isinstance(layer, ConvTranspose):
            found.append(("weight", Made(scaled_inside, (weight, affine.scale), {"groups": layer.groups})))
        else:
            found.append(("weight", Made(scaled, (weight, affine.scale))))
    before = bias = body.old(at, "bias") if layer.bias else None
    if bias is not None and affine.scale is not None:
        bias = Made(scaled, (bias, affine.scale))
    if affine.shift is not None:
        bias = affine.shift if bias is None else Made(added, (bias, affine.shift))
    if bias is not None and bias != before:
        found.append(("bias", bias))
    return found
