"""Which concrete modules are one class: copies whose nodes differ in numbers only.

A `Shape` is what a module's class would look like. Shapes of one template are laid on top of each
other; those that fit make one class, the others get a class of their own.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from archspec.backends.pytorch.construct import Construction
from archspec.backends.pytorch.names import CONTAINERS, RESERVED, checked_key, is_identifier
from archspec.backends.pytorch.rules.base import Functional, Lowering
from archspec.backends.pytorch.trees import (
    Copies,
    Item,
    Mismatch,
    New,
    Slot,
    Tree,
    leaf,
    merge,
)
from archspec.ops.base import Op
from archspec.program.model import INPUT, Call, Mode, Module, Ref

Form = Literal["numbered", "named", "loop", "body"]


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a class: the same in all copies but for numbers, and perhaps skipped in some."""

    name: str
    key: str
    named: bool
    only: Mode | None
    args: tuple[Ref, ...]
    outputs: int
    absent: frozenset[int]
    ties: tuple[tuple[str, str], ...]
    lends: tuple[tuple[str, str], ...]
    borrows: tuple[str, ...]
    """names under which a callee takes the shared instances that it applies"""
    layer: Tree | None
    """its form as a module, if it has one"""
    formula: New | None
    """the arguments of its form as an expression in forward(), if it has one"""
    lowering: Lowering | None
    inplace: bool
    present: Slot
    """for each copy, whether it is there"""
    otherwise: Ref | None
    """what it stands for where it is skipped"""

    @property
    def functional(self) -> Functional | None:
        return self.lowering.functional if self.lowering is not None and self.formula is not None else None

    @property
    def optional(self) -> bool:
        return False in self.present.values

    @property
    def gone(self) -> bool:
        return True not in self.present.values


@dataclass(frozen=True, slots=True)
class Shape:
    """A class to be: how it is written, what must be equal in all copies, and what may differ in numbers."""

    form: Form
    frame: Hashable
    steps: tuple[Step, ...] = ()
    tree: Tree | None = None


def shape_of(construction: Construction, module: Module, *, loops: bool = True) -> Shape:
    """The shape of one concrete module; without `loops` every copy of a `repeat` is a step."""
    if module.kind not in ("graph", "stage") and construction.is_chain(module):
        if construction.is_numbered(module):
            return Shape("numbered", (), tree=construction.sequence(module))
        keys = [node.key for node in module.nodes if not node.skipped]
        named = all(is_identifier(key) and key not in CONTAINERS | RESERVED for key in keys)
        free = named or all(key.isdecimal() for key in keys)  # numbers that do not begin at 0, as in a later stage
        if free and module.kind in ("module", "steps"):
            return Shape("named", _frame(module), _steps(construction, module))
    if module.kind == "repeat" and loops:
        loop = _loop_shape(construction, module)
        if loop is not None:
            return loop
    return Shape("body", _frame(module), _steps(construction, module))


def _frame(module: Module) -> Hashable:
    outputs = tuple(
        (output.name if module.kind == "graph" else "", output.ref, output.only) for output in module.outputs
    )
    return len(module.inputs), outputs, module.borrows, len(module.nodes)


def _steps(construction: Construction, module: Module) -> tuple[Step, ...]:
    steps = []
    for at, node in enumerate(module.nodes):
        if not node.skipped:
            checked_key(node.key)
        lowering = formula = None
        borrows: tuple[str, ...] = ()
        inplace = False
        if isinstance(node.body, Call):
            borrows = construction.program.modules[node.body.module].borrows
        elif not node.skipped:
            lowering = construction.lowering(module.id, at)
            inplace = lowering.inplace and construction.may_overwrite(module, at)
            if lowering.functional is not None:
                items = [Item(arg.name, leaf(arg.value, arg.name), True) for arg in lowering.functional.args]
                formula = New(lowering.functional.template, tuple(items))
        step = Step(
            node.name,
            node.key,
            node.named,
            node.only,
            node.args,
            len(node.types),
            node.absent,
            tuple(sorted(node.ties.items())),
            tuple(sorted(node.lends.items())),
            borrows,
            construction.tree(module, at),
            formula,
            lowering,
            inplace,
            Slot((not node.skipped,), node.name, node.origin.arguments.get("when")),
            node.args[0] if node.skipped else None,
        )
        steps.append(step)
    return tuple(steps)


