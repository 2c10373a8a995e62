"""Bodies and steps. A step is a name with an expression, or one of the structure words."""

from __future__ import annotations

import re
from typing import get_args

from archspec.language.read.shape import (
    ACTION_WORDS,
    BODY_WORDS,
    DETAIL_WORDS,
    STEP_WORDS,
    STRUCTURE_WORDS,
    check_name,
    clash,
    items,
    mapping,
    name,
    need,
    only_keys,
    scalar,
    text,
    truth,
    unknown_key,
    word,
    wrong,
)
from archspec.language.spec import Argument, Body, For, Long, Only, Out, Repeat, Step, Wire
from archspec.text.diagnostics import Reporter, SpecError, fault
from archspec.text.document import Entry, Items, Mapping, Scalar, Yaml
from archspec.text.expression import Expression, Template, parse_expression, parse_template
from archspec.text.limits import Limits
from archspec.text.source import Span

JOINS = ("concat", "add", "mul", "maximum")
MODES: tuple[Only, ...] = get_args(Only)
WIRES: dict[str, tuple[Wire, int]] = {
    "chain": ("chain", 1),
    "residual": ("residual", 1),
    "dense": ("dense", 1),
    "parallel": ("parallel", 1),
    "last(2)": ("last", 2),
}
"""ways of wiring as written, `last` of any number with one for all; and how many outputs a copy reads"""
_FOR = re.compile(r"\s*(?P<targets>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s+in\s+(?P<values>\S.*)", re.DOTALL)
_LAST = re.compile(r"last\((\d+)\)")
_STEP_KEYS = (*ACTION_WORDS, *STEP_WORDS, *DETAIL_WORDS)


