"""Rewrites that change what a network computes, and its weights with it: another architecture, by a rule.

They are no passes: no weights carry over. Each says how a kernel becomes two smaller ones that see as much, with
the norm and the activation of the kernel behind both, as in Inception-v3 (Szegedy et al. 2015, arXiv 1512.00567,
sections 3.1 and 3.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archspec.ops.base import Category, Op, Tensor
from archspec.ops.conv import Conv
from archspec.ops.geometry import even, per_axis
from archspec.ops.norm import BatchNorm
from archspec.passes.body import Body, changed, having, over_modules
from archspec.program.model import Program, Ref


class Halves(NamedTuple):
    """The two convolutions that stand for one."""

    first: Conv
    second: Conv


def rewrite(program: Program, rule: str) -> tuple[Program, int]:
    """Apply a rule of `REWRITES` wherever it applies; the program, and how many convolutions of distinct modules
    were rewritten. Convolutions that several places share, or with tied weights, stay. Raises `KeyError`.

    >>> from archspec.passes.example import network, show
    >>> old = network("[8, 9, 9]", "conv: conv(16, 5, padding=half)", "relu")
    >>> new, count = rewrite(old, "5x5-to-3x3")
    >>> show(new)
    graph(x: [8, 9, 9])
      conv_1       conv(16, 3, padding=1)(x)            [16, 9, 9]  1,168
      conv_1_relu  relu(conv_1)                         [16, 9, 9]
      conv         conv(16, 3, padding=1)(conv_1_relu)  [16, 9, 9]  2,320
      1            relu(conv)                           [16, 9, 9]
    """
    cut = REWRITES[rule].cut()
    rewritten = over_modules(program, cut.over, having(Conv))
    return rewritten.program, cut.count


class _Cut:
    """Abstract. Counts what it cuts."""

    def __init__(self) -> None:
        self.count = 0

    def halves(self, conv: Conv, x: Tensor) -> Halves | None:
        """The two convolutions for one of that input, if the rule applies."""
        raise NotImplementedError

    def over(self, body: Body) -> None:
        for at, node, op in body.ops():
            if not isinstance(op, Conv) or not body.facts.own(body.module, node):
                continue
            halves = self.halves(op, body.given(at)[0])
            if halves is None or halves.second.infer(*halves.first.infer(*body.given(at))) != node.types:
                continue
            self.count += 1
            stem = "part" if node.key.isdecimal() else node.key
            value = body.insert(at, f"{stem}_1", halves.first, node.args, node.origin)
            for between in _behind(body, at):
                value = body.insert(at, f"{stem}_1_{between.op}", between, (value,), node.origin)
            body.change(at, halves.second, args=(value,))


def _behind(body: Body, at: int) -> list[Op]:
    """The norm and the activation that alone read a convolution: they stand between its halves too."""
    found: list[Op] = []
    while len(readers := body.readers.get(Ref(at), {})) == 1:
        (at,) = readers
        node = body.nodes.get(at)
        if node is None or len(node.args) != 1 or node.only or not isinstance(node.body, Op):
            break
        if not isinstance(node.body, BatchNorm) and node.body.category is not Category.ACTIVATION:
            break
        found.append(node.body)
    return found


class _FiveToThree(_Cut):
    def halves(self, conv: Conv, x: Tensor) -> Halves | None:
        axes = len(x.spatial)
        pads = even(conv.pads(x))
        if per_axis("kernel", conv.kernel, axes) != (5,) * axes or pads is None or set(pads) - {0, 2}:
            return None
        if per_axis("dilation", conv.dilation, axes) != (1,) * axes:
            return None
        small = tuple(pad // 2 for pad in pads)
        padding = small[0] if len(set(small)) == 1 else small
        first = changed(conv, kernel=3, stride=1, padding=padding)
        return Halves(_conv(first), _conv(changed(conv, kernel=3, padding=padding)))


class _Apart(_Cut):
    def halves(self, conv: Conv, x: Tensor) -> Halves | None:
        if len(x.spatial) != 2:
            return None
        (high, wide), stride = per_axis("kernel", conv.kernel, 2), per_axis("stride", conv.stride, 2)
        pads = even(conv.pads(x))
        if high != wide or high < 3 or pads is None:
            return None
        dilation = per_axis("dilation", conv.dilation, 2)
        first = changed(conv, kernel=(1, wide), stride=(1, stride[1]), padding=(0, pads[1]), dilation=(1, dilation[1]))
        second = changed(conv, kernel=(high, 1), stride=(stride[0], 1), padding=(pads[0], 0), dilation=(dilation[0], 1))
        return Halves(_conv(_plain(first)), _conv(_plain(second)))


def _plain(op: Op) -> Op:
    """With one number where all axes have it."""
    return changed(op, **{name: 1 for name in ("stride", "dilation") if getattr(op, name) == (1, 1)})


def _conv(op: Op) -> Conv:
    assert isinstance(op, Conv)
    return op


class Rule(NamedTuple):
    about: str
    cut: type[_Cut]


REWRITES: Mapping[str, Rule] = {
    "5x5-to-3x3": Rule("two 3x3 convs for one 5x5, as in Inception-v2", _FiveToThree),
    "nxn-to-1xn-nx1": Rule("a 1xn and an nx1 conv for one nxn, as in Inception-v3", _Apart),
}
