"""A call  ⟹  the nodes of its module, where a norm and the layer before it stand on two sides of a call.

So `fold_norm` sees them together. What was "sep.conv" is then called "sep_conv". Loops stay loops: nothing in the
body of one is written out, and what several places share stays a call.
"""

from __future__ import annotations

from archspec.ops.base import Op
from archspec.ops.conv import Conv, ConvTranspose
from archspec.ops.linear import Linear
from archspec.passes.affine import affine_of, cuts_space
from archspec.passes.facts import Facts
from archspec.passes.prune import pruned
from archspec.passes.rewrite import Recipes, Rewritten
from archspec.program.model import INPUT, Call, Module, Node, Output, Program, Ref
from archspec.program.weights import join_key


def inline(program: Program) -> Rewritten:
    """Write out the calls that hide a norm from the layer before it.

    >>> from archspec.passes.example import network, show
    >>> show(inline(network("[3, 8, 8]", "stem: [relu, conv(4)]", "batch_norm")).program)
    graph(x: [3, 8, 8])
      stem_0  relu(x)             [3, 8, 8]
      stem_1  conv(4)(stem_0)     [4, 8, 8]  16
      1       batch_norm(stem_1)  [4, 8, 8]   8
    """
    work = _Inlining(program)
    modules: dict[str, Module] = {}
    for id, module in program.modules.items():
        modules[id] = work.module(module, modules)
    if not work.recipes:
        return Rewritten(program)
    return Rewritten.of(pruned(program._replace(modules=modules)), work.recipes)


class _Inlining:
    def __init__(self, program: Program):
        self.facts = Facts(program)
        self.recipes: dict[str, Recipes] = {}
        self.ends: dict[str, bool] = {}
        """of each module, whether what it gives is made by a layer that can take a norm, and read by nobody else"""
        self.starts: dict[str, bool] = {}
        """of each module, whether what it is given is read by a norm alone"""

    def module(self, module: Module, done: dict[str, Module]) -> Module:
        """The module with some calls written out, its callees being done."""
        readers = _readers(module)
        calls = set() if module.loop is not None or module.id in self.facts.forms else self._hiding(module, readers)
        if calls:
            module, self.recipes[module.id] = _written_out(module, calls, done)
            readers = _readers(module)
        self._summarise(module, readers)
        return module

    def _hiding(self, module: Module, readers: dict[Ref, list[int]]) -> set[int]:
        """Calls with a layer at their end and a norm behind, or a norm at their start and a layer before."""
        found: set[int] = set()
        for at, node in enumerate(module.nodes):
            if node.skipped or len(node.args) != 1 or not self._norm(module, node):
                continue
            ref, reader = _source(module, node.args[0]), at
            while (cut := _cut(module, ref)) is not None and readers[ref] == [reader]:
                ref, reader = _source(module, cut.args[0]), ref.node
            before = None if ref.node == INPUT or readers[ref] != [reader] else module.nodes[ref.node]
            if before is not None and self._layer(module, before):
                found.update(number for number in (ref.node, at) if isinstance(module.nodes[number].body, Call))
        return found

    def _norm(self, module: Module, node: Node) -> bool:
        if isinstance(node.body, Call):
            return self.starts[node.body.module] and self._apart(module, node)
        return affine_of(node.body, node.key) is not None and self.facts.goes(module, node)

    def _layer(self, module: Module, node: Node) -> bool:
        if isinstance(node.body, Call):
            return self.ends[node.body.module] and self._apart(module, node)
        return _takes(node.body) and not node.only and self.facts.own(module, node)

    def _apart(self, module: Module, node: Node) -> bool:
        return not (node.lends or node.only) and self.facts.own(module, node)

    def _summarise(self, module: Module, readers: dict[Ref, list[int]]) -> None:
        plain = not (module.borrows or module.loop or module.checkpointed) and module.id not in self.facts.tied
        plain = plain and module.id not in self.facts.forms
        self.ends[module.id] = self.starts[module.id] = False
        if plain and len(module.inputs) == 1 and len(readers.get(Ref(INPUT), ())) == 1:
            first = readers[Ref(INPUT)][0]
            self.starts[module.id] = first >= 0 and self._norm(module, module.nodes[first])
        if plain and len(module.outputs) == 1 and module.outputs[0].only is None:
            ref = _source(module, module.outputs[0].ref)
            if ref.node != INPUT and len(readers[ref]) == 1:
                self.ends[module.id] = self._layer(module, module.nodes[ref.node])


def _cut(module: Module, ref: Ref) -> Node | None:
    """The node that makes a value, if all it does is to cut spatial axes."""
    node = None if ref.node == INPUT else module.nodes[ref.node]
    return node if node is not None and isinstance(node.body, Op) and cuts_space(node.body, node.types[0]) else None


def _takes(op: Op) -> bool:
    return isinstance(op, (Conv, ConvTranspose, Linear))


def _source(module: Module, ref: Ref) -> Ref:
    """Where a value is made, skipped nodes seen through."""
    while ref.node != INPUT and module.nodes[ref.node].skipped:
        ref = module.nodes[ref.node].args[0]
    return ref


def _readers(module: Module) -> dict[Ref, list[int]]:
    """Who reads each value; -1 is the module, which gives it back."""
    found: dict[Ref, list[int]] = {}
    source: dict[Ref, Ref] = {}
    for at, node in enumerate(module.nodes):
        if node.skipped:
            source[Ref(at)] = source.get(node.args[0], node.args[0])
        else:
            for ref in node.args:
                found.setdefault(source.get(ref, ref), []).append(at)
    for output in module.outputs:
        found.setdefault(source.get(output.ref, output.ref), []).append(-1)
    return found


def _written_out(module: Module, calls: set[int], done: dict[str, Module]) -> tuple[Module, Recipes]:
    nodes: list[Node] = []
    moved: dict[str, str] = {}
    taken = {word for node in module.nodes for word in (node.name, node.key)}
    values: dict[Ref, Ref] = {Ref(INPUT, at): Ref(INPUT, at) for at in range(len(module.inputs))}
    for at, node in enumerate(module.nodes):
        args = tuple(values[ref] for ref in node.args)
        if at not in calls:
            values.update((Ref(at, output), Ref(len(nodes), output)) for output in range(len(node.types)))
            nodes.append(node._replace(args=args))
            continue
        assert isinstance(node.body, Call)
        callee = done[node.body.module]
        inside = {Ref(INPUT, number): ref for number, ref in enumerate(args)}
        keys: dict[str, str] = {}
        for number, inner in enumerate(callee.nodes):
            inside.update((Ref(number, output), Ref(len(nodes), output)) for output in range(len(inner.types)))
            name = _flat(node.name, inner.name, taken)
            if inner.key not in keys:
                keys[inner.key] = name if inner.name == inner.key else _flat(node.key, inner.key, taken)
                moved[keys[inner.key]] = join_key(node.key, inner.key)
            nodes.append(inner._replace(name=name, key=keys[inner.key], args=tuple(inside[ref] for ref in inner.args)))
        values.update((Ref(at, number), inside[output.ref]) for number, output in enumerate(callee.outputs))
    outputs = tuple(Output(o.name, values[o.ref], o.only, o.weight) for o in module.outputs)
    return module._replace(nodes=tuple(nodes), outputs=outputs), Recipes(moved=moved)


def _flat(call: str, inner: str, taken: set[str]) -> str:
    """A name for what was called `inner` in a call: an identifier if that is free, else dotted."""
    flat = f"{call}_{inner}"
    if not flat.isidentifier() or flat in taken:
        flat = join_key(call, inner)
    taken.add(flat)
    return flat
