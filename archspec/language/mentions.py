"""Which names a part of a spec mentions, whether or not a copy of it reads them: a `when` may skip what does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from archspec.language.spec import Argument, Body, For, Head, Input, Long, ModuleDef, Out, ParamDef, Repeat, Spec, Step
from archspec.text.document import Scalar
from archspec.text.expression import Expression, Template


def names(part: object) -> Iterator[str]:
    """Every name in the expressions of a record or of a collection of them."""
    match part:
        case Expression():
            yield from (node.id for node in ast.walk(part.tree) if isinstance(node, ast.Name))
        case Template():
            yield from names(part.parts)
        case Scalar():
            yield part.text
        case ParamDef(type="op"):
            yield str(part.default)
        case Long():
            yield part.op.text
            yield from names(part.arguments)
        case Argument() | Body() | For() | Head() | Input() | Out() | Repeat() | Step() | ModuleDef():
            for item in part:
                yield from names(item)
        case Mapping():
            yield from names(tuple(part.values()))
        case tuple():
            for item in part:
                yield from names(item)


def network(spec: Spec) -> frozenset[str]:
    """The names that the graph, its heads and all modules they lead to mention, in any of the variants."""
    found: set[str] = set()
    waiting: list[object] = [spec.graph, spec.heads, spec.inputs, spec.outputs, spec.defaults, spec.params]
    waiting += [variant.params for variant in spec.variants.values()]
    while waiting:
        new = set(names(waiting.pop())) - found
        found |= new
        waiting += [spec.modules[name] for name in new & spec.modules.keys()]
    return frozenset(found)


def body(module: ModuleDef) -> frozenset[str]:
    """The names that the body of a module mentions."""
    return frozenset(names(module.body))
