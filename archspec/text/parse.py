"""YAML text → tree of values that know where they stand.

PyYAML finds the structure; what a scalar means is decided here, by the core schema of YAML 1.2
(`no` and `1:30` are text, `010` is ten, `1e-3` is a number).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from archspec.text.diagnostics import Label, Reporter, SpecError, fault
from archspec.text.document import Entry, Items, Mapping, Plain, Scalar, Yaml
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.offsets import extent, offsets_of
from archspec.text.source import Source, Span
from archspec.text.yaml_errors import explain, split_calls

DEEPEST = 200
"""nesting beyond which no limit can be raised: it would end Python's stack"""

_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_TEN = re.compile(r"[-+]?[0-9]+")
_EIGHT = re.compile(r"0o[0-7]+")
_SIXTEEN = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def parse(source: Source, limits: Limits = DEFAULT_LIMITS) -> Yaml:
    """The tree of a YAML text. Raises `SpecError` with every mistake found.

    A byte order mark is dropped; places are then counted without it.

    >>> tree = parse(Source("a.yaml", "conv: {bias: no, rate: 1e-3}"))
    >>> tree["conv"]["bias"].value, tree["conv"]["rate"].value
    ('no', 0.001)
    """
    if source.text.startswith("\ufeff"):
        source = Source(source.name, source.text[1:])
    bad = _FORBIDDEN.search(source.text)
    if bad:
        place = Span(source, bad.start(), bad.end())
        raise fault("A0116", f"the character U+{ord(bad[0]):04X} cannot stand in YAML", place)
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    builder = _Builder(source, limits)
    try:
        builder.build(loader(source.text))
    except yaml.YAMLError as error:
        builder.reporter.add(explain(error, source))
    builder.reporter.check()
    if not builder.roots:
        raise fault("A0115", "the file holds no YAML", Span(source, 0, 0))
    return builder.roots[0]


