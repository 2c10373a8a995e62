"""Leave what inference does not need: heads and nodes for training alone, dropout, identities, how weights start,
what would be computed again in backward.

Stochastic depth that makes up for its survival in inference (Huang et al. 2016, arXiv 1603.09382) becomes the
factor 1 - p that it is there; else it goes. Modules of which nothing is left go with it. The program computes,
value by value, what the old one computes in evaluation. A step whose condition was false stays where another
copy of its module has it: so the copies are still one class.
"""

from __future__ import annotations

from archspec.ops.base import Op
from archspec.ops.init import Init
from archspec.ops.regularise import DropPath
from archspec.ops.tensor import Identity, Multiply, Parameter
from archspec.passes.body import Body, changed
from archspec.passes.facts import Facts
from archspec.passes.prune import pruned
from archspec.passes.rewrite import Rewritten
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref


def drop_training(program: Program) -> Rewritten:
    """Remove what inference does not need.

    >>> from archspec.passes.example import network, show
    >>> old = network("[8]", "linear(4, init=kaiming)", "dropout", "drop_path(0.2, scale=inference)", "relu")
    >>> show(drop_training(old).program)
    graph(x: [8])
      0  linear(4)(x)      [4]  36
      2  multiply(0.8)(0)  [4]
      3  relu(2)           [4]
    """
    program = _kept(pruned(program, "inference"))
    facts = Facts(program)
    there = {
        (module.template, node.name)
        for module in program.modules.values()
        for node in module.nodes
        if not node.skipped and not _idle(node)
    }
    through: dict[str, dict[int, int]] = {}
    """of each module, the outputs that are one of its inputs as it came"""
    modules: dict[str, Module] = {}
    for id, module in program.modules.items():
        modules[id] = module
        through[id] = {at: out.ref.output for at, out in enumerate(module.outputs) if out.ref.node == INPUT}
        if id not in facts.forms and any(_matters(node, through) for node in module.nodes):
            body = Body(module, facts)
            for at, node in enumerate(module.nodes):
                _look(body, at, node, through, there)
            done = body.done()
            modules[id] = module if done is None else done[0]
            values = {number: body.value(output.ref) for number, output in enumerate(module.outputs)}
            through[id] = {number: ref.output for number, ref in values.items() if ref.node == INPUT}
    return Rewritten.of(pruned(program._replace(modules=modules)))


def _kept(program: Program) -> Program:
    """No module is checkpointed."""
    modules = {id: one._replace(checkpointed=False) if one.checkpointed else one for id, one in program.modules.items()}
    return program._replace(modules=modules)


def _idle(node: Node) -> bool:
    return isinstance(node.body, Op) and (node.body.idle() or isinstance(node.body, Identity))


def _matters(node: Node, through: dict[str, dict[int, int]]) -> bool:
    return node.skipped or (bool(through[node.body.module]) if isinstance(node.body, Call) else True)


def _look(body: Body, at: int, node: Node, through: dict[str, dict[int, int]], there: set[tuple[str, str]]) -> None:
    if node.skipped:
        if (body.module.template, node.name) not in there:
            body.remove(at)
    elif isinstance(node.body, Call):
        for output, input in through[node.body.module].items():
            body.stand(Ref(at, output), node.args[input])
    elif _idle(node):
        body.remove(at)
    elif isinstance(node.body, DropPath):
        body.change(at, Multiply(factor=1 - node.body.p))
    elif not isinstance(node.body, Parameter):
        starts = [name for name in type(node.body).model_fields if isinstance(getattr(node.body, name), Init)]
        if starts:
            body.change(at, changed(node.body, **dict.fromkeys(starts)))
