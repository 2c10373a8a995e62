"""batch_norm that no layer takes  ⟹  the same, as one multiplication and addition for each value.

PyTorch's own prepares numbers for each channel at each call, and goes through an image that lies channels last in
twice the time that it takes to multiply and add. What it multiplies by follows from weights alone.
"""

from __future__ import annotations

from archspec.ops.fused import ScaledBatchNorm
from archspec.ops.norm import BatchNorm
from archspec.passes.body import Body, having, over_modules, turned
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program


def scale_norm(program: Program) -> Rewritten:
    """Have batch norms of images multiply and add.

    >>> from archspec.passes.example import network, show
    >>> show(scale_norm(network("[8, 6, 6]", "batch_norm", "flatten", "batch_norm")).program)
    graph(x: [8, 6, 6])
      0  scaled_batch_norm(x)  [8, 6, 6]   16
      1  flatten(0)            [288]
      2  batch_norm(1)         [288]      576
    """
    return over_modules(program, _scale, having(BatchNorm))


def _scale(body: Body) -> None:
    for at, node, op in body.ops():
        if type(op) is BatchNorm and op.track and len(node.types[0].spatial) == 2 and body.facts.own(body.module, node):
            body.change(at, turned(op, ScaledBatchNorm))
