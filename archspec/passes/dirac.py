"""dirac_conv  ⟹  conv.   W' = alpha I + beta W / |W|

DiracNet's convolution keeps its skip inside its weight (Zagoruyko and Komodakis 2017, arXiv 1706.00388,
section 3): trained, it is an ordinary one.
"""

from __future__ import annotations

from archspec.ops.conv import Conv
from archspec.ops.dirac import DiracConv
from archspec.passes.body import Body, having, over_modules
from archspec.passes.formulas import dirac
from archspec.passes.rewrite import Made, Old, Rewritten
from archspec.program.model import Program
from archspec.program.weights import join_key


def fold_dirac(program: Program) -> Rewritten:
    """Make ordinary convolutions of those with a skip in their weight.

    >>> from archspec.passes.example import network, show
    >>> show(fold_dirac(network("[8, 6, 6]", "dirac_conv(8, 3, padding=half)")).program)
    graph(x: [8, 6, 6])
      0  conv(8, 3, padding=half)(x)  [8, 6, 6]  584
    """
    return over_modules(program, _fold, having(DiracConv))


def _fold(body: Body) -> None:
    for at, node, op in body.ops():
        if isinstance(op, DiracConv) and body.facts.own(body.module, node):
            parts = tuple(Old(join_key(node.key, name)) for name in ("weight", "alpha", "beta"))
            made = Conv(out=op.out, kernel=op.kernel, stride=op.stride, padding=op.padding, bias=op.bias, init=op.init)
            body.change(at, made)
            body.recipe(at, "weight", Made(dirac, parts))
