"""What is wrong with a spec, as data. `render.py` turns it into text; nothing else does."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from archspec.text.source import Source, Span

Severity = Literal["error", "warning"]


class Label(NamedTuple):
    """A stretch of source and what is to be said of it (may be empty: only underlined)."""

    span: Span
    text: str = ""


class Frame(NamedTuple):
    """One level of the expansion that led to a mistake: `while expanding WHAT (line N)`."""

    what: str
    span: Span


class Diagnostic(NamedTuple):
    """One mistake. The message says what (lowercase, no full stop); only `help` says how to mend it.

    The first label is the place; the others show what it clashes with. Codes are listed in
    `codes.py`; the first digit pair of a code is the stage that found the mistake.
    """

    code: str
    message: str
    labels: tuple[Label, ...] = ()
    help: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    severity: Severity = "error"


class SpecError(ValueError):
    """A spec is wrong. Holds every diagnostic of the stage that failed, warnings included."""

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from archspec.text.render import render

        return render(self.diagnostics)


def fault(
    code: str,
    message: str,
    span: Span | None = None,
    label: str = "",
    *,
    also: Iterable[Label] = (),
    help: str | Iterable[str] = (),
) -> SpecError:
    """A `SpecError` of one error, to be raised where the mistake is found."""
    labels = () if span is None else (Label(span, label), *also)
    helps = tuple(filter(None, (help,) if isinstance(help, str) else help))
    return SpecError([Diagnostic(code, message, labels, helps)])


class Reporter:
    """Collects the diagnostics of one stage, so that all of its mistakes are told at once."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self.found:
            self.found.append(diagnostic)

    def warn(
        self, code: str, message: str, span: Span | None, label: str = "", *, help: str | Iterable[str] = ()
    ) -> None:
        for diagnostic in fault(code, message, span, label, help=help).diagnostics:
            self.add(diagnostic._replace(severity="warning"))

    @contextmanager
    def catch(self) -> Iterator[None]:
        """Note the `SpecError` raised inside and go on after the block."""
        try:
            yield
        except SpecError as error:
            self.note(error)

    def note(self, error: SpecError) -> None:
        """All that an error tells."""
        for diagnostic in error.diagnostics:
            self.add(diagnostic)

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity == "error" for diagnostic in self.found)

    def check(self) -> None:
        """End the stage: raise `SpecError` with everything found if any of it is an error."""
        if self.failed:
            raise SpecError(in_order(self.found))


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """As a reader meets them: file by file, from the top; what has no place comes first."""
    found = tuple(diagnostics)
    sources = [label.span.source for each in found for label in each.labels[:1]]
    return tuple(sorted(found, key=lambda each: _order(each, sources)))


def _order(diagnostic: Diagnostic, sources: list[Source]) -> tuple[int, int]:
    if not diagnostic.labels:
        return -1, -1
    span = diagnostic.labels[0].span
    return next(at for at, source in enumerate(sources) if source is span.source), span.start
