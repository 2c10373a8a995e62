"""A batch in portions that fit the cache  ⟹  a layer finds in it what the one before has written.

A network of layers that look at each sample by itself computes the same for a batch and for its parts. How many
samples one portion has follows from the largest step: its inputs and outputs are to stay below `CACHE` bytes.
"""

from __future__ import annotations

from archspec.ops.norm import BatchNorm
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Call, Program
from archspec.program.read import operand_types

CACHE = 40 * 2**20
"""bytes: about what the last cache of a processor holds"""
MOST = 16


def portion(program: Program) -> Rewritten:
    """Say how many samples are to be computed at one time.

    >>> from archspec.passes.example import network
    >>> portion(network("[64, 112, 112]", "conv(64, 3, padding=1)", "relu")).program.portion
    4
    """
    graph, largest = program.graph, 0
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.outputs[0].only:
        return Rewritten(program)
    for module in program.modules.values():
        for node in module.nodes:
            if isinstance(node.body, Call) or node.skipped or node.only == "training":
                continue
            if isinstance(node.body, BatchNorm) and not node.body.track:
                return Rewritten(program)  # it normalises by the batch
            values = (*operand_types(module, node), *node.types)
            largest = max(largest, 4 * sum(value.elements for value in values))
    fit = max(1, CACHE // max(largest, 1))
    return Rewritten.of(program._replace(portion=min(MOST, 2 ** (fit.bit_length() - 1))))
