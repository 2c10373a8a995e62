"""norm → relu → 1×1 conv  ⟹  clamp → 1×1 conv.   relu(s x + t) = s clamp(x) + t, by -t / s from below or above

What is left of the norm is an affine map behind the clamp, and a layer without padding takes that into its weights,
also through pools that average. Two walks over memory become one, where DenseNet's and ResNet v2's norms stand before
their convolutions and `fold_norm` finds nothing.
"""

from __future__ import annotations

from math import inf

from archspec.ops.activation import Relu, Relu6
from archspec.ops.base import Op
from archspec.ops.fused import ClampChannels
from archspec.ops.norm import BatchNorm
from archspec.passes.affine import Affine, affine_of
from archspec.passes.body import Body, having, over_modules
from archspec.passes.commute_pool import averages
from archspec.passes.fold_affine import into, takes
from archspec.passes.formulas import bound, bounded_scale, bounded_shift
from archspec.passes.rewrite import Made, Rewritten
from archspec.program.model import Program, Ref

HIGHEST: dict[type[Op], float] = {Relu: inf, Relu6: 6.0}
"""activations that cut off, all at 0 from below"""


def clamp_norm(program: Program) -> Rewritten:
    """Make clamps of norms and activations before layers that can take the rest.

    >>> from archspec.passes.example import network, show
    >>> show(clamp_norm(network("[64, 8, 8]", "batch_norm", "relu", "conv(32, bias=false)")).program)
    graph(x: [64, 8, 8])
      0  clamp_channels(x)  [64, 8, 8]
      2  conv(32)(0)        [32, 8, 8]  2,080
    """
    return over_modules(program, _clamp, having(BatchNorm))


def _clamp(body: Body) -> None:
    for at, node, op in body.ops():
        affine = affine_of(op, node.key) if isinstance(op, BatchNorm) and body.facts.own(body.module, node) else None
        readers = body.readers.get(Ref(at), {})
        if affine is None or affine.scale is None or affine.shift is None or len(readers) != 1:
            continue
        (cut,) = readers
        high = _highest(body, cut)
        layers = _layers(body, cut, op, affine) if high is not None else None
        if high is None or not layers:
            continue
        whole, limits = (affine.scale, affine.shift), {"low": 0.0, "high": high}
        for layer in layers:
            into(body, layer, Affine(Made(bounded_scale, whole, limits), Made(bounded_shift, whole, limits)))
        body.change(at, ClampChannels())
        shape = {"axes": len(node.types[0].spatial)}
        body.recipe(at, "lower", Made(bound, whole, {**limits, **shape, "upper": False}))
        body.recipe(at, "upper", Made(bound, whole, {**limits, **shape, "upper": True}))
        body.remove(cut)


def _highest(body: Body, at: int) -> float | None:
    """Where the node cuts off from above, if it cuts at 0 from below."""
    node = body.nodes.get(at)
    if node is None or not isinstance(node.body, Op) or node.only:
        return None
    return HIGHEST.get(type(node.body))


def _layers(body: Body, at: int, op: Op, affine: Affine) -> list[int] | None:
    """All that read a value, past pools that average, if each is a layer that takes the affine map."""
    found: list[int] = []
    waiting = [at]
    while waiting:
        for reader in body.readers.get(Ref(waiting.pop()), ()):
            node = body.nodes.get(reader)
            pool = node.body if node is not None and not node.only else None
            if isinstance(pool, Op) and averages(pool, body.given(reader)[0]):
                waiting.append(reader)
            elif takes(body, reader, op, affine):
                found.append(reader)
            else:
                return None
    return found
