"""Arithmetic intensity: multiply-adds for each byte moved, and what that means on a machine.

The roofline model (Williams, Waterman and Patterson, CACM 52:4, 2009): a machine does at best `flops`
a second and moves at best `bandwidth` bytes a second. An op with fewer FLOP a byte than the balance
`flops / bandwidth` waits for memory, one with more for arithmetic; no op takes less than the larger of
the two times. One multiply-add is 2 FLOP.

Bytes are those that an op must move if it runs alone: it reads its inputs and weights once and writes
its outputs once. Views and what does nothing in inference move none. Fusing ops moves less, a cache
that is too small for a window moves more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from archspec.analysis.memory import WIDTHS, Dtype
from archspec.ops.base import Tensor
from archspec.program.flatten import FlatNode, flatten
from archspec.program.model import INPUT, Program
from archspec.text.limits import DEFAULT_LIMITS

FIXED = MappingProxyType({"int64": 8, "bool": 1})
"""bytes of a value whose dtype is no choice"""


class Machine(NamedTuple):
    """What a machine does at best, as its maker says."""

    name: str
    title: str
    flops: Mapping[str, float]
    """FLOP a second by dtype; float32 without tensor cores, the 16-bit dtypes with them and dense"""
    bandwidth: float
    """bytes a second from its memory"""
    source: str

    def balance(self, dtype: Dtype) -> float:
        """FLOP a byte above which arithmetic is the limit."""
        return self.flops[dtype] / self.bandwidth


def _machine(name: str, title: str, single: float, half: float, bandwidth: float, source: str) -> Machine:
    """In TFLOP/s and GB/s."""
    flops = {"float32": single * 1e12, "float16": half * 1e12, "bfloat16": half * 1e12}
    return Machine(name, title, flops, bandwidth * 1e9, source)


MACHINES: Mapping[str, Machine] = MappingProxyType(
    {
        machine.name: machine
        for machine in (
            _machine("a100", "NVIDIA A100 80GB SXM", 19.5, 312, 2039, "NVIDIA A100 datasheet"),
            _machine("h100", "NVIDIA H100 SXM", 67, 989, 3350, "NVIDIA H100 datasheet"),
            _machine("h200", "NVIDIA H200 SXM", 67, 989, 4800, "NVIDIA H200 datasheet"),
        )
    }
)


class Traffic(NamedTuple):
    """One application of an op."""

    layer: str
    kind: str
    """the op's name: `conv`"""
    node: FlatNode
    mads: int
    """for the whole batch"""
    bytes: int
    """read and written for the whole batch"""

    @property
    def intensity(self) -> float:
        """Multiply-adds a byte."""
        return self.mads / self.bytes if self.bytes else 0.0


def roofline(
    program: Program, batch: int = 1, dtype: Dtype = "float32", limit: int = DEFAULT_LIMITS.nodes
) -> list[Traffic]:
    """Work and traffic of every op that moves anything in inference, in order. Raises `SpecError` as `flatten` does.

    >>> import archspec
    >>> rows = roofline(archspec.load("resnet18").program)
    >>> rows[0].layer, rows[0].mads, rows[0].bytes, round(rows[0].intensity, 1)
    ('conv1', 118013952, 3851008, 30.6)
    """
    flat = flatten(program, "inference", limit).nodes
    ports = program.graph.inputs
    width = WIDTHS[dtype]
    learned: set[int] = set()
    """nodes whose values have no batch axis: learned tensors, and what is made of such alone"""
    rows: list[Traffic] = []

    def size(type: Tensor, samples: int) -> int:
        return type.elements * FIXED.get(type.dtype, width) * samples

    for number, node in enumerate(flat):
        op = node.op
        args = node.args
        if all(ref.node in learned for ref in args):
            learned.add(number)
        if not args or op.view or op.idle() or (op.variadic and len(args) == 1):
            continue
        types = [ports[at].type if source == INPUT else flat[source].types[at] for source, at in args]
        samples = [1 if source in learned else batch for source, _ in args]
        weights = [*op.weights(*types).values(), *op.buffers(*types).values()]
        moved = sum(map(size, types, samples)) + sum(size(type, 1) for type in weights if type.dtype == "float32")
        moved += sum(size(type, 1 if number in learned else batch) for type in node.types)
        rows.append(Traffic(node.name, op.op, node, op.mads(*types) * batch, moved))
    return rows


class Kind(NamedTuple):
    """All applications of one kind of op together."""

    kind: str
    applied: int
    """how many there are"""
    mads: int
    bytes: int
    seconds: float
    """least time on the machine; of a machine that only has a balance, in bytes moved meanwhile"""
    bound: int
    """how many of them wait for memory"""


def seconds(row: Traffic, flops: float, bandwidth: float) -> float:
    """Least time: the larger of what arithmetic and what memory takes."""
    return max(2 * row.mads / flops, row.bytes / bandwidth)


def waits_for_memory(row: Traffic, balance: float) -> bool:
    """Whether an op has fewer FLOP a byte than the machine's balance."""
    return 2 * row.mads < balance * row.bytes


def by_kind(rows: Sequence[Traffic], flops: float, bandwidth: float) -> list[Kind]:
    """Totals of each kind of op, that which takes longest first."""
    kinds: dict[str, list[Traffic]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    balance = flops / bandwidth if bandwidth else inf
    found = [
        Kind(
            kind,
            len(own),
            sum(row.mads for row in own),
            sum(row.bytes for row in own),
            sum(seconds(row, flops, bandwidth) for row in own),
            sum(waits_for_memory(row, balance) for row in own),
        )
        for kind, own in kinds.items()
    ]
    return sorted(found, key=lambda kind: (-kind.seconds, kind.kind))
