"""What passes must leave alone: instances that several places apply, and tensors that are tied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from archspec.program.model import Call, Module, Node, Program
from archspec.program.weights import join_key


class Facts:
    """Of one program. Each distinct module is looked at once for each question."""

    def __init__(self, program: Program):
        self._program = program
        self._applied: dict[str, Counter[str]] = {}
        self._prefixes: dict[str, set[str]] = {}

    def own(self, module: Module, node: Node) -> bool:
        """Whether a pass may give this op's instance other tensors: it is applied here alone, and nothing is tied."""
        if node.key.startswith("^") or node.ties or module.id in self.forms:
            return False
        applied = self._applied.get(module.id)
        if applied is None:
            applied = self._applied[module.id] = Counter(_applications(module))
        return applied[node.key] == 1 and not self.tied_at(module, node)

    def goes(self, module: Module, node: Node) -> bool:
        """Whether a node's tensors can be read here, and be missing afterwards."""
        return not node.key.startswith("^") and not self.tied_at(module, node)

    @cached_property
    def tied(self) -> dict[str, set[str]]:
        """For each module that has some, the tensors in it that are ends of a tie, whoever says so."""
        found: dict[str, set[str]] = {}
        for module in reversed([*self._program.modules.values()]):
            own = found.get(module.id, set())
            for node in [node for node in module.nodes if node.ties]:
                own.update(join_key(node.key, name) for name in node.ties)
                own.update(node.ties.values())
            if own:
                found[module.id] = own
                self._pass_down(module, own, found)
        return found

    def _pass_down(self, module: Module, tied: set[str], found: dict[str, set[str]]) -> None:
        callees: dict[str, set[str]] = {}
        for node in module.nodes:
            if isinstance(node.body, Call):
                callees.setdefault(node.key, set()).add(node.body.module)
        for name in tied:
            parts = name.split(".")
            for cut in range(1, len(parts)):
                for callee in callees.get(".".join(parts[:cut]), ()):
                    found.setdefault(callee, set()).add(".".join(parts[cut:]))

    def tied_at(self, module: Module, node: Node) -> bool:
        """Whether a tensor under the node's key is an end of a tie."""
        tied = self.tied.get(module.id)
        if not tied:
            return False
        prefixes = self._prefixes.get(module.id)
        if prefixes is None:
            prefixes = self._prefixes[module.id] = {
                name[:cut] for name in tied for cut in range(len(name) + 1) if cut == len(name) or name[cut] == "."
            }
        return node.key in prefixes

    @cached_property
    def forms(self) -> set[str]:
        """Ids of modules that are one of several forms of one instance: a shared module that is applied to inputs
        of different types is made concrete several times, and all of these hold the same tensors."""
        modules = self._program.modules
        uses: dict[str, dict[str, set[str]]] = {}
        found: set[str] = set()
        for module in modules.values():
            own: dict[str, set[str]] = {}
            calls = [node for node in module.nodes if isinstance(node.body, Call)]
            if (
                not module.borrows
                and len({node.key for node in calls}) == len(calls)
                and not any(node.lends for node in calls)
            ):
                continue  # each instance of its own, which nearly all modules are
            for node in calls:
                assert isinstance(node.body, Call)
                own.setdefault(node.key, set()).add(node.body.module)
                for inside, here in node.lends.items():
                    own.setdefault(here, set()).update(uses.get(node.body.module, {}).get(f"^{inside}", ()))
            uses[module.id] = {key: ids for key, ids in own.items() if key.startswith("^")}
            for ids in own.values():
                if len(ids) > 1:
                    found |= ids
        for module in reversed([*modules.values()]):
            if module.id in found:
                found.update(node.body.module for node in module.nodes if isinstance(node.body, Call))
        return found


def _applications(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if not node.skipped:
            yield node.key
        yield from node.lends.values()
