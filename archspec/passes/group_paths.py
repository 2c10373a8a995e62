"""n equal paths over one input, concatenated or added  ⟹  one path of grouped convolutions.

The three forms of ResNeXt's block (Xie et al. 2016, arXiv 1611.05431, Fig. 3): what is drawn as 32 paths, (a) or
(b), becomes the form (c). The first convolutions read the same input and stand one behind the other in one weight,
those after them see their own path's channels alone and become groups, and a sum of last convolutions is one
convolution over all paths. Multiply-adds stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from archspec.ops.base import Category, Op
from archspec.ops.conv import Conv
from archspec.ops.merge import Add, Concat
from archspec.ops.norm import BatchNorm
from archspec.ops.pool import AvgPool, MaxPool
from archspec.ops.tensor import Bias, Multiply, Scale
from archspec.passes.body import changed
from archspec.passes.facts import Facts
from archspec.passes.formulas import added, joined
from archspec.passes.prune import pruned
from archspec.passes.rewrite import Made, Old, Recipe, Recipes, Rewritten
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref
from archspec.program.read import operand_types
from archspec.program.weights import join_key

POINTWISE = frozenset({"relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh"}) | {
    "hard_sigmoid",
    "hard_swish",
    "softplus",
}
"""activations that look at one value at a time, and learn nothing"""


def group_paths(program: Program) -> Rewritten:
    """Make grouped convolutions of loops of parallel paths.

    >>> from archspec.passes.example import network, show
    >>> path = "{repeat: [conv(4), relu, conv(4)], times: 8, wire: parallel, join: concat}"
    >>> show(group_paths(network("[16, 6, 6]", path)).program)
    graph(x: [16, 6, 6])
      0  graph.0(x)  [32, 6, 6]
    <BLANKLINE>
    graph.0(input: [16, 6, 6])
      0  conv(32)(input)        [32, 6, 6]  544
      1  relu(0)                [32, 6, 6]
      2  conv(32, groups=8)(1)  [32, 6, 6]  160
    """
    facts = Facts(program)
    modules, recipes = dict(program.modules), {}
    for id, module in program.modules.items():
        found = _grouped(program, module, facts)
        if found is not None:
            modules[id], recipes[id] = found
    if not recipes:
        return Rewritten(program)
    return Rewritten.of(pruned(program._replace(modules=modules)), recipes)


def _grouped(program: Program, module: Module, facts: Facts) -> tuple[Module, Recipes] | None:
    copies = _copies(module, facts)
    if not copies:
        return None
    body = copies[0].body
    assert isinstance(body, Call)
    path = program.modules[body.module]
    if len(path.inputs) != 1 or len(path.outputs) != 1 or path.borrows or path.id in facts.forms:
        return None
    grouping = _Grouping(module, path, [node.key for node in copies], facts)
    last = module.nodes[-1]
    nodes = grouping.nodes(copies[0].args[0], summed=isinstance(last.body, Add))
    if nodes is None or nodes[-1].types != last.types:
        return None
    output = module.outputs[0]._replace(ref=Ref(len(nodes) - 1))
    made = module._replace(kind="steps", loop=None, nodes=tuple(nodes), outputs=(output,))
    return made, Recipes(grouping.tensors)


def _copies(module: Module, facts: Facts) -> Sequence[Node]:
    """The calls of a loop of equal paths over one value, joined by its last node; none if it is another module."""
    if module.loop is None or module.loop.wire != "parallel" or module.id in facts.forms or len(module.nodes) < 3:
        return ()
    *copies, last = module.nodes
    first = copies[0]
    wired = last.args == tuple(Ref(at) for at in range(len(copies))) and len(module.outputs) == 1
    joins = isinstance(last.body, Add) or (isinstance(last.body, Concat) and last.body.axis == 0)
    alike = all(
        isinstance(node.body, Call)
        and (node.body, node.args) == (first.body, first.args)
        and not (node.lends or node.only or node.skipped)
        and facts.own(module, node)
        for node in copies
    )
    given = len(first.args) == 1 and module.outputs[0].ref == Ref(len(copies))
    return copies if wired and joins and alike and given and not last.only else ()


class _Grouping:
    """One path's nodes, made to work on all paths at once."""

    def __init__(self, module: Module, path: Module, keys: Sequence[str], facts: Facts):
        self.module, self.path, self.keys, self.facts = module, path, keys, facts
        self.tensors: dict[str, Recipe] = {}

    def nodes(self, given: Ref, summed: bool) -> list[Node] | None:
        """The nodes, reading `given`; None if they are more than a chain of what works channel by channel."""
        nodes: list[Node] = []
        value, type, apart = given, self.module.inputs[given.output].type if given.node == INPUT else None, False
        if type is None:
            return None
        before = Ref(INPUT)
        last = len(self.path.nodes) - 1
        for at, node in enumerate(self.path.nodes):
            if node.args != (before,) or node.only or node.ties or len(node.types) != 1:
                return None
            before = Ref(at)
            if node.skipped:
                continue
            joins = summed and at == last
            op = self._op(at, node, apart, joins)
            if op is None:
                return None
            types = op.infer(type)
            nodes.append(node._replace(body=op, args=(value,), types=types, origin=node.origin._replace(arguments={})))
            value, type = Ref(len(nodes) - 1), types[0]
            apart = apart or isinstance(op, Conv)
        if self.path.outputs[0].ref != before or not apart or (summed and not isinstance(nodes[-1].body, Conv)):
            return None
        return nodes

    def _op(self, at: int, node: Node, apart: bool, joins: bool) -> Op | None:
        """The op for all paths; `apart`: its input has the channels of one path after those of another."""
        op, count = node.body, len(self.keys)
        if isinstance(op, Call) or not self.facts.own(self.path, node):
            return None
        if joins:
            if not (isinstance(op, Conv) and apart and op.groups == 1):
                return None
            self._join(at, node, axis=1)
            if op.bias:
                self.tensors[join_key(node.key, "bias")] = Made(added, self._olds(node.key, "bias"))
            return op
        match op:
            case Conv() if apart or op.groups == 1:
                self._join(at, node)
                return changed(op, out=op.out * count, groups=op.groups * count if apart else 1)
            case BatchNorm() | Scale() | Bias() if apart:
                self._join(at, node)
                return op
            case MaxPool() | AvgPool() | Multiply():
                return op
        return op if op.category is Category.ACTIVATION and op.op in POINTWISE else None

    def _join(self, at: int, node: Node, axis: int = 0) -> None:
        """Put each tensor of the paths one behind the other; counters are equal, and one of them stays."""
        op = self.path.nodes[at].body
        assert isinstance(op, Op)
        types = operand_types(self.path, self.path.nodes[at])
        for name, type in {**op.weights(*types), **op.buffers(*types)}.items():
            olds = self._olds(node.key, name)
            recipe = Made(joined, olds, {"axis": axis}) if type.shape else olds[0]
            self.tensors[join_key(node.key, name)] = recipe

    def _olds(self, key: str, name: str) -> tuple[Old, ...]:
        return tuple(Old(join_key(join_key(copy, key), name)) for copy in self.keys)
