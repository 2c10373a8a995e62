"""The mistakes of YAML text, in words of our own where PyYAML's describe the parser and not the mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from archspec.text.diagnostics import Diagnostic, Label
from archspec.text.document import Scalar
from archspec.text.source import Source, Span

_BARE = re.compile(r"\s*- +((?:[^:#]|:(?! ))*?)\s*")
"""an item of a list that has no key"""
_GLUED = re.compile(r"[\s-]*[\w${}+ ]+(:)(?=[^\s:])")
"""a key whose colon has no space behind it"""


def explain(error: yaml.YAMLError, source: Source) -> Diagnostic:
    """One diagnostic for an error of PyYAML's scanner or parser."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Diagnostic("A0101", "this is not YAML", (Label(Span(source, 0, 0)),))
    text = source.text
    at = min(error.problem_mark.index, len(text)) if error.problem_mark else 0
    opened = min(error.context_mark.index, len(text)) if error.context_mark else at
    problem, context = error.problem or "", error.context or ""
    for recognise in _RECOGNISERS:
        found = recognise(source, problem, context, at, opened)
        if found:
            return found
    words = " ".join(f"{context} {problem}".split())
    return _diagnostic("A0101", f"malformed YAML: {words}", _at(source, at))


def split_calls(scalars: Sequence[Scalar]) -> Iterator[Diagnostic]:
    """Calls that the commas of a flow collection have cut: `[unit(2, 3)]` holds `unit(2` and `3)`."""
    depth, first = 0, 0
    for number, scalar in enumerate(scalars):
        if depth == 0:
            first = number
        depth = max(0, depth + scalar.text.count("(") - scalar.text.count(")"))
        if depth == 0 and number > first:
            span = scalars[first].span.to(scalar.span)
            written = " ".join(span.text.split())
            yield _diagnostic(
                "A0120",
                "the commas of a list or mapping in brackets cut this call in pieces",
                span,
                f"read as {_listed(scalars[first : number + 1])}",
                help=(f'quote it, "{written}", or write the list or mapping in block form, one entry a line',),
            )


def _listed(pieces: Sequence[Scalar]) -> str:
    return ", ".join(f"`{piece.text}`" for piece in pieces[:-1] if piece.text) + f" and `{pieces[-1].text}`"


def _at(source: Source, at: int) -> Span:
    """One character, or nothing at the end of a line or of the text."""
    end = at + 1 if at < len(source.text) and source.text[at] not in "\r\n" else at
    return Span(source, at, end)


def _diagnostic(
    code: str, message: str, span: Span, label: str = "", *more: Label, help: tuple[str, ...] = ()
) -> Diagnostic:
    return Diagnostic(code, message, (Label(span, label), *more), help)


def _before(source: Source, at: int) -> str:
    """The text of the line up to `at`."""
    return source.text[source.text.rfind("\n", 0, at) + 1 : at]


def _line(source: Source, at: int) -> tuple[str, int]:
    number = source.position(at)[0]
    return source.line(number), source.text.rfind("\n", 0, at) + 1


