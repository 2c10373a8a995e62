"""Exact counts of parameters, buffers and multiply-adds. Each distinct module is counted once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from archspec.program.model import Call, Module, Node, Program
from archspec.program.read import operand_types, stands_aside
from archspec.program.weights import Weights, own_weights


@dataclass(frozen=True, slots=True)
class Count:
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

    @staticmethod
    def sum(counts: Iterable[Count]) -> Count:
        params = training_only = buffers = mads = 0
        for count in counts:
            params += count.params
            training_only += count.training_only
            buffers += count.buffers
            mads += count.mads
        return Count(params, training_only, buffers, mads)


@dataclass(frozen=True, slots=True)
class ModuleCost:
    """Counts of one concrete module, everything it calls included."""

    total: Count
    """what it borrows is not held here, but its multiply-adds are"""
    borrowed: Mapping[str, Count]
    """what each borrowed instance holds, by its name here"""
    nodes: tuple[Count, ...]
    """share of each node: a shared instance is held by its first application; each application has its multiply-adds"""


@dataclass(frozen=True, slots=True)
class Cost:
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
    for module in program.modules.values():
        done[module.id] = _count(module, done, weights, program)
    return Cost(done[program.main].total, done)


def _count(module: Module, done: Mapping[str, ModuleCost], weights: Weights, program: Program) -> ModuleCost:
    held: dict[str, Count] = {}
    holders: list[list[str]] = []
    """for each node, the keys of the instances that it is the first to apply"""
    mads: list[int] = []
    for node in module.nodes:
        holders.append([])
        if node.skipped:
            mads.append(0)
            continue
        instances, work = _apply(module, node, done, weights, program)
        mads.append(0 if stands_aside(node, "inference") else work)
        for key, count in instances:
            now = Count(count.params, count.params, count.buffers) if node.only == "training" else count
            before = held.get(key)
            if before is None:
                held[key] = now
                holders[-1].append(key)
            elif now.training_only < before.training_only:
                held[key] = replace(before, training_only=now.training_only)
    rows = tuple(
        Count.sum((Count(mads=work), *(held[key] for key in keys if not key.startswith("^"))))
        if keys
        else Count(mads=work)
        for keys, work in zip(holders, mads, strict=True)
    )
    borrowed = {key[1:]: count for key, count in held.items() if key.startswith("^")}
    return ModuleCost(Count.sum(rows), borrowed, rows)


def _apply(
    module: Module, node: Node, done: Mapping[str, ModuleCost], weights: Weights, program: Program
) -> tuple[list[tuple[str, Count]], int]:
    """The instances that a node applies, with what each holds, and the node's multiply-adds."""
    if not isinstance(node.body, Call):
        params, buffers = own_weights(module, node)
        held = [(node.key, Count(params, 0, buffers))] if params or buffers else []
        return held, node.body.mads(*operand_types(module, node))
    callee = done[node.body.module]
    own = Count(callee.total.params, callee.total.training_only, callee.total.buffers)
    for name in node.ties:
        tied = weights.find(program.modules[node.body.module], name)
        assert tied is not None, "the verifier has looked"
        own = replace(own, params=own.params - tied.elements)
    lent = [(node.lends[name], count) for name, count in callee.borrowed.items()]
    return [(node.key, own), *lent], callee.total.mads
