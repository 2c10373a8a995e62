"""What one elaboration keeps: the modules made so far, the mistakes found, the way to where it is now."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeGuard

from archspec.language import mentions
from archspec.language.elaborate.arguments import Arguments
from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.construct import Constructor, ModuleTarget, Target
from archspec.language.elaborate.scope import Scope, named
from archspec.language.elaborate.values import PoisonedError, Shared, Value
from archspec.language.spec import FileModule, Long, ModuleDef
from archspec.ops.base import Op, Tensor
from archspec.program.model import Argument, Loop, Module, Node, Output, Program
from archspec.program.weights import Weights
from archspec.text.diagnostics import Diagnostic, Frame, Reporter, SpecError, fault
from archspec.text.evaluate import Meter, evaluate
from archspec.text.expression import Expression
from archspec.text.limits import Limits
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.plain import Known
    from archspec.language.elaborate.unfinished import Unfinished

_NONE: Mapping[str, Argument] = MappingProxyType({})
_NODE, _MODULE = 50, 500
"""what a node and a concrete module cost, in steps of arithmetic: about what they take"""


class Elaborator:
    """Makes modules concrete, each once for equal arguments and equal input types."""

    def __init__(self, limits: Limits, key: Callable[[object], object] | None = None):
        """`key` makes keys of memo tables out of values (`Trace.key`, where numbers are traced)."""
        self.limits = limits
        self.key = key or _itself
        self.meter = Meter(limits)
        self.reporter = Reporter()
        self.modules: dict[str, Module] = {}
        self.constructor = Constructor(self)
        self.nodes = 0
        self._made: dict[object, Module | None] = {}
        self._equal: dict[object, str] = {}
        self._counts: dict[str, int] = {}
        self._inferred: dict[object, tuple[Op, tuple[Tensor, ...]]] = {}
        """types by identity of an op and what it is given; the op is kept, so that nothing else gets its id"""
        self.plain: dict[object, Known] = {}
        """what plain steps came to, by what they construct and the ids of the types it is applied to"""
        self._frames: list[Frame] = []
        self._path: list[str] = []
        self._told: set[tuple[str, int, int]] = set()
        self._read: dict[int, tuple[ModuleDef, set[str]]] = {}
        self.unfinished: Unfinished | None = None
        """keeps what was made before a mistake, for who wants to see it"""

    # mistakes

    @contextmanager
    def catch(self) -> Iterator[None]:
        """Tell the mistakes found inside, once each, with the expansion that led there; then go on."""
        try:
            yield
        except PoisonedError:
            pass
        except TooLargeError as error:
            self.tell(error)
            raise
        except SpecError as error:
            self.tell(error)

    def tell(self, error: SpecError) -> None:
        for diagnostic in error.diagnostics:
            self.note(diagnostic)

    def note(self, diagnostic: Diagnostic) -> None:
        """The same place is told once, however many copies of the module have the mistake."""
        if diagnostic.labels:
            span = diagnostic.labels[0].span
            place = (diagnostic.code, id(span.source), span.start)
            if place in self._told:
                return
            self._told.add(place)
        if not diagnostic.frames:
            diagnostic = diagnostic._replace(frames=tuple(reversed(self._frames)))
        # Nothing told before is equal where there is a place, and comparing with thousands of warnings takes long.
        if not diagnostic.labels and diagnostic in self.reporter.found:
            return
        self.reporter.found.append(diagnostic)

    def warn(self, code: str, message: str, span: Span | None, label: str = "", help: str = "") -> None:
        for diagnostic in fault(code, message, span, label, help=help).diagnostics:
            self.note(diagnostic._replace(severity="warning"))

    # numbers

    def number(self, expression: Expression, scope: Scope, node: ast.expr | None = None) -> object:
        try:
            value = evaluate(expression, scope, self.meter, node)
        except SpecError as error:
            if self.meter.left < 0:
                raise TooLargeError(error.diagnostics) from None
            raise
        if isinstance(value, list | tuple) and _items(value, {}) > self.limits.list_items:
            message = f"a list of lists of more than {self.limits.list_items:,} items"
            help = "the bound is `list_items`; raise it with `--limit list_items=N`"
            raise fault("A0365", message, expression.span(node), help=help)
        return value

    def spend(self, steps: int, span: Span) -> None:
        """Count work that no expression counts, in steps of arithmetic: a turn of a loop, a node, a module."""
        meter = self.meter
        meter.left -= steps
        if meter.left < 0:
            bound = f"more than {self.limits.operations:,} steps of elaboration"
            help = "the bound is `operations`; raise it with `--limit operations=N`"
            raise TooLargeError(fault("A0366", bound, span, help=help).diagnostics)

    def integer(self, expression: Expression, scope: Scope, what: str) -> int:
        value = self.number(expression, scope)
        if isinstance(value, bool) or not isinstance(value, int):
            help = "write `//` for whole division" if isinstance(value, float) else ()
            raise fault(
                "A0318", f"{what} must be a whole number", expression.span(), f"this is {_kind(value)}", help=help
            )
        return value

    def condition(self, expression: Expression, scope: Scope) -> bool:
        value = self.number(expression, scope)
        if not isinstance(value, bool):
            raise fault("A0318", "a condition must be true or false", expression.span(), f"this is {_kind(value)}")
        return value

    # construction and application

    def call_target(self, scope: Scope, expression: Expression, node: ast.Name | ast.Call) -> Target:
        """`relu` or `conv(64, 3)`."""
        arguments = Arguments(self, scope)
        if isinstance(node, ast.Name):
            return self.constructor.construct(scope, node.id, expression.span(node), [], {}, {})
        assert isinstance(node.func, ast.Name)
        span = expression.span(node.func)
        self.constructor.by_name(scope, node.func.id, span)
        return self.constructor.construct(scope, node.func.id, span, *arguments.call(expression, node))

    def long_target(self, scope: Scope, long: Long) -> Target:
        arguments = Arguments(self, scope)
        return self.constructor.construct(scope, long.op.text, long.op.span, *arguments.long(long))

    def infer(self, op: Op, given: tuple[Tensor, ...], span: Span) -> tuple[Tensor, ...]:
        """What an op gives for what it is given: asked once, so that equal types are one object. Raises `OpError`."""
        asked = self.key((id(op), given))
        found = self._inferred.get(asked)
        if found is None:
            types = op.infer(*given)
            self.bound(types, span)
            found = self._inferred[asked] = op, types
        return found[1]

    def inferred(self, op: Op, given: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        """What `infer` said before; None if it was not asked."""
        found = self._inferred.get(self.key((id(op), given)))
        return None if found is None else found[1]

    def bound(self, types: Sequence[Tensor], span: Span) -> None:
        for type in types:
            if type.elements > self.limits.elements:
                raise fault(
                    "A0317",
                    f"a tensor of {type.elements:.3g} elements is over the bound of {self.limits.elements:.3g}",
                    span,
                    help="`--limit elements=N` raises the bound",
                )

    def count(self, span: Span, nodes: int = 1, steps: int = _NODE) -> None:
        """Count new nodes and the work of making them."""
        self.spend(steps, span)
        self.nodes += nodes
        if self.nodes > self.limits.nodes:
            raise TooLargeError(
                fault(
                    "A0317",
                    f"the network has more than {self.limits.nodes:,} nodes",
                    span,
                    help="`--limit nodes=N` raises the bound",
                ).diagnostics
            )

    # modules

    def concrete(self, target: ModuleTarget, types: tuple[Tensor, ...], key: str, span: Span) -> Module:
        """The module for these params and input types, made now or before."""
        known = self.key((id(target.definition), id(target.unit), repr(target.values), types))
        if known in self._made:
            before = self._made[known]
            if before is None:
                raise PoisonedError
            return before
        name = target.definition.name
        if len(self._frames) >= self.limits.nesting:
            message = f"modules stand inside each other more than {self.limits.nesting} deep"
            help = f"`{name}` calls itself without end, or `--limit nesting=N` raises the bound"
            raise TooLargeError(fault("A0316", message, span, help=help).diagnostics)
        from archspec.language.elaborate.modules import module_body

        self.spend(_MODULE, span)
        self._path.append(key.lstrip("^"))
        self._frames.append(Frame(_shown(self._path, name), span))
        told = len(self.reporter.found)
        try:
            made = module_body(self, target, types)
        finally:
            self._frames.pop()
            self._path.pop()
        if any(diagnostic.severity == "error" for diagnostic in self.reporter.found[told:]):
            made = None
        self._made[known] = made
        if made is None:
            raise PoisonedError
        return made

    @contextmanager
    def inside(self, key: str) -> Iterator[None]:
        """A nested body adds its key to the path that messages show."""
        self._path.append(key)
        try:
            yield
        finally:
            self._path.pop()

    def close(
        self,
        builder: Builder,
        outputs: Sequence[Output],
        *,
        params: Mapping[str, object] = _NONE,
        loop: Loop | None = None,
        origin: Span | None = None,
    ) -> Module:
        """Freeze a builder. Equal nested bodies (the copies of a loop) become one module.

        Modules of the spec need no comparing: `concrete` makes each once; and there is but one graph.
        """
        values = {key: named(value) for key, value in params.items()}
        alone = builder.kind in ("module", "graph")
        content = None if alone else self.key((*builder.content(), tuple(outputs), loop))
        if content in self._equal:
            return self.modules[self._equal[content]]
        count = self._counts[builder.template] = self._counts.get(builder.template, 0) + 1
        id = builder.template if count == 1 else f"{builder.template}#{count}"
        module = Module(
            id,
            builder.template,
            builder.kind,
            MappingProxyType(values),  # type: ignore[arg-type]
            tuple(builder.inputs),
            tuple(builder.nodes),
            tuple(outputs),
            loop,
            tuple(builder.borrowed),
            origin,
            builder.checkpointed,
        )
        self.modules[id] = module
        if content is not None:
            self._equal[content] = id
        return module

    def type_of(self, module: Module, output: Output) -> Tensor:
        ref = output.ref
        return module.inputs[ref.output].type if ref.node < 0 else module.nodes[ref.node].types[ref.output]

    def lent(self, builder: Builder, inner: Builder) -> dict[str, str]:
        """Shared instances that a nested body borrows, by the keys they have here."""
        return {name: builder.key_of(shared) for name, shared in inner.borrowed.items()}

    def shared_target(self, shared: Shared) -> Target:
        tree = shared.expression.tree
        if not is_construction(tree):
            message = "a shared instance is one construction"
            raise fault("A0310", message, shared.expression.span(), help="such as `encoder(64)`")
        return self.call_target(shared.scope, shared.expression, tree)

    def dead(self, node: Node) -> None:
        if not node.skipped:
            self.warn("A0332", f"`{node.name}` reaches no output", node.origin.span, help="remove the step, or read it")

    def note_params(self, definition: ModuleDef | FileModule, used: set[str]) -> None:
        """Which params of a module one of its copies read; a copy may well leave one out."""
        if isinstance(definition, ModuleDef):
            self._read.setdefault(id(definition), (definition, set()))[1].update(used)

    def warn_unread(self) -> None:
        """Params of modules that no copy read."""
        for definition, used in self._read.values():
            unread = definition.params.keys() - used
            unread -= mentions.body(definition) if unread else set()
            for key, param in definition.params.items():
                if key in unread:
                    self.warn("A0331", f"the param `{key}` of `{definition.name}` is never read", param.span)

    def weights_of(self, builder: Builder, node: Node) -> dict[str, Tensor]:
        """Names and shapes of the weights and buffers of a node."""
        if isinstance(node.body, Op):
            types = [
                builder.inputs[ref.output].type if ref.node < 0 else builder.nodes[ref.node].types[ref.output]
                for ref in node.args
            ]
            return {**node.body.weights(*types), **node.body.buffers(*types)}
        module = self.modules[node.body.module]
        alone = Program("", module.id, self.modules)
        return {weight.key: weight.type for weight in Weights(alone).all()}


class TooLargeError(SpecError):
    """A bound on the whole program was hit: nothing more is elaborated."""


def _itself(value: object) -> object:
    return value


def is_construction(tree: ast.expr) -> TypeGuard[ast.Name | ast.Call]:
    """`relu` or `conv(64, 3)`: one op or module with its arguments."""
    return isinstance(tree, ast.Name) or (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name))


def _kind(value: object) -> str:
    if isinstance(value, Value):
        return f"the node `{value.label}`"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return f"the number {value:.6g}"
    if isinstance(value, str):
        return "text"
    return "a list"


def _shown(path: Sequence[str], module: str) -> str:
    """Where an expansion stands, as keys of the state dict; a path of numbers alone says which module it is of."""
    keys = [*path[:3], "…", *path[-3:]] if len(path) > 8 else path
    where = ".".join(keys)
    return where if any(not key.isdigit() for key in path) else f"`{module}` at {where}"


def _items(value: object, known: dict[int, int]) -> int:
    """Items of a list, those of the lists in it included: each list is looked at once, however often it is repeated."""
    if not isinstance(value, list | tuple):
        return 1
    if id(value) not in known:
        known[id(value)] = len(value) + sum(_items(item, known) for item in value if isinstance(item, list | tuple))
    return known[id(value)]
