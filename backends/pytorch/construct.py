"""From one concrete node to the tree of what its class constructs for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from archspec.backends.pytorch.names import checked_key
from archspec.backends.pytorch.rules import lower
from archspec.backends.pytorch.rules.base import MERGES, Layer, Lowering
from archspec.backends.pytorch.trees import Chain, Copies, Item, Mismatch, New, Slot, Tree, leaf, merge
from archspec.ops.base import Op, Tensor
from archspec.ops.init import Init
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref
from archspec.program.overwrite import may_overwrite, read_counts
from archspec.program.read import operand_types


class Construction:
    """What every node of a program is built from. Modules must be built callees first."""

    def __init__(self, program: Program):
        self.program = program
        self.batchless = _batchless_inputs(program)
        self.calls: dict[str, New] = {}
        """id of a module that has a class → the call that makes it"""
        self.shared_inits: Mapping[str, Mapping[str, Init]] = {}
        """torch class → how all of its weights start, where that is one and the same in the whole program"""
        self.inline = cache(self._inline)
        self.lowering = cache(self._lowering)
        self.read_counts = cache(lambda module_id: read_counts(program.modules[module_id]))

    def callee(self, node: Node) -> Module | None:
        return self.program.modules[node.body.module] if isinstance(node.body, Call) else None

    def _lowering(self, module_id: str, at: int) -> Lowering:
        module = self.program.modules[module_id]
        node = module.nodes[at]
        assert isinstance(node.body, Op)
        learned = frozenset(place for place, ref in enumerate(node.args) if self._is_learned(module, ref))
        return lower(node.body, operand_types(module, node), learned)

    def _is_learned(self, module: Module, ref: Ref) -> bool:
        """Whether the value has no batch axis, being made of learned tensors alone."""
        if ref.node == INPUT:
            return ref.output in self.batchless.get(module.id, frozenset())
        node = module.nodes[ref.node]
        if node.skipped:
            return self._is_learned(module, node.args[0])
        return isinstance(node.body, Op) and self.lowering(module.id, ref.node).batchless

    def is_chain(self, module: Module) -> bool:
        """Whether it is a plain sequence of parts, each of which can be a module."""
        if len(module.inputs) != 1 or len(module.outputs) != 1 or module.borrows or not module.nodes:
            return False
        before = Ref(INPUT)
        keys = set()
        for at, node in enumerate(module.nodes):
            if node.args != (before,) or len(node.types) != 1 or node.only or node.ties or node.lends:
                return False
            before = Ref(at)
            if node.skipped:
                continue
            if node.key in keys or "." in node.key or node.key.startswith("^"):
                return False
            keys.add(node.key)
            if isinstance(node.body, Op):
                lowering = self.lowering(module.id, at)
                if lowering.layer is None or lowering.constant:
                    return False
            elif len((callee := self.program.modules[node.body.module]).outputs) != 1 or callee.outputs[0].only:
                return False
        return module.outputs[0].ref == before and module.outputs[0].only is None

    def is_numbered(self, module: Module) -> bool:
        """Whether its nodes go by 0, 1, … as the parts of an `nn.Sequential` do."""
        keys = [node.key for node in module.nodes if not node.skipped]
        return keys == [str(number) for number in range(len(keys))]

    def _inline(self, module: str) -> bool:
        """Whether the module needs no class, being an `nn.Sequential` where it is called."""
        body = self.program.modules[module]
        if body.kind not in ("pipe", "steps", "repeat") or body.checkpointed:
            return False
        if body.kind == "repeat" and (body.loop is None or body.loop.wire != "chain"):
            return False
        if self.deep_inits(body):
            return False
        return self.is_chain(body) and self.is_numbered(body)

    def deep_inits(self, module: Module) -> bool:
        """Copies of ops that have an initialisation of their own need a class in which it is written."""
        return module.kind == "repeat" and any(
            isinstance(node.body, Op) and not node.skipped and self._own_inits(module.id, at)
            for at, node in enumerate(module.nodes)
        )

    def _own_inits(self, module_id: str, at: int) -> bool:
        lowering = self.lowering(module_id, at)
        return bool(lowering.inits) and lowering.layer is not None and lowering.layer.cls not in self.shared_inits

    def find_shared_inits(self) -> None:
        """Where all layers of a torch class start alike, one loop in the network itself says it."""
        seen: dict[str, list[Mapping[str, Init]]] = {}
        for module in self.program.modules.values():
            for at, node in enumerate(module.nodes):
                if isinstance(node.body, Op) and not node.skipped:
                    lowering = self.lowering(module.id, at)
                    if lowering.layer is not None and not lowering.constant:
                        seen.setdefault(lowering.layer.cls.replace("Padded", "nn."), []).append(lowering.inits)
        found = {
            cls: inits[0]
            for cls, inits in seen.items()
            if cls.startswith("nn.") and len(inits) > 1 and inits[0] and all(one == inits[0] for one in inits)
        }
        self.shared_inits = {**found, **{cls.replace("nn.", "Padded"): inits for cls, inits in found.items()}}

    def tree(self, module: Module, at: int) -> Tree | None:
        """The constructor call of a node; None if it is skipped, or has no form as a module."""
        node = module.nodes[at]
        if node.skipped:
            return None
        checked_key(node.key)
        types = operand_types(module, node)
        reads, gives = _channels(types[:1]), _channels(node.types)
        if isinstance(node.body, Op):
            lowering = self.lowering(module.id, at)
            if lowering.layer is None:
                return None
            new = _layer(lowering.layer, node.origin.arguments)
            items = new.items
            if lowering.inplace and self.may_overwrite(module, at):
                items = (*items, Item("inplace", leaf(True)))
            inits = () if self.shared_inits.get(new.callee) else tuple(lowering.inits.items())
            return New(new.callee, items, reads, gives, inits)
        callee = self.program.modules[node.body.module]
        if self.inline(callee.id):
            return self.sequence(callee, node)
        new = self.calls[callee.id]
        items = tuple(
            Item(item.name, _hinted(item.value, node.origin.arguments.get(item.name)), item.positional, item.default)
            for item in new.items
        )
        return New(new.callee, items, reads, gives)

    def sequence(self, module: Module, caller: Node | None = None) -> Tree:
        """A chain as the parts of an `nn.Sequential`; a loop as its copies."""
        parts = tuple(self.tree(module, at) for at in range(len(module.nodes)))
        kept = tuple(part for part in parts if part is not None)
        if module.loop is not None and len(kept) == len(parts) and _alike(kept):
            hint = caller.origin.arguments.get("times") if caller is not None else None
            return Chain((Copies(kept, leaf(len(kept), "num_layers", hint)),))
        return Chain(parts, tuple(node.origin.arguments.get("when") for node in module.nodes))

    def may_overwrite(self, module: Module, at: int) -> bool:
        counts = self.read_counts(module.id)
        return may_overwrite(module, module.nodes[at], counts, lambda one: self.lowering(module.id, one).overwritable)


def _alike(parts: Sequence[Tree]) -> bool:
    """Whether copies differ in numbers only, and so may be a loop."""
    try:
        merge(parts)
    except Mismatch:
        return False
    return True


def _channels(types: tuple[Tensor, ...]) -> Slot:
    return leaf(types[0].channels if types and types[0].shape else 0)


def _layer(layer: Layer, hints: Mapping[str, str]) -> New:
    items = []
    for arg in layer.args:
        value: Tree
        if isinstance(arg.value, Layer):
            value = _layer(arg.value, hints)
        else:
            value = leaf(arg.value, arg.name, hints.get(arg.field) if arg.field else None)
        default = None if arg.default is ... or isinstance(arg.default, Layer) else leaf(arg.default)
        items.append(Item(arg.name, value, arg.positional, default))
    return New(layer.cls, tuple(items))


def _hinted(value: Tree, hint: str | None) -> Tree:
    return Slot(value.values, value.field, hint) if isinstance(value, Slot) else value


def _batchless_inputs(program: Program) -> Mapping[str, frozenset[int]]:
    """For a module: numbers of the inputs that are learned tensors wherever it is called (callers come last)."""
    found: dict[str, frozenset[int]] = {}
    for module in reversed([*program.modules.values()]):
        learned = {Ref(INPUT, at) for at in found.get(module.id, frozenset())}
        for at, node in enumerate(module.nodes):
            if isinstance(node.body, Call):
                mine = frozenset(place for place, ref in enumerate(node.args) if ref in learned)
                before = found.get(node.body.module)
                found[node.body.module] = mine if before is None else before & mine
            elif all(ref in learned for ref in node.args) and (node.skipped or _keeps_learned(node.body, node.args)):
                learned.add(Ref(at))
    return found


def _keeps_learned(op: Op, args: tuple[Ref, ...]) -> bool:
    return type(op) in MERGES or not args
