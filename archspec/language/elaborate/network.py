"""The network itself: inputs, graph, heads, outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from archspec.language import mentions
from archspec.language.elaborate.application import part
from archspec.language.elaborate.arguments import Arguments
from archspec.language.elaborate.bodies import Runner, run
from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.elaborator import Elaborator, TooLargeError
from archspec.language.elaborate.joins import body_output, outputs_of
from archspec.language.elaborate.scope import Scope, declare_inputs, named
from archspec.language.elaborate.values import POISON, Value, usable
from archspec.language.files import Unit
from archspec.language.spec import Input
from archspec.ops.base import Tensor
from archspec.program.model import Module, Output, Program
from archspec.text.diagnostics import Diagnostic, fault, in_order
from archspec.text.limits import Limits
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.unfinished import Fault


def elaborate(
    unit: Unit,
    limits: Limits,
    *,
    name: str = "",
    title: str = "",
    key: Callable[[object], object] | None = None,
) -> tuple[Program, tuple[Diagnostic, ...]]:
    """The program of a file with the values of its params, and warnings. Raises `SpecError` with all mistakes.

    `key`: see `Elaborator`.
    """
    elaborator = Elaborator(limits, key)
    network = _network(elaborator, unit)
    outputs = network.run()
    if not elaborator.reporter.failed:
        for node in network.builder.dead(outputs):
            elaborator.dead(node)
        elaborator.warn_unread()
        unused(elaborator, unit)
    elaborator.reporter.check()
    main = elaborator.close(network.builder, outputs, origin=network.span)
    return _program(unit, elaborator, main, name, title), in_order(elaborator.reporter.found)


class Partly(NamedTuple):
    """A network as far as it could be made."""

    program: Program
    """for looking at: what is loose is an output, and a broken node gives no more than a guess"""
    faults: Mapping[str, Mapping[str, Fault]]
    """by module id and name of the node"""
    found: tuple[Diagnostic, ...]


def elaborate_partly(unit: Unit, limits: Limits, *, name: str = "", title: str = "") -> Partly:
    """The program of a file with everything that could be made of it in spite of its mistakes.

    Raises `SpecError` with all mistakes if nothing could be made or a bound was hit.
    """
    from archspec.language.elaborate.unfinished import Unfinished

    elaborator = Elaborator(limits)
    unfinished = elaborator.unfinished = Unfinished(elaborator)
    network = _network(elaborator, unit)
    outputs = network.run()
    if network.stopped or not network.builder.nodes:
        elaborator.reporter.check()
    main = unfinished.close(network.builder, network.span, outputs)
    return Partly(_program(unit, elaborator, main, name, title), unfinished.faults, in_order(elaborator.reporter.found))


def _network(elaborator: Elaborator, unit: Unit) -> Network:
    if unit.spec.graph is None:
        raise fault("A0202", f"`{unit.spec.name}` has no graph: its modules are for others to `use`", unit.spec.span)
    return Network(elaborator, Scope(unit, Builder("graph", "graph"), {}), unit.spec.graph.span)


def _program(unit: Unit, elaborator: Elaborator, main: Module, name: str, title: str) -> Program:
    params = {key: named(value) for key, value in unit.params.items()}
    return Program(
        name or unit.spec.name,
        main.id,
        MappingProxyType(elaborator.modules),
        title or unit.spec.title,
        MappingProxyType(params),  # type: ignore[arg-type]
    )


class Network:
    def __init__(self, elaborator: Elaborator, scope: Scope, span: Span):
        self.elaborator, self.scope, self.spec, self.span = elaborator, scope, scope.unit.spec, span
        self.stopped = False
        """by a bound"""

    @property
    def builder(self) -> Builder:
        return self.scope.builder

    def run(self) -> list[Output]:
        """The outputs; none, and the mistakes told, where something is wrong."""
        try:
            return self.outputs()
        except TooLargeError as error:
            self.elaborator.tell(error)
            self.stopped = True
            return []

    def outputs(self) -> list[Output]:
        """Everything that the network gives back, main outputs before heads."""
        assert self.spec.graph is not None
        with self.elaborator.catch():
            ports = [self.input(one) for one in self.spec.inputs]
            if not ports:
                raise fault("A0202", "a network has at least one input", self.spec.graph.span)
            declare_inputs(self.scope, ports)
            value = run(self.elaborator, self.scope, self.spec.graph, ports[0], "graph")
            heads = [output for one in self.spec.heads for output in self.head(one.name)]
            return [*self.main(value), *heads]
        return []

    def input(self, one: Input) -> Value:
        arguments = Arguments(self.elaborator, self.scope)
        sizes = []
        for argument in one.shape:
            size = arguments.of_argument(argument).value
            if isinstance(size, bool) or not isinstance(size, int):
                raise fault("A0318", "a size must be a whole number", argument.span)
            if size < 1:
                raise fault("A0318", "a size must be at least 1", argument.span)
            sizes.append(size)
        tensor = Tensor(tuple(sizes), one.dtype)
        self.elaborator.bound([tensor], one.span)
        return self.scope.builder.port(one.name, tensor, one.span)

    def main(self, value: Value) -> list[Output]:
        if self.spec.outputs is not None:
            value = body_output(self.elaborator, self.scope, self.spec.outputs)
            return [Output(name, ref) for name, ref in zip(value.names, value.refs, strict=True)]
        value = usable(value)
        if value.window:
            value = part(value, len(value.refs) - 1)
        return outputs_of(value)

    def head(self, name: str) -> list[Output]:
        """A side output; none if its `when` is false."""
        head = next(one for one in self.spec.heads if one.name == name)
        if head.step.when is not None:
            with self.elaborator.catch():
                if not self.elaborator.condition(head.step.when, self.scope):
                    return []
        builder = self.scope.builder
        before = len(builder.nodes)
        runner = Runner(self.elaborator, self.scope)
        value = runner.caught(head.step, self.scope, POISON)
        if value is POISON:
            return []
        if len(value.refs) != 1:
            with self.elaborator.catch():
                raise fault("A0311", f"the head `{name}` gives {len(value.refs)} values", head.span)
        if head.only is not None:
            builder.nodes[before:] = [node._replace(only=head.only) for node in builder.nodes[before:]]
        return [Output(name, builder.bring(value).refs[0], head.only, head.weight)]


def unused(elaborator: Elaborator, unit: Unit) -> None:
    """Modules nobody names and params nobody reads: in the file as it stands, whatever a `when` skips today.

    What a file inherits by `extends` it need not use.
    """
    spec, own = unit.spec, unit.spec.span.source
    modules = [(n, module) for n, module in spec.modules.items() if n not in unit.called and module.span.source is own]
    params = [(n, param) for n, param in spec.params.items() if n not in unit.used and param.span.source is own]
    mentioned = mentions.network(unit.spec) if modules or params else frozenset()
    for name, module in modules:
        if name not in mentioned:
            elaborator.warn("A0330", f"the module `{name}` is never used", module.span)
    for name, param in params:
        if name not in mentioned:
            elaborator.warn("A0331", f"the param `{name}` is never read", param.span)
