"""x = concat(x, f(x)), again and again  ⟹  the same, in memory that has room for it all from the start.

A dense block of n layers copies its first values n times. With room behind them each value is written once. (Pleiss
et al. 2017, arXiv 1707.06990, share such memory between the layers of DenseNet for training.) The program stays as
it is, and says that a backend may do so.
"""

from __future__ import annotations

from itertools import pairwise

from archspec.ops.merge import Concat
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Module, Program


def dense_buffer(program: Program) -> Rewritten:
    """Give dense blocks memory for all they concatenate.

    >>> from archspec.passes.example import network
    >>> old = network("[8, 6, 6]", "{repeat: [conv(4), relu], times: 3, wire: dense}")
    >>> [module.loop.room for module in dense_buffer(old).program.modules.values() if module.loop]
    [True]
    """
    modules = {id: _with_room(module) for id, module in program.modules.items()}
    if modules == program.modules:
        return Rewritten(program)
    return Rewritten.of(program._replace(modules=modules))


def _with_room(module: Module) -> Module:
    loop = module.loop
    if loop is None or loop.wire != "dense":
        return module
    joins = [node for node in module.nodes if node.key not in loop.names]
    sizes = [module.inputs[0].type.channels, *(node.types[0].channels for node in joins)]
    growths = {after - before for before, after in pairwise(sizes)}
    grows = all(isinstance(node.body, Concat) and node.body.axis == 0 for node in joins)
    return module._replace(loop=loop._replace(room=True)) if grows and len(growths) == 1 else module
