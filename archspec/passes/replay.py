"""A network in evaluation makes the same calls for all inputs of one shape  ⟹  they are noted once, and made again.

What a host language does between two calls is left out then. The program stays as it is, and says that a backend
may do so.
"""

from __future__ import annotations

from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program


def replay(program: Program) -> Rewritten:
    """Say that calls may be noted.

    >>> from archspec.passes.example import network
    >>> replay(network("[8, 6, 6]", "conv(4)")).program.replay
    True
    """
    return Rewritten.of(program._replace(replay=True))