def unite(shapes: Sequence[Shape]) -> Shape:
    """One shape of many. Raises `Mismatch`."""
    first = shapes[0]
    if any(shape.form != first.form or shape.frame != first.frame for shape in shapes):
        raise Mismatch
    tree = merge([shape.tree for shape in shapes]) if first.tree is not None else None
    if any(len(shape.steps) != len(first.steps) for shape in shapes):
        raise Mismatch
    steps = tuple(_unite_steps([shape.steps[at] for shape in shapes]) for at in range(len(first.steps)))
    return Shape(first.form, first.frame, steps, tree)


def _unite_steps(steps: Sequence[Step]) -> Step:
    there = [step for step in steps if not step.gone]
    first = there[0] if there else steps[0]
    skipped = [step for step in steps if step.gone]
    if len({step.otherwise for step in skipped}) > 1:
        raise Mismatch
    for step in there:
        for part in ("only", "args", "outputs", "absent", "ties", "lends", "borrows", "inplace"):
            if getattr(step, part) != getattr(first, part):
                raise Mismatch
        if (step.lowering is None) != (first.lowering is None):
            raise Mismatch
        needs_key = step.named or step.lowering is None or step.lowering.functional is None
        if needs_key and (step.key != first.key or step.named != first.named):
            raise Mismatch
        if step.lowering and first.lowering and step.lowering.constant != first.lowering.constant:
            raise Mismatch
    hint = next((step.present.hint for step in steps if step.present.hint is not None), None)
    label = first.name if not first.name[:1].isdigit() else (first.lowering and _label(first)) or "part"
    present = Slot(tuple(not step.gone for step in steps), label, hint)
    layer, formula = _either([s.layer for s in steps], [s.gone for s in steps]), None
    merged = _either([s.formula for s in steps], [s.gone for s in steps])
    if isinstance(merged, New):
        formula = merged
    if there and layer is None and formula is None:
        raise Mismatch
    otherwise = skipped[0].otherwise if skipped else None
    return replace(first, layer=layer, formula=formula, present=present, otherwise=otherwise)


def _label(step: Step) -> str:
    layer = step.layer
    text = (
        layer.callee
        if isinstance(layer, New)
        else (step.lowering.functional.template if step.lowering and step.lowering.functional else "")
    )
    known = {"{0} + {1}": "add", "{0} * {1}": "mul", "{0} - {1}": "sub"}
    return known.get(text) or "_".join(re.findall(r"[a-z]+", text.rpartition(".")[2].lower())[:1])


def _either(trees: Sequence[Tree | None], gone: Sequence[bool]) -> Tree | None:
    """The trees merged; None if some copy that is there has none, or they do not fit."""
    if all(gone) or any(tree is None and not away for tree, away in zip(trees, gone, strict=True)):
        return None
    try:
        return merge(trees)
    except Mismatch:
        return None


# loops


@dataclass(frozen=True, slots=True)
class Pattern:
    """Names of copies by rule: `denselayer1`, `denselayer2`, … is ("denselayer", 1, "")."""

    prefix: str
    start: int
    suffix: str

    @property
    def plain(self) -> bool:
        return self == Pattern("", 0, "")


@dataclass(frozen=True, slots=True)
class Wiring:
    """The frame of a loop's class."""

    wire: str
    pattern: Pattern
    state: int
    """how many values go from copy to copy"""
    inputs: int
    returns: tuple[int, ...]
    """which of the state come out"""
    join: str | None
    operation: str
    room: bool = False
    """what it concatenates is written into memory that has room for it all"""


