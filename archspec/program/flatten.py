"""The flat graph of a program, for readers that want every op in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.ops.base import Op, Tensor
from archspec.program.model import INPUT, Call, Mode, Module, Node, Output, Program, Ref
from archspec.program.read import input_names, operand_types, stands_aside
from archspec.program.weights import join_key
from archspec.text.diagnostics import fault
from archspec.text.limits import Limits

if TYPE_CHECKING:
    import networkx

CODE = "A0602"


@dataclass(frozen=True, slots=True)
class FlatNode:
    """One op of the flat graph. Its arguments number flat nodes (`INPUT`: inputs of the network)."""

    name: str
    """names along the calls that lead to it: "features.conv0" """
    key: str
    """its place in the state dict; equal for all applications of one shared instance"""
    op: Op
    args: tuple[Ref, ...]
    types: tuple[Tensor, ...]
    weights: tuple[str, ...]
    """keys of its tensors in the state dict, buffers included"""
    node: Node
    """as it stands in its module"""


@dataclass(frozen=True, slots=True)
class Flat:
    """Every op of a network in execution order, and its outputs."""

    nodes: tuple[FlatNode, ...]
    outputs: tuple[Output, ...]


class _Frame:
    """One call under way: where the node numbers of its module lie in the flat list."""

    def __init__(self, module: Module, given: list[Ref], names: str, prefix: str, lent: dict[str, str]):
        self.module, self.names, self.prefix, self.lent = module, names, prefix, lent
        # The inputs come last, so that INPUT, which is -1, finds them.
        self.values: list[list[Ref]] = [*([] for _ in module.nodes), given]
        self.next = 0

    def key(self, key: str) -> str:
        return self.lent[key[1:]] if key.startswith("^") else join_key(self.prefix, key)

    def args(self, node: Node) -> list[Ref]:
        return [self.values[at][output] for at, output in node.args]


def flatten(program: Program, mode: Mode | None = None, limit: int = Limits().nodes) -> Flat:
    """Every application of an op, calls followed. Takes no recursion and no more than `limit` nodes.

    Skipped nodes are contracted; with a mode, so are the nodes that exist only in the other one, and
    the outputs that exist only in the other one are left out. Raises `SpecError` (A0602) before any
    work if there would be more nodes than `limit`.
    """
    size = flat_size(program)
    if size > limit:
        raise fault(
            CODE,
            f"the flat graph of `{program.name}` would have {size:,} nodes; the bound `nodes` is {limit:,}",
            program.graph.origin,
            help="raise the bound with `--limit nodes=N`",
        )
    flat: list[FlatNode] = []
    tensors: dict[tuple[str, int], tuple[str, ...]] = {}
    main = program.graph
    stack = [_Frame(main, [Ref(INPUT, port) for port in range(len(main.inputs))], "", "", {})]
    while True:
        frame = stack[-1]
        module = frame.module
        if frame.next == len(module.nodes):
            if len(stack) == 1:
                break
            stack.pop()
            caller = stack[-1]
            caller.values[caller.next] = [frame.values[out.ref.node][out.ref.output] for out in module.outputs]
            caller.next += 1
            continue
        number = frame.next
        node = module.nodes[number]
        given = frame.args(node)
        if stands_aside(node, mode):
            frame.values[number] = given[:1] * len(node.types)
        elif isinstance(node.body, Call):
            names, prefix = join_key(frame.names, node.name), frame.key(node.key)
            lent = {inside: frame.key(here) for inside, here in node.lends.items()}
            stack.append(_Frame(program.modules[node.body.module], given, names, prefix, lent))
            continue
        else:
            own = tensors.get((module.id, number))
            if own is None:
                types = operand_types(module, node)
                own = tensors[module.id, number] = (*node.body.weights(*types), *node.body.buffers(*types))
            key = frame.key(node.key)
            keys = tuple(join_key(key, name) for name in own)
            frame.values[number] = [Ref(len(flat), output) for output in range(len(node.types))]
            flat.append(
                FlatNode(join_key(frame.names, node.name), key, node.body, tuple(given), node.types, keys, node)
            )
        frame.next += 1
    values = stack[0].values
    outputs = tuple(
        Output(out.name, values[out.ref.node][out.ref.output], out.only, out.weight)
        for out in main.outputs
        if mode is None or out.only in (None, mode)
    )
    return Flat(tuple(flat), outputs)


def flat_size(program: Program) -> int:
    """Ops of the flat graph in both modes, counted without making it."""
    sizes: dict[str, int] = {}
    for module in program.modules.values():
        sizes[module.id] = sum(
            sizes[node.body.module] if isinstance(node.body, Call) else 1 for node in module.nodes if not node.skipped
        )
    return sizes[program.main]


def graph(program: Program, mode: Mode | None = None, limit: int = Limits().nodes) -> networkx.MultiDiGraph:
    """A networkx view of the flat graph.

    Nodes are names of ops ("features.conv0") with the attributes `op` (its name), `category`,
    `weighted`, `key`, `shape` (of its first output), `types` and `flat` (the `FlatNode`); each input of
    the network is a node "input:NAME", each output "output:NAME". Edges carry `operand` (the input's
    name), `steers` and `output` (number of the output that is read). Raises as `flatten` does.
    """
    import networkx

    flat = flatten(program, mode, limit)
    view: networkx.MultiDiGraph = networkx.MultiDiGraph(name=program.name)
    ports = program.graph.inputs
    for port in ports:
        view.add_node(f"input:{port.name}", op="input", weighted=False, shape=port.type.shape, types=(port.type,))

    def name(ref: Ref) -> str:
        return f"input:{ports[ref.output].name}" if ref.node == INPUT else flat.nodes[ref.node].name

    for node in flat.nodes:
        view.add_node(
            node.name,
            op=node.op.op,
            category=node.op.category.value,
            weighted=node.op.weighted,
            key=node.key,
            shape=node.types[0].shape,
            types=node.types,
            flat=node,
        )
        operands = input_names(node.op, len(node.args), node.node.absent)
        for ref, operand in zip(node.args, operands, strict=True):
            view.add_edge(name(ref), node.name, operand=operand, steers=operand in node.op.steers, output=ref.output)
    for out in flat.outputs:
        end = f"output:{out.name}"
        view.add_node(end, op="output", weighted=False, only=out.only)
        view.add_edge(name(out.ref), end, operand="output", steers=False, output=out.ref.output)
    return view
