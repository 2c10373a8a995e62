"""Expressions that make nodes: `conv(64, 3)`, `sep(5)(h) + sep(3)(p)`, `a >> b`, `concat(x, y)`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from archspec.language.elaborate.application import apply, part
from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.construct import OpTarget, Target, join_target
from archspec.language.elaborate.elaborator import Elaborator
from archspec.language.elaborate.kinds import is_node, mixed, refuse_misspelt
from archspec.language.elaborate.nesting import close_inner
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.values import PoisonedError, Shared, Value, usable
from archspec.ops.tensor import Multiply
from archspec.text.diagnostics import SpecError, fault
from archspec.text.expression import Expression
from archspec.text.functions import real
from archspec.text.source import Span

_JOINS: dict[type[ast.operator], str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}


class Operands(NamedTuple):
    """What an applying call is given, and where each operand stands."""

    values: tuple[Value, ...]
    named: dict[str, Value]
    places: tuple[Span, ...]


@dataclass(slots=True)
class Place:
    """Where the nodes of a step go: its key, its name, and how many parts it has made so far."""

    key: str
    name: str
    raw: str
    """the step's name as written, for the template of a nested body"""
    named: bool
    parts: int = 0
    ties: dict[str, str] | None = None

    def part(self) -> str:
        """The key of the next part constructed in an operand."""
        key = f"{self.key}.{self.parts}"
        self.parts += 1
        return key


