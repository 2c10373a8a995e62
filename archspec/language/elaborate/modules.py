"""Modules of a spec made concrete: as a module of their own, or spliced into the body that calls them."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.language.elaborate.application import flat
from archspec.language.elaborate.bodies import run
from archspec.language.elaborate.builder import Builder
from archspec.language.elaborate.checkpointing import is_checkpointed, refuse_inlined
from archspec.language.elaborate.construct import ModuleTarget, OpTarget
from archspec.language.elaborate.elaborator import Elaborator, is_construction
from archspec.language.elaborate.joins import outputs_of
from archspec.language.elaborate.scope import Scope, declare_inputs
from archspec.language.elaborate.stages import Stages
from archspec.language.elaborate.values import POISON, PoisonedError, Value
from archspec.language.spec import FileModule
from archspec.ops.base import Tensor
from archspec.program.model import Module
from archspec.text.diagnostics import fault
from archspec.text.expression import Expression


def module_body(elaborator: Elaborator, target: ModuleTarget, types: Sequence[Tensor]) -> Module | None:
    """Make a module of a spec concrete. None if it has mistakes, which have been told."""
    definition, unit = target.definition, target.unit
    if isinstance(definition, FileModule):
        assert unit.spec.graph is not None
        body, span = unit.spec.graph, definition.span
        if definition.out is not None:
            body = body._replace(out=definition.out)
        inputs = tuple(one.name for one in unit.spec.inputs)
        numbers: dict[str, object] = {}
        unit = unit.with_params(target.values)
    else:
        body, span, inputs, numbers = definition.body, definition.span, definition.inputs, dict(target.values)
    builder = Builder("module", definition.name)
    scope = Scope(unit, builder, numbers)
    ports = [builder.port(name, type, span) for name, type in zip(inputs, types, strict=True)]
    declare_inputs(scope, ports)
    value = POISON
    with elaborator.catch():
        builder.checkpointed = is_checkpointed(elaborator, body.checkpoint, scope)
        value = run(elaborator, scope, body, ports[0], definition.name)
    elaborator.note_params(definition, scope.used)
    if value is POISON:
        if elaborator.unfinished is not None:
            elaborator.unfinished.module(target, builder, span)
        return None
    value = builder.bring(value)
    outputs = outputs_of(value)
    if isinstance(definition, FileModule) and definition.out is not None:
        outputs = builder.prune(outputs)  # a backbone: what its own file does with the features is not called
    for node in builder.dead(outputs):
        elaborator.dead(node)
    return elaborator.close(builder, outputs, params=target.values, origin=span)


def inline(elaborator: Elaborator, stages: Stages, action: Expression, read: Value) -> Value:
    """A helper's steps as if they stood here: no level in the keys, names of its own."""
    builder = stages.builder
    tree, given = stages.construction(action.tree)
    if not is_construction(tree):
        raise fault(
            "A0323",
            "`inline` goes with one module",
            action.span(),
            help="such as `- {do: helper(64), inline: true}`",
        )
    target = elaborator.call_target(stages.scope, action, tree)
    if isinstance(target, OpTarget) or isinstance(target.definition, FileModule):
        raise fault("A0323", "only a module of this file or of `use` can be inlined", action.span())
    definition = target.definition
    values = [read] if given is None else given.values
    keywords = stages.keywords if given is None else {**stages.keywords, **given.named}
    inputs, _ = flat(definition.name, definition.inputs, frozenset(), False, values, keywords, action.span())
    ports = [builder.bring(value) for value in inputs]
    scope = Scope(target.unit, builder, dict(target.values))
    declare_inputs(scope, [port.called(name, port.span) for port, name in zip(ports, definition.inputs, strict=True)])
    depth = len(elaborator.reporter.found)
    refuse_inlined(elaborator, definition.body, scope)
    value = run(elaborator, scope, definition.body, ports[0], definition.name)
    elaborator.note_params(definition, scope.used)
    if any(d.severity == "error" for d in elaborator.reporter.found[depth:]):
        raise PoisonedError
    return value
