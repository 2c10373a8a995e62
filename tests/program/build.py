"""Programs by hand: a few ops of every kind that matters to an analysis, and a builder that infers types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from archspec.ops.base import NOTHING, Category, Op, OpError, Tensor
from archspec.program.model import INPUT, Call, Loop, Module, Node, Origin, Output, Port, Program, Ref
from archspec.text.source import Source, Span

SOURCE = Source("toy.yaml", "name: toy\ngraph: here\n")
SPAN = Span(SOURCE, 10, 21)


class Dense(Op):
    """A linear layer: `out` by `in` weights, a bias, and a counter that is no parameter."""

    op = "dense"
    category = Category.LINEAR
    weighted = True
    out: int

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (Tensor((self.out,)),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"weight": Tensor((self.out, inputs[0].channels)), "bias": Tensor((self.out,))}

    def buffers(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"calls": Tensor((), "int64")}

    def mads(self, *inputs: Tensor) -> int:
        return self.out * inputs[0].channels


class Act(Op):
    op = "act"
    category = Category.ACTIVATION

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return inputs


class Sum(Op):
    op = "sum"
    category = Category.MERGE
    inputs = ("x",)
    variadic = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        if len(set(inputs)) > 1:
            raise OpError("cannot add tensors of different shapes", clash=True)
        return (inputs[0],)


class Mix(Op):
    """x scaled by a gate: the gate only steers; a third input may be left out."""

    op = "mix"
    category = Category.MERGE
    inputs = ("x", "gate", "extra")
    optional: ClassVar[frozenset[str]] = frozenset({"extra"})
    steers: ClassVar[frozenset[str]] = frozenset({"gate"})

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (inputs[0],)


class Both(Op):
    """Two outputs of one input."""

    op = "both"
    category = Category.SHAPE

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (inputs[0], inputs[0])


class Table(Op):
    """A learned tensor that reads nothing."""

    op = "table"
    category = Category.TENSOR
    inputs = ()
    size: int

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (Tensor((self.size,)),)

    def weights(self, *inputs: Tensor) -> Mapping[str, Tensor]:
        return {"": Tensor((self.size,))}


class Body:
    """One module under construction. Values are `Ref`s; the last node is the output unless others are named.

    >>> body = Body("net", x=4)
    >>> hidden = body.add("fc", Dense(out=8), body.x)
    >>> body.module().nodes[0].types[0].shape
    (8,)
    """

    def __init__(self, id: str, modules: Mapping[str, Module] | None = None, **inputs: int):
        self.id, self.modules = id, modules or {}
        self.ports = [Port(name, Tensor((size,))) for name, size in inputs.items()]
        self.nodes: list[Node] = []
        self.outputs: list[Output] = []

    @property
    def x(self) -> Ref:
        return Ref(INPUT, 0)

    def type(self, ref: Ref) -> Tensor:
        return self.ports[ref.output].type if ref.node == INPUT else self.nodes[ref.node].types[ref.output]

    def add(self, name: str, body: Op | str, *args: Ref, key: str | None = None, **extra: Any) -> Ref:
        types = tuple(self.type(ref) for ref in args)
        if extra.get("skipped"):
            outputs = types
        elif isinstance(body, str):
            callee = self.modules[body]
            outputs = tuple(
                callee.inputs[out.ref.output].type
                if out.ref.node == INPUT
                else callee.nodes[out.ref.node].types[out.ref.output]
                for out in callee.outputs
            )
        else:
            outputs = body.infer(*types)
        applied = Call(body) if isinstance(body, str) else body
        self.nodes.append(Node(name, key or name, applied, args, outputs, Origin(SPAN), named=True, **extra))
        return Ref(len(self.nodes) - 1)

    def out(self, name: str, ref: Ref, **extra: Any) -> None:
        self.outputs.append(Output(name, ref, **extra))

    def module(self, borrows: Iterable[str] = (), loop: Loop | None = None, **extra: Any) -> Module:
        outputs = self.outputs or [Output("out", Ref(len(self.nodes) - 1))]
        kind = extra.pop("kind", "repeat" if loop else "module")
        return Module(
            self.id,
            extra.pop("template", self.id),
            kind,
            extra.pop("params", NOTHING),
            tuple(self.ports),
            tuple(self.nodes),
            tuple(outputs),
            loop,
            tuple(borrows),
            SPAN,
        )


def program(*modules: Module, name: str = "toy") -> Program:
    """Callees first; the last module is the network."""
    return Program(name, modules[-1].id, {module.id: module for module in modules})


def residual(blocks: int, width: int = 8) -> Program:
    """A stem, `blocks` residual blocks of two layers, and a classifier."""
    block = Body("block", x=width)
    first = block.add("fc1", Dense(out=width), block.x)
    hidden = block.add("act", Act(), first)
    block.add("fc2", Dense(out=width), hidden)
    copy = block.module()
    names = tuple(str(j) for j in range(blocks))
    loop = Body("net.blocks", {"block": copy}, x=width)
    value = loop.x
    for name in names:
        value = loop.add(f"add{name}", Sum(), loop.add(name, "block", value), value, key=f"add{name}")
    loop.out("out", value)
    repeat = loop.module(loop=Loop("residual", names))
    net = Body("net", {"net.blocks": repeat}, image=3)
    stem = net.add("stem", Dense(out=width), net.x)
    net.add("classifier", Dense(out=10), net.add("blocks", "net.blocks", stem))
    return program(copy, repeat, net.module(kind="graph", template="graph"))
