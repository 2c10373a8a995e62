"""Python's cyclic garbage collector, kept still while large structures grow."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Nothing is searched for cycles inside the block, or inside a function that this decorates.

    What reading and elaboration make stays: walking it again and again as it grows, in vain, is a third
    of their time for a network of 100,000 nodes. Objects without cycles are freed as ever.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
