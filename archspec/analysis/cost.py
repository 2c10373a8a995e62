"""Exact counts of parameters, buffers and multiply-adds. Each distinct module is counted once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from archspec.ops.base import Op
from archspec.program.model import Call, Module, Node, Program
from archspec.program.read import value_types
from archspec.program.weights import Weights, own_weights


class Count(NamedTuple):
    """What a part of a network holds and costs."""

    params: int = 0
    """elements of trainable tensors, each shared or tied tensor once; training-only parts included,
    since they are in the state dict"""
    training_only: int = 0
    """those of `params` that only parts with `only: training` hold"""
    buffers: int = 0
    """elements of saved tensors that are not trained"""
    mads: int = 0
    """multiply-adds of convolutions, linear layers and matrix products, batch 1, inference"""
    integers: int = 0
    """those of `buffers` that are int64, whatever dtype the network has: norms count their batches"""

    @staticmethod
    def sum(counts: Iterable[Count]) -> Count:
        rows = tuple(counts)
        return Count(*map(sum, zip(*rows, strict=True))) if rows else NOTHING


NOTHING = Count()


class ModuleCost(NamedTuple):
    """Counts of one concrete module, everything it calls included."""

    total: Count
    """what it borrows is not held here, but its multiply-adds are"""
    borrowed: Mapping[str, Count]
    """what each borrowed instance holds, by its name here"""
    nodes: tuple[Count, ...]
    """share of each node: a shared instance is held by its first application; each application has its multiply-adds"""


class Cost(NamedTuple):
    """Counts of a network, and of each of its concrete modules by id."""

    total: Count
    modules: Mapping[str, ModuleCost]

    @property
    def params(self) -> int:
        return self.total.params

    @property
    def buffers(self) -> int:
        return self.total.buffers

    @property
    def mads(self) -> int:
        return self.total.mads


def cost(program: Program) -> Cost:
    """Count a program. Integers are exact, however large."""
    done: dict[str, ModuleCost] = {}
    weights = Weights(program)
    known: dict[tuple[int, ...], Count] = {}
    for module in program.modules.values():
        done[module.id] = _Counter(program, weights, done, known, module).run()
    return Cost(done[program.main].total, done)


@cache
def _free(kind: type[Op]) -> bool:
    """Whether ops of a kind hold and cost nothing, whatever they are given."""
    return kind.weights is Op.weights and kind.buffers is Op.buffers and kind.mads is Op.mads


class _Counter:
    """Counts one module, those it calls being done.

    `known` is what ops hold and cost, by identity of the op and of the types it is given: each is asked
    once, and sizes need have no hash.
    """

    def __init__(
        self,
        program: Program,
        weights: Weights,
        done: Mapping[str, ModuleCost],
        known: dict[tuple[int, ...], Count],
        module: Module,
    ):
        self._program, self._weights, self._done, self._known, self._module = program, weights, done, known, module
        self._types = value_types(module)
        self._rows: list[Count] = []
        self._held: dict[str, Count] = {}
        """what each instance holds; its multiply-adds do not matter here"""
        self._holder: dict[str, int] = {}
        """the first node that applies it"""

    def run(self) -> ModuleCost:
        rows, held, holder = self._rows, self._held, self._holder
        for at, node in enumerate(self._module.nodes):
            if node.skipped:
                rows.append(NOTHING)
                continue
            body, key = node.body, node.key
            own = self._done[body.module].total if isinstance(body, Call) else self._op(node, body)
            if node.ties:
                own = self._untied(node, own)
            if node.only == "training":
                own = own._replace(training_only=own.params, mads=0)
            if key in held or key[:1] == "^" or node.lends:
                self._shared(at, node, own)
            else:  # an instance of its own, which is nearly all there are
                rows.append(own)
                if own.params or own.buffers:
                    held[key], holder[key] = own, at
        borrowed = {key[1:]: count._replace(mads=0) for key, count in held.items() if key[:1] == "^"}
        return ModuleCost(Count.sum(rows), borrowed, tuple(rows))

    def _op(self, node: Node, op: Op) -> Count:
        if _free(type(op)):
            return NOTHING
        values = self._types
        types = [values[at][output] for at, output in node.args]
        asked = (id(op), *map(id, types))
        found = self._known.get(asked)
        if found is None:
            params = sum([type.elements for type in op.weights(*types).values()])
            buffers = op.buffers(*types).values()
            integers = sum([type.elements for type in buffers if type.dtype == "int64"])
            elements = sum([type.elements for type in buffers])
            found = self._known[asked] = Count(params, 0, elements, op.mads(*types), integers)
        return found

    def _untied(self, node: Node, own: Count) -> Count:
        """Without what it holds only by tying it to another tensor."""
        if not isinstance(node.body, Call):
            return own._replace(params=own_weights(self._module, node)[0])
        callee = self._program.modules[node.body.module]
        tied = [self._weights.find(callee, name) for name in node.ties]
        return own._replace(params=own.params - sum([type.elements for type in tied if type is not None]))

    def _shared(self, at: int, node: Node, own: Count) -> None:
        """An application of instances that others may apply too: what they hold belongs to the first one."""
        self._rows.append(Count(mads=own.mads))
        lent: Mapping[str, Count] = self._done[node.body.module].borrowed if isinstance(node.body, Call) else {}
        instances = [(node.key, own), *((node.lends[name], count) for name, count in lent.items())]
        for key, count in instances:
            now = count.params if node.only == "training" else count.training_only
            before = self._held.get(key)
            if before is None:
                self._held[key], self._holder[key] = count._replace(training_only=now), at
                added = count._replace(training_only=now, mads=0)
            elif now < before.training_only:
                self._held[key] = before._replace(training_only=now)
                added = Count(training_only=now - before.training_only)
            else:
                continue
            if key[:1] != "^":
                holder = self._holder[key]
                self._rows[holder] = Count.sum((self._rows[holder], added))
