"""Construction: a name and arguments become an op, or a module with its params."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archspec.language.elaborate.elsewhere import known_as
from archspec.language.elaborate.scope import Scope
from archspec.language.elaborate.values import OpName, Value
from archspec.language.files import Unit
from archspec.language.read.params import YAML_11_WORDS, check_param, freeze, show
from archspec.language.spec import Argument, FileModule, Long, ModuleDef, ParamDef
from archspec.ops.base import Op
from archspec.ops.init import Init
from archspec.text.diagnostics import Reporter, SpecError, fault
from archspec.text.document import Scalar
from archspec.text.expression import Expression
from archspec.text.functions import FUNCTIONS
from archspec.text.source import Span
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    from archspec.language.elaborate.elaborator import Elaborator

_NOTHING: Mapping[str, str] = MappingProxyType({})
INIT_FIELDS = frozenset(("init", "bias_init"))


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


class Constructor:
    """Makes targets. Ops made with equal arguments are one object: they are checked once."""

    def __init__(self, elaborator: Elaborator):
        self.elaborator = elaborator
        self._ops: dict[tuple[object, ...], Op] = {}
        self._bare: dict[tuple[Unit, str], Target] = {}
        """what a name without arguments makes in a file: `relu`, `batch_norm` with the file's defaults"""

    @cached_property
    def functions(self) -> frozenset[str]:
        return frozenset(FUNCTIONS)

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
        cached = (cls, *((key, type(value), value) for key, value in values.items()))
        try:
            op = self._ops.get(cached)
        except TypeError:
            op = None
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
