"""Where names are looked up: numbers in loop variables, module params and file params; nodes in the bodies around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.values import OpName, Shared, Value, usable
from archspec.language.files import Unit
from archspec.language.spec import For, Step
from archspec.text.diagnostics import Label, fault
from archspec.text.source import Span
from archspec.text.suggest import suggest

_AXES: dict[int, dict[str, int]] = {
    1: {"channels": 0, "features": 0},
    2: {"channels": 0, "length": 1, "features": 1},
    3: {"channels": 0, "height": 1, "width": 2, "features": 2},
    4: {"channels": 0, "depth": 1, "height": 2, "width": 3, "features": 3},
}
SHAPE_WORDS = ("channels", "height", "width", "length", "depth", "features", "shape")


@dataclass(slots=True)
class Scope:
    """One body while its steps run. `outer` is the body around it, inside the same module."""

    unit: Unit
    builder: Builder
    numbers: dict[str, object]
    """module params and loop variables"""
    loops: frozenset[str] = frozenset()
    outer: Scope | None = None
    nodes: dict[str, Value] = field(default_factory=dict)
    shared: dict[str, Shared] = field(default_factory=dict)
    it: Value | None = None
    promises: list[Sequence[Step]] = field(default_factory=list)
    """steps of this body, whose names are not in `later` yet"""
    later: dict[str, Span] = field(default_factory=dict)
    """names that steps of this body have, or will have when they have run, for the message that says so"""
    used: set[str] = field(default_factory=set)
    """params that something looked up"""

    def inner(self, builder: Builder) -> Scope:
        """The scope of a nested body."""
        return Scope(self.unit, builder, self.numbers, self.loops, self, it=self.it, used=self.used)

    def looping(self, values: dict[str, object]) -> Scope:
        """The same body with loop variables."""
        return Scope(
            self.unit,
            self.builder,
            {**self.numbers, **values},
            self.loops | values.keys(),
            self.outer,
            self.nodes,
            self.shared,
            self.it,
            self.promises,
            self.later,
            self.used,
        )

    def reading(self, it: Value | None) -> Scope:
        """The same body in a step that reads `it`."""
        return Scope(
            self.unit,
            self.builder,
            self.numbers,
            self.loops,
            self.outer,
            self.nodes,
            self.shared,
            it,
            self.promises,
            self.later,
            self.used,
        )

    def chain(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    # nodes

    def find_node(self, name: str) -> Value | None:
        """The node of that name in this body or one around it, within the module."""
        if name == "it":
            return self.it
        for scope in self.chain():
            if name in scope.nodes:
                return scope.nodes[name]
        return None

    def node(self, name: str, span: Span) -> Value:
        found = self.find_node(name)
        if found is not None:
            return usable(found)
        raise self.no_node(name, span)

    def no_node(self, name: str, span: Span) -> Exception:
        for scope in self.chain():
            while scope.promises:
                scope.later.update(promised(scope.promises.pop()))
            if name in scope.later:
                later = scope.later[name]
                return fault(
                    "A0314",
                    f"`{name}` stands later, at line {later.line}",
                    span,
                    also=[Label(later, "here")],
                    help="a step reads only what stands before it",
                )
        known = [node for scope in self.chain() for node in scope.nodes]
        if self.is_number(name):
            return fault("A0302", f"`{name}` is a number, not a node", span)
        if self.find_shared(name) is not None:
            return fault("A0312", f"`{name}` is a shared instance, not a node", span, help=f"apply it: `{name}(input)`")
        if self.unit.has_target(name):
            return fault(
                "A0312",
                f"`{name}` is {self.unit.kind_of(name)}, and a node is read here",
                span,
                help=f"apply it: `{name}(it)`, or give the step that is meant a name",
            )
        near = suggest(name, known)
        return fault("A0302", f"no node is called `{name}`", span, help=f"did you mean `{near}`?" if near else ())

    def find_shared(self, name: str) -> Shared | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.shared:
                return scope.shared[name]
            scope = scope.outer
        return None

    # numbers (the protocol of `text.evaluate`)

    def is_number(self, name: str) -> bool:
        return name in self.numbers or name in self.unit.params

    def lookup(self, name: str, span: Span) -> object:
        if name in self.numbers:
            self.used.add(name)
            return self.numbers[name]
        if name in self.unit.params:
            self.unit.used.add(name)
            return self.unit.params[name]
        found = self.find_node(name)
        if found is not None:
            return usable(found)
        known = (*self.numbers, *self.unit.params, *(node for scope in self.chain() for node in scope.nodes))
        near = suggest(name, known)
        if name in {"i", "first", "last", "j"}:
            word = "`repeat`" if name == "j" else "`for`"
            raise fault("A0302", f"`{name}` is known only inside a {word}", span)
        raise fault("A0302", f"no number is called `{name}`", span, help=f"did you mean `{near}`?" if near else ())

    def attribute(self, value: object, name: str, span: Span) -> object:
        if not isinstance(value, Value):
            raise fault("A0302", f"only nodes have a `{name}`", span)
        if len(value.types) != 1 and not value.window:
            raise fault("A0311", f"`{value.label}` is {len(value.types)} values: say which one", span)
        tensor = value.types[-1]
        if name == "shape":
            return tensor.shape
        axis = _AXES.get(len(tensor.shape), {}).get(name)
        if axis is None:
            near = suggest(name, SHAPE_WORDS)
            if name in SHAPE_WORDS:
                raise fault("A0302", f"`{value.label}` is {tensor} and has no `{name}`", span, help="use `shape[k]`")
            raise fault(
                "A0302",
                f"a node has no `{name}`",
                span,
                help=f"did you mean `{near}`?" if near else "it has " + ", ".join(SHAPE_WORDS),
            )
        return tensor.shape[axis]


def promised(steps: Iterable[Step]) -> dict[str, Span]:
    """Names that steps will have, where they are plain."""
    found: dict[str, Span] = {}
    for step in steps:
        if isinstance(step.action, For):
            found.update(promised(step.action.do))
        for name in step.names:
            if name.is_plain:
                found.setdefault(name.scalar.text, name.scalar.span)
    return found


def named(value: object) -> object:
    """A param's value as the program keeps it."""
    return value.name if isinstance(value, OpName) else value


def declare_inputs(scope: Scope, ports: Sequence[Value]) -> None:
    """Inputs are nodes; `input` is the first, whatever its name."""
    for port in ports:
        scope.nodes[port.label] = port
    scope.nodes.setdefault("input", ports[0])
