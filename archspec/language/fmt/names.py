"""What a file says, without being run, about its names: numbers, nodes, modules with their params.

Formatting must not change what `f(x)` means (`f` applied to the node x, or constructed with the
number x), so what cannot be told from the file alone counts as unknown, and is left as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from archspec.language.elaborate.scope import SHAPE_WORDS
from archspec.language.read.params import PARAM_TYPES
from archspec.ops.registry import OPS
from archspec.text.document import Items, Scalar, Yaml
from archspec.text.document import Mapping as YamlMapping
from archspec.text.functions import FUNCTIONS

_HOLE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True)
class Field:
    """An argument of an op, or a param of a module."""

    name: str
    required: bool


@dataclass(frozen=True)
class Scope:
    """What names mean at one place of a file."""

    modules: Mapping[str, tuple[Field, ...] | None] = field(default_factory=dict)
    """the fields of the file's modules in order; None where another file says them"""
    foreign: bool = False
    """other files may bring modules in"""
    inherits: bool = False
    """another file may bring params and inputs in"""
    numbers: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset(("input", "it"))
    """nodes that surely stand before this place"""
    shared: frozenset[str] = frozenset()
    possible: tuple[re.Pattern[str], ...] = ()
    """every name that a node of this module may have, somewhere in it"""

    def counting(self, *names: str) -> Scope:
        return replace(self, numbers=self.numbers | set(names))

    def with_nodes(self, *names: str) -> Scope:
        return replace(self, nodes=self.nodes | set(names))

    def fields(self, name: str) -> tuple[Field, ...] | None:
        """The arguments of an op or module, in positional order. None: unknown."""
        if name in self.numbers:
            return None
        if name in self.modules:
            return self.modules[name]
        op = OPS.get(name)
        if op is None:
            return None
        return tuple(Field(key, info.is_required()) for key, info in op.model_fields.items())

    def is_node(self, node: ast.expr) -> bool | None:
        """Whether an argument is a value of the graph; None: unknown. As the elaborator judges it."""
        match node:
            case ast.Name(id=name):
                return self._names_node(name)
            case ast.Attribute(attr=word) if word in SHAPE_WORDS:
                return False
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                return self.is_node(inner)
            case ast.BinOp(op=ast.RShift()) | ast.Call(func=ast.Call()):
                return True
            case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
                return _either(self.is_node(one), self.is_node(other))
            case ast.Call(func=ast.Name(id=name)):
                if name in FUNCTIONS:
                    return False
                if name in OPS or name in self.modules or name in self.shared or name in self.numbers:
                    return True
                return None if self.foreign else False
        return False

    def _names_node(self, name: str) -> bool | None:
        if name in self.numbers:
            return False
        if name in self.nodes:
            return True
        return None if self.inherits or any(one.fullmatch(name) for one in self.possible) else False


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else None if one is None or other is None else False


def file_scope(tree: YamlMapping) -> Scope:
    """What all of a file knows: its params and modules."""
    modules: dict[str, tuple[Field, ...] | None] = {}
    for key, value in pairs(tree.get("modules")):
        if isinstance(value, YamlMapping) and "file" in value:
            modules[key] = None
        else:
            params = value.get("params") if isinstance(value, YamlMapping) else None
            modules[key] = tuple(Field(name, _required(one)) for name, one in pairs(params))
    inherits = "extends" in tree
    return Scope(
        modules=modules,
        foreign=inherits or "use" in tree,
        inherits=inherits,
        numbers=frozenset(key for key, _ in pairs(tree.get("params"))),
    )


def _required(param: Yaml) -> bool:
    if isinstance(param, YamlMapping):
        return "default" not in param
    return isinstance(param, Scalar) and param.text in PARAM_TYPES


def pairs(value: Yaml | None) -> Iterator[tuple[str, Yaml]]:
    """Keys and values of what may be a mapping."""
    if isinstance(value, YamlMapping):
        for entry in value:
            yield entry.key.text, entry.value


def possible_names(value: Yaml) -> tuple[re.Pattern[str], ...]:
    """The keys below `value`, each as a pattern in which a hole is anything."""
    found: dict[str, re.Pattern[str]] = {}
    pending = [value]
    while pending:
        match pending.pop():
            case Items(items=items):
                pending += items
            case YamlMapping(entries=entries):
                for entry in entries:
                    pending.append(entry.value)
                    for name in split_names(entry.key.text):
                        found[name] = re.compile(".*".join(map(re.escape, _HOLE.split(name))))
    return tuple(found.values())


def split_names(key: str) -> list[str]:
    """`q, k, v` names three outputs."""
    return [part.strip() for part in key.split(",")]