class Stages:
    """Walks one expression tree. `read` is what the step reads when nothing else is said."""

    def __init__(self, elaborator: Elaborator, scope: Scope, expression: Expression, place: Place, read: Value | None):
        self.elaborator, self.scope, self.expression = elaborator, scope, expression
        self.place, self.read = place, read
        self.keywords: dict[str, Value] = {}
        """`with`: side inputs for what the step constructs"""

    @property
    def builder(self) -> Builder:
        return self.scope.builder

    def span(self, node: ast.AST) -> Span:
        return self.expression.span(node)

    # a whole step, or a stage of a pipe: names an op or a module

    def stage(self, node: ast.expr) -> Value:
        match node:
            case ast.Name(id=name):
                shared = self.scope.find_shared(name)
                if shared is not None:
                    return self.apply_shared(shared, None, node)
                target = self.elaborator.call_target(self.scope, self.expression, node)
                return self.finish(target, None, self.place.key, node)
            case ast.Call():
                return self.call(node, lambda: self.place.key)
            case ast.BinOp(op=ast.RShift()):
                return self.pipe(node, self.place.key)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _JOINS and (
                self.reads(left) or self.reads(right)
            ):
                return self.join(node, top=True)
            case ast.IfExp(test=test, body=one, orelse=other):
                return self.stage(one if self.truth(test) else other)
            case ast.Attribute() | ast.Subscript() if is_node(self.scope, node):
                return self.select(node)
        raise fault(
            "A0310",
            "a step names an op or a module, or joins nodes",
            self.span(node),
            "this is a number" if not isinstance(node, ast.List | ast.Tuple) else "this is a list",
        )

    def truth(self, node: ast.expr) -> bool:
        value = self.elaborator.number(self.expression, self.scope, node)
        if not isinstance(value, bool):
            raise fault("A0318", "a condition must be true or false", self.span(node))
        return value

    # operands: name a node, or construct a part of the step

    def operand(self, node: ast.expr) -> Value:
        match node:
            case ast.Name(id=name):
                return self.scope.node(name, self.span(node))
            case ast.Attribute() | ast.Subscript():
                return self.select(node)
            case ast.Call():
                return self.call(node, self.place.part)
            case ast.BinOp(op=ast.RShift()):
                return self.pipe(node, self.place.part())
            case ast.BinOp(op=op) if type(op) in _JOINS and is_node(self.scope, node):
                return self.join(node, top=False)
            case ast.IfExp(test=test, body=one, orelse=other):
                return self.operand(one if self.truth(test) else other)
        raise fault("A0310", "a node is read here", self.span(node), "this is not one")

    def select(self, node: ast.expr) -> Value:
        """`enc.memory`, `blocks[2]`: one of several outputs."""
        if isinstance(node, ast.Attribute):
            whole = self.operand(node.value)
            if node.attr in whole.names and len(whole.refs) > 1:
                return part(whole, whole.names.index(node.attr))
            listing = ", ".join(f"`{name}`" for name in whole.names) if len(whole.refs) > 1 else ""
            raise fault(
                "A0302",
                f"`{whole.label}` has no output `{node.attr}`",
                self.span(node),
                help=f"its outputs are {listing}" if listing else "it is a single value",
            )
        assert isinstance(node, ast.Subscript)
        whole = self.operand(node.value)
        at = self.elaborator.number(self.expression, self.scope, node.slice)
        count = len(whole.refs)
        if isinstance(at, bool) or not isinstance(at, int) or not -count <= at < count:
            raise fault("A0302", f"`{whole.label}` has outputs 0 to {count - 1}", self.span(node.slice))
        return part(whole, at % count) if count > 1 else whole

    def reads(self, side: ast.expr) -> bool:
        """It is a node, or means to be one: a name that nothing has."""
        return is_node(self.scope, side) or (isinstance(side, ast.Name) and not self.scope.is_number(side.id))

    def join(self, node: ast.BinOp, *, top: bool) -> Value:
        name = _JOINS[type(node.op)]
        left, right = (self.operand(side) if self.reads(side) else None for side in (node.left, node.right))
        if left is None or right is None:
            return self.scaled(node, left, right, top=top)
        key = self.place.key if top else self.builder.unique(f"{self.place.key}.{name}")
        return apply(
            self.elaborator,
            self.builder,
            join_target(name),
            [left, right],
            {},
            key=key,
            name=self.place.name if top else key,
            span=self.span(node),
            named=top and self.place.named,
            places=[self.span(node.left), self.span(node.right)],
        )

    def scaled(self, node: ast.BinOp, left: Value | None, right: Value | None, *, top: bool) -> Value:
        """`0.17 * y`: a node times a number."""
        value, other = (left, node.right) if left is not None else (right, node.left)
        assert value is not None
        if not isinstance(node.op, ast.Mult):
            raise fault("A0310", "a number can be multiplied with a node, not added to it", self.span(other))
        factor = self.elaborator.number(self.expression, self.scope, other)
        if isinstance(factor, bool) or not isinstance(factor, int | float):
            raise fault("A0306", "a node is multiplied with a node or a number", self.span(other))
        key = self.place.key if top else self.builder.unique(f"{self.place.key}.mul")
        return apply(
            self.elaborator,
            self.builder,
            OpTarget(Multiply(factor=real(factor)), {"factor": self.expression.source(other)}),
            [value],
            {},
            key=key,
            name=self.place.name if top else key,
            span=self.span(node),
            named=top and self.place.named,
        )

    # calls

    def call(self, node: ast.Call, key: Callable[[], str]) -> Value:
        if isinstance(node.func, ast.Call):
            inner = node.func
            if not isinstance(inner.func, ast.Name):
                raise fault("A0310", "construct, then apply once: `conv(64, 3)(h)`", self.span(node))
            own = key()
            target = self.elaborator.call_target(self.scope, self.expression, inner)
            return self.finish(target, self.operands(node), own, node)
        if not isinstance(node.func, ast.Name):
            raise fault("A0310", "only an op, a module or a shared instance can be called", self.span(node.func))
        name = node.func.id
        shared = self.scope.find_shared(name)
        if shared is not None:
            return self.apply_shared(shared, self.operands(node), node)
        kinds = [is_node(self.scope, arg) for arg in (*node.args, *(keyword.value for keyword in node.keywords))]
        refuse_misspelt(self.scope, self.expression, node, name, kinds)
        if kinds and all(kinds):
            own = key()
            bare = ast.Name(name, ast.Load())
            ast.copy_location(bare, node.func)
            target = self.elaborator.call_target(self.scope, self.expression, bare)
            return self.finish(target, self.operands(node), own, node)
        if any(kinds):
            self.elaborator.constructor.by_name(self.scope, name, self.span(node.func))
            raise mixed(self.scope, self.expression, node, name)
        target = self.elaborator.call_target(self.scope, self.expression, node)
        return self.finish(target, None, key(), node)

    def construction(self, node: ast.expr) -> tuple[ast.expr, Operands | None]:
        """What constructs in `helper(64)`, `helper(64)(x, y)` or `helper(x, y)`, and the nodes it is given if any."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
            return node.func, self.operands(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if arguments and all(is_node(self.scope, one) for one in arguments):
                return node.func, self.operands(node)
        return node, None

    def operands(self, node: ast.Call) -> Operands:
        values = tuple(self.operand(arg) for arg in node.args)
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            assert keyword.arg is not None  # `**` is refused by the expression grammar
            if keyword.arg in named:
                raise fault("A0311", f"the input `{keyword.arg}` is given twice", self.span(keyword))
            named[keyword.arg] = self.operand(keyword.value)
        return Operands(values, named, tuple(self.span(arg) for arg in node.args))

    def finish(self, target: Target, given: Operands | None, key: str, node: ast.expr) -> Value:
        """Apply: to the operands, or to what the step reads."""
        top = key == self.place.key
        if given is None:
            given = Operands(() if self.read is None else (self.read,), {}, ())
        keywords = {**self.keywords, **given.named}
        if not (isinstance(target, OpTarget) and not target.op.inputs):
            for value in given.values:
                usable(value)
        return apply(
            self.elaborator,
            self.builder,
            target,
            given.values,
            keywords,
            key=key,
            name=self.place.name if top else key,
            span=self.span(node),
            named=top and self.place.named,
            ties=self.place.ties if top else None,
            places=given.places,
        )

    def apply_shared(self, shared: Shared, given: Operands | None, node: ast.expr) -> Value:
        """One more application of an instance: a node of its own, weights where the instance lives."""
        shared.uses += 1
        elaborator = self.elaborator
        target = elaborator.shared_target(shared)
        key = self.builder.key_of(shared)
        self.builder.keys.setdefault(key, shared.expression.span())
        whole = node is self.expression.tree
        value = apply(
            elaborator,
            self.builder,
            target,
            given.values if given is not None else () if self.read is None else (self.read,),
            {**self.keywords, **(given.named if given is not None else {})},
            key=key,
            name=self.place.name if whole else key.lstrip("^"),
            span=self.span(node),
            named=whole and self.place.named,
            places=given.places if given is not None else (),
        )
        made = elaborator.weights_of(self.builder, self.builder.nodes[-1])
        if shared.first is None:
            shared.first = made
        elif shared.first != made:
            raise fault(
                "A0320",
                f"the weights of `{shared.name}` would have two shapes",
                self.span(node),
                help="one instance can be applied to inputs that its weights fit; construct a second one for the rest",
            )
        return value

    # pipes

    def pipe(self, node: ast.BinOp, key: str) -> Value:
        """`a >> b`: a body of its own, whose parts are numbered."""
        parts: list[ast.expr] = []
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.RShift):
            parts.append(rest.right)
            rest = rest.left
        parts.append(rest)
        parts.reverse()
        top = key == self.place.key
        raw = self.place.raw if top else key
        inner = Builder("pipe", f"{self.builder.template}.{raw}", self.builder, self.read)
        scope = self.scope.inner(inner)
        value = self.read
        try:
            with self.elaborator.inside(key):
                for at, part in enumerate(parts):
                    place = Place(str(at), str(at), str(at), False)
                    if isinstance(part, ast.Attribute | ast.Subscript | ast.BinOp) and at == 0:
                        value = Stages(self.elaborator, scope, self.expression, place, value).stage(part)
                        continue
                    stages = Stages(self.elaborator, scope, self.expression, place, value)
                    stages.keywords = self.keywords if at == 0 else {}
                    value = stages.stage(part)
        except (PoisonedError, SpecError) as error:
            if self.elaborator.unfinished is not None:
                name, named = (self.place.name, self.place.named) if top else (key, False)
                self.elaborator.unfinished.body(self.builder, inner, name, self.span(node), named, error)
            raise
        assert value is not None
        return close_inner(
            self.elaborator,
            self.builder,
            inner,
            value,
            key=key,
            name=self.place.name if top else key,
            span=self.span(node),
            named=top and self.place.named,
            ties=self.place.ties if top else None,
        )
