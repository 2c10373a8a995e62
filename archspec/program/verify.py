"""Checks between stages that a Program is consistent. What it finds is a bug in archspec, never in a spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from archspec.ops.base import Op, OpError, Tensor
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref
from archspec.program.read import operand_types, type_of
from archspec.program.weights import Weights, join_key
from archspec.text.diagnostics import Diagnostic, Label, SpecError
from archspec.text.source import Span

CODE = "A0601"
HELP = "this is a bug in archspec or in a pass; please report it together with the spec"


class Fault(NamedTuple):
    what: str
    node: Node | None = None


_Application = tuple[Call | int, tuple[Tensor, ...], tuple[Tensor, ...]]
"""a callee, or the id of an op (the program keeps it alive); types of operands; types of outputs"""
Inferred = dict[tuple[Op, tuple[Tensor, ...]], tuple[Tensor, ...] | OpError]


def verify(program: Program) -> Program:
    """Give the program back if it is consistent.

    Raises `SpecError` (A0601) with every inconsistency of the first module that has one. Each distinct
    module is looked at once, callees first, so what is read of a callee has been checked.
    """
    if program.main not in program.modules:
        raise _error([(None, Fault(f"main module `{program.main}` does not exist"))])
    checker = _Checker(program)
    for id, module in program.modules.items():
        if id != module.id:
            raise _error([(module, Fault(f"module `{module.id}` is listed as `{id}`"))])
        faults = list(checker.module(module))
        if faults:
            raise _error([(module, fault) for fault in faults])
        checker.done(module)
    main = program.graph
    if main.borrows:
        raise _error([(main, Fault(f"main module borrows {_list(main.borrows)} from nobody"))])
    if all(output.only == "training" for output in main.outputs):
        raise _error([(main, Fault("main module has no output outside training"))])
    return program


class _Checker:
    def __init__(self, program: Program):
        self._program = program
        self._seen: dict[str, Module] = {}
        self._weights = Weights(program)
        self._inferred: Inferred = {}
        self._sound: dict[_Application, int] = {}
        """applications without faults, and the set of tensors that each has under its key"""
        self._numbers: dict[object, int] = {}
        """a number for each different set of tensors, so that sets are compared by number"""
        self._holds: dict[str, int] = {}
        """the set of tensors that each module holds under its own keys"""
        self._lends: dict[str, Mapping[str, int]] = {}
        """the set of tensors of each instance that a module borrows"""

    def done(self, module: Module) -> None:
        self._seen[module.id] = module

    def module(self, module: Module) -> Iterator[Fault]:
        names: set[str] = set()
        held: dict[str, int] = {}
        broken = False
        for number, node in enumerate(module.nodes):
            if node.name in names:
                yield Fault(f"two nodes are called `{node.name}`", node)
            names.add(node.name)
            application = self._application(module, number, node)
            tensors = None if application is None else self._sound.get(application)
            if tensors is not None and held.setdefault(node.key, tensors) == tensors and node.key[:1] != "^":
                continue
            faults = list(self._node(module, number, node))
            yield from faults
            if faults:
                broken = True
            elif not broken and not node.skipped:
                for key, tensors in self._tensors(module, node):
                    if held.setdefault(key, tensors) != tensors:
                        yield Fault(f"applications of `{key}` have weights of different shapes", node)
                    if key.startswith("^") and key[1:] not in module.borrows:
                        yield Fault(f"`{key}` is not among what the module borrows", node)
                    if application is not None:
                        self._sound[application] = tensors
        if broken:
            return
        for output in module.outputs:
            if not _exists(module, len(module.nodes), output.ref):
                yield Fault(f"output `{output.name}` is a value that does not exist")
        yield from self._ties(module)
        own = frozenset((key, tensors) for key, tensors in held.items() if tensors and not key.startswith("^"))
        self._holds[module.id] = self._number(own) if own else 0
        self._lends[module.id] = {key[1:]: tensors for key, tensors in held.items() if key.startswith("^")}

    def _application(self, module: Module, number: int, node: Node) -> _Application | None:
        """What is applied to what, giving what; None if there is more to look at than that.

        Deep networks apply few things to few types many times, so most nodes are looked up.
        """
        if node.skipped or node.absent or node.lends:
            return None
        nodes, inputs = module.nodes, module.inputs
        types: list[Tensor] = []
        for at, output in node.args:
            if output < 0:
                return None
            if at == INPUT:
                given: tuple[Tensor, ...] = tuple([port.type for port in inputs])
            elif 0 <= at < number and nodes[at].only is None:
                given = nodes[at].types
            else:
                return None
            if output >= len(given):
                return None
            types.append(given[output])
        body = node.body
        return body if type(body) is Call else id(body), tuple(types), node.types

    def _node(self, module: Module, number: int, node: Node) -> Iterator[Fault]:
        for ref in node.args:
            if not _exists(module, number, ref):
                yield Fault(f"reads {_ref(ref)}, which does not exist before it", node)
                return
            source = None if ref.node == INPUT else module.nodes[ref.node]
            if source is not None and source.only and not source.args and node.only != source.only:
                yield Fault(f"reads `{source.name}`, which exists only in {source.only}", node)
        types = operand_types(module, node)
        if node.skipped:
            if len(types) != 1:
                yield Fault(f"is skipped, but has {len(types)} arguments", node)
            elif node.types != types:
                yield Fault(f"is skipped, but gives {_types(node.types)} for {_types(types)}", node)
            return
        if isinstance(node.body, Call):
            yield from self._call(module, node, types)
        else:
            yield from self._op(node, node.body, types)

    def _op(self, node: Node, op: Op, types: tuple[Tensor, ...]) -> Iterator[Fault]:
        given, most = len(types) + len(node.absent), len(op.inputs)
        needed = sum(1 for name in op.inputs if name not in op.optional)
        if given < needed or (given > most and not op.variadic):
            yield Fault(f"gives {len(types)} inputs to `{op.op}`, which takes {most}", node)
            return
        if any(place >= most or op.inputs[place] not in op.optional for place in node.absent):
            yield Fault(f"leaves out an input that `{op.op}` needs", node)
            return
        found = self._inferred.get((op, types))
        if found is None:
            try:
                found = op.infer(*types)
            except OpError as error:
                found = error
            self._inferred[op, types] = found
        if isinstance(found, OpError):
            yield Fault(f"`{op.op}` refuses its inputs: {found.message}", node)
        elif found != node.types:
            yield Fault(f"`{op.op}` gives {_types(found)}, not {_types(node.types)}", node)

    def _call(self, module: Module, node: Node, types: tuple[Tensor, ...]) -> Iterator[Fault]:
        assert isinstance(node.body, Call)
        callee = self._seen.get(node.body.module)
        if callee is None:
            where = "comes later or calls it" if node.body.module in self._program.modules else "does not exist"
            yield Fault(f"calls module `{node.body.module}`, which {where}", node)
            return
        wanted = tuple(port.type for port in callee.inputs)
        if types != wanted:
            yield Fault(f"gives {_types(types)} to `{callee.id}`, which takes {_types(wanted)}", node)
        given = tuple(type_of(callee, output.ref) for output in callee.outputs)
        if given != node.types:
            yield Fault(f"`{callee.id}` gives {_types(given)}, not {_types(node.types)}", node)
        if set(node.lends) != set(callee.borrows):
            yield Fault(f"lends {_list(node.lends)} to `{callee.id}`, which borrows {_list(callee.borrows)}", node)

    def _tensors(self, module: Module, node: Node) -> Iterator[tuple[str, int]]:
        """The instances a node applies, and the number of the set of tensors of each (0: none)."""
        if isinstance(node.body, Call):
            yield node.key, self._holds[node.body.module]
            for inside, tensors in self._lends[node.body.module].items():
                yield node.lends[inside], tensors
            return
        types = operand_types(module, node)
        weights, buffers = node.body.weights(*types), node.body.buffers(*types)
        if weights or buffers:
            yield node.key, self._number((frozenset(weights.items()), frozenset(buffers.items())))
        else:
            yield node.key, 0

    def _number(self, tensors: object) -> int:
        return self._numbers.setdefault(tensors, len(self._numbers) + 1)

    def _ties(self, module: Module) -> Iterator[Fault]:
        for node in module.nodes:
            for name, target in node.ties.items():
                own = self._weights.find(module, join_key(node.key, name))
                other = self._weights.find(module, target)
                if own is None or other is None:
                    yield Fault(f"ties `{name}` to `{target}`, but there is no `{target if own else name}`", node)
                elif own != other:
                    yield Fault(f"ties `{name}` {own} to `{target}` {other}", node)


def _exists(module: Module, before: int, ref: Ref) -> bool:
    if ref.node == INPUT:
        return 0 <= ref.output < len(module.inputs)
    return 0 <= ref.node < before and 0 <= ref.output < len(module.nodes[ref.node].types)


def _error(faults: list[tuple[Module | None, Fault]]) -> SpecError:
    return SpecError([_diagnostic(module, fault) for module, fault in faults])


def _diagnostic(module: Module | None, fault: Fault) -> Diagnostic:
    span: Span | None = module.origin if module else None
    what = fault.what
    if fault.node is not None:
        span, what = fault.node.origin.span, f"node `{fault.node.name}` {what}"
    inside = f" in module `{module.id}`" if module else ""
    return Diagnostic(CODE, f"inconsistent program: {what}{inside}", (Label(span),) if span else (), (HELP,))


def _ref(ref: Ref) -> str:
    return f"output {ref.output} of " + ("the inputs" if ref.node == INPUT else f"node {ref.node}")


def _types(types: tuple[Tensor, ...]) -> str:
    return ", ".join(map(str, types)) or "nothing"


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"
