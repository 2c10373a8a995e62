"""The spec as data: what a file says, frozen, with the place of everything kept.

What a stranger's YAML fills directly (`records.py`) is a pydantic model. The rest is made by
`read/` from the YAML tree, piece by piece and typed, so named tuples hold it: building validators
for them would cost each start 100 ms. Expressions stay unevaluated here: they get their values when
the spec is elaborated.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from archspec.language.records import ErrorRate, Reference, Train, WeightSource
from archspec.text.document import Scalar, Yaml
from archspec.text.expression import Expression, Template
from archspec.text.source import Span

LANGUAGE_VERSIONS = (1,)
Only = Literal["training", "inference"]
Wire = Literal["chain", "residual", "dense", "parallel", "last"]
Dtype = Literal["float32", "int64", "bool"]
Relation = Literal["==", "<=", ">=", "<", ">"]
_NONE: Mapping[str, Any] = MappingProxyType({})
ParamType = Literal["int", "float", "bool", "str", "list", "sizes", "op"]


class ParamDef(NamedTuple):
    """A knob of a file or of a module. `default` None with `required` is a knob without a default."""

    name: str
    type: ParamType
    required: bool
    span: Span
    default: Any = None
    min: int | float | None = None
    max: int | float | None = None
    choices: tuple[Any, ...] | None = None


class Argument(NamedTuple):
    """The value of an argument in a mapping: a literal, an expression or word, or a list of them."""

    value: Expression | Scalar | tuple["Argument", ...]
    span: Span


class Long(NamedTuple):
    """`{op: conv, out: 64, kernel: 7}`: a construction written as a mapping."""

    op: Scalar
    arguments: Mapping[str, Argument]
    keys: Mapping[str, Span]
    span: Span


class Step(NamedTuple):
    """One step: what it is called, what it does, and the words beside it."""

    action: Any
    """Expression, Long, Repeat, For or Body"""
    span: Span
    names: tuple[Template, ...] = ()
    at: str = ""
    """its place in the text of its body ("2", or "2.0" inside a loop), however often loops splice it"""
    reads: tuple[Expression | Template, ...] | None = None
    when: Expression | None = None
    only: Only | None = None
    extra: Mapping[str, Expression] = _NONE
    """`with`: side inputs by name"""
    ties: Mapping[str, Scalar] = _NONE
    inline: bool = False

    @property
    def is_bare(self) -> bool:
        """No word stands beside it."""
        return self[4:] == _BARE


_BARE = (*Step._field_defaults.values(),)[2:]


class Out(NamedTuple):
    """What a body gives back: one node, or several with names."""

    values: tuple[tuple[str | None, Expression], ...]
    single: bool


class Body(NamedTuple):
    """Steps in order, or branches over one input."""

    span: Span
    steps: tuple[Step, ...] = ()
    branches: tuple[Step, ...] | None = None
    join: Scalar | None = None
    shared: Mapping[str, Expression] = _NONE
    out: Out | None = None
    checkpoint: Expression | None = None


class Repeat(NamedTuple):
    """Copies of a module, each in a scope of its own."""

    what: Expression | Long | Body
    times: Expression | None
    naming: Template | None
    span: Span
    wire: Wire = "chain"
    width: int = 1
    join: Scalar | None = None
    checkpoint: Expression | None = None
    """of the copies together"""


class For(NamedTuple):
    """A compile-time loop; its steps are spliced into the steps around it."""

    targets: tuple[str, ...]
    values: Expression
    do: tuple[Step, ...]
    span: Span


class ModuleDef(NamedTuple):
    """A reusable part."""

    name: str
    body: Body
    span: Span
    params: Mapping[str, ParamDef] = _NONE
    inputs: tuple[str, ...] = ("input",)


class FileModule(NamedTuple):
    """A module that is the graph of another spec."""

    name: str
    file: Scalar
    span: Span
    out: Out | None = None


class Input(NamedTuple):
    """An input of the network, without the batch axis."""

    name: str
    shape: tuple["Argument", ...]
    span: Span
    dtype: Dtype = "float32"


class Head(NamedTuple):
    """A side output that hangs off a named node."""

    name: str
    step: Step
    span: Span
    only: Only | None = None
    weight: float | None = None


class Figure(NamedTuple):
    """A line of `expect`: what the paper or the reference says."""

    value: Any
    text: str
    span: Span
    relation: Relation = "=="
    slack: Any = 0
    """how far a rounded figure may be off: half a unit of its last digit"""
    also: tuple[Any, ...] = ()
    """more figures of the same number, beside this first: a budget that it keeps to"""

    @property
    def budget(self) -> bool:
        """It bounds the number and does not state it."""
        return self.relation != "=="


class Variant(NamedTuple):
    """Named overrides."""

    name: str
    span: Span
    params: Mapping[str, Yaml] = _NONE
    expect: Mapping[str, Figure] | None = None
    title: str | None = None
    source: Reference | None = None
    notes: str | None = None
    weights: Mapping[str, WeightSource] = _NONE
    error: ErrorRate | None = None


class Spec(NamedTuple):
    """One file, read and checked, nothing evaluated yet."""

    archspec: int
    name: str
    span: Span
    title: str = ""
    source: Reference | None = None
    notes: str | None = None
    family: str | None = None
    inputs: tuple[Input, ...] = ()
    params: Mapping[str, ParamDef] = _NONE
    defaults: Mapping[str, Mapping[str, Argument]] = _NONE
    modules: Mapping[str, ModuleDef | FileModule] = _NONE
    graph: Body | None = None
    """None: a file of modules for others to `use`"""
    heads: tuple[Head, ...] = ()
    outputs: Out | None = None
    expect: Mapping[str, Figure] = _NONE
    variants: Mapping[str, Variant] = _NONE
    use: tuple[Scalar, ...] = ()
    train: Train | None = None
    weights: Mapping[str, WeightSource] = _NONE
    error: ErrorRate | None = None