def pattern_of(names: Sequence[str]) -> Pattern | None:
    """The rule of the copies' names, if they have one.

    >>> pattern_of(["block2", "block3"])
    Pattern(prefix='block', start=2, suffix='')
    """
    found = re.fullmatch(r"(.*?)(0|[1-9]\d*)(\D*)", names[0])
    if found is None:
        return None
    prefix, start, suffix = found[1], int(found[2]), found[3]
    if any(name != f"{prefix}{start + j}{suffix}" for j, name in enumerate(names)):
        return None
    return Pattern(prefix, start, suffix)


def _loop_shape(construction: Construction, module: Module) -> Shape | None:
    """A `repeat` as a loop, if its copies are one class and its nodes are wired as its word says."""
    loop = module.loop
    if loop is None or not loop.names or module.borrows:
        return None
    pattern = pattern_of(loop.names)
    wiring = _wiring(construction, module, pattern) if pattern is not None else None
    if wiring is None or construction.deep_inits(module):
        return None
    parts = []
    for at, node in enumerate(module.nodes):
        if node.key in loop.names:
            tree = construction.tree(module, at)
            if tree is None or node.ties or node.lends or node.only or node.absent:
                return None
            parts.append(tree)
    copies = Copies(tuple(parts), leaf(len(parts), "num_layers"))
    try:
        merge([copies])
    except Mismatch:
        return None
    return Shape("loop", wiring, tree=copies)


def _wiring(construction: Construction, module: Module, pattern: Pattern) -> Wiring | None:
    """Walk the nodes as the loop says and see whether they are what is there."""
    loop = module.loop
    assert loop is not None
    copies = [at for at, node in enumerate(module.nodes) if node.key in loop.names]
    if len(copies) != len(loop.names) or any(module.nodes[at].skipped for at in copies):
        return None
    outputs = len(module.nodes[copies[0]].types)
    width = {"chain": outputs, "last": loop.span}.get(loop.wire, 1)
    state = [Ref(INPUT, at) for at in range(width)]
    if len(module.inputs) < width:
        return None
    sides = tuple(Ref(INPUT, at) for at in range(width, len(module.inputs)))
    join = operation = None
    used = set(copies)
    made: list[Ref] = []
    for at in copies:
        node = module.nodes[at]
        if node.args != (*state, *sides) or len(node.types) != (width if loop.wire == "chain" else 1):
            return None
        match loop.wire:
            case "chain":
                state = [Ref(at, output) for output in range(width)]
            case "last":
                state = [*state[1:], Ref(at)]
            case "parallel":
                made.append(Ref(at))
            case _:
                merged = at + 1
                if merged >= len(module.nodes) or module.nodes[merged].args != (state[0], Ref(at)):
                    return None
                operation = _operation(construction, module, merged)
                if operation is None:
                    return None
                used.add(merged)
                state = [Ref(merged)]
    if loop.wire == "parallel":
        joined = len(module.nodes) - 1
        if loop.join not in ("concat", "add") or joined in used or module.nodes[joined].args != tuple(made):
            return None
        join = loop.join
        operation = _operation(construction, module, joined)
        used.add(joined)
        state = [Ref(joined)]
        if operation is None:
            return None
    places = {ref: place for place, ref in enumerate(state)}
    if used != set(range(len(module.nodes))) or any(
        output.ref not in places or output.only for output in module.outputs
    ):
        return None
    returns = tuple(places[output.ref] for output in module.outputs)
    return Wiring(loop.wire, pattern, width, len(module.inputs), returns, join, operation or "", loop.room)


def _operation(construction: Construction, module: Module, at: int) -> str | None:
    """The template of an op that merges, with its numbers in place."""
    node = module.nodes[at]
    if not isinstance(node.body, Op) or node.skipped or node.only:
        return None
    functional = construction.lowering(module.id, at).functional
    if functional is None:
        return None
    if "{inputs}" in functional.template:
        return functional.render([("{inputs}", functional.operands)])
    if len(node.args) == 2:
        return functional.render([("{0}", functional.operands), ("{1}", functional.operands)])
    return "+" if set(functional.template) <= set("{}0123456789 +") else None
