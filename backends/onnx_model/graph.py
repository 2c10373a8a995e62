"""From the Program to the flat graph of ONNX, still without the onnx package: nodes, constants and values by name.

Nodes are flat and go by their call path ("features.conv0"), because that is what tools read best: runtimes
inline functions before they fuse, profilers and viewers show the names of nodes, and what a node came from
stands in its metadata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archspec.backends.onnx_model.rules import Constant, Made, Site, UnsupportedError, Value, lower
from archspec.backends.onnx_model.tensors import Tensors
from archspec.program.flatten import Flat, FlatNode, flatten
from archspec.program.model import INPUT, Program, Ref
from archspec.program.read import construction
from archspec.text.diagnostics import fault


@dataclass(slots=True)
class Graph:
    """What the model holds, in execution order."""

    inputs: list[Value]
    outputs: list[Value] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    """what ops give, besides the outputs"""
    nodes: list[tuple[Made, Mapping[str, str]]] = field(default_factory=list)
    """each with its metadata"""
    constants: list[Constant] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    """keys of the tensors that some node reads, in order of first use"""


def graph(program: Program, tensors: Tensors, limit: int) -> Graph:
    """The graph in inference. Raises `SpecError`: A0503 for an op that ONNX cannot lower, A0602 for too many nodes."""
    flat = flatten(program, "inference", limit)
    made = Graph([Value(port.name, port.type) for port in program.graph.inputs])
    names = _Names({*tensors, *(port.name for port in made.inputs), *(output.name for output in flat.outputs)})
    values: dict[Ref, Value] = {Ref(INPUT, at): value for at, value in enumerate(made.inputs)}
    for number, node in enumerate(flat.nodes):
        given = [values[ref] for ref in node.args]
        site = Site(names.free(node.name), _weights(node, given, tensors))
        try:
            lowered = lower(site, node.op, given)
        except UnsupportedError as error:
            raise fault("A0503", str(error), node.node.origin.span) from None
        results = _add(made, site, lowered, node)
        batched = any(value.batched for value in given)
        for output, (name, type) in enumerate(zip(results, node.types, strict=True)):
            value = values[Ref(number, output)] = Value(name, type, batched)
            if name not in tensors and value not in given:
                made.values.append(value)
    _give(made, flat, values, tensors)
    read = (name for node, _ in made.nodes for name in node.inputs)
    made.weights = list(dict.fromkeys(name for name in read if name in tensors))
    return made


class _Names:
    """Names of values: none twice, and none that an input, an output or a weight has."""

    def __init__(self, taken: set[str]):
        self._taken = taken

    def free(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name


def _weights(node: FlatNode, given: Sequence[Value], tensors: Tensors) -> dict[str, str]:
    """The op's own names of its tensors → the keys under which they stand."""
    types = tuple(value.type for value in given)
    own = (*node.op.weights(*types), *node.op.buffers(*types))
    return {name: tensors.home(key) for name, key in zip(own, node.weights, strict=True)}


def _add(made: Graph, site: Site, results: Sequence[str], node: FlatNode) -> list[str]:
    """Add what the rule wrote. The node that makes the result gets the call path as its name, and so does the value."""
    own = {name for one in site.nodes for name in one.outputs}
    final = {
        name: site.name if len(results) == 1 else f"{site.name}:{output}"
        for output, name in enumerate(results)
        if name in own
    }
    span = node.node.origin.span
    note = {"archspec.op": construction(node.op, init=False), "archspec.source": f"{span.source.name}:{span.line}"}
    for one in site.nodes:
        name = site.name if final.keys() & set(one.outputs) else one.name
        made.nodes.append((_renamed(one, final)._replace(name=name), note))
    made.constants += site.constants
    return [final.get(name, name) for name in results]


def _give(made: Graph, flat: Flat, values: Mapping[Ref, Value], tensors: Tensors) -> None:
    """Name the outputs as the spec does. An output that is an input, a weight or another output is a copy of it."""
    fixed = {value.name for value in made.inputs}
    final: dict[str, str] = {}
    copies = []
    for output in flat.outputs:
        value = values[output.ref]
        if value.name in fixed or value.name in tensors or value.name in final:
            copies.append((value.name, output.name))
        else:
            final[value.name] = output.name
        made.outputs.append(value._replace(name=output.name))
    made.nodes = [(_renamed(node, final), note) for node, note in made.nodes]
    made.values = [value for value in made.values if value.name not in final]
    for source, name in copies:
        made.nodes.append((Made("Identity", name, (final.get(source, source),), (name,), {}), {}))


def _renamed(node: Made, names: Mapping[str, str]) -> Made:
    return node._replace(
        inputs=tuple(names.get(name, name) for name in node.inputs),
        outputs=tuple(names.get(name, name) for name in node.outputs),
    )
