"""The same network counted as other tools count it, with each term that makes the difference named.

People are misled by "FLOPs" that mean multiply-adds, and by tools that disagree on what else is work. A convention here
is a table (`counters.py`) of what a tool adds to the multiply-adds and leaves out; no tool is run, and no torch needed.
Each distinct module is counted once.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from archspec.analysis.counters import COUNTERS, HOMEMADE, Part, Use, own_ops
from archspec.ops.base import Op
from archspec.program.model import Call, Module, Node, Program
from archspec.program.read import operand_types, stands_aside


class Term(NamedTuple):
    """A part of a total."""

    name: str
    amount: int
    """may be negative: what a tool does not see"""
    why: str


class Counted(NamedTuple):
    """What a tool says of a network, batch 1, inference. The terms add up to the total."""

    convention: str
    title: str
    """of the tool"""
    unit: str
    """what the tool calls its total"""
    total: int
    terms: tuple[Term, ...]
    """the multiply-adds first; then what makes the difference, terms of nothing left out"""

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {**self._asdict(), "terms": [term._asdict() for term in self.terms]}


def convention(program: Program, name: str, functions: Iterable[str] | None = None) -> Counted:
    """Count a network by the convention `name`, a key of `COUNTERS`.

    thop and ptflops see only modules of torch's own classes, so that their total depends on the code. `functions`
    names the ops that it writes as functions or as classes of its own, "template:op" with `*` for any part
    ("*:relu", "graph:global_avg_pool"), or with "!" before it those written by means that no tool counts. By
    default: what torchvision and timm write so, if the network has a name of theirs; all else is a module. A
    strided convolution or pooling with `padding: same` never is one of torch's.

    Raises `KeyError` if there is no such convention.

    >>> import archspec
    >>> counted = convention(archspec.load("densenet121").program, "fvcore")
    >>> counted.total, [(term.name, term.amount) for term in counted.terms]
    (2865546752, [('multiply-adds', 2834161664), ('norm', 31334912), ('adaptive pool', 50176)])
    """
    counter = COUNTERS[name]
    patterns = tuple(own_ops(program.name) if functions is None else functions)
    done: dict[str, list[int]] = {}
    for module in program.modules.values():
        sums = [0] * (1 + len(counter.parts))
        for node in module.nodes:
            if stands_aside(node, "inference"):
                continue
            if isinstance(node.body, Call):
                amounts = done[node.body.module]
            else:
                amounts = _amounts(module, node, node.body, counter.parts, patterns)
            sums = [a + b for a, b in zip(sums, amounts, strict=True)]
        done[module.id] = sums
    mads, *rest = done[program.main]
    differences = (Term(part.term, amount, part.why) for part, amount in zip(counter.parts, rest, strict=True))
    terms = (
        Term("multiply-adds", mads, "convolutions, linear layers, matrix products"),
        *(term for term in differences if term.amount),
    )
    return Counted(name, counter.title, counter.unit, mads + sum(rest), terms)


def _amounts(module: Module, node: Node, op: Op, parts: tuple[Part, ...], patterns: tuple[str, ...]) -> list[int]:
    types = operand_types(module, node)
    place = f"{module.template}:{op.op}"
    if any(pattern.startswith("!") and fnmatchcase(place, pattern[1:]) for pattern in patterns):
        return [op.mads(*types), *(0 for _ in parts)]
    own = op.op in HOMEMADE or _same_with_stride(op) or any(fnmatchcase(place, pattern) for pattern in patterns)
    use = Use(op, types, node.types, own)
    return [op.mads(*types), *(part.amount(use) if op.op in part.ops or not part.ops else 0 for part in parts)]


def _same_with_stride(op: Op) -> bool:
    """TensorFlow's padding, which torch has only without a stride; a window of one value needs none."""
    if getattr(op, "padding", None) != "same":
        return False
    strides, kernels = getattr(op, "stride", None), getattr(op, "kernel", 1)
    strides = kernels if strides is None else strides
    return _most(kernels) > 1 and _most(strides) > 1


def _most(sizes: int | tuple[int, ...]) -> int:
    return sizes if isinstance(sizes, int) else max(sizes)


def lines(counted: Counted, width: int = 80) -> list[str]:
    """The total and its terms, for a screen of that many columns."""
    from textwrap import wrap

    rows = [(f"  {term.name}", f"{term.amount:{'+' if number else ''},}", term.why)
            for number, term in enumerate(counted.terms)]  # fmt: skip
    rows.insert(0, (counted.title, f"{counted.total:,}", f"{counted.total / 1e9:.2f} G {counted.unit}"))
    left, middle = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    found = []
    for name, amount, why in rows:
        first, *rest = wrap(why, max(width - left - middle - 4, 20))
        found.append(f"{name:<{left}}  {amount:>{middle}}  {first}")
        found += [" " * (left + middle + 4) + line for line in rest]
    return found