def _tab(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    line, start = _line(source, at)
    indent = re.match(r"[ ]*(\t+)", line)
    if indent is None:
        return None
    span = Span(source, start + indent.start(1), start + indent.end(1))
    return _diagnostic("A0102", "a tab cannot indent YAML", span, help=("indent with spaces",))


def _hole(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    hole = re.compile(r"\$\{[^}\n]*\}?")
    line, start = _line(source, at)
    for found in hole.finditer(line):
        if start + found.start() <= at <= start + found.end() and "flow" in context:
            span = Span(source, start + found.start(), start + found.end())
            message = "`${…}` cannot stand bare inside a list or mapping in brackets"
            return _diagnostic("A0106", message, span, help=(f'quote it: "{found[0]}"',))
    return None


def _unclosed_quote(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    if "quoted scalar" not in context or ("end of stream" not in problem and "document indicator" not in problem):
        return None
    return _diagnostic("A0105", f"the quote `{source.text[opened]}` is never closed", _at(source, opened))


def _escape(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    if "escape" not in problem:
        return None
    at -= source.text[at - 1 : at] == "\\"  # one of PyYAML's two scanners points behind the backslash
    help = "single quotes take every character as it is"
    return _diagnostic("A0105", "an escape that YAML does not know", _at(source, at), help=(help,))


def _flow(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    if "flow" not in context or source.text[opened : opened + 1] not in ("[", "{"):
        return None
    bracket = source.text[opened]
    closing = {"[": "]", "{": "}"}[bracket]
    here = source.text[at : at + 1]
    label = Label(_at(source, opened), "opened here")
    other_line = source.position(at)[0] != source.position(opened)[0]
    if here == ":" and (not other_line or re.search(r":\s", _before(source, at))):
        message = "a second `:` in one entry"
        return _diagnostic("A0107", message, _at(source, at), help=("put the inner mapping in braces: {a: {b: c}}",))
    if other_line or at >= len(source.text):
        help = f"close it with `{closing}`"
        return _diagnostic("A0104", f"`{bracket}` is never closed", _at(source, opened), help=(help,))
    if here in ("[", "{"):
        message = f"`{here}` follows text inside a list or mapping in brackets"
        return _diagnostic(
            "A0104", message, _at(source, at), "", label, help=("quote an expression that holds brackets or commas",)
        )
    message = f"`,` or `{closing}` is missing here"
    return _diagnostic(
        "A0104", message, _at(source, at), "", label, help=("quote an expression that holds brackets or commas",)
    )


def _stray_bracket(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    here = source.text[at : at + 1]
    if here not in ("]", "}", ",") or not here:
        return None
    return _diagnostic(
        "A0104",
        f"`{here}` closes nothing" if here != "," else "unexpected `,`",
        _at(source, at),
        help=("quote the value",) if here == "," else (),
    )


def _second_colon(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    if "mapping values are not allowed" not in problem:
        return None
    before = _before(source, at)
    if re.search(r":\s", before):
        help = ("quote the value if the `:` belongs to it, or write the inner mapping on lines of its own",)
        return _diagnostic("A0107", "a second `:` on one line", _at(source, at), help=help)
    start = at - len(before.lstrip())
    above = source.line(max(1, source.position(at)[0] - 1))
    glued = _GLUED.match(above)
    if glued:
        begin = source.text.rfind("\n", 0, start) - len(above) + glued.start(1)
        begin -= source.text[begin + len(above) - glued.start(1) - 1 : begin + len(above) - glued.start(1)] == "\r"
        return _diagnostic("A0103", "a space is missing after `:`", _at(source, begin), help=("write `key: value`",))
    help = ("align it with the key it stands beside, or put the value above it on lines of its own",)
    bare = _BARE.fullmatch(above) if len(above) < 200 else None
    if bare:
        help = (f"the line above has no key; a step with words beside it is written `- do: {bare[1][:60]}`",)
    return _diagnostic("A0108", "this key is indented deeper than the one above it", Span(source, start, at), help=help)


def _missing_space(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    if "could not find expected ':'" not in problem:
        return None
    line, start = _line(source, opened)
    glued = _GLUED.match(line)
    if glued:
        span = Span(source, start + glued.start(1), start + glued.end(1))
        return _diagnostic("A0103", "a space is missing after `:`", span, help=("write `key: value`",))
    begin = start + len(line) - len(line.lstrip())
    return _diagnostic(
        "A0103",
        "a key without `:`",
        Span(source, begin, max(begin, start + len(line.rstrip()))),
        help=("write `key: value`",),
    )


def _bad_start(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    here = source.text[at : at + 1]
    if "cannot start any token" in problem and here:
        shown = "a backquote" if here == "`" else f"`{here}`"
        return _diagnostic("A0109", f"a value cannot begin with {shown}", _at(source, at), help=("quote the value",))
    if "block scalar" in context:
        mark = source.text[opened : opened + 1]
        help = ("quote the value",)
        return _diagnostic(
            "A0109", f"a value that begins with `{mark}` is read as a block of text", _at(source, opened), help=help
        )
    if "anchor" in context or "alias" in context:
        mark = source.text[opened : opened + 1]
        kind = "an anchor" if mark == "&" else "an alias"
        return _diagnostic(
            "A0109",
            f"a value that begins with `{mark}` is read as {kind}",
            _at(source, opened),
            help=("quote the value",),
        )
    if "tag" in context:
        return _diagnostic(
            "A0112",
            "tags are not allowed",
            _at(source, opened),
            help=("quote the value if it is text; in a condition write `not`",),
        )
    if "directive" in context:
        return _diagnostic(
            "A0114", "a line cannot begin with `%`", _at(source, opened), help=("quote the value if it is text",)
        )
    return None


def _indentation(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    block = "block mapping" in context or "block collection" in context or "sequence entries" in problem
    if not block:
        return None
    if "sequence entries" in problem:
        return _diagnostic(
            "A0108", "a list cannot begin on the line of its key", _at(source, at), help=("begin it on the next line",)
        )
    if source.text[at : at + 1] == ":":
        return _diagnostic("A0111", "a key is missing before this `:`", _at(source, at))
    if source.text[at : at + 1] in ("]", "}"):
        return _stray_bracket(source, problem, context, at, opened)
    if _before(source, at).strip(" -"):
        message = "unexpected text after a value"
        return _diagnostic("A0108", message, _at(source, at), help=("quote the whole value",))
    kind = "list" if "collection" in context else "mapping"
    began = Label(_at(source, opened), f"the {kind} begins here")
    line, start = _line(source, at)
    span = Span(source, at, max(at, start + len(line.rstrip())))
    return _diagnostic("A0108", f"this line does not fit the indentation of the {kind} around it", span, "", began)


def _misplaced(source: Source, problem: str, context: str, at: int, opened: int) -> Diagnostic | None:
    if "node content" in problem and "flow" in context:
        return _diagnostic("A0104", "a value or a closing bracket is missing here", _at(source, at))
    if "document start" in problem:
        message = "unexpected text after the end of the document"
        return _diagnostic(
            "A0108", message, _at(source, at), help=("a file is one mapping, its keys in the first column",)
        )
    if "mapping keys are not allowed" in problem or "unexpected ':'" in problem:
        return _diagnostic(
            "A0109", "this character means something to YAML here", _at(source, at), help=("quote the value",)
        )
    return None


_RECOGNISERS = (
    _tab,
    _hole,
    _unclosed_quote,
    _escape,
    _second_colon,
    _missing_space,
    _bad_start,
    _flow,
    _indentation,
    _stray_bracket,
    _misplaced,
)
