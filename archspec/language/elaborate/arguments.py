"""Arguments: what a call or a mapping gives, evaluated, each value with its place and its words."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.values import OpName, Value
from archspec.language.read.params import freeze, show
from archspec.language.spec import Argument, Long
from archspec.ops.init import Init
from archspec.text.diagnostics import fault
from archspec.text.document import Scalar
from archspec.text.expression import Expression
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborator import Elaborator

INIT_FIELDS = frozenset(("init", "bias_init"))


class Word(str):
    """A bare name that no number has: the word of a field that takes words, or a mistake."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Given:
    """One argument as written: its value, place, and text if it is more than a literal."""

    value: object
    span: Span
    text: str | None


class Arguments:
    """The arguments of one construction, from a call or from a mapping, evaluated when asked for."""

    def __init__(self, elaborator: Elaborator, scope: Scope):
        self.elaborator, self.scope = elaborator, scope

    def call(self, expression: Expression, node: ast.Call) -> tuple[list[Given], dict[str, Given], dict[str, Span]]:
        positional = [self.of_node(expression, arg) for arg in node.args]
        keywords: dict[str, Given] = {}
        keys: dict[str, Span] = {}
        for keyword in node.keywords:
            assert keyword.arg is not None  # `**` is refused by the expression grammar
            if keyword.arg in keywords:
                raise fault("A0307", f"`{keyword.arg}` is given twice", expression.span(keyword))
            keywords[keyword.arg] = self.of_node(expression, keyword.value, keyword.arg in INIT_FIELDS)
            keys[keyword.arg] = expression.span(keyword)
        return positional, keywords, keys

    def long(self, long: Long) -> tuple[list[Given], dict[str, Given], dict[str, Span]]:
        return (
            [],
            {key: self.of_argument(value, key in INIT_FIELDS) for key, value in long.arguments.items()},
            dict(long.keys),
        )

    def of_argument(self, argument: Argument, initial: bool = False) -> Given:
        match argument.value:
            case Expression() as expression:
                return self.of_node(expression, expression.tree, initial)
            case Scalar() as literal:
                return Given(literal.value, argument.span, None)
            case several:
                values = [self.of_argument(one) for one in several]
                text = None
                if any(one.text is not None for one in values):
                    text = "[" + ", ".join(one.text or show(one.value) for one in values) + "]"
                return Given(tuple(one.value for one in values), argument.span, text)

    def of_node(self, expression: Expression, node: ast.expr, initial: bool = False) -> Given:
        span = expression.span(node)
        if isinstance(node, ast.Constant):
            return Given(node.value, span, None)
        if isinstance(node, ast.Name):
            value = self.name(node.id, span)
            return Given(value, span, None if isinstance(value, Word | OpName) else node.id)
        if initial and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return Given(self.init(expression, node, node.func.id, span), span, None)
        value = self.elaborator.number(expression, self.scope, node)
        if isinstance(value, Value):
            raise fault(
                "A0306",
                f"`{value.label}` is a node, and a number is needed",
                span,
                help="use its shape, such as `.channels`",
            )
        return Given(freeze(value), span, expression.source(node))

    def name(self, name: str, span: Span) -> object:
        scope = self.scope
        if scope.is_number(name) or scope.find_node(name) is not None:
            value = scope.lookup(name, span)
            if isinstance(value, Value):
                raise fault(
                    "A0306",
                    f"`{name}` is a node, and a number is needed",
                    span,
                    help=f"use its shape, such as `{name}.channels`",
                )
            return value
        return Word(name)

    def init(self, expression: Expression, node: ast.Call, kind: str, span: Span) -> Init:
        positional, keywords, _ = self.call(expression, node)
        try:
            return Init.make(kind, [g.value for g in positional], {key: g.value for key, g in keywords.items()})
        except ValueError as error:
            raise fault("A0306", first_line(error), span) from None


def first_line(error: ValueError) -> str:
    """The cause in one line, of pydantic's error too."""
    if isinstance(error, ValidationError):
        return message_of(error.errors(include_url=False)[0])
    return str(error).splitlines()[0]


def message_of(problem: Any) -> str:
    text: str = problem["msg"]
    text = text.removeprefix("Value error, ").removeprefix("Input should be ")
    return text[:1].lower() + text[1:]
