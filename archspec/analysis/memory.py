"""Memory: weights, the peak of live activations in inference, and what backward keeps in training.

`memory_lifetimes.py` says when a value lives.

Not counted: what kernels use inside (work space of a convolution), and the allocator's rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from archspec.analysis.cost import Cost, cost
from archspec.analysis.memory_lifetimes import Lifetimes
from archspec.program.model import Program

Dtype = Literal["float32", "float16", "bfloat16"]
WIDTHS: Mapping[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2}
"""bytes of a value; indices stay int64, 8 bytes"""


class Memory(NamedTuple):
    """Bytes. They are exact for a batch and a dtype, by the rules of `memory_lifetimes.py`."""

    weights: int
    """trainable tensors and buffers"""
    gradients: int
    """one for each trainable tensor"""
    activations_peak: int
    """most that is alive at once in inference, the input included, weights not"""
    peak_at: str
    """the op that runs then: "features.denseblock1.denselayer6.conv1" """
    training: int
    """what forward keeps for backward in training, weights not included"""
    copies: int
    """those of `training` that concatenations made"""
    recomputed: int = 0
    """what backward makes again of checkpointed modules, at most at once"""


def memory(program: Program, batch: int = 1, dtype: Dtype = "float32", costs: Cost | None = None) -> Memory:
    """Bytes that a network takes for a batch of that size, all floating-point tensors being of that dtype.

    >>> import archspec
    >>> program = archspec.load("densenet121").program
    >>> found = memory(program)
    >>> found.weights, found.activations_peak, found.peak_at
    (32250984, 8630272, 'features.denseblock1.denselayer6.conv1')
    >>> memory(program, batch=32).training // 2**20
    3978
    """
    return measure(lifetimes(program, batch, dtype), *weight_bytes(program, dtype, costs))


def measure(lives: Lifetimes, weights: int, gradients: int) -> Memory:
    """The figures of a program whose lifetimes are known, and the bytes of whose weights are."""
    where = ".".join(node.name for node in lives.peak_at())
    return Memory(weights, gradients, lives.peak, where, lives.kept, lives.copies, lives.recomputed)


def lifetimes(program: Program, batch: int = 1, dtype: Dtype = "float32") -> Lifetimes:
    """When each value comes and goes, for the tables of `memory_table.py`."""
    return Lifetimes(program, batch, WIDTHS[dtype])


def weight_bytes(program: Program, dtype: Dtype, costs: Cost | None = None) -> tuple[int, int]:
    """Bytes of all saved tensors, and of the trainable ones; shared and tied tensors once."""
    counts = (costs or cost(program)).total
    width = WIDTHS[dtype]
    return (counts.params + counts.buffers) * width + counts.integers * (8 - width), counts.params * width
