"""Bodies: steps in order, branches side by side, loops spliced, copies wired together."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archspec.language.elaborate.application import apply, one, part
from archspec.language.elaborate.builder import Builder, bundle
from archspec.language.elaborate.checkpointing import is_checkpointed, refuse_inlined
from archspec.language.elaborate.copies import repeat_body
from archspec.language.elaborate.elaborator import Elaborator, TooLargeError
from archspec.language.elaborate.joins import body_output, join_values
from archspec.language.elaborate.kinds import is_node
from archspec.language.elaborate.nesting import close_inner
from archspec.language.elaborate.plain import plain
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.stages import Place, Stages
from archspec.language.elaborate.ties import check_ties
from archspec.language.elaborate.values import POISON, PoisonedError, Shared, Value, usable
from archspec.language.read.params import freeze, show
from archspec.language.read.shape import check_name
from archspec.language.spec import Body, For, Long, Repeat, Step
from archspec.ops.registry import OPS
from archspec.program.model import Kind, Origin
from archspec.text.diagnostics import Label, SpecError, fault
from archspec.text.expression import Expression, Template
from archspec.text.source import Span

_IDENTITY = OPS["identity"]()
_TURN, _FAILURE = 10, 200
"""what a turn of a loop and a failed step cost, in steps of arithmetic: about what they take"""


def run(elaborator: Elaborator, scope: Scope, body: Body, read: Value, what: str) -> Value:
    """The value of a body that reads `read`. Mistakes inside steps are told; a failed result is POISON."""
    runner = Runner(elaborator, scope)
    for name, expression in body.shared.items():
        with elaborator.catch():
            if scope.find_shared(name) is not None or scope.is_number(name):
                raise fault("A0315", f"`{name}` is taken", expression.span())
            scope.shared[name] = Shared(name, expression, scope)
    if body.branches is not None:
        value = runner.branches(body, read)
    else:
        scope.promises.append(body.steps)
        value = runner.steps(body.steps, scope, read)
    if body.out is not None:
        value = body_output(elaborator, scope, body.out)
    for shared in scope.shared.values():
        if not shared.uses:
            elaborator.warn("A0332", f"the shared instance `{shared.name}` is never applied", shared.expression.span())
    return value


class Runner:
    """Runs the steps of one body."""

    def __init__(self, elaborator: Elaborator, scope: Scope):
        self.elaborator, self.scope = elaborator, scope

    @property
    def builder(self) -> Builder:
        return self.scope.builder

    def steps(self, steps: Sequence[Step], scope: Scope, read: Value) -> Value:
        value = read
        for step in steps:
            value = self.caught(step, scope, value)
        return value

    def caught(self, step: Step, scope: Scope, read: Value) -> Value:
        """One step; if it fails its names stand for nothing and the steps after it go on."""
        try:
            if isinstance(step.action, For):
                return self.loop(step.action, scope, read)
            value = plain(self.elaborator, step, scope, read)
            if value is not None:
                return value
            return self.step(step, scope, read)
        except TooLargeError:
            raise
        except (PoisonedError, SpecError) as error:
            if isinstance(error, SpecError):
                self.elaborator.tell(error)
                if self.elaborator.unfinished is not None:
                    self.elaborator.unfinished.step(scope.builder, step, read, error)
            self.elaborator.spend(_FAILURE, step.span)
            for name in step.names:
                with self.elaborator.catch():
                    text = self.text(name, scope)
                    scope.nodes.setdefault(text, POISON)
            return POISON

    def text(self, template: Template, scope: Scope) -> str:
        """A name with its holes filled."""
        parts = []
        for piece in template.parts:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            value = self.elaborator.number(piece, scope)
            if isinstance(value, bool) or not isinstance(value, int | str):
                found = f"this is {show(value)}"
                raise fault("A0318", "a name is made of whole numbers and words", piece.span(), found)
            parts.append(str(value))
        text = "".join(parts)
        if not template.is_plain:
            check_name(text, template.scalar.span, "a step", copy=True)
        return text

    # one step

    def step(self, step: Step, scope: Scope, read: Value) -> Value:
        names = tuple(self.text(name, scope) for name in step.names)
        for name, template in zip(names, step.names, strict=True):
            self.check_free(name, template.scalar.span, scope)
        if step.reads is not None:
            read = self.sources(step.reads, scope)
        scope = scope.reading(read)
        skipped = step.when is not None and not self.elaborator.condition(step.when, scope)
        if skipped:
            value = self.skip(step, names, self.own_input(step, scope, read))
        else:
            value = self.do(step, names, scope, read)
            self.builder.position += not step.inline
        self.bind(names, step, value, scope)
        return value

    def check_free(self, name: str, span: Span, scope: Scope) -> None:
        if name in scope.nodes:
            first = scope.nodes[name].span
            raise fault(
                "A0315",
                f"two steps are called `{name}`",
                span,
                also=[Label(first, "first here")] if first is not None and first.start != span.start else (),
                help="inside a `for`, put the loop's number in the name: `" + name + "${i}`",
            )
        if scope.is_number(name):
            raise fault("A0315", f"`{name}` is a param already", span, help="params and nodes share one set of names")

    def bind(self, names: Sequence[str], step: Step, value: Value, scope: Scope) -> None:
        if len(names) == 1:
            scope.nodes[names[0]] = value.called(names[0], step.names[0].scalar.span)
        elif names:
            if len(value.refs) != len(names):
                raise fault(
                    "A0319",
                    f"{len(names)} names for {len(value.refs)} outputs",
                    step.names[0].scalar.span,
                    help="a step with several outputs takes one name, or a name for each",
                )
            for at, (name, template) in enumerate(zip(names, step.names, strict=True)):
                scope.nodes[name] = part(value, at).called(name, template.scalar.span)

    def sources(self, reads: Sequence[Expression | Template], scope: Scope) -> Value:
        """`from: node`, or a list of nodes that become the inputs in order."""
        values = [self.source(read, scope) for read in reads]
        if len(values) == 1:
            return values[0]
        singles = [one(value, "from", _place(read)) for value, read in zip(values, reads, strict=True)]
        label = ", ".join(value.label for value in singles)
        return bundle(self.builder, singles, label, _place(reads[0]), [value.label for value in singles])

    def source(self, read: Expression | Template, scope: Scope) -> Value:
        if isinstance(read, Template):
            return scope.node(self.text(read, scope), read.scalar.span)
        return self.side(read, scope)

    def own_input(self, step: Step, scope: Scope, read: Value) -> Value:
        """What a skipped step stands for: the one node that `f(64)(x)` or `f(x)` names, else what it reads."""
        if isinstance(step.action, Expression) and isinstance(call := step.action.tree, ast.Call):
            stages = Stages(self.elaborator, scope, step.action, Place("", "", "", False), read)
            match call:
                case ast.Call(args=[ast.Name() as node], keywords=[]) if is_node(scope, node):
                    return stages.operand(node)
        return read

    def skip(self, step: Step, names: Sequence[str], read: Value) -> Value:
        """`when` was false: the step stands for its own input."""
        usable(read)
        if len(read.refs) != 1:
            return read
        key = ",".join(names) if names else f"{self.builder.position}?"
        assert step.when is not None
        return self.builder.add(
            _IDENTITY,
            [read],
            read.types,
            name=names[0] if names else key,
            key=key,
            origin=Origin(step.span, {"when": step.when.source()}),
            label=read.label,
            named=bool(names),
            skipped=True,
        )

    def do(self, step: Step, names: Sequence[str], scope: Scope, read: Value) -> Value:
        key = names[0] if len(names) == 1 else str(self.builder.position)
        raw = step.names[0].scalar.text if len(names) == 1 else step.at or key
        place = Place(key, key, raw, named=len(names) == 1, ties={k: v.text for k, v in step.ties.items()} or None)
        before = len(self.builder.nodes)
        extra = {name: self.side(value, scope) for name, value in step.extra.items()}
        action = step.action
        span = step.names[0].scalar.span if step.names else step.span
        if step.inline and isinstance(action, Long | Repeat):
            raise fault("A0323", "`inline` goes with one module or one body", step.span)
        match action:
            case Expression():
                stages = Stages(self.elaborator, scope, action, place, read)
                stages.keywords = extra
                value = self.inline(stages, action, read) if step.inline else stages.stage(action.tree)
            case Long():
                target = self.elaborator.long_target(scope, action)
                value = apply(
                    self.elaborator,
                    self.builder,
                    target,
                    [read],
                    extra,
                    key=key,
                    name=key,
                    span=action.span,
                    named=place.named,
                    ties=place.ties,
                )
            case Repeat():
                value = repeat_body(self, action, place, scope, read, extra, span)
            case Body() if step.inline:
                value = self.spliced(action, place, scope, read)
            case Body():
                value = self.nested(action, place, scope, read, span)
            case _:
                raise AssertionError(action)
        made = self.builder.nodes[before:]
        self.builder.claim_all(made, span)
        if step.ties and made:
            check_ties(self.elaborator, self.builder, made[-1], step.ties)
        if step.when is not None and made:
            last = self.builder.nodes[-1]
            origin = Origin(last.origin.span, {**last.origin.arguments, "when": step.when.source()})
            self.builder.nodes[-1] = last._replace(origin=origin)
        if step.only is not None:
            self.restrict(step, before, read)
        return value

    def restrict(self, step: Step, before: int, read: Value) -> None:
        """`only`: in the other mode the step stands for what it reads, so it must not change the shape."""
        made = self.builder.nodes[before:]
        ref = self.builder.bring(read).refs
        if len(made) != 1 or made[0].args[:1] != ref or made[0].types != read.types:
            changed = len(made) == 1 and made[0].types != read.types
            shapes = f"{read.types[0]} becomes {made[0].types[0]}" if changed and read.types else ""
            raise fault(
                "A0322",
                "a step that exists in one mode alone must keep the shape of what it reads",
                step.span,
                shapes,
                help="it is one op or module that reads one node; for a side output use `heads`",
            )
        self.builder.nodes[before] = made[0]._replace(only=step.only)

    def side(self, expression: Expression, scope: Scope) -> Value:
        place = Place("", "", "", False)
        return Stages(self.elaborator, scope, expression, place, None).operand(expression.tree)

    def inline(self, stages: Stages, action: Expression, read: Value) -> Value:
        from archspec.language.elaborate.modules import inline

        return inline(self.elaborator, stages, action, read)

    def inner(self, scope: Scope) -> Runner:
        """Runs the steps of a body inside this one."""
        return Runner(self.elaborator, scope)

    # nested bodies

    def nested(self, body: Body, place: Place, scope: Scope, read: Value, span: Span) -> Value:
        kind: Kind = "steps" if body.branches is None else "branches"
        inner = Builder(kind, f"{self.builder.template}.{place.raw}", self.builder, read)
        inside = scope.inner(inner)
        try:
            with self.elaborator.inside(place.key):
                inner.checkpointed = is_checkpointed(self.elaborator, body.checkpoint, inside)
                value = usable(run(self.elaborator, inside, body, read, place.key))
        except (PoisonedError, SpecError) as error:
            if self.elaborator.unfinished is not None:
                self.elaborator.unfinished.body(self.builder, inner, place.name, span, place.named, error)
            raise
        return close_inner(
            self.elaborator,
            self.builder,
            inner,
            value,
            key=place.key,
            name=place.name,
            span=span,
            named=place.named,
            ties=place.ties,
        )

    def spliced(self, body: Body, place: Place, scope: Scope, read: Value) -> Value:
        """A body inside this one as if its steps stood here: no level in the keys, names of its own."""
        refuse_inlined(self.elaborator, body, scope)
        with self.elaborator.inside(place.key):
            return usable(run(self.elaborator, scope.inner(self.builder), body, self.builder.bring(read), place.key))

    def branches(self, body: Body, read: Value) -> Value:
        """Parallel paths over one input; a branch sees the branches before it no more than a step would."""
        assert body.branches is not None
        values: list[Value] = []
        labels: list[str] = []
        for at, branch in enumerate(body.branches):
            value = self.caught(branch, self.scope, read)
            values.append(value)
            plain = len(branch.names) == 1 and branch.names[0].is_plain
            labels.append(branch.names[0].scalar.text if plain else str(at))
        span = body.join.span if body.join is not None else body.span
        return join_values(self.elaborator, self.scope, values, labels, body.join, span)

    # loops

    def loop(self, loop: For, scope: Scope, read: Value) -> Value:
        """A compile-time loop: its steps are spliced in, once for each item."""
        values = freeze(self.elaborator.number(loop.values, scope))
        if isinstance(values, range):
            values = tuple(values)
        if not isinstance(values, tuple):
            raise fault(
                "A0318",
                "a loop runs over a list",
                loop.values.span(),
                f"this is `{show(values)}`",
                help="count with `range(n)`",
            )
        value = read
        count = len(values)
        self.elaborator.spend(_TURN * count, loop.values.span())
        for at, item in enumerate(values):
            variables: dict[str, object] = {"i": at, "first": at == 0, "last": at == count - 1}
            if len(loop.targets) == 1:
                variables[loop.targets[0]] = item
            elif isinstance(item, tuple) and len(item) == len(loop.targets):
                variables.update(zip(loop.targets, item, strict=True))
            else:
                size = f"{len(item)} values" if isinstance(item, tuple) else "one value"
                raise fault(
                    "A0319", f"{len(loop.targets)} names for {size}", loop.values.span(), f"item {at} is `{show(item)}`"
                )
            value = self.steps(loop.do, scope.looping(variables), value)
        return value


def _place(read: Expression | Template) -> Span:
    return read.scalar.span if isinstance(read, Template) else read.span()
