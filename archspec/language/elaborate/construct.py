"""Construction: a name and arguments become an op, or a module with its params."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import ValidationError

from archspec.language.elaborate.arguments import INIT_FIELDS, Arguments, Given, Word, message_of
from archspec.language.elaborate.elsewhere import known_as
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.values import OpName
from archspec.language.files import Unit
from archspec.language.read.params import YAML_11_WORDS, check_param, show
from archspec.language.spec import FileModule, ModuleDef, ParamDef
from archspec.ops.base import Op
from archspec.ops.registry import OPS
from archspec.text.diagnostics import Reporter, SpecError, fault
from archspec.text.source import Span
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborator import Elaborator

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OpTarget:
    """An op, ready to be applied."""

    op: Op
    hints: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModuleTarget:
    """A module with its params, ready to be made concrete for the inputs it is applied to."""

    unit: Unit
    definition: ModuleDef | FileModule
    values: Mapping[str, object]
    hints: Mapping[str, str]


Target = OpTarget | ModuleTarget


@cache
def join_target(name: str) -> OpTarget:
    """The op that joins nodes: add, concat, …, without arguments. One object, so that it is looked at once."""
    return OpTarget(OPS[name](), _NOTHING)


class Constructor:
    """Makes targets. Ops made with equal arguments are one object: they are checked once."""

    def __init__(self, elaborator: Elaborator):
        self.elaborator = elaborator
        self._ops: dict[object, Op] = {}
        self._bare: dict[tuple[Unit, str], Target] = {}
        """what a name without arguments makes in a file: `relu`, `batch_norm` with the file's defaults"""

    def by_name(self, scope: Scope, name: str, span: Span) -> tuple[Unit, type[Op] | ModuleDef | FileModule]:
        """What a name means where an op or a module stands. Raises A0303, A0313."""
        unit = scope.unit
        if name in scope.numbers or name in unit.params:
            value = scope.lookup(name, span)
            if not isinstance(value, OpName):
                help = f"declare it `{name}: op`" if isinstance(value, str) else ()
                raise fault("A0303", f"`{name}` is a param that holds no op", span, help=help)
            unit, name = value.unit, value.name
        found = unit.target(name)
        if found is not None:
            return found
        if scope.find_node(name) is not None:
            raise fault(
                "A0313",
                f"`{name}` is a node, and an op or a module is named here",
                span,
                help=f"a step that only reads it is `identity({name})`",
            )
        near = known_as(name) or suggest(name, unit.targets())
        help = f"did you mean `{near}`?" if near else "`archspec ops` lists the ops"
        raise fault("A0303", f"no op or module is called `{name}`", span, help=help)

    def construct(
        self,
        scope: Scope,
        name: str,
        span: Span,
        positional: list[Given],
        keywords: dict[str, Given],
        keys: Mapping[str, Span],
    ) -> Target:
        plain = not positional and not keywords and not scope.is_number(name)
        if plain and (scope.unit, name) in self._bare:
            return self._bare[scope.unit, name]
        target = self.made(scope, name, span, positional, keywords, keys)
        if plain:
            self._bare[scope.unit, name] = target
        return target

    def made(
        self,
        scope: Scope,
        name: str,
        span: Span,
        positional: list[Given],
        keywords: dict[str, Given],
        keys: Mapping[str, Span],
    ) -> Target:
        unit, found = self.by_name(scope, name, span)
        if isinstance(found, ModuleDef):
            return self.module(scope, unit, found, found.params, span, positional, keywords, keys)
        if isinstance(found, FileModule):
            inner = unit.file_module(found)
            return self.module(scope, inner, found, inner.spec.params, span, positional, keywords, keys)
        return self.op(scope, found, span, positional, keywords, keys)

    def bind(
        self,
        what: str,
        fields: Iterable[str],
        span: Span,
        positional: list[Given],
        keywords: dict[str, Given],
        keys: Mapping[str, Span],
    ) -> dict[str, Given]:
        """Arguments to fields, by place and by name. Raises A0304, A0307."""
        names = tuple(fields)
        reporter = Reporter()
        bound: dict[str, Given] = {}
        if len(positional) > len(names):
            takes = "no arguments" if not names else f"at most {len(names)}: " + ", ".join(names)
            reporter.add(
                fault("A0307", f"`{what}` takes {takes}", positional[len(names)].span, "one too many").diagnostics[0]
            )
        bound.update(zip(names, positional, strict=False))
        for key, given in keywords.items():
            if key not in names:
                near = suggest(key, names)
                listing = f"it takes {', '.join(names)}" if names else "it takes no arguments"
                help = f"did you mean `{near}`?" if near else listing
                place = keys.get(key, given.span)
                reporter.add(fault("A0304", f"`{what}` has no argument `{key}`", place, help=help).diagnostics[0])
            elif key in bound:
                message = f"`{key}` of `{what}` is given twice"
                reporter.add(fault("A0307", message, keys.get(key, given.span)).diagnostics[0])
            else:
                bound[key] = given
        reporter.check()
        return bound

    def op(
        self,
        scope: Scope,
        cls: type[Op],
        span: Span,
        positional: list[Given],
        keywords: dict[str, Given],
        keys: Mapping[str, Span],
    ) -> OpTarget:
        bound = self.bind(cls.op, cls.model_fields, span, positional, keywords, keys)
        defaults = scope.unit.defaults.get(cls.op)
        if defaults:
            outside = Arguments(self.elaborator, scope.unit.scope(scope))
            for key, argument in defaults.items():
                if key not in bound:
                    bound[key] = outside.of_argument(argument, key in INIT_FIELDS)
        values = {key: str(g.value) if isinstance(g.value, Word) else g.value for key, g in bound.items()}
        given = (cls, *((key, type(value), value) for key, value in values.items()))
        try:
            cached = self.elaborator.key(given)
            op = self._ops.get(cached)
        except TypeError:
            cached, op = given, None
        if op is None:
            try:
                op = cls(**values)
            except ValidationError as error:
                raise self.explained(scope, cls, span, bound, error) from None
            self._ops[cached] = op
        hints = {key: g.text for key, g in bound.items() if g.text is not None}
        return OpTarget(op, hints or _NOTHING)

    def explained(
        self, scope: Scope, cls: type[Op], span: Span, bound: Mapping[str, Given], error: ValidationError
    ) -> SpecError:
        """pydantic's errors in our words, each at its argument."""
        reporter = Reporter()
        for problem in error.errors(include_url=False):
            key = str(problem["loc"][0]) if problem["loc"] else ""
            given = bound.get(key)
            if problem["type"] == "missing":
                usage = ", ".join(name for name, info in cls.model_fields.items() if info.is_required())
                reporter.add(
                    fault(
                        "A0305", f"`{cls.op}` needs the argument `{key}`", span, help=f"write `{cls.op}({usage})`"
                    ).diagnostics[0]
                )
            elif given is None:
                reporter.add(fault("A0306", message_of(problem), span).diagnostics[0])
            elif isinstance(given.value, Word):
                reporter.add(self.no_word(scope, cls, key, given, message_of(problem)).diagnostics[0])
            else:
                reporter.add(self.bad_value(cls, key, given, message_of(problem)).diagnostics[0])
        return SpecError(reporter.found)

    def no_word(self, scope: Scope, cls: type[Op], key: str, given: Given, message: str) -> SpecError:
        known = [*scope.numbers, *scope.unit.params]
        near = suggest(str(given.value), known)
        if near:
            return fault("A0302", f"no number is called `{given.value}`", given.span, help=f"did you mean `{near}`?")
        better = YAML_11_WORDS.get(str(given.value)) if "`true`" in message else None
        help = f"write `{better}`" if better else requirement(key, message)
        return fault("A0306", f"`{key}` of `{cls.op}` cannot be `{given.value}`", given.span, help=help)

    def bad_value(self, cls: type[Op], key: str, given: Given, message: str) -> SpecError:
        shown = f'the text "{given.value}"' if isinstance(given.value, str) else f"`{show(given.value)}`"
        helps = [requirement(key, message)]
        if isinstance(given.value, float) and given.text and "/" in given.text:
            helps.append("`/` gives a fraction; write `//` for whole division")
        if isinstance(given.value, str) and given.value in YAML_11_WORDS:
            helps = [f"write `{YAML_11_WORDS[given.value]}`"]
        return fault("A0306", f"`{key}` of `{cls.op}` cannot be {shown}", given.span, help=helps)

    def module(
        self,
        scope: Scope,
        unit: Unit,
        definition: ModuleDef | FileModule,
        params: Mapping[str, ParamDef],
        span: Span,
        positional: list[Given],
        keywords: dict[str, Given],
        keys: Mapping[str, Span],
    ) -> ModuleTarget:
        bound = self.bind(definition.name, params, span, positional, keywords, keys)
        reporter = Reporter()
        values: dict[str, object] = {}
        for key, param in params.items():
            given = bound.get(key)
            with reporter.catch():
                if given is not None:
                    values[key] = self.param(scope, param, given)
                elif param.required:
                    usage = ", ".join(name for name, one in params.items() if one.required)
                    raise fault(
                        "A0305",
                        f"`{definition.name}` needs the param `{key}`",
                        span,
                        help=f"write `{definition.name}({usage})`",
                    )
                elif param.type == "op":
                    values[key] = OpName(param.default, unit)
                elif isinstance(definition, FileModule):
                    values[key] = unit.params[key]
                else:
                    values[key] = param.default
        reporter.check()
        hints = {key: g.text for key, g in bound.items() if g.text is not None}
        return ModuleTarget(unit, definition, values, hints or _NOTHING)

    def param(self, scope: Scope, param: ParamDef, given: Given) -> object:
        value = given.value
        if param.type == "op":
            if isinstance(value, OpName):
                return value
            if isinstance(value, Word):
                self.by_name(scope, value, given.span)
                return OpName(str(value), scope.unit)
        elif isinstance(value, Word):
            if param.type != "str" and not (param.type == "bool" and value in YAML_11_WORDS):
                near = suggest(value, (*scope.numbers, *scope.unit.params))
                raise fault(
                    "A0302",
                    f"no number is called `{value}`",
                    given.span,
                    help=f"did you mean `{near}`?" if near else (),
                )
            value = str(value)
        return check_param(param, value, given.span)


def requirement(key: str, message: str) -> str:
    """What the argument must be, as a help line."""
    return message if key in message.split() or f"`{key}`" in message else f"it should be {message}"
