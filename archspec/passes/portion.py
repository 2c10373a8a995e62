"""A batch in portions that fit the cache  ⟹  a layer finds in it what the one before has written.

A network of layers that look at each sample by itself computes the same for a batch and for its parts. How many
samples one portion has follows from the largest step: its inputs and outputs are to stay below `CACHE` bytes. Each
portion reads the weights again, which must be little beside the values that it spares memory (not so in VGG).
"""

from __future__ import annotations

from archspec.ops.base import Op
from archspec.ops.merge import Concat
from archspec.ops.norm import BatchNorm
from archspec.passes.rewrite import Rewritten
from archspec.program.model import Module, Node, Program
from archspec.program.read import operand_types
from archspec.program.weights import Weights

CACHE = 50 * 2**20
"""bytes: about what the caches of a processor hold together"""
VALUES_TO_WEIGHTS = 2
"""how many times as many bytes of values as of weights a portion must move to be worth reading the weights again"""


def portion(program: Program) -> Rewritten:
    """Say how many samples are to be computed at one time.

    >>> from archspec.passes.example import network
    >>> portion(network("[64, 112, 112]", "conv(64, 3, padding=1)", "relu")).program.portion
    8
    >>> portion(network("[64, 7, 7]", "flatten", "linear(4096)", "linear(4096)")).program.portion is None
    True
    """
    graph, largest = program.graph, 1
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.outputs[0].only:
        return Rewritten(program)
    moved: dict[str, int] = {}
    for module in program.modules.values():
        total = 0
        for node in module.nodes:
            if node.skipped or node.only == "training":
                continue
            if isinstance(node.body, BatchNorm) and not node.body.track:
                return Rewritten(program)  # it normalises by the batch
            size = _bytes(module, node) if isinstance(node.body, Op) else 0
            largest = max(largest, size)
            total += size if isinstance(node.body, Op) else moved[node.body.module]
        moved[module.id] = total
    fit = 2 ** (max(1, CACHE // largest).bit_length() - 1)
    weights = 4 * sum(weight.type.elements for weight in Weights(program).all())
    if fit * moved[program.main] < VALUES_TO_WEIGHTS * weights:
        return Rewritten(program)
    return Rewritten.of(program._replace(portion=fit, replay=True))  # what is played is played in portions


def _bytes(module: Module, node: Node) -> int:
    """What an op reads and writes for one sample; what is concatenated where it belongs is not moved."""
    if module.loop is not None and module.loop.room and isinstance(node.body, Concat):
        return 0
    return 4 * sum(value.elements for value in (*operand_types(module, node), *node.types))