class BodyReader:
    """Reads bodies; holds the bounds and the collector of mistakes, nothing else."""

    def __init__(self, reporter: Reporter, limits: Limits):
        self.reporter, self.limits = reporter, limits

    def expression(self, value: Yaml, what: str) -> Expression:
        if isinstance(value, Mapping):
            raise wrong(value, what, help="an expression that holds `: ` must be quoted")
        return parse_expression(scalar(value, what), self.limits)

    def body(self, value: Yaml, what: str) -> Body:
        """A list of steps, or a mapping with `steps` or `branches`."""
        if isinstance(value, Items):
            return Body(steps=self.steps(value), span=value.span)
        found = mapping(value, what)
        if "branches" in found and "steps" in found:
            raise clash(
                f"{what} has both `steps` and `branches`",
                found.entry("branches").key.span,
                found.entry("steps").key.span,
            )
        only_keys(found, BODY_WORDS, what)
        return self.body_of(found, what)

    def body_of(self, found: Mapping, what: str) -> Body:
        shared: dict[str, Expression] = {}
        if "shared" in found:
            for entry in mapping(found["shared"], "`shared`"):
                with self.reporter.catch():
                    shared[name(entry.key, "a shared instance")] = self.expression(entry.value, "a construction")
        branches = None
        if "branches" in found:
            branches = tuple(self.branches(found["branches"]))
            if not branches:
                raise fault("A0208", "`branches` needs at least one branch", found["branches"].span)
        elif "join" in found:
            raise fault("A0208", "`join` needs `branches` beside it", found.entry("join").key.span)
        elif "steps" not in found:
            raise fault("A0202", f"{what} needs `steps` or `branches`", found.span)
        join = None
        if "join" in found:
            join = self.join(found["join"])
        return Body(
            steps=() if branches is not None else self.steps(found["steps"]),
            branches=branches,
            join=join,
            shared=shared,
            out=self.out(found["out"]) if "out" in found else None,
            checkpoint=self.checkpoint(found),
            span=found.span,
        )

    def checkpoint(self, found: Mapping) -> Expression | None:
        return self.expression(found["checkpoint"], "a condition") if "checkpoint" in found else None

    def join(self, value: Yaml) -> Scalar:
        word(value, "`join`", JOINS)
        return scalar(value, "the name of a join")

    def branches(self, value: Yaml) -> list[Step]:
        if isinstance(value, Items):
            return [step for item in value if (step := self.caught(item)) is not None]
        result = []
        for entry in mapping(value, "`branches`"):
            with self.reporter.catch():
                result.append(self.step(Mapping((entry,), entry.key.span)))
        return result

    def steps(self, value: Yaml) -> tuple[Step, ...]:
        if isinstance(value, Mapping):
            raise wrong(value, "a list of steps", help="put `- ` before each step")
        found = [self.caught(item, str(at)) for at, item in enumerate(items(value, "the steps"))]
        return tuple([_placed(step, str(at)) for at, step in enumerate(found) if step is not None])

    def caught(self, value: Yaml, at: str = "") -> Step | None:
        try:
            return self.step(value, at)
        except SpecError as error:  # `reporter.catch` would take as long as the step
            self.reporter.note(error)
            return None

    def step(self, value: Yaml, at: str = "") -> Step:
        if isinstance(value, Scalar):
            return Step(self.expression(value, "a step"), value.span, at=at)
        if isinstance(value, Items):
            return Step(action=self.body(value, "a nested body"), span=value.span)
        if len(value) == 1:
            ((key, action),) = value.entries
            if isinstance(action, Scalar) and key.text not in STRUCTURE_WORDS:
                names = self.names(key)
                return Step(self.expression(action, "a step's expression"), key.span, names, at)
        named = [entry for entry in value if entry.key.text not in STRUCTURE_WORDS]
        if "op" in value and "op" not in {entry.key.text for entry in named}:
            return self.with_words(value, (), self.long(value), value)
        if len(named) > 1:
            raise self.several(value, named)
        if named:
            entry = named[0]
            for other in value:
                if other is not entry and other.key.text not in STEP_WORDS:
                    raise self.beside(entry, other)
            return self.with_words(value, self.names(entry.key), self.action(entry.value, value), value, entry.value)
        return self.with_words(value, (), self.structure(value), value)

    def beside(self, step: Entry, other: Entry) -> SpecError:
        """A key beside a named step that cannot stand there."""
        name, word = step.key.text, other.key.text
        if word in ("times", "as", "wire"):
            help = "write `name: {repeat: module, times: n}` or the same in block form"
            return fault("A0208", "`times`, `as` and `wire` belong to a `repeat`", other.key.span, help=help)
        if word == "checkpoint":
            help = "put it into the module that is called, or write `name: {steps: […], checkpoint: true}`"
            return fault("A0208", "`checkpoint` belongs to a module or a body", other.key.span, help=help)
        near = unknown_key(step, (*STEP_WORDS, *DETAIL_WORDS), f"the step with `{word}`")
        if word in ACTION_WORDS and not any("did you mean" in line for line in near.diagnostics[0].help):
            help = f"what the step does stands behind its name: `{name}: …`"
            return clash(f"the step `{name}` has a second action, `{word}`", other.key.span, step.key.span, help)
        return near if word in ACTION_WORDS else unknown_key(other, STEP_WORDS, f"the step `{name}`")

    def several(self, value: Mapping, named: list[Entry]) -> SpecError:
        first, second = named[0], named[1]
        if second.key.span.line == first.key.span.line:
            return unknown_key(second, _STEP_KEYS, f"the step `{first.key.text}`")
        near = unknown_key(second, (*STEP_WORDS, *DETAIL_WORDS), f"the step `{first.key.text}`")
        if any("did you mean" in line for line in near.diagnostics[0].help):
            return near
        return fault(
            "A0208",
            f"one step, two names: `{first.key.text}` and `{second.key.text}`",
            second.key.span,
            help="a step of its own begins with `- `; beside a name stand only " + ", ".join(STEP_WORDS),
        )

    def names(self, key: Scalar) -> tuple[Template, ...]:
        """`conv1`, `denseblock${i + 1}`, or `q, k, v` for a step with several outputs."""
        if "," not in key.text:
            return (self.template(key),)
        parts, start = [], 0
        for piece in re.split(r"(\s*,\s*)(?![^{]*\})", key.text):
            if not re.fullmatch(r"\s*,\s*", piece):
                parts.append(self.template(slice_scalar(key, start, start + len(piece))))
            start += len(piece)
        return tuple(parts)

    def template(self, key: Scalar) -> Template:
        if "$" not in key.text:
            check_name(key.text, key.span, "a step")
            return Template((key.text,), key)
        template = parse_template(key, self.limits)
        if all(isinstance(part, str) for part in template.parts):
            check_name(key.text, key.span, "a step", copy=False)
        else:
            sample = "".join(part if isinstance(part, str) else "0" for part in template.parts)
            check_name(sample, key.span, "a step", copy=True)
        return template

    def action(self, value: Yaml, step: Mapping) -> object:
        match value:
            case Scalar():
                return self.expression(value, "a step's expression")
            case Items():
                return self.body(value, "a nested body")
            case _:
                return self.structure(value)

    def structure(self, found: Mapping) -> object:
        actions = [entry for entry in found if entry.key.text in ACTION_WORDS]
        if "for" in found:
            return self.loop(found)
        if not actions:
            if len(found) == 0:
                raise fault("A0208", "a step says nothing", found.span)
            raise fault(
                "A0208",
                "a step needs a name with an expression, or one of " + ", ".join(f"`{w}`" for w in ACTION_WORDS),
                found.entries[0].key.span,
                help="an unnamed step with words beside it is written `{do: expression, when: condition}`",
            )
        if len(actions) > 1:
            raise clash(
                f"a step cannot have both `{actions[0].key.text}` and `{actions[1].key.text}`",
                actions[1].key.span,
                actions[0].key.span,
            )
        match actions[0].key.text:
            case "op":
                return self.long(found)
            case "repeat":
                return self.repeat(found)
            case "do":
                if "checkpoint" in found:
                    raise self.beside(actions[0], found.entry("checkpoint"))
                only_keys(found, ("do", *STEP_WORDS), "a step")
                return self.action(found["do"], found)
            case _:
                only_keys(found, (*BODY_WORDS, *STEP_WORDS), "a nested body")
                return self.body_of(found, "a nested body")

    def with_words(
        self, step: Mapping, names: tuple[Template, ...], action: object, span: Yaml, value: Yaml | None = None
    ) -> Step:
        """The words that may stand beside a step, or inside its value when that is a mapping."""
        words: dict[str, Yaml] = {}
        inner = (place["do"] for place in (step, value) if isinstance(place, Mapping) and "do" in place)
        for place in (step, value, *inner):
            if isinstance(place, Mapping) and len(place) > 1 and not isinstance(action, For):
                for key in STEP_WORDS:
                    if key in place:
                        words[key] = place[key]
        reads = None
        if "from" in words:
            given = words["from"]
            reads = tuple(self.source(one) for one in (given if isinstance(given, Items) else (given,)))
        extra: dict[str, Expression] = {}
        if "with" in words:
            for entry in mapping(words["with"], "`with`"):
                extra[name(entry.key, "an input")] = self.expression(entry.value, "the name of a node")
        ties: dict[str, Scalar] = {}
        if "tie" in words:
            for entry in mapping(words["tie"], "`tie`"):
                text(entry.value, "the key of a weight")
                ties[entry.key.text] = scalar(entry.value, "the key of a weight")
        place_span = step.entries[0].key.span if step.entries else span.span
        return Step(
            names=names,
            action=action,
            reads=reads,
            when=self.expression(words["when"], "a condition") if "when" in words else None,
            only=word(words["only"], "`only`", MODES) if "only" in words else None,
            extra=extra,
            ties=ties,
            inline=truth(words["inline"], "`inline`") if "inline" in words else False,
            span=place_span,
        )

    def source(self, value: Yaml) -> Expression | Template:
        """`from: h`, `from: enc.memory`, `from: down${k}`."""
        place = scalar(value, "the name of a node")
        return parse_template(place, self.limits) if "${" in place.text else parse_expression(place, self.limits)

    def long(self, found: Mapping) -> Long:
        arguments: dict[str, Argument] = {}
        keys: dict[str, Span] = {}
        for entry in found:
            if entry.key.text in ("op", *STEP_WORDS):
                continue
            with self.reporter.catch():
                arguments[entry.key.text] = self.argument(entry.value)
                keys[entry.key.text] = entry.key.span
        op = scalar(found["op"], "the name of an op or module")
        text(op, "the name of an op or module")
        return Long(op=op, arguments=arguments, keys=keys, span=op.span)

    def argument(self, value: Yaml) -> Argument:
        match value:
            case Items():
                return Argument(value=tuple(self.argument(item) for item in value), span=value.span)
            case Scalar(value=str()):
                return Argument(value=parse_expression(value, self.limits), span=value.span)
            case Scalar():
                return Argument(value=value, span=value.span)
            case _:
                raise wrong(value, "a number, a word or a list")

    def repeat(self, found: Mapping) -> Repeat:
        only_keys(found, ("repeat", "times", "as", "wire", "join", "checkpoint", *STEP_WORDS), "a `repeat`")
        what: Expression | Long | Body
        match found["repeat"]:
            case Mapping() as inner if "op" in inner:
                what = self.long(inner)
            case Mapping() | Items() as inner:
                what = self.body(inner, "the repeated body")
            case inner:
                what = self.expression(inner, "the module to repeat")
        wire, width = self.wire(found["wire"]) if "wire" in found else WIRES["chain"]
        if "join" in found and wire != "parallel":
            raise fault("A0213", "`join` belongs to `wire: parallel`", found.entry("join").key.span)
        naming = None
        if "as" in found:
            naming = parse_template(scalar(found["as"], "the name of a copy"), self.limits)
            sample = "".join(part if isinstance(part, str) else "0" for part in naming.parts)
            check_name(sample, found["as"].span, "a copy", copy=True)
        return Repeat(
            what=what,
            times=self.expression(need(found, "times", "a `repeat`"), "a number of copies"),
            naming=naming,
            wire=wire,
            width=width,
            join=self.join(found["join"]) if "join" in found else None,
            checkpoint=self.checkpoint(found),
            span=found.entry("repeat").key.span,
        )

    def wire(self, value: Yaml) -> tuple[Wire, int]:
        given = text(value, "a way of wiring")
        if match := _LAST.fullmatch(given):
            width = int(match[1][:6])
            if not 1 <= width <= 64:
                raise fault("A0213", f"`{given}`: a step can read the last 1 to 64 outputs", value.span)
            return "last", width
        if given == "last":
            raise fault("A0213", "`last` needs a number", value.span, help="write `last(2)`")
        return WIRES[word(value, "`wire`", WIRES)]

    def loop(self, found: Mapping) -> For:
        only_keys(found, ("for", "do"), "a `for`")
        header = scalar(found["for"], "a loop such as `n in layers`")
        match = _FOR.fullmatch(header.text)
        if match is None:
            raise fault("A0212", "a loop is written `for: name in list`", header.span, help="such as `n in layers`")
        targets = tuple(part.strip() for part in match["targets"].split(","))
        for target in targets:
            check_name(target, header.span, "a loop variable")
        if len(set(targets)) < len(targets):
            raise fault("A0212", "a loop variable stands twice", header.span)
        values = parse_expression(slice_scalar(header, match.start("values"), match.end("values")), self.limits)
        do = need(found, "do", "a `for`", found.entry("for").key.span)
        return For(
            targets=targets,
            values=values,
            do=self.steps(do if isinstance(do, Items) else Items((do,), do.span)),
            span=header.span,
        )

    def out(self, value: Yaml) -> Out:
        match value:
            case Mapping():
                named = tuple(
                    (name(entry.key, "an output"), self.expression(entry.value, "the name of a node"))
                    for entry in value
                )
                return Out(values=named, single=False)
            case Items():
                return Out(
                    values=tuple((None, self.expression(item, "the name of a node")) for item in value), single=False
                )
            case _:
                return Out(values=((None, self.expression(value, "the name of a node")),), single=True)


def _placed(step: Step, at: str) -> Step:
    if step.at == at:
        return step
    action = step.action
    if isinstance(action, For):
        action = action._replace(do=tuple(_placed(inner, f"{at}.{inner.at}") for inner in action.do))
    return step._replace(at=at, action=action)


def slice_scalar(whole: Scalar, start: int, end: int) -> Scalar:
    """A part of a scalar as one of its own, so that columns stay true."""
    part = whole.text[start:end]
    return Scalar(part, part, whole.part(start, end), whole.offsets[start : end + 1])
