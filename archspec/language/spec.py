"""The spec as data: what a file says, frozen, with the place of everything kept.

What a stranger's YAML fills directly (`records.py`) is a pydantic model. The rest is made by
`read/` from the YAML tree, piece by piece and typed, so plain frozen dataclasses hold it: building
validators for them would cost each start 100 ms. Expressions stay unevaluated here: they get their
values when the spec is elaborated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from archspec.language.records import ErrorRate, Reference, Train, WeightSource
from archspec.text.document import Scalar, Yaml
from archspec.text.expression import Expression, Template
from archspec.text.source import Span

LANGUAGE_VERSIONS = (1,)
Only = Literal["training", "inference"]
ParamType = Literal["int", "float", "bool", "str", "list", "sizes", "op"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ParamDef:
    """A knob of a file or of a module. `default` None with `required` is a knob without a default."""

    name: str
    type: ParamType
    required: bool
    default: Any = None
    min: int | float | None = None
    max: int | float | None = None
    choices: tuple[Any, ...] | None = None
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Argument:
    """The value of an argument in a mapping: a literal, an expression or word, or a list of them."""

    value: Expression | Scalar | tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Long:
    """`{op: conv, out: 64, kernel: 7}`: a construction written as a mapping."""

    op: Scalar
    arguments: Mapping[str, Argument]
    keys: Mapping[str, Span]
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Repeat:
    """Copies of a module, each in a scope of its own."""

    what: Expression | Long | Body
    times: Expression | None
    naming: Template | None
    wire: Literal["chain", "residual", "dense", "parallel", "last"] = "chain"
    width: int = 1
    join: Scalar | None = None
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class For:
    """A compile-time loop; its steps are spliced into the steps around it."""

    targets: tuple[str, ...]
    values: Expression
    do: tuple[Step, ...]
    span: Span


Action = Expression | Long | Repeat | For | Any


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Step:
    """One step: what it is called, what it does, and the words beside it."""

    names: tuple[Template, ...] = ()
    at: str = ""
    """its place in the text of its body ("2", or "2.0" inside a loop), however often loops splice it"""
    action: Any
    """Expression, Long, Repeat, For or Body"""
    reads: tuple[Expression | Template, ...] | None = None
    when: Expression | None = None
    only: Only | None = None
    extra: Mapping[str, Expression] = field(default_factory=dict)
    """`with`: side inputs by name"""
    ties: Mapping[str, Scalar] = field(default_factory=dict)
    inline: bool = False
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Out:
    """What a body gives back: one node, or several with names."""

    values: tuple[tuple[str | None, Expression], ...]
    single: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Body:
    """Steps in order, or branches over one input."""

    steps: tuple[Step, ...] = ()
    branches: tuple[Step, ...] | None = None
    join: Scalar | None = None
    shared: Mapping[str, Expression] = field(default_factory=dict)
    out: Out | None = None
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ModuleDef:
    """A reusable part."""

    name: str
    params: Mapping[str, ParamDef] = field(default_factory=dict)
    inputs: tuple[str, ...] = ("input",)
    body: Body
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FileModule:
    """A module that is the graph of another spec."""

    name: str
    file: Scalar
    out: Out | None = None
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Input:
    """An input of the network, without the batch axis."""

    name: str
    shape: tuple[Argument, ...]
    dtype: Literal["float32", "int64", "bool"] = "float32"
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Head:
    """A side output that hangs off a named node."""

    name: str
    step: Step
    only: Only | None = None
    weight: float | None = None
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Figure:
    """A line of `expect`: what the paper or the reference says."""

    value: Any
    text: str
    relation: Literal["==", "<=", ">=", "<", ">"] = "=="
    slack: Any = 0
    """how far a rounded figure may be off: half a unit of its last digit"""
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Variant:
    """Named overrides."""

    name: str
    params: Mapping[str, Yaml] = field(default_factory=dict)
    expect: Mapping[str, Figure] | None = None
    title: str | None = None
    source: Reference | None = None
    notes: str | None = None
    weights: Mapping[str, WeightSource] = field(default_factory=dict)
    error: ErrorRate | None = None
    span: Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spec:
    """One file, read and checked, nothing evaluated yet."""

    archspec: int
    name: str
    title: str = ""
    source: Reference | None = None
    notes: str | None = None
    family: str | None = None
    inputs: tuple[Input, ...] = ()
    params: Mapping[str, ParamDef] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, Argument]] = field(default_factory=dict)
    modules: Mapping[str, ModuleDef | FileModule] = field(default_factory=dict)
    graph: Body | None = None
    """None: a file of modules for others to `use`"""
    heads: tuple[Head, ...] = ()
    outputs: Out | None = None
    expect: Mapping[str, Figure] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    use: tuple[Scalar, ...] = ()
    train: Train | None = None
    weights: Mapping[str, WeightSource] = field(default_factory=dict)
    error: ErrorRate | None = None
    span: Span
