"""Which step of one network is which step of the other, as plain names: for who shows both in one picture."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.analysis.alignment import align
from archspec.analysis.signatures import Signatures
from archspec.ops.base import Op
from archspec.program.model import Call, Node, Program


def counterparts(a: Program, b: Program) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """For each pair of concrete modules (their ids) that meet: the name of a step of the first → of the second.

    Steps without a counterpart are not in it. Only pairs that say something different are in it: in all others
    steps of one name are counterparts. Matched as `difference` does it.

    >>> import archspec
    >>> a, b = (archspec.load(name).program for name in ("vgg16", "vgg19"))
    >>> pairs = counterparts(a, b)
    >>> [(one, two) for (one, two), names in pairs.items() if names.get("17") == "21"]
    [('graph.features', 'graph.features')]
    """
    signatures = Signatures()
    for program in (a, b):
        signatures.read(program)

    def label(program: Program, node: Node, exact: bool) -> object:
        if isinstance(node.body, Op):
            return node.body if exact else node.body.op
        module = program.modules[node.body.module]
        return signatures.text(program, module.id) if exact else module.template

    found: dict[tuple[str, str], Mapping[str, str]] = {}
    waiting = [(a.main, b.main)]
    while waiting:
        pair = waiting.pop()
        if pair in found:
            continue
        one, two = a.modules[pair[0]], b.modules[pair[1]]
        names: dict[str, str] = {}
        aligned = align(one, two, lambda node, exact: label(a, node, exact), lambda node, exact: label(b, node, exact))
        for i, j in aligned:
            if i is None or j is None:
                continue
            left, right = one.nodes[i], two.nodes[j]
            names[left.name] = right.name
            if isinstance(left.body, Call) and isinstance(right.body, Call):
                callees = left.body.module, right.body.module
                if signatures.text(a, callees[0]) != signatures.text(b, callees[1]):
                    waiting.append(callees)
        found[pair] = names
    return found
