"""What the tests of the text floor share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archspec.text.diagnostics import Diagnostic, SpecError, fault
from archspec.text.document import Scalar
from archspec.text.evaluate import Meter, evaluate
from archspec.text.expression import parse_expression, parse_template
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.parse import parse
from archspec.text.source import Source, Span


def scalar(text: str) -> Scalar:
    """A value that is text, standing alone in a file."""
    return Scalar(text, text, Span(Source("a.yaml", text), 0, len(text)), range(len(text) + 1))


def tree(text: str, limits: Limits = DEFAULT_LIMITS) -> Any:
    """What `parse` makes of a text; a test knows what it wrote."""
    return parse(Source("a.yaml", text), limits)


def plain(value: Any) -> Any:
    """A tree as Python values."""
    if isinstance(value, Scalar):
        return value.value
    if hasattr(value, "entries"):
        return {entry.key.text: plain(entry.value) for entry in value.entries}
    return [plain(item) for item in value]


class Names:
    """A scope with the given names; `shape` is the only attribute, of anything."""

    def __init__(self, names: Mapping[str, object]):
        self.names = names

    def lookup(self, name: str, span: Span) -> object:
        if name not in self.names:
            raise fault("A0300", f"unknown name `{name}`", span)
        return self.names[name]

    def attribute(self, value: object, name: str, span: Span) -> object:
        if name != "shape":
            raise fault("A0300", f"no attribute `{name}`", span)
        return (3, 224, 224)


def value(text: str, limits: Limits = DEFAULT_LIMITS, **names: Any) -> Any:
    return evaluate(parse_expression(scalar(text), limits), Names(names), Meter(limits))


def diagnostics(error: SpecError) -> list[tuple[str, str]]:
    """Code and underlined text of each diagnostic."""
    return [(each.code, each.labels[0].span.text if each.labels else "") for each in error.diagnostics]


def codes_of(code: str, text: str) -> list[str]:
    """The codes that a text raises in the stage that `code` belongs to."""
    try:
        if code.startswith("A01"):
            tree(text)
        elif code == "A0226":
            parse_template(scalar(text))
        elif code.startswith("A02"):
            parse_expression(scalar(text))
        else:
            value(text, width=64, layers=[6, 12, 24])
    except SpecError as error:
        return [each.code for each in error.diagnostics]
    return []


def complaint(call: Callable[[], object]) -> SpecError | None:
    """The `SpecError` that a call ends in; any other exception passes."""
    try:
        call()
    except SpecError as error:
        return error
    return None


def only(error: SpecError) -> Diagnostic:
    (found,) = error.diagnostics
    return found
