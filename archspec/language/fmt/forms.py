"""The two forms of a construction: `conv(64, 7)` and `{op: conv, out: 64, kernel: 7}`.

The short form is canonical: arguments that are required, and a kernel, stand by place as far as they
lead the op's order; all others stand by name, as written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from archspec.language.fmt.edits import Edit
from archspec.language.fmt.names import Scope
from archspec.language.fmt.quote import scalar
from archspec.language.fmt.sites import Site, anchored, is_flow, sites
from archspec.language.read.shape import STEP_WORDS
from archspec.text.document import Entry, Items, Mapping, Scalar, Yaml
from archspec.text.expression import Expression, parse_expression
from archspec.text.grammar import LITERALS
from archspec.text.limits import Limits
from archspec.text.parse import resolve
from archspec.text.source import Span

_FIXED = frozenset(("from", "when", "only", "inline"))
"""words that say what a step reads or whether it is there: beside them, operands cannot become a `from`"""
_COLON = re.compile(r"\s*:\s*")


def lengthen(tree: Mapping, limits: Limits) -> Iterator[Edit]:
    """Every construction that has a long form, in it."""
    for site in sites(tree):
        if not isinstance(site.value, Scalar) or not isinstance(site.value.value, str):
            continue
        span = site.value.span
        if span.text.startswith(("|", ">")):
            continue
        entries = _entries(parse_expression(site.value, limits), site)
        if entries is None:
            continue
        texts = [f"{key}: {value}" for key, value in entries]
        if site.role != "do":
            yield Edit(span.start, span.end, "{" + ", ".join(texts) + "}")
        elif site.key is not None:
            between = ", " if site.flow else "\n" + " " * (site.key.span.column - 1)
            yield Edit(site.key.span.start, span.end, between.join(texts))


def _entries(expression: Expression, site: Site) -> list[tuple[str, str]] | None:
    """The keys and values of the long form. None: there is none, or the file does not tell."""
    if "inline" in site.beside:
        return None
    scope, tree = site.scope, expression.tree
    call: ast.Call | None = None
    operands: Sequence[ast.expr] = ()
    match tree:
        case ast.Name(id=name):
            pass
        case ast.Call(func=ast.Name(id=name)):
            values = [*tree.args, *(keyword.value for keyword in tree.keywords)]
            kinds = {scope.is_node(value) for value in values}
            if kinds == {True} and not tree.keywords:
                operands = tree.args
            elif kinds <= {False}:
                call = tree
            else:
                return None
        case ast.Call(func=ast.Call(func=ast.Name(id=name)) as call) if tree.args and not tree.keywords:
            operands = tree.args
        case _:
            return None
    if name in scope.shared:
        return None
    entries = [("op", name)]
    if call is not None:
        arguments = _arguments(expression, call, name, scope)
        if arguments is None:
            return None
        entries += arguments
    if operands:
        if site.role == "value" or site.beside & _FIXED or (call is not None and _mentions(call, "it")):
            return None
        if not all(map(_is_path, operands)) or any(scope.is_node(one) is not True for one in operands):
            return None
        paths = [scalar(expression.source(one)) for one in operands]
        entries.append(("from", paths[0] if len(paths) == 1 else "[" + ", ".join(paths) + "]"))
    return entries


def _arguments(expression: Expression, call: ast.Call, name: str, scope: Scope) -> list[tuple[str, str]] | None:
    fields = scope.fields(name)
    if call.args and (fields is None or len(call.args) > len(fields)):
        return None
    keys = [one.name for one in fields or ()][: len(call.args)]
    given = [*zip(keys, call.args, strict=True), *((str(one.arg), one.value) for one in call.keywords)]
    if len({key for key, _ in given}) < len(given):
        return None
    found = []
    for key, node in given:
        text = _value(expression, node)
        if text is None:
            return None
        found.append((key, text))
    return found


def _value(expression: Expression, node: ast.expr) -> str | None:
    """An argument as a value of a flow mapping."""
    if isinstance(node, ast.List):
        items = [_value(expression, one) for one in node.elts]
        if not any(one is None or one.startswith(("'", '"')) for one in items):
            return "[" + ", ".join(map(str, items)) + "]"
    text = expression.source(node)
    if "\n" in text:
        if '"' in text or "'" in text:
            return None
        text = " ".join(text.split())
    return scalar(text, quoted=not isinstance(resolve(text), str) and not _same_number(text, node))


def _same_number(text: str, node: ast.expr) -> bool:
    """YAML reads the number that the expression is."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return False
    return type(resolve(text)) is type(value) and resolve(text) == value


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))


def _is_path(node: ast.expr) -> bool:
    """`h`, `enc.memory`, `blocks[2]`: what `from` can name."""
    match node:
        case ast.Name(id=name):
            return name not in ("it", *LITERALS)
        case ast.Attribute(value=inner) | ast.Subscript(value=inner, slice=ast.Constant(value=int())):
            return _is_path(inner)
    return False


