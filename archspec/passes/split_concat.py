"""conv(concat(a, b))  ⟹  conv(a) + conv(b).   W = [W1, W2] along the channels read

A convolution over a concatenation that nobody else reads is a sum of convolutions over its parts, and needs no
copy of them. The sums are read and written once more each, so it pays only where copies cost more than that; it
is not in the default set.
"""

from __future__ import annotations

from archspec.ops.conv import Conv
from archspec.ops.merge import Add, Concat
from archspec.passes.body import Body, changed, having, over_modules
from archspec.passes.formulas import piece
from archspec.passes.rewrite import Made, Old, Rewritten
from archspec.program.model import Program, Ref
from archspec.program.weights import join_key


def split_concat(program: Program) -> Rewritten:
    """Split convolutions over concatenations.

    >>> from archspec.passes.example import network, show
    >>> old = network("[8, 6, 6]", "a: relu", "b: sigmoid(x)", "joined: concat(a, b)", "conv: conv(4)")
    >>> show(split_concat(old).program)
    graph(x: [8, 6, 6])
      a       relu(x)                 [8, 6, 6]
      b       sigmoid(x)              [8, 6, 6]
      conv_1  conv(4)(a)              [4, 6, 6]  36
      conv_2  conv(4, bias=false)(b)  [4, 6, 6]  32
      conv    add(conv_1, conv_2)     [4, 6, 6]
    """
    return over_modules(program, _split, having(Concat))


def _split(body: Body) -> None:
    for at, node, op in body.ops():
        if not (isinstance(op, Conv) and op.groups == 1 and body.facts.own(body.module, node)):
            continue
        source = body.value(node.args[0])
        concat = body.nodes.get(source.node)
        if concat is None or not isinstance(concat.body, Concat) or concat.only or len(concat.args) < 2:
            continue
        if concat.body.axis in (0, -len(concat.types[0].shape)) and [*body.readers[source]] == [at]:
            _sum(body, at, source.node)


def _sum(body: Body, at: int, concat: int) -> None:
    node, conv = body.nodes[at], body.nodes[at].body
    assert isinstance(conv, Conv)
    stem = "part" if node.key.isdecimal() else node.key
    weight, start = Old(join_key(node.key, "weight")), 0
    parts: list[Ref] = []
    for number, ref in enumerate(body.nodes[concat].args):
        stop = start + body.type(ref).channels
        op = conv if number == 0 else changed(conv, bias=False, bias_init=None)
        part = body.insert(at, f"{stem}_{number + 1}", op, (ref,), node.origin)
        body.recipe(part.node, "weight", Made(piece, (weight,), {"axis": 1, "start": start, "stop": stop}))
        if number == 0 and conv.bias:
            body.recipe(part.node, "bias", Old(join_key(node.key, "bias")))
        parts.append(part)
        start = stop
    body.change(at, Add(), args=tuple(parts))
    if body.bare(concat):
        del body.nodes[concat]
