"""Dead code: what no output of the network needs goes, in every module, whoever calls it.

Nodes that nobody reads, outputs of modules that no caller reads, inputs that no node of a module reads, and
modules that nobody calls. What a tie names stays. Values do not change.
"""

from __future__ import annotations

from archspec.passes.body import without_loop
from archspec.passes.facts import Facts
from archspec.passes.rewrite import Rewritten
from archspec.program.model import INPUT, Call, Mode, Module, Node, Program, Ref
from archspec.program.read import stands_aside


def prune(program: Program) -> Rewritten:
    """Remove dead code.

    >>> from archspec.passes.example import network, show
    >>> show(prune(network("[4, 8, 8]", "side: conv(8)", "kept: relu(x)")).program)
    graph(x: [4, 8, 8])
      kept  relu(x)  [4, 8, 8]
    """
    return Rewritten.of(pruned(program))


def pruned(program: Program, mode: Mode | None = None) -> Program:
    """The program without dead code; with a mode, what lives only for the other one is dead too."""
    live = _Live(program, mode)
    modules: dict[str, Module] = {}
    inputs: dict[str, tuple[int, ...]] = {}
    """of each module, the numbers of the inputs that it keeps"""
    for id, module in program.modules.items():
        if id not in live.outputs:
            continue
        module = live.module(module, inputs)
        read = {ref.output for node in module.nodes for ref in node.args if ref.node == INPUT}
        read |= {output.ref.output for output in module.outputs if output.ref.node == INPUT}
        kept = tuple(at for at in range(len(module.inputs)) if at in read)
        if id == program.main or id in live.facts.forms or not kept:
            kept = tuple(range(len(module.inputs)))
        inputs[id] = kept
        modules[id] = _with_inputs(module, kept)
    return program._replace(modules=modules)


class _Live:
    """What is needed, found from the network down to the modules that it calls."""

    def __init__(self, program: Program, mode: Mode | None):
        self.program, self.mode = program, mode
        self.facts = Facts(program)
        main = program.graph
        wanted = {at for at, output in enumerate(main.outputs) if mode is None or output.only in (None, mode)}
        self.outputs: dict[str, set[int]] = {program.main: wanted}
        """of each module that is called, the numbers of the outputs that are read"""
        self.nodes: dict[str, set[int]] = {}
        for module in reversed([*program.modules.values()]):
            if module.id in self.outputs:
                self._look(module)

    def _look(self, module: Module) -> None:
        fixed = module.id in self.facts.forms
        if fixed:
            self.outputs[module.id] = set(range(len(module.outputs)))
        needed: dict[int, set[int]] = {}
        for at in self.outputs[module.id]:
            ref = module.outputs[at].ref
            needed.setdefault(ref.node, set()).add(ref.output)
        live = self.nodes[module.id] = set()
        tied = module.id in self.facts.tied
        for at in reversed(range(len(module.nodes))):
            node = module.nodes[at]
            held = fixed or (tied and self.facts.tied_at(module, node))
            if at not in needed and not held:
                continue
            live.add(at)
            aside = stands_aside(node, self.mode)
            for ref in node.args[:1] if aside and not held else node.args:
                needed.setdefault(ref.node, set()).add(ref.output)
            if isinstance(node.body, Call) and not node.skipped:
                read = set(range(len(node.types))) if held or at not in needed else needed[at]
                self.outputs.setdefault(node.body.module, set()).update(read)

    def module(self, module: Module, inputs: dict[str, tuple[int, ...]]) -> Module:
        """The module with what lives, its callees being done."""
        if self._whole(module, inputs):
            return module
        live = sorted(self.nodes[module.id])
        place = {at: number for number, at in enumerate(live)}
        kept = {at: self._kept(module.nodes[at]) for at in live}

        def moved(ref: Ref) -> Ref:
            return ref if ref.node == INPUT else Ref(place[ref.node], kept[ref.node].index(ref.output))

        nodes = []
        for at in live:
            node = module.nodes[at]
            aside = stands_aside(node, self.mode) and not self.facts.tied_at(module, node)
            aside = aside and module.id not in self.facts.forms
            args = node.args
            if isinstance(node.body, Call) and not node.skipped and node.body.module in inputs and not aside:
                args = tuple(args[number] for number in inputs[node.body.module])
            if aside:
                # It stands for its first argument: what it was does not matter any more.
                node = node._replace(skipped=True, only=None, types=node.types[:1], lends={}, ties={})
                args = args[:1]
                kept[at] = (0,)
            types = tuple(node.types[number] for number in kept[at])
            nodes.append(node._replace(args=tuple(map(moved, args)), types=types))
        outputs = tuple(
            output._replace(ref=moved(output.ref), only=None if output.only == self.mode else output.only)
            for at, output in enumerate(module.outputs)
            if at in self.outputs[module.id]
        )
        unchanged = len(live) == len(module.nodes)
        made = module if unchanged else without_loop(module)
        return made._replace(nodes=tuple(nodes), outputs=outputs)

    def _whole(self, module: Module, inputs: dict[str, tuple[int, ...]]) -> bool:
        """Whether all of it lives, as it is, and all of what it calls takes and gives what it did."""
        if len(self.nodes[module.id]) < len(module.nodes) or len(self.outputs[module.id]) < len(module.outputs):
            return False
        if any(output.only is not None for output in module.outputs):
            return False
        for node in module.nodes:
            if node.only is not None:
                return False
            if isinstance(node.body, Call) and not node.skipped:
                called = node.body.module
                if len(self.outputs[called]) < len(node.types) or len(inputs[called]) < len(node.args):
                    return False
        return True

    def _kept(self, node: Node) -> tuple[int, ...]:
        """Numbers of the outputs that a node keeps."""
        if isinstance(node.body, Call) and not node.skipped:
            return tuple(sorted(self.outputs[node.body.module]))
        return tuple(range(len(node.types)))


def _with_inputs(module: Module, kept: tuple[int, ...]) -> Module:
    if len(kept) == len(module.inputs):
        return module
    place = {at: number for number, at in enumerate(kept)}

    def moved(ref: Ref) -> Ref:
        return Ref(INPUT, place[ref.output]) if ref.node == INPUT else ref

    return module._replace(
        inputs=tuple(module.inputs[at] for at in kept),
        nodes=tuple(node._replace(args=tuple(map(moved, node.args))) for node in module.nodes),
        outputs=tuple(output._replace(ref=moved(output.ref)) for output in module.outputs),
    )