def shorten(tree: Mapping, limits: Limits) -> Iterator[Edit]:
    """Every construction in short form, but for those with comments or anchors inside."""
    for site in sites(tree):
        if isinstance(site.value, Mapping):
            yield from _shorten(site, site.value)


def _shorten(site: Site, found: Mapping) -> Iterator[Edit]:
    if not _ordered(found):
        return
    words = {entry.key.text: entry.value for entry in found if entry.key.text in STEP_WORDS}
    built = [entry for entry in found if entry.key.text not in words]
    text = _call(found, built, site.scope)
    if text is None:
        return
    if words.keys() == {"from"} and site.role == "step" and not site.beside & _FIXED:
        applied = _applied(text, words["from"])
        if applied is not None:
            yield from _replace(site, found, applied)
            return
    if not words:
        yield from _replace(site, found, text)
    elif site.role == "step":
        places = [at for at, entry in enumerate(found) if entry.key.text not in words]
        if places == list(range(places[0], places[0] + len(places))):
            value = "do: " + scalar(text, flow=site.flow or is_flow(found))
            yield from _edit(built[0].key.span.to(built[-1].value.span), value)


def _replace(site: Site, found: Mapping, text: str) -> Iterator[Edit]:
    """The expression in the place of the mapping; one in block form also leaves its own lines."""
    value = scalar(text, flow=site.flow)
    place = found.span
    if site.key is not None and not is_flow(found):
        place = Span(place.source, site.key.span.end, place.end)
        if not _COLON.match(place.text):
            return
        value = ": " + value
    yield from _edit(place, value)


def _edit(place: Span, text: str) -> Iterator[Edit]:
    """Unless a comment stands there, which would be lost."""
    if not re.search(r"\s#", place.text):
        yield Edit(place.start, place.end, text)


def _ordered(found: Mapping | Items) -> bool:
    """No part is an anchor, and all follow each other: the place of an alias is that of its anchor, before it."""
    at = found.span.start
    parts = [part for entry in found for part in (entry.key, entry.value)] if isinstance(found, Mapping) else [*found]
    for part in parts:
        if part.span.start < at or anchored(part) or (not isinstance(part, Scalar) and not _ordered(part)):
            return False
        at = part.span.end
    return at <= found.span.end


def _call(found: Mapping, built: Sequence[Entry], scope: Scope) -> str | None:
    op = found["op"]
    if not isinstance(op, Scalar) or not op.text.isidentifier() or op.text in scope.shared:
        return None
    given: dict[str, str] = {}
    for entry in built:
        if entry.key.text != "op":
            text = _argument(entry.value, scope)
            if text is None:
                return None
            given[entry.key.text] = text
    leading = []
    for one in scope.fields(op.text) or ():
        if one.name not in given or not (one.required or one.name == "kernel"):
            break
        leading.append(given.pop(one.name))
    arguments = [*leading, *(f"{key}={value}" for key, value in given.items())]
    return f"{op.text}({', '.join(arguments)})" if arguments else op.text


def _argument(value: Yaml, scope: Scope, *, listed: bool = False) -> str | None:
    """A value of a mapping as an argument of a call."""
    match value:
        case Items(items=items):
            parts = [_argument(one, scope, listed=True) for one in items]
            return None if None in parts else "[" + ", ".join(map(str, parts)) + "]"
        case Scalar(value=str(), text=text):
            return _inside_call(" ".join(text.splitlines()), scope, listed)
        case Scalar(value=None):
            return "null"
        case Scalar(value=bool(flag)):
            return "true" if flag else "false"
        case Scalar(value=int() | float() as number, text=text):
            try:
                return text if ast.literal_eval(text) == number else repr(number)
            except (ValueError, SyntaxError):
                return repr(number)
    return None


def _inside_call(text: str, scope: Scope, listed: bool) -> str | None:
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None
    if listed and isinstance(tree, ast.Name) and tree.id not in scope.numbers:
        return None  # a word; in a list of an expression it would be looked up as a number
    assert isinstance(call, ast.Call)
    one = len(call.args) == 1 and not call.keywords
    return text.strip() if one else f"({text.strip()})"


def _applied(text: str, reads: Yaml) -> str | None:
    """`conv(64)(h)` for `from: h`."""
    names = list(reads) if isinstance(reads, Items) else [reads]
    paths = []
    for one in names:
        if not isinstance(one, Scalar) or not isinstance(one.value, str):
            return None
        try:
            tree = ast.parse(one.text, mode="eval").body
        except SyntaxError:
            return None
        if not _is_path(tree):
            return None
        paths.append(one.text)
    if not paths or re.search(r"\bit\b", text):
        return None
    return f"{text}({', '.join(paths)})"
