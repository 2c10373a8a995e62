"""1×1 convs of one value  ⟹  one 1×1 conv, split.   W' = [W1; W2; …]

One larger product instead of several small ones that read the same input. It pays where the small ones leave
units idle, and costs a copy where what follows cannot read a part of a tensor; so it is not in the default set.
"""

from __future__ import annotations

from archspec.ops.conv import Conv
from archspec.ops.cut import Split
from archspec.ops.geometry import per_axis
from archspec.passes.body import Body, changed, having, over_modules
from archspec.passes.formulas import joined, zeros
from archspec.passes.rewrite import Made, Old, Recipe, Rewritten
from archspec.program.model import Program, Ref
from archspec.program.weights import join_key


def merge_siblings(program: Program) -> Rewritten:
    """Merge 1×1 convolutions that read one value.

    >>> from archspec.passes.example import network, show
    >>> old = network("[16, 6, 6]", "a: conv(4)", "b: conv(8)(x)", "concat(a, b)")
    >>> show(merge_siblings(old).program)
    graph(x: [16, 6, 6])
      a_merged  conv(12)(x)                     [12, 6, 6]            204
      a_split   split([4, 8])(a_merged)         [4, 6, 6], [8, 6, 6]
      2         concat(a_split[0], a_split[1])  [12, 6, 6]
    """
    return over_modules(program, _merge, having(Conv))


def _merge(body: Body) -> None:
    families: dict[tuple[Ref, Conv], list[int]] = {}
    for at, node, op in body.ops():
        if isinstance(op, Conv) and body.facts.own(body.module, node) and _pointwise(op, body.given(at)[0].spatial):
            alike = changed(op, out=1, bias=True, init=None, bias_init=None)
            assert isinstance(alike, Conv)
            families.setdefault((body.value(node.args[0]), alike), []).append(at)
    for family in families.values():
        if len(family) > 1:
            _one(body, family)


def _pointwise(conv: Conv, sizes: tuple[int, ...]) -> bool:
    axes = len(sizes)
    return conv.groups == 1 and per_axis("kernel", conv.kernel, axes) == (1,) * axes and conv.padding_mode == "zeros"


def _one(body: Body, family: list[int]) -> None:
    """Put one convolution and a split where the first of the family stands."""
    nodes = [body.nodes[at] for at in family]
    convs = [(node.key, node.body) for node in nodes if isinstance(node.body, Conv)]
    biased = any(conv.bias for _, conv in convs)
    first, stem = family[0], "" if nodes[0].key.isdecimal() else f"{nodes[0].key}_"
    wide = changed(convs[0][1], out=sum(conv.out for _, conv in convs), bias=biased)
    merged = body.insert(first, f"{stem}merged", wide, nodes[0].args, nodes[0].origin)
    sizes = tuple(conv.out for _, conv in convs)
    split = body.insert(first, f"{stem}split", Split(sizes=sizes), (merged,), nodes[0].origin)
    body.recipe(merged.node, "weight", Made(joined, tuple(Old(join_key(key, "weight")) for key, _ in convs)))
    if biased:
        body.recipe(merged.node, "bias", Made(joined, tuple(_bias(key, conv) for key, conv in convs)))
    for number, at in enumerate(family):
        body.stand(Ref(at), Ref(split.node, number))
        del body.nodes[at]


def _bias(key: str, conv: Conv) -> Recipe:
    return Old(join_key(key, "bias")) if conv.bias else Made(zeros, (Old(join_key(key, "weight")),))
