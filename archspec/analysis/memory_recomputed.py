"""Checkpointed modules: training keeps what they are given, and makes the rest again when backward comes to them.

Backward goes from the end, so the inside of one such module is there at a time, and of those around it
(Chen et al. 2016, arXiv 1604.06174).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archspec.program.model import Call, Program

if TYPE_CHECKING:
    from archspec.analysis.memory_lifetimes import Summary


def from_outside(inside: Summary, inputs: int) -> Summary:
    """What the caller of a checkpointed module sees of it: all of its inputs are kept, and nothing else."""
    made = tuple([storage._replace(kept=False) for storage in inside.made])
    effect = inside.effect._replace(kept=0)
    return inside._replace(made=made, effect=effect, keeps=tuple(range(inputs)), copies=0)


def made_again(inside: Summary) -> int:
    """Bytes that backward wants of a checkpointed module besides its inputs."""
    return inside.effect.kept + sum([storage.size for storage in inside.made if storage.kept])


def most_at_once(program: Program, again: Mapping[str, int]) -> int:
    """Most bytes that are made again at the same time: those of modules inside each other add up."""
    if not again:
        return 0
    most: dict[str, int] = {}
    for module in program.modules.values():
        called = {node.body.module for node in module.nodes if isinstance(node.body, Call)}
        most[module.id] = again.get(module.id, 0) + max([most[id] for id in called], default=0)
    return most[program.main]
