"""Steps that go by number count from 0 again, where others were taken out between them.

So a chain of unnamed steps is still an `nn.Sequential`. Names change, and with them keys; values do not.
"""

from __future__ import annotations

from archspec.passes.body import Body, over_modules
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Module, Program


def renumber(program: Program) -> Rewritten:
    """Number steps anew.

    >>> import archspec
    >>> from archspec.passes.drop_training import drop_training
    >>> from archspec.passes.example import network, show
    >>> show(drop_training(network("[8]", "linear(4)", "dropout", "relu")).then(renumber).program)
    graph(x: [8])
      0  linear(4)(x)  [4]  36
      1  relu(0)       [4]
    """
    return over_modules(program, _renumber, _has_gaps)


def _has_gaps(module: Module) -> bool:
    """Whether all of its steps go by number, and some number is missing."""
    number = 0
    gaps = False
    for node in module.nodes:
        if not node.skipped:
            if not node.key.isdecimal():
                return False
            gaps = gaps or node.key != str(number)
            number += 1
    return gaps


def _renumber(body: Body) -> None:
    module = body.module
    there = [node for node in module.nodes if not node.skipped]
    plain = all(node.key.isdecimal() and node.name == node.key and not node.lends for node in there)
    if not plain or module.borrows or module.id in body.facts.tied:
        return
    numbers = {node.key: str(number) for number, node in enumerate(there)}
    if len(numbers) < len(there) or {node.name for node in module.nodes if node.skipped} & {*numbers.values()}:
        return
    for at, node in enumerate(module.nodes):
        if not node.skipped and numbers[node.key] != node.key:
            body.nodes[at] = node._replace(name=numbers[node.key], key=numbers[node.key])
            body.moved[numbers[node.key]] = node.key
