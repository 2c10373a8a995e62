"""Numbers of the language: what an expression comes to. Python's rules, bounded, and stricter about kinds.

True and false are no numbers, text only compares and indexes, every number is finite. Nothing is
executed: a table in `rules.py` maps each kind of syntax node to the function that computes it.
"""

from __future__ import annotations

import ast
import math
from functools import lru_cache
from typing import Any, Protocol

from archspec.text.diagnostics import SpecError, fault
from archspec.text.expression import Expression
from archspec.text.functions import FUNCTIONS, Unfit, check_items
from archspec.text.limits import Limits
from archspec.text.rules import RULES
from archspec.text.source import Span


class Scope(Protocol):
    """Where names get their values. Both raise `SpecError` for what does not exist."""

    def lookup(self, name: str, span: Span) -> object: ...

    def attribute(self, value: object, name: str, span: Span) -> object: ...


class Meter:
    """Counts the steps of one elaboration. `left` is what may still be spent."""

    __slots__ = ("beyond", "left", "limits")

    def __init__(self, limits: Limits):
        self.limits = limits
        self.left = limits.operations
        self.beyond = 1 << limits.integer_bits  # compared with numbers, because a traced one has no bits to count

    @property
    def used(self) -> int:
        return self.limits.operations - self.left


def evaluate(expression: Expression, scope: Scope, meter: Meter, node: ast.expr | None = None) -> object:
    """The value of an expression, or of one node of it. Raises `SpecError` at the part that is wrong.

    The value is None, a bool, int, float, str, a list or tuple of these, or whatever else the scope
    gave. Lists are never shared with a later evaluation.
    """
    root = expression.tree if node is None else node
    meter.left -= _size(root)  # an expression has no loops: each of its nodes is computed once at most
    run = Run(expression, scope, meter)
    if meter.left < 0:
        raise run.exhausted(root)
    return run.value(root)


@lru_cache(maxsize=8192)
def _size(tree: ast.expr) -> int:
    return sum(isinstance(node, ast.expr) for node in ast.walk(tree))


@lru_cache(maxsize=8192)
def _names(tree: ast.expr) -> frozenset[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not (id(node) in called and node.id in FUNCTIONS)
    )


def free_names(expression: Expression) -> frozenset[str]:
    """The names an expression needs from its scope (called functions of the language are none)."""
    return _names(expression.tree)


class Run:
    """One evaluation."""

    __slots__ = ("expression", "meter", "scope")

    def __init__(self, expression: Expression, scope: Scope, meter: Meter):
        self.expression, self.scope, self.meter = expression, scope, meter

    def value(self, node: ast.expr) -> Any:
        return RULES[type(node)](self, node)

    def fail(self, code: str, message: str, node: ast.AST, label: str = "", help: str = "") -> SpecError:
        return fault(code, message, self.expression.span(node), label, help=help)

    def exhausted(self, node: ast.AST) -> SpecError:
        message = f"more than {self.meter.limits.operations:,} steps of arithmetic"
        help = "the bound is `operations`; raise it with `--limit operations=N`"
        return self.fail("A0366", message, node, help=help)

    def spend(self, steps: int, node: ast.AST) -> None:
        self.meter.left -= steps
        if self.meter.left < 0:
            raise self.exhausted(node)

    def items(self, count: int, node: ast.AST) -> None:
        """About to make a list of `count` items."""
        try:
            check_items(count, self.meter.limits)
        except Unfit as unfit:
            raise self.fail(unfit.code, unfit.message, node, help=unfit.help) from None
        self.spend(count, node)

    def bounded(self, value: Any, node: ast.AST) -> Any:
        """A number that an operation gave, if it is small enough."""
        if isinstance(value, int):
            if not -self.meter.beyond < value < self.meter.beyond:
                raise self.too_big(node)
        elif not abs(value) < math.inf:
            raise self.fail("A0363", "the result is not a finite number", node)
        return value

    def too_big(self, node: ast.AST) -> SpecError:
        message = f"a number of more than {self.meter.limits.integer_bits} bits"
        help = "the bound is `integer_bits`; raise it with `--limit integer_bits=N`"
        return self.fail("A0365", message, node, help=help)
