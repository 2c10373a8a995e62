"""Memory: weights, the peak of live activations in inference, and what backward keeps in training.

`memory_lifetimes.py` says when a value lives.

Not counted: what kernels use inside (work space of a convolution), and the allocator's rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from archspec.analysis.cost import Cost, cost
from archspec.analysis.memory_lifetimes import Lifetimes
from archspec.ops.base import Op
from archspec.program.model import Call, Program
from archspec.program.read import operand_types

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
    return (counts.params + counts.buffers) * width + _integers(program) * (8 - width), counts.params * width


def _integers(program: Program) -> int:
    """How many of a network's buffers are int64 (norms count their batches): no dtype changes their 8 bytes."""
    held: dict[str, dict[str, int]] = {}
    known: dict[tuple[int, ...], int] = {}
    """by identity of an op and of the types it is given"""
    for module in program.modules.values():
        own: dict[str, int] = {}
        for node in module.nodes:
            body = node.body
            if isinstance(body, Call):
                callee = held[body.module]
                if node.key not in own and not node.skipped:
                    own[node.key] = callee[""]
                if node.lends:
                    for name, key in node.lends.items():
                        own.setdefault(key, callee.get(f"^{name}", 0))
            elif type(body).buffers is not Op.buffers and node.key not in own and not node.skipped:
                types = operand_types(module, node)
                asked = (id(body), *map(id, types))
                if asked not in known:
                    buffers = body.buffers(*types).values()
                    known[asked] = sum([type.elements for type in buffers if type.dtype == "int64"])
                own[node.key] = known[asked]
        held[module.id] = {key: count for key, count in own.items() if key.startswith("^")}
        held[module.id][""] = sum([count for key, count in own.items() if not key.startswith("^")])
    return held[program.main][""]
