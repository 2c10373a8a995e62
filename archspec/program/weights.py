"""The tensors of a program by their dotted keys: the manifest of the state dict, without any framework."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archspec.ops.base import Op, Tensor
from archspec.program.model import Call, Module, Node, Program
from archspec.program.read import operand_types


class Place(NamedTuple):
    """One application of an instance: a node and the module it stands in."""

    module: Module
    node: Node


class Weight(NamedTuple):
    """One saved tensor. Tied tensors stand under each of their keys, as in a state dict."""

    key: str
    type: Tensor
    trainable: bool
    tied: bool
    """it is another tensor of the program, which stands under its own key too"""
    owner: str
    """key of the instance that holds it: `key` without the tensor's own name"""
    op: Op


def join_key(prefix: str, name: str) -> str:
    """`prefix.name`; either may be empty.

    >>> join_key("features.conv0", "weight")
    'features.conv0.weight'
    """
    return f"{prefix}.{name}" if prefix and name else prefix or name


class Weights:
    """Finds tensors of one program by key. Each module is indexed once, when first asked for."""

    def __init__(self, program: Program):
        self._program = program
        self._indexes: dict[str, dict[str, Place]] = {}

    def instances(self, module: Module) -> dict[str, Place]:
        """The first application of each instance of `module` by key; those it borrows are "^name"."""
        index = self._indexes.get(module.id)
        if index is None:
            index = self._indexes[module.id] = {}
            for node in module.nodes:
                if not node.skipped:
                    index.setdefault(node.key, Place(module, node))
                    if isinstance(node.body, Call):
                        callee = self.instances(self._program.modules[node.body.module])
                        for inside, here in node.lends.items():
                            if f"^{inside}" in callee:
                                index.setdefault(here, callee[f"^{inside}"])
        return index

    def find(self, module: Module, dotted: str) -> Tensor | None:
        """Type of the weight or buffer that is called `dotted` in `module`, if there is one."""
        index = self.instances(module)
        parts = dotted.split(".")
        for cut in range(1, len(parts) + 1):
            place = index.get(".".join(parts[:cut]))
            if place is not None:
                found = self.find_in(place, ".".join(parts[cut:]))
                if found is not None:
                    return found
        return None

    def find_in(self, place: Place, rest: str) -> Tensor | None:
        """Type of the weight or buffer that is called `rest` under the key of a node."""
        body = place.node.body
        if isinstance(body, Call):
            return self.find(self._program.modules[body.module], rest)
        types = operand_types(*place)
        return body.weights(*types).get(rest) or body.buffers(*types).get(rest)

    def all(self) -> Iterator[Weight]:
        """Every tensor of the state dict, in execution order of the first application."""
        return self._all(self._program.graph, "", frozenset())

    def _all(self, module: Module, prefix: str, tied: frozenset[str]) -> Iterator[Weight]:
        for key, place in self.instances(module).items():
            if key.startswith("^"):
                continue
            ties = tied_inside(tied, key) | frozenset(place.node.ties)
            dotted = join_key(prefix, key)
            if isinstance(place.node.body, Call):
                yield from self._all(self._program.modules[place.node.body.module], dotted, ties)
                continue
            op, types = place.node.body, operand_types(*place)
            for trainable, tensors in ((True, op.weights(*types)), (False, op.buffers(*types))):
                for name, type in tensors.items():
                    yield Weight(join_key(dotted, name), type, trainable, name in ties, dotted, op)


def tied_inside(tied: frozenset[str], key: str) -> frozenset[str]:
    """Those of the dotted names that lie under `key`, without it."""
    return frozenset(name[len(key) + 1 :] for name in tied if name.startswith(f"{key}."))


def own_weights(module: Module, node: Node) -> tuple[int, int]:
    """Elements of an op's trainable tensors, tied ones left out, and of its buffers."""
    op = node.body
    assert isinstance(op, Op)
    kind = type(op)
    if kind.weights is Op.weights and kind.buffers is Op.buffers:
        return 0, 0
    types = operand_types(module, node)
    trainable = sum([type.elements for name, type in op.weights(*types).items() if name not in node.ties])
    return trainable, sum([type.elements for type in op.buffers(*types).values()])
