"""Numbers that are equal for modules that are equal, across programs."""

from __future__ import annotations

from collections.abc import Hashable

from archspec.program.model import Call, Module, Program


class Signatures:
    """For each module of the programs that were read: one number for all that it is, one for what it says.

    What it says leaves out shapes, which follow from what it is given. Neither knows names of modules, places in
    files, or which concrete module a text became. One walk over each distinct module.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._whole: dict[tuple[int, str], int] = {}
        self._text: dict[tuple[int, str], int] = {}

    def read(self, program: Program) -> None:
        """Number the modules of a program."""
        for module in program.modules.values():
            place = id(program), module.id
            self._text[place] = self._number(self._parts(program, module, False))
            self._whole[place] = self._number(self._parts(program, module, True))

    def text(self, program: Program, module: str) -> int:
        """The number of what a module says."""
        return self._text[id(program), module]

    def equal(self, a: Program, one: str, b: Program, two: str) -> bool:
        """Whether two modules are equal, shapes too."""
        return self._whole[id(a), one] == self._whole[id(b), two]

    def _number(self, parts: Hashable) -> int:
        return self._numbers.setdefault(parts, len(self._numbers))

    def _parts(self, program: Program, module: Module, shapes: bool) -> Hashable:
        known = self._whole if shapes else self._text
        nodes = tuple(
            (
                node.name,
                node.key,
                known[id(program), node.body.module] if isinstance(node.body, Call) else node.body,
                node.args,
                node.types if shapes else (),
                node.only,
                node.skipped,
                node.absent,
                tuple(sorted(node.ties.items())),
                tuple(sorted(node.lends.items())),
            )
            for node in module.nodes
        )
        inputs = tuple(port.type if shapes else None for port in module.inputs)
        return shapes, inputs, nodes, module.outputs, module.borrows, module.checkpointed
