"""Where a file constructs: every place at which a step's expression or long form stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from archspec.language.fmt.names import Scope, file_scope, pairs, possible_names, split_names
from archspec.language.read.shape import STEP_WORDS, STRUCTURE_WORDS
from archspec.text.document import Items, Mapping, Scalar, Yaml

_TARGETS = re.compile(r"\s*(?P<targets>[\w\s,]*?)\s+in\s")

Role = Literal["step", "do", "value"]


@dataclass(frozen=True, eq=False)
class Site:
    """One construction as written.

    step   a whole step, or all that stands under its name: words such as `from` may join its mapping
    do     the value of `do` in a step: its mapping may be spread over the step's
    value  what is repeated, or what a head does: a construction and nothing else
    """

    value: Scalar | Mapping
    role: Role
    scope: Scope
    flow: bool
    """it stands inside `{…}` or `[…]`"""
    key: Scalar | None = None
    """the key whose value it is"""
    beside: frozenset[str] = frozenset()
    """the words that stand beside it"""


def sites(tree: Mapping) -> list[Site]:
    """Every construction of a file that may change its form. What an anchor marks stays as it is."""
    walk = _Walk()
    scope = file_scope(tree)
    for _, value in pairs(tree.get("modules")):
        if isinstance(value, Mapping) and "file" in value:
            continue
        inner = replace(scope, possible=possible_names(value))
        if isinstance(value, Mapping):
            inner = inner.counting(*(key for key, _ in pairs(value.get("params"))))
            inputs = value.get("inputs")
            if isinstance(inputs, Items):
                inner = inner.with_nodes(*(one.text for one in inputs if isinstance(one, Scalar)))
        walk.body(value, inner, flow=False)
    graph = tree.get("graph")
    if graph is not None:
        scope = replace(scope, possible=possible_names(graph))
        scope = scope.with_nodes(*(key for key, _ in pairs(tree.get("inputs"))))
        walk.body(graph, scope, flow=False)
    for _, head in pairs(tree.get("heads")):
        if isinstance(head, Mapping) and "do" in head and not anchored(head):
            walk.value(head, "do", scope, is_flow(head))
    return walk.found


def anchored(value: Yaml) -> bool:
    return value.span.text.startswith(("&", "!"))


def is_flow(value: Yaml) -> bool:
    return isinstance(value, Items | Mapping) and value.span.text.startswith(("{", "["))


@dataclass
class _Walk:
    found: list[Site] = field(default_factory=list)

    def body(self, value: Yaml, scope: Scope, flow: bool) -> None:
        if anchored(value):
            return
        flow = flow or is_flow(value)
        if isinstance(value, Items):
            self.steps(value, scope, flow)
        elif isinstance(value, Mapping):
            scope = replace(scope, shared=scope.shared | {key for key, _ in pairs(value.get("shared"))})
            for key in ("steps", "branches"):
                inner = value.get(key)
                if isinstance(inner, Items) and not anchored(inner):
                    self.steps(inner, scope, flow or is_flow(inner))
                elif isinstance(inner, Mapping) and not anchored(inner):
                    for entry in inner:
                        scope = self.step(Mapping((entry,), inner.span), scope, flow)

    def steps(self, steps: Items, scope: Scope, flow: bool) -> Scope:
        for step in steps:
            scope = self.step(step, scope, flow)
        return scope

    def step(self, value: Yaml, scope: Scope, flow: bool) -> Scope:
        """The scope of what follows: with the step's names."""
        if anchored(value):
            return scope
        match value:
            case Scalar():
                self.found.append(Site(value, "step", scope, flow))
            case Items():
                self.body(value, scope, flow)
            case Mapping():
                return self.mapping(value, scope, flow)
        return scope

    def mapping(self, value: Mapping, scope: Scope, flow: bool) -> Scope:
        inside = flow or is_flow(value)
        if "for" in value:
            return self.loop(value, scope, inside)
        named = next((entry for entry in value if entry.key.text not in STRUCTURE_WORDS), None)
        if named is None or "op" in value:
            self.structure(value, scope, flow, None, frozenset())
            return scope
        beside = _words(value)
        match named.value:
            case Scalar() as one if not anchored(one):
                self.found.append(Site(one, "step", scope, inside, named.key, beside))
            case Items() as steps:
                self.body(steps, scope, inside)
            case Mapping() as inner if not anchored(inner):
                self.structure(inner, scope, inside, named.key, beside)
        return scope.with_nodes(*split_names(named.key.text))

    def loop(self, value: Mapping, scope: Scope, flow: bool) -> Scope:
        header, do = value["for"], value.get("do")
        match = _TARGETS.match(header.text) if isinstance(header, Scalar) else None
        if match is None or do is None or anchored(do):
            return scope
        inner = scope.counting("i", "first", "last", *split_names(match["targets"]))
        if isinstance(do, Items):
            inner = self.steps(do, inner, flow or is_flow(do))
        else:
            inner = self.step(do, inner, flow)
        return replace(scope, nodes=inner.nodes)

    def structure(self, value: Mapping, scope: Scope, flow: bool, key: Scalar | None, beside: frozenset[str]) -> None:
        inside = flow or is_flow(value)
        if "op" in value:
            self.found.append(Site(value, "step", scope, flow, key, beside))
        elif "do" in value:
            entry = value.entry("do")
            if isinstance(entry.value, Scalar):
                if not anchored(entry.value):
                    self.found.append(Site(entry.value, "do", scope, inside, entry.key, beside | _words(value)))
            else:
                self.value(value, "do", scope, inside)
        elif "repeat" in value:
            self.value(value, "repeat", scope.counting("j"), inside)
        else:
            self.body(value, scope, flow)

    def value(self, around: Mapping, word: str, scope: Scope, flow: bool) -> None:
        """A construction alone, or a nested body, under a structure word."""
        entry = around.entry(word)
        match entry.value:
            case one if anchored(one):
                pass
            case Scalar() as one:
                self.found.append(Site(one, "value", scope, flow, entry.key))
            case Mapping() as one if "op" in one:
                self.found.append(Site(one, "value", scope, flow, entry.key))
            case body:
                self.body(body, scope, flow)


def _words(value: Mapping) -> frozenset[str]:
    return frozenset(entry.key.text for entry in value) & frozenset(STEP_WORDS)
