"""Where an op may write its result over what it reads. The source that is written and what memory says of it agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from archspec.program.model import INPUT, Call, Module, Node


def read_counts(module: Module) -> Sequence[int]:
    """How often each node is read, outputs counting as readers. Inputs come last, so that `INPUT`, -1, finds them."""
    counts = [0] * (len(module.nodes) + 1)
    for at, _ in chain.from_iterable([node.args for node in module.nodes]):
        counts[at] += 1
    for output in module.outputs:
        counts[output.ref.node] += 1
    return counts


def may_overwrite(module: Module, node: Node, counts: Sequence[int], spared: Callable[[int], bool]) -> bool:
    """Whether nobody but this node wants its first input, and the op that made it does not need it either.

    `spared` says the latter, of the number of the op's node; `counts` are those of `read_counts`.
    """
    at = node.args[0].node
    while at != INPUT and node.only is None and counts[at] == 1:
        maker = module.nodes[at]
        if maker.only is not None or len(maker.types) != 1:
            return False
        if not maker.skipped:
            return not isinstance(maker.body, Call) and spared(at)
        if len(maker.args) != 1:
            return False
        at = maker.args[0].node  # a skipped step hands on what it is given
    return False
