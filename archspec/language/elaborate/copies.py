"""Copies: `repeat` makes a body of its own in which each copy is wired to those before it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archspec.language import mentions
from archspec.language.elaborate.application import apply, one, part
from archspec.language.elaborate.builder import Builder, bundle
from archspec.language.elaborate.checkpointing import is_checkpointed
from archspec.language.elaborate.construct import join_target
from archspec.language.elaborate.elaborator import TooLargeError
from archspec.language.elaborate.joins import join_values
from archspec.language.elaborate.nesting import close_inner
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.stages import Place, Stages
from archspec.language.elaborate.stamp import Stamp
from archspec.language.elaborate.values import PoisonedError, Value, usable
from archspec.language.spec import Body, Long, Repeat
from archspec.program.model import Loop
from archspec.text.diagnostics import SpecError, fault
from archspec.text.expression import Expression
from archspec.text.source import Span

if TYPE_CHECKING:
    from archspec.language.elaborate.bodies import Runner


def repeat_body(
    runner: Runner, repeat: Repeat, place: Place, scope: Scope, read: Value, extra: Mapping[str, Value], span: Span
) -> Value:
    """The copies as one nested body, applied once."""
    times = runner.elaborator.integer(repeat.times, scope, "the number of copies") if repeat.times is not None else 1
    if times < 0:
        raise fault(
            "A0318",
            "the number of copies cannot be negative",
            repeat.times.span() if repeat.times else span,
            f"this is {times}",
        )
    if times > runner.elaborator.limits.nodes:
        raise TooLargeError(
            fault(
                "A0317",
                f"the network has more than {runner.elaborator.limits.nodes:,} nodes",
                span,
                help="`--limit nodes=N` raises the bound",
            ).diagnostics
        )
    if times == 0:
        if repeat.wire == "parallel":
            raise fault(
                "A0318", "no copies side by side have no result", repeat.span, help="`times` must be at least 1"
            )
        return read
    inner = Builder("repeat", f"{runner.builder.template}.{place.raw}", runner.builder, read)
    inside = scope.inner(inner)
    copies = Copies(runner.inner(inside), repeat, extra)
    try:
        with runner.elaborator.inside(place.key):
            inner.checkpointed = is_checkpointed(runner.elaborator, repeat.checkpoint, inside)
            value = copies.run(times, usable(read))
    except (PoisonedError, SpecError) as error:
        if runner.elaborator.unfinished is not None:
            runner.elaborator.unfinished.body(runner.builder, inner, place.name, span, place.named, error)
        raise
    loop = Loop(repeat.wire, tuple(copies.names), repeat.width, repeat.join.text if repeat.join is not None else None)
    hints = {"times": repeat.times.source()} if repeat.times is not None else {}
    return close_inner(
        runner.elaborator,
        runner.builder,
        inner,
        value,
        key=place.key,
        name=place.name,
        span=span,
        named=place.named,
        loop=loop,
        ties=place.ties,
        hints=hints,
    )


class Copies:
    """The copies of one `repeat`, wired."""

    def __init__(self, runner: Runner, repeat: Repeat, extra: Mapping[str, Value]):
        self.runner, self.repeat, self.extra = runner, repeat, dict(extra)
        self.elaborator, self.scope = runner.elaborator, runner.scope
        self.names: list[str] = []
        self.varying = varying(repeat.what)
        self.numbers = ""
        """what those came to in the latest copy; empty if nobody asked"""

    def name(self, j: int, read: Value) -> str:
        naming, builder = self.repeat.naming, self.scope.builder
        name = str(j) if naming is None else self.runner.text(naming, self.looping(j, read))
        if name in builder.keys:
            named = naming.scalar.span if naming is not None else self.repeat.span
            raise fault("A0315", f"two copies are called `{name}`", named, help="put `${j}` in the name")
        self.names.append(name)
        builder.claim(name, self.repeat.span)
        return name

    def copy(self, j: int, read: Value) -> Value:
        repeat = self.repeat
        scope = self.looping(j, read)
        name = self.name(j, read)
        place = Place(name, name, "*", named=False)
        match repeat.what:
            case Expression() as expression:
                stages = Stages(self.elaborator, scope, expression, place, read)
                stages.keywords = self.extra
                return stages.stage(expression.tree)
            case Long() as long:
                target = self.elaborator.long_target(scope, long)
                return apply(
                    self.elaborator, scope.builder, target, [read], self.extra, key=name, name=name, span=long.span
                )
            case Body() as body:
                return self.runner.nested(body, place, scope, read, repeat.span)

    def run(self, times: int, read: Value) -> Value:
        if self.repeat.wire == "last":
            return self.last(times, read)
        if self.repeat.wire == "parallel":
            values = self.parallel(times, read)
            return join_values(self.elaborator, self.scope, values, self.names, self.repeat.join, self.repeat.span)
        return self.chained(times, read)

    def chained(self, times: int, read: Value) -> Value:
        """Each copy reads the one before it, through the join that its wire puts behind it."""
        join = {"residual": "add", "dense": "concat"}.get(self.repeat.wire)
        if join is not None:
            read = one(read, self.repeat.wire, self.repeat.span)
        j = 0
        while j < times:
            start = len(self.scope.builder.nodes)
            value = self.copy(j, read)
            if join is not None:
                value = self.joined(join, read, value)
            stamp = Stamp(self.scope.builder, self.names[-1], start, read, value)
            j, read = j + 1, value
            if not stamp.fits(value):
                self.numbers = ""
                continue
            names = []
            while j < times and self.alike(j, read):
                names.append(self.name(j, read))
                j += 1
            read = self.stamped(stamp, names, read)
        return read

    def parallel(self, times: int, read: Value) -> list[Value]:
        """Each copy reads the same."""
        values: list[Value] = []
        stamp: Stamp | None = None
        for j in range(times):
            if stamp is not None and stamp.fits(read) and self.alike(j, read):
                value = self.stamped(stamp, [self.name(j, read)], read)
            else:
                start = len(self.scope.builder.nodes)
                value = self.copy(j, read)
                stamp = Stamp(self.scope.builder, self.names[-1], start, read, value)
                if not stamp.fits(read):
                    self.numbers = ""
            values.append(value)
        return values

    def stamped(self, stamp: Stamp, names: Sequence[str], read: Value) -> Value:
        """Copies like the one before. They are counted before they are made."""
        if not names:
            return read
        self.elaborator.count(self.repeat.span, len(names) * stamp.size, steps=0)
        return stamp.make(names, read)

    def joined(self, join: str, read: Value, made: Value) -> Value:
        """residual: added to what the copy reads; dense: appended to it, so the next reads all before."""
        span, key = self.repeat.span, f"{self.names[-1]}.{join}"
        operands = [read, one(made, self.repeat.wire, span)]
        return apply(self.elaborator, self.scope.builder, join_target(join), operands, {}, key=key, name=key, span=span)

    def looping(self, j: int, read: Value) -> Scope:
        return self.scope.looping({"j": j}).reading(read)

    def alike(self, j: int, read: Value) -> bool:
        """Copy j is made with the same numbers as the one before."""
        if not self.varying:
            return self.varying is not None
        what = self.repeat.what
        assert isinstance(what, Expression)
        scope = self.looping(j, read)
        try:
            numbers = repr([self.elaborator.number(what, scope, node) for node in self.varying])
        except SpecError:
            return False  # the copy itself says what is wrong, or that it takes no number there
        before, self.numbers = self.numbers, numbers
        return numbers == before

    def last(self, times: int, read: Value) -> Value:
        """Each copy reads the last k outputs; so does what follows, if it reads several."""
        width = self.repeat.width
        inner = self.scope.builder
        start = inner.bring(read)
        recent = [part(start, at) if len(start.refs) > 1 else start for at in range(len(start.refs))]
        recent = (recent[:1] * width + recent)[-width:]
        for j in range(times):
            window = self.window(recent)
            made = one(self.copy(j, window), "last", self.repeat.span)
            recent = [*recent[1:], inner.bring(made)] if width > 1 else [inner.bring(made)]
        return self.window(recent)

    def window(self, recent: Sequence[Value]) -> Value:
        last = recent[-1]
        return bundle(self.scope.builder, recent, last.label, last.span, window=len(recent) > 1)


def varying(what: Expression | Long | Body) -> tuple[ast.expr, ...] | None:
    """The arguments that depend on the number of the copy; None if more than the arguments of one call does."""
    if "j" not in mentions.names(what):
        return ()
    if not isinstance(what, Expression):
        return None
    match what.tree:
        case ast.Call(func=ast.Name(id=name)) as call if name != "j":
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            return tuple(
                argument
                for argument in arguments
                if any(isinstance(node, ast.Name) and node.id == "j" for node in ast.walk(argument))
            )
    return None
