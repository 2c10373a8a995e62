"""conv → add → activation  ⟹  one op, for engines that do all three while the output is still at hand.

Each 2d convolution becomes one that may add a value and apply an activation, also where nothing is there to be fused:
it is then the one that the engine's own call is made for.
"""

from __future__ import annotations

from archspec.ops.conv import Conv
from archspec.ops.fused import ACTIVATIONS, FusedConv
from archspec.ops.geometry import even
from archspec.ops.merge import Add
from archspec.passes.body import Body, changed, having, over_modules, turned
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program


def fuse_conv(program: Program) -> Rewritten:
    """Let 2d convolutions add and activate.

    >>> from archspec.passes.example import network, show
    >>> show(fuse_conv(network("[8, 6, 6]", "conv: conv(8)", "conv + x", "relu")).program)
    graph(x: [8, 6, 6])
      conv  fused_conv(8, activation=relu)(x, x)  [8, 6, 6]  72
    """
    return over_modules(program, _fuse, having(Conv))


def _fuse(body: Body) -> None:
    for at, node, op in body.ops():
        if type(op) is Conv and _fits(op, body, at) and body.facts.own(body.module, node):
            body.change(at, turned(op, FusedConv))
    for at, node, op in body.ops():
        if isinstance(op, Add) and len(node.args) == 2 and {*body.given(at)} == {*node.types}:
            _add(body, at)
    for at, _, op in body.ops():
        before = body.producer(at) if op.op in ACTIVATIONS else None
        if before is None or not isinstance(before[2], FusedConv) or before[2].activation != "none":
            continue
        if len(before[1].args) == 1 or op.op == "relu":
            body.change(before[0], changed(before[2], activation=op.op))
            body.remove(at)


def _fits(op: Conv, body: Body, at: int) -> bool:
    (x,) = body.given(at)
    return len(x.spatial) == 2 and op.padding_mode == "zeros" and even(op.pads(x)) is not None


def _add(body: Body, at: int) -> None:
    """Let the later of two convolutions add the other value, at the place of the sum."""
    one, other = body.nodes[at].args
    if body.value(one) == body.value(other):
        return
    for ref, addend in sorted([(one, other), (other, one)], key=lambda pair: body.value(pair[0]), reverse=True):
        mine = body.value(ref)
        conv = body.nodes.get(mine.node)
        if conv is None or type(conv.body) is not FusedConv or conv.only or len(conv.args) != 1:
            continue
        if conv.body.activation == "none" and [*body.readers[mine]] == [at] and body.bare(mine.node):
            body.absorb(mine.node, at, (conv.args[0], addend))
            return
