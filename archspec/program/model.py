"""The Program: modules made concrete once and called many times. Frozen; a pass makes a new one.

A `Program` is a table of concrete modules. A `Module` is a small DAG in execution order whose nodes
are ops or calls of other modules. Hierarchical names are call paths, and call paths are the keys of
the state dict.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from archspec.ops.base import Op, Tensor
from archspec.text.source import Span

Mode = Literal["training", "inference"]
Argument = None | bool | int | float | str | tuple["Argument", ...]
INPUT = -1
_NONE: Mapping[str, Any] = MappingProxyType({})


class Ref(NamedTuple):
    """A value inside a module: output `output` of node number `node`; of the module's own inputs if `node` is INPUT."""

    node: int
    output: int = 0


class Call(NamedTuple):
    """The body of a node that applies another module of the program."""

    module: str
    """its id in `Program.modules`"""


class Origin(NamedTuple):
    """Where a node was written, and the words it was written with."""

    span: Span
    arguments: Mapping[str, str] = _NONE
    """source text of each argument that is an expression and not a literal: {"out": "4 * width"}"""


class Node(NamedTuple):
    """One op, or one call of a module, applied to values of the same module.

    `name` is unique in the module. `key` is the segment under which its weights live: the name of a
    step ("conv1"), its number ("3"), or a dotted part of a step ("b0.0"); a join has a key and no
    weights. Nodes with equal keys are applications of one shared instance. A key that starts with
    "^" belongs to the caller (see `Module.borrows`).
    """

    name: str
    key: str
    body: Op | Call
    args: tuple[Ref, ...]
    types: tuple[Tensor, ...]
    """of its outputs"""
    origin: Origin
    named: bool = False
    """the author gave it a name (it is not numbered)"""
    only: Mode | None = None
    """exists in that mode alone; in the other it stands for its first argument"""
    skipped: bool = False
    """its `when` was false: an identity that stands for its first argument; takes no number"""
    absent: frozenset[int] = frozenset()
    """numbers of optional inputs that were left out before the last given one"""
    ties: Mapping[str, str] = _NONE
    """own weight → dotted key, from the same module, of the weight it is"""
    lends: Mapping[str, str] = _NONE
    """for a callee that borrows instances: its name for each → key of it here"""


class Port(NamedTuple):
    """An input of a module, or one of its outputs."""

    name: str
    type: Tensor


class Output(NamedTuple):
    """What a module gives back. A head is an output with `only="training"` and a loss weight."""

    name: str
    ref: Ref
    only: Mode | None = None
    weight: float | None = None


Wire = Literal["chain", "residual", "dense", "parallel", "last"]


class Loop(NamedTuple):
    """How the nodes of a `repeat` module came about: copy j is keyed `names[j]`.

    chain     nodes: one call a copy
    residual  call, add, call, add, …
    dense     call, concat(running, call), call, …
    parallel  one call a copy, then the join if there is one
    last      one call a copy; each reads the last `span` outputs
    """

    wire: Wire
    names: tuple[str, ...]
    span: int = 1
    join: str | None = None
    room: bool = False
    """dense: what is concatenated may be written into memory that has room for it all (a hint for backends)"""


Kind = Literal["graph", "stage", "module", "steps", "branches", "pipe", "repeat"]


class Module(NamedTuple):
    """A concrete module: arguments evaluated, input types known.

    `template` names the text it came from, equal for all copies of it: "bottleneck" for a module of
    the spec, "graph" for the network, and for a nested body the template around it with its step's
    path, "bottleneck.downsample", "graph.features". A nested body (kind steps, branches, pipe,
    repeat) has as inputs what it reads of the bodies around it. A stage is the part of a network that
    one device runs, and sends what it gives to the next.
    """

    id: str
    template: str
    kind: Kind
    params: Mapping[str, Argument]
    inputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    loop: Loop | None = None
    borrows: tuple[str, ...] = ()
    """names of shared instances of a body around it that it applies: keys "^name" of its nodes"""
    origin: Span | None = None
    checkpointed: bool = False
    """in training it keeps what it is given alone, and computes the rest again for backward"""


class Program(NamedTuple):
    """Every concrete module of a network, callees before callers; `main` is the network itself."""

    name: str
    main: str
    modules: Mapping[str, Module]
    title: str = ""
    params: Mapping[str, Argument] = _NONE
    """the knobs of the file, with the values this program was made with"""
    portion: int | None = None
    """how many samples of a batch a backend may compute at one time, so that they fit a cache (a hint)"""
    replay: bool = False
    """whether a backend may note the calls that it makes for inputs of one shape, and make them again (a hint)"""

    @property
    def graph(self) -> Module:
        return self.modules[self.main]