def resolve(text: str) -> Plain:
    """What YAML 1.2's core schema reads in a plain scalar.

    >>> [resolve(text) for text in ("010", "0x1F", "1_000", "Null", ".5")]
    [10, 31, '1_000', None, 0.5]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _TEN.fullmatch(text):
        return int(text)
    if _EIGHT.fullmatch(text):
        return int(text, 0)
    if _SIXTEEN.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


_Open = tuple[yaml.CollectionStartEvent, list[Yaml], int, int]
"""a list or mapping whose end has not come yet: its begin, what the one around it holds so far, how many values came
before it, and `deepest` then"""


class _Anchored(NamedTuple):
    """A finished value that aliases may repeat, with what a repetition costs."""

    value: Yaml
    size: int
    height: int


class _Builder:
    """Builds the tree from PyYAML's events with a stack of its own, so that depth cannot end the stack."""

    def __init__(self, source: Source, limits: Limits):
        self.source, self.limits = source, limits
        self.depth = min(limits.yaml_depth, DEEPEST)
        self.reporter = Reporter()
        self.roots: list[Yaml] = []
        self.open: list[_Open] = []
        self.children = self.roots
        """of the innermost that is open"""
        self.deepest = 0
        """levels reached since the innermost anchor that is open"""
        self.anchors: dict[str, _Anchored | None] = {}
        """None while the value is still open"""
        self.flow: list[Scalar] | None = None
        """plain scalars of the outermost flow collection that is open"""
        self.nodes = 0
        self.documents = 0

    def build(self, loader: yaml.CSafeLoader | yaml.SafeLoader) -> None:
        take: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
        }
        while (event := loader.get_event()) is not None:
            kind = type(event)
            if kind in take:
                take[kind](event)

    def _span(self, event: yaml.Event) -> Span:
        return Span(self.source, *extent(event))

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            help = "write each network into a file of its own"
            raise fault("A0114", "a second document in one file", self._span(event), help=help)
        if event.tags or (event.version is not None and event.version != (1, 2)):
            help = "remove the lines that begin with `%`: archspec reads YAML 1.2 without tags"
            raise fault("A0114", "a directive that archspec does not read", self._span(event), help=help)

    def _tag(self, event: yaml.NodeEvent) -> None:
        written = re.compile(r"!\S*").search(self.source.text, *extent(event))
        place = Span(self.source, *written.span()) if written else self._span(event)
        help = "quote the value if it is text; in a condition write `not`"
        self.reporter.add(fault("A0112", "tags are not allowed", place, help=help).diagnostics[0])

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text, style = event.value, event.style
        start, end = extent(event)
        if event.tag is not None:
            self._tag(event)
        plain = not style
        placed: tuple[int, ...] | range | None = None
        if not plain or end - start != len(text) or not self.source.text.startswith(text, start):
            placed = offsets_of(self.source.text, event)
            if style in ("|", ">"):
                end = placed[-1]
        span = Span(self.source, start, end)
        value: Plain = text
        if plain:
            digits = len(text)
            if digits > self.limits.expression_length and _TEN.fullmatch(text):
                self._report(fault("A0118", f"a number of {digits:,} digits", span))
                value = 0
            else:
                value = resolve(text)
        scalar = Scalar(value, text, span, placed)
        if plain and self.flow is not None:
            self.flow.append(scalar)
        self._add(scalar, 1, span)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(scalar, 1, 0)

    def _report(self, error: SpecError) -> None:
        for diagnostic in error.diagnostics:
            self.reporter.add(diagnostic)

    def _alias(self, event: yaml.AliasEvent) -> None:
        span = self._span(event)
        if event.anchor not in self.anchors:
            raise fault("A0117", f"no anchor `&{event.anchor}` stands before this alias", span)
        target = self.anchors[event.anchor]
        if target is None:
            raise fault("A0117", f"the alias `*{event.anchor}` stands inside what it repeats", span)
        if len(self.open) + target.height > self.depth:
            raise self._too_deep(span)
        self._add(target.value, target.size, span)
        self.deepest = max(self.deepest, len(self.open) + target.height)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            self._tag(event)
        if len(self.open) >= self.depth:
            raise self._too_deep(self._span(event))
        if event.flow_style and self.flow is None:
            self.flow = []
        self.open.append((event, self.children, self.nodes, self.deepest))
        self.children = []
        level = len(self.open)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
            self.deepest = level
        elif level > self.deepest:
            self.deepest = level

    def _too_deep(self, span: Span) -> SpecError:
        message = f"lists and mappings nested deeper than {self.depth} levels"
        help = "the bound is `yaml_depth`; raise it with `--limit yaml_depth=N`"
        return fault("A0118", message, span, help=help)

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        level, children = len(self.open), self.children
        begun, self.children, before, deepest = self.open.pop()
        start = extent(begun)[0]
        if begun.flow_style or not children:
            end = extent(event)[1]
        else:  # a block ends for PyYAML where the next one begins; for a reader with its last value
            end = max(start, children[-1].span.end)
        span = Span(self.source, start, end)
        listed = type(begun) is yaml.SequenceStartEvent
        value = Items(tuple(children), span) if listed else self._mapping(children, span)
        self._add(value, 1, span)
        if begun.anchor is not None:
            self.anchors[begun.anchor] = _Anchored(value, self.nodes - before, self.deepest - level + 1)
            self.deepest = max(self.deepest, deepest)
        if self.flow is not None and not (self.open and self.open[-1][0].flow_style):
            for problem in split_calls(self.flow):
                self.reporter.add(problem)
            self.flow = None

    def _mapping(self, children: list[Yaml], span: Span) -> Mapping:
        if len(children) == 2:  # a step with a name, as most are
            only = self._key(children[0])
            return Mapping(() if only is None else (Entry(only, children[1]),), span)
        entries: dict[str, Entry] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            checked = self._key(key)
            if checked is None:
                continue
            earlier = entries.get(checked.text)
            if earlier is None:
                entries[checked.text] = Entry(checked, value)
                continue
            first = Label(earlier.key.span, "first here")
            message = f"the key `{checked.text}` stands twice in one mapping"
            self._report(fault("A0110", message, checked.span, "again here", also=[first]))
        return Mapping(tuple(entries.values()), span)

    def _key(self, key: Yaml) -> Scalar | None:
        if not isinstance(key, Scalar):
            kind = "list" if isinstance(key, Items) else "mapping"
            self._report(fault("A0111", f"a {kind} cannot be a key", key.span, help="quote the key if it is text"))
            return None
        if key.text == "<<" == key.span.text:
            help = "repeat the keys, or share a value with an alias: `conv: *conv`"
            self._report(fault("A0113", "merge keys are not part of YAML 1.2", key.span, help=help))
            return None
        if not key.text:
            self._report(fault("A0111", "a key is missing before this `:`", key.span))
            return None
        return key if key.value is key.text else key._replace(value=key.text)

    def _add(self, value: Yaml, size: int, place: Span) -> None:
        self.nodes += size
        if self.nodes > self.limits.yaml_nodes:
            message = f"more than {self.limits.yaml_nodes:,} values, aliases counted as what they stand for"
            help = "the bound is `yaml_nodes`; raise it with `--limit yaml_nodes=N`"
            raise fault("A0119", message, place, help=help)
        self.children.append(value)
