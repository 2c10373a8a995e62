"""local_response_norm  ⟹  the same, its sums over neighbouring channels as one matrix product.

PyTorch pools squares over channels as if they were depth, which takes longer than AlexNet's convolutions.
"""

from __future__ import annotations

from archspec.ops.fused import BandedResponseNorm
from archspec.ops.norm import LocalResponseNorm
from archspec.passes.body import Body, having, over_modules, turned
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program


def band_norm(program: Program) -> Rewritten:
    """Let a matrix product sum over neighbours.

    >>> from archspec.passes.example import network, show
    >>> show(band_norm(network("[8, 6, 6]", "local_response_norm(5)")).program)
    graph(x: [8, 6, 6])
      0  banded_response_norm(5)(x)  [8, 6, 6]
    """
    return over_modules(program, _band, having(LocalResponseNorm))


def _band(body: Body) -> None:
    for at, node, op in body.ops():
        if type(op) is LocalResponseNorm and body.facts.own(body.module, node):
            body.change(at, turned(op, BandedResponseNorm))
