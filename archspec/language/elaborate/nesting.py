"""A nested body is a module of its own: frozen, and applied once in the body around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.elaborator import Elaborator
from archspec.language.elaborate.values import Value, usable
from archspec.program.model import Call, Loop, Origin, Output
from archspec.text.source import Span


def close_inner(
    elaborator: Elaborator,
    outer: Builder,
    inner: Builder,
    value: Value,
    *,
    key: str,
    name: str,
    span: Span,
    named: bool,
    loop: Loop | None = None,
    ties: dict[str, str] | None = None,
    hints: Mapping[str, str] | None = None,
) -> Value:
    """Freeze a nested body and apply it once in the body around it."""
    value = inner.bring(usable(value))
    names = value.names if len(value.refs) > 1 and value.names else tuple(map(str, range(len(value.refs))))
    outputs = [Output(name, ref) for name, ref in zip(names, value.refs, strict=True)]
    for node in inner.dead(outputs):
        elaborator.dead(node)
    lends = elaborator.lent(outer, inner)
    module = elaborator.close(inner, outputs, loop=loop, origin=span)
    made = outer.add(
        Call(module.id),
        inner.captured,
        value.types,
        name=name,
        key=key,
        origin=Origin(span, hints or {}),
        named=named,
        names=value.names,
        lends=lends,
        ties=ties or {},
    )
    elaborator.count(span)
    return replace(made, window=value.window)
