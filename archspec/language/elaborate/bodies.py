"""Bodies: steps in order, branches side by side, loops spliced, copies wired together."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.construct import ModuleTarget, OpTarget
from archspec.language.elaborate.elaborator import Elaborator, TooLargeError
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.stages import Place, Stages, close_inner
from archspec.language.elaborate.values import POISON, PoisonedError, Shared, Value, usable
from archspec.language.read.params import freeze, show
from archspec.language.read.shape import check_name
from archspec.language.spec import Body, FileModule, For, Long, Out, Repeat, Step
from archspec.ops.base import Tensor
from archspec.ops.registry import OPS
from archspec.program.model import Loop, Module, Node, Origin, Output
from archspec.text.diagnostics import Label, SpecError, fault
from archspec.text.expression import Expression, Template
from archspec.text.source import Span

_IDENTITY = OPS["identity"]()


def module_body(elaborator: Elaborator, target: ModuleTarget, types: Sequence[Tensor]) -> Module | None:
    """Make a module of a spec concrete. None if it has mistakes, which have been told."""
    definition, unit = target.definition, target.unit
    if isinstance(definition, FileModule):
        assert unit.spec.graph is not None
        body, span = unit.spec.graph, definition.span
        if definition.out is not None:
            body = body.model_copy(update={"out": definition.out})
        inputs = tuple(one.name for one in unit.spec.inputs)
        numbers: dict[str, object] = {}
        unit = unit.with_params(target.values)
    else:
        body, span, inputs, numbers = definition.body, definition.span, definition.inputs, dict(target.values)
    builder = Builder("module", definition.name)
    scope = Scope(unit, builder, numbers)
    ports = [builder.port(name, type, span) for name, type in zip(inputs, types, strict=True)]
    declare_inputs(scope, ports)
    value = POISON
    with elaborator.catch():
        value = run(elaborator, scope, body, ports[0], definition.name)
    elaborator.note_params(definition, scope.used)
    if value is POISON:
        return None
    value = builder.bring(value)
    outputs = outputs_of(value)
    for node in builder.dead(outputs):
        elaborator.dead(node)
    return elaborator.close(builder, outputs, params=target.values, origin=span)


def declare_inputs(scope: Scope, ports: Sequence[Value]) -> None:
    for port in ports:
        scope.nodes[port.label] = port
    scope.nodes.setdefault("input", ports[0])


def outputs_of(value: Value) -> list[Output]:
    if len(value.refs) == 1:
        return [Output("output", value.refs[0])]
    names = value.names or tuple(str(at) for at in range(len(value.refs)))
    return [Output(name, ref) for name, ref in zip(names, value.refs, strict=True)]


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
        scope.later.update(promised(body.steps))
        value = runner.steps(body.steps, scope, read)
    if body.out is not None:
        value = runner.out(body.out)
    for shared in scope.shared.values():
        if not shared.uses:
            elaborator.warn("A0332", f"the shared instance `{shared.name}` is never applied", shared.expression.span())
    return value


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
            return self.step(step, scope, read)
        except TooLargeError:
            raise
        except (PoisonedError, SpecError) as error:
            if isinstance(error, SpecError):
                self.elaborator.tell(error)
            for name in step.names:
                with self.elaborator.catch():
                    text = self.text(name, scope)
                    scope.later.pop(text, None)
                    scope.nodes.setdefault(text, POISON)
            return POISON

    def text(self, template: Template, scope: Scope) -> str:
        """A name with its holes filled."""
        parts = []
        for part in template.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            value = self.elaborator.number(part, scope)
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise fault("A0318", "a name is made of whole numbers and words", part.span(), f"this is {show(value)}")
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
            value = self.skip(step, names, read)
        else:
            value = self.do(step, names, scope, read)
            self.builder.position += 1
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
            scope.nodes[names[0]] = replace(value, label=names[0], span=step.names[0].scalar.span)
            scope.later.pop(names[0], None)
        elif names:
            if len(value.refs) != len(names):
                raise fault(
                    "A0319",
                    f"{len(names)} names for {len(value.refs)} outputs",
                    step.names[0].scalar.span,
                    help="a step with several outputs takes one name, or a name for each",
                )
            for at, (name, template) in enumerate(zip(names, step.names, strict=True)):
                part = self.elaborator.part(value, at)
                scope.nodes[name] = replace(part, label=name, span=template.scalar.span)
                scope.later.pop(name, None)

    def sources(self, reads: Sequence[Template], scope: Scope) -> Value:
        """`from: node`, or a list of nodes that become the inputs in order."""
        values = []
        for template in reads:
            text = "".join(
                part if isinstance(part, str) else str(self.elaborator.number(part, scope)) for part in template.parts
            )
            values.append(self.node_path(text, template.scalar.span, scope))
        if len(values) == 1:
            return values[0]
        single = [
            self.elaborator.one(value, "from", template.scalar.span)
            for value, template in zip(values, reads, strict=True)
        ]
        brought = [self.builder.bring(value) for value in single]
        return Value(
            self.builder,
            tuple(ref for value in brought for ref in value.refs),
            tuple(type for value in single for type in value.types),
            ", ".join(value.label for value in single),
            reads[0].scalar.span,
            tuple(value.label for value in single),
        )

    def node_path(self, text: str, span: Span, scope: Scope) -> Value:
        """A node by name, or one of its outputs: `enc.memory`, `blocks[2]`."""
        if text.isidentifier() or not text or not any(c in text for c in ".["):
            return scope.node(text, span)
        from archspec.text.document import Scalar
        from archspec.text.expression import parse_expression

        scalar = Scalar(text, text, span, (span.start,) * len(text) + (span.end,))
        expression = parse_expression(scalar, self.elaborator.limits)
        place = Place("", "", "", False)
        return Stages(self.elaborator, scope, expression, place, None).operand(expression.tree)

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
        raw = step.names[0].scalar.text if len(names) == 1 else key
        place = Place(key, key, raw, named=len(names) == 1, ties={k: v.text for k, v in step.ties.items()} or None)
        before = len(self.builder.nodes)
        extra = {name: self.side(value, scope) for name, value in step.extra.items()}
        action = step.action
        span = step.names[0].scalar.span if step.names else step.span
        match action:
            case Expression():
                stages = Stages(self.elaborator, scope, action, place, read)
                stages.keywords = extra
                if step.inline:
                    value = self.inline(stages, action, read)
                else:
                    value = stages.stage(action.tree)
            case Long():
                target = self.elaborator.long_target(scope, action)
                value = self.elaborator.apply(
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
                value = self.repeat(action, place, scope, read, extra, span)
            case Body():
                value = self.nested(action, place, scope, read, span)
            case _:
                raise AssertionError(action)
        made = self.builder.nodes[before:]
        self.claim_keys(made, span)
        if step.when is not None and made:
            last = self.builder.nodes[-1]
            origin = Origin(last.origin.span, {**last.origin.arguments, "when": step.when.source()})
            self.builder.nodes[-1] = replace(last, origin=origin)
        if step.only is not None:
            self.restrict(step, before, read)
        return value

    def claim_keys(self, made: Sequence[Node], span: Span) -> None:
        for node in made:
            top = node.key.partition(".")[0]
            if not top.startswith("^") and node.key not in self.builder.keys:
                self.builder.claim(node.key, span)

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
        self.builder.nodes[before] = replace(made[0], only=step.only)

    def side(self, expression: Expression, scope: Scope) -> Value:
        place = Place("", "", "", False)
        return Stages(self.elaborator, scope, expression, place, None).operand(expression.tree)

    def inline(self, stages: Stages, action: Expression, read: Value) -> Value:
        """A helper's steps as if they stood here: no level in the keys, names of its own."""
        tree = action.tree
        if not isinstance(tree, ast.Name | ast.Call) or (
            isinstance(tree, ast.Call) and not isinstance(tree.func, ast.Name)
        ):
            raise fault(
                "A0323",
                "`inline` goes with one module",
                action.span(),
                help="such as `- {do: helper(64), inline: true}`",
            )
        target = self.elaborator.call_target(stages.scope, action, tree)
        if isinstance(target, OpTarget) or isinstance(target.definition, FileModule):
            raise fault("A0323", "only a module of this file or of `use` can be inlined", action.span())
        definition = target.definition
        ports = [
            self.builder.bring(value)
            for value in self.elaborator.flat(
                definition.name, definition.inputs, frozenset(), False, [read], stages.keywords, action.span()
            )[0]
        ]
        scope = Scope(target.unit, self.builder, dict(target.values))
        declare_inputs(scope, [replace(port, label=name) for port, name in zip(ports, definition.inputs, strict=True)])
        before = self.builder.position
        self.builder.position = 0
        depth = len(self.elaborator.reporter.found)
        value = run(self.elaborator, scope, definition.body, ports[0], definition.name)
        self.builder.position = before
        self.elaborator.note_params(definition, scope.used)
        if any(d.severity == "error" for d in self.elaborator.reporter.found[depth:]):
            raise PoisonedError
        return value

    # nested bodies

    def nested(self, body: Body, place: Place, scope: Scope, read: Value, span: Span) -> Value:
        kind = "steps" if body.branches is None else "branches"
        inner = Builder(kind, f"{self.builder.template}.{place.raw}", self.builder, read)  # type: ignore[arg-type]
        inside = scope.inner(inner)
        with self.elaborator.inside(place.key):
            value = run(self.elaborator, inside, body, read, place.key)
        return close_inner(
            self.elaborator,
            self.builder,
            inner,
            usable(value),
            key=place.key,
            name=place.name,
            span=span,
            named=place.named,
            ties=place.ties,
        )

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
        return self.joined(
            values,
            labels,
            body.join.text if body.join is not None else None,
            "join",
            body.join.span if body.join else body.span,
        )

    def joined(self, values: Sequence[Value], labels: Sequence[str], join: str | None, key: str, span: Span) -> Value:
        for value in values:
            usable(value)
        if len(values) == 1:
            return values[0]
        if join is None:
            single = [self.builder.bring(self.elaborator.one(value, "branches", span)) for value in values]
            return Value(
                self.builder,
                tuple(value.refs[0] for value in single),
                tuple(value.types[0] for value in single),
                key,
                span,
                tuple(labels),
            )
        singles = [
            replace(self.elaborator.one(v, join, span), label=label) for v, label in zip(values, labels, strict=True)
        ]
        if join in ("concat", "add", "maximum", "mul") and OPS[join].variadic:
            return self.elaborator.apply(
                self.builder, OpTarget(OPS[join](), {}), singles, {}, key=key, name=key, span=span
            )
        total = singles[0]
        for at, value in enumerate(singles[1:]):
            name = key if at == len(singles) - 2 else f"{key}.{at}"
            total = self.elaborator.apply(
                self.builder, OpTarget(OPS[join](), {}), [total, value], {}, key=name, name=name, span=span
            )
        return total

    def out(self, out: Out) -> Value:
        values, names = [], []
        for at, (name, expression) in enumerate(out.values):
            key = "out" if out.single else name or f"out{at}"
            place = Place(key, key, key, False)
            scope = self.scope.reading(None)
            stages = Stages(self.elaborator, scope, expression, place, None)
            tree = expression.tree
            before = len(self.builder.nodes)
            value = stages.operand(tree) if isinstance(tree, ast.Name) else stages.stage(tree)
            self.claim_keys(self.builder.nodes[before:], expression.span())
            values.append(usable(value))
            names.append(name or (tree.id if isinstance(tree, ast.Name) else str(at)))
        if out.single:
            return values[0]
        single = [
            self.builder.bring(self.elaborator.one(v, "out", e.span()))
            for v, (_, e) in zip(values, out.values, strict=True)
        ]
        return Value(
            self.builder,
            tuple(value.refs[0] for value in single),
            tuple(value.types[0] for value in single),
            "out",
            out.values[0][1].span(),
            tuple(names),
        )

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

    # copies

    def repeat(
        self, repeat: Repeat, place: Place, scope: Scope, read: Value, extra: Mapping[str, Value], span: Span
    ) -> Value:
        times = self.elaborator.integer(repeat.times, scope, "the number of copies") if repeat.times is not None else 1
        if times < 0:
            raise fault(
                "A0318",
                "the number of copies cannot be negative",
                repeat.times.span() if repeat.times else span,
                f"this is {times}",
            )
        if times > self.elaborator.limits.nodes:
            raise TooLargeError(
                fault(
                    "A0317",
                    f"the network has more than {self.elaborator.limits.nodes:,} nodes",
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
        inner = Builder("repeat", f"{self.builder.template}.{place.raw}", self.builder, read)
        inside = scope.inner(inner)
        copies = Copies(self.elaborator, inside, repeat, extra)
        with self.elaborator.inside(place.key):
            value = copies.run(times, usable(read))
        loop = Loop(
            repeat.wire, tuple(copies.names), repeat.width, repeat.join.text if repeat.join is not None else None
        )
        hints = {"times": repeat.times.source()} if repeat.times is not None else {}
        return close_inner(
            self.elaborator,
            self.builder,
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

    def __init__(self, elaborator: Elaborator, scope: Scope, repeat: Repeat, extra: Mapping[str, Value]):
        self.elaborator, self.scope, self.repeat = elaborator, scope, repeat
        self.extra = dict(extra)
        self.runner = Runner(elaborator, scope)
        self.names: list[str] = []

    def copy(self, j: int, read: Value) -> Value:
        repeat = self.repeat
        scope = self.scope.looping({"j": j}).reading(read)
        name = str(j) if repeat.naming is None else self.runner.text(repeat.naming, scope)
        if name in scope.builder.keys:
            place = repeat.naming.scalar.span if repeat.naming is not None else repeat.span
            raise fault("A0315", f"two copies are called `{name}`", place, help="put `${j}` in the name")
        self.names.append(name)
        scope.builder.claim(name, repeat.span)
        place = Place(name, name, "*", named=False)
        match repeat.what:
            case Expression() as expression:
                stages = Stages(self.elaborator, scope, expression, place, read)
                stages.keywords = self.extra
                return stages.stage(expression.tree)
            case Long() as long:
                target = self.elaborator.long_target(scope, long)
                return self.elaborator.apply(
                    scope.builder, target, [read], self.extra, key=name, name=name, span=long.span
                )
            case Body() as body:
                return Runner(self.elaborator, scope).nested(body, place, scope, read, repeat.span)

    def run(self, times: int, read: Value) -> Value:
        match self.repeat.wire:
            case "parallel":
                values = [self.copy(j, read) for j in range(times)]
                join = self.repeat.join.text if self.repeat.join is not None else None
                return self.runner.joined(values, self.names, join, "join", self.repeat.span)
            case "last":
                return self.last(times, read)
            case "residual":
                return self.merged(times, read, "add")
            case "dense":
                return self.merged(times, read, "concat")
            case _:
                value = read
                for j in range(times):
                    value = self.copy(j, value)
                return value

    def merged(self, times: int, read: Value, join: str) -> Value:
        """residual: added to what the copy reads; dense: appended to it, so the next reads all before."""
        op = OpTarget(OPS[join](), {})
        value = self.elaborator.one(read, self.repeat.wire, self.repeat.span)
        for j in range(times):
            made = self.elaborator.one(self.copy(j, value), self.repeat.wire, self.repeat.span)
            key = f"{self.names[-1]}.{join}"
            value = self.elaborator.apply(
                self.scope.builder, op, [value, made], {}, key=key, name=key, span=self.repeat.span
            )
        return value

    def last(self, times: int, read: Value) -> Value:
        """Each copy reads the last k outputs; so does what follows, if it reads several."""
        width = self.repeat.width
        inner = self.scope.builder
        start = inner.bring(read)
        recent = [self.elaborator.part(start, at) if len(start.refs) > 1 else start for at in range(len(start.refs))]
        recent = (recent[:1] * width + recent)[-width:]
        for j in range(times):
            window = self.window(recent)
            made = self.elaborator.one(self.copy(j, window), "last", self.repeat.span)
            recent = [*recent[1:], inner.bring(made)] if width > 1 else [inner.bring(made)]
        return self.window(recent)

    def window(self, recent: Sequence[Value]) -> Value:
        return Value(
            self.scope.builder,
            tuple(value.refs[0] for value in recent),
            tuple(value.types[0] for value in recent),
            recent[-1].label,
            recent[-1].span,
            window=len(recent) > 1,
        )
