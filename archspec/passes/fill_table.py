"""table_conv  ⟹  conv, its weight 0 where an output map does not read an input's.

LeNet-5 saved connections by it (LeCun et al. 1998, section II-B); one large convolution now takes less time than
sixteen small ones, for all the zeros that it adds.
"""

from __future__ import annotations

from archspec.ops.classic import TableConv
from archspec.ops.conv import Conv
from archspec.passes.body import Body, having, over_modules
from archspec.passes.formulas import joined, spread
from archspec.passes.rewrite import Made, Old, Rewritten
from archspec.program.model import Program
from archspec.program.weights import join_key


def fill_table(program: Program) -> Rewritten:
    """Make ordinary convolutions of those by a table.

    >>> from archspec.passes.example import network, show
    >>> show(fill_table(network("[3, 6, 6]", "table_conv([[0, 1], [2]], 3)")).program)
    graph(x: [3, 6, 6])
      0  conv(2, 3)(x)  [2, 4, 4]  56
    """
    return over_modules(program, _fill, having(TableConv))


def _fill(body: Body) -> None:
    for at, node, op in body.ops():
        if not isinstance(op, TableConv) or not body.facts.own(body.module, node):
            continue
        channels = body.given(at)[0].channels
        body.change(at, Conv(out=len(op.table), kernel=op.kernel, bias=op.bias))
        maps = [join_key(node.key, f"maps.{number}") for number in range(len(op.table))]
        weights = tuple(Old(f"{one}.weight") for one in maps)
        body.recipe(at, "weight", Made(spread, weights, {"table": op.table, "channels": channels}))
        if op.bias:
            body.recipe(at, "bias", Made(joined, tuple(Old(f"{one}.bias") for one in maps)))
