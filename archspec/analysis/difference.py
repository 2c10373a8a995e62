"""What makes two networks different: which modules and which numbers changed, were added or removed.

The trees of modules are compared from the top. Steps that have names are matched by name; those between them, which
have only numbers, by what they do (the longest common subsequence, as in a diff of text); copies of a loop by their
place. Equal subtrees are looked at once, by signatures, and say nothing; equal changes that follow each other are one
change, so many times. A pair of concrete modules is compared once, however often it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.analysis.alignment import Pair, align, heard
from archspec.analysis.changes import OUT, Change, Detail, Difference, Kind, folded
from archspec.analysis.cost import Cost, Count, cost
from archspec.analysis.signatures import Signatures
from archspec.ops.base import Op
from archspec.program.model import INPUT, Argument, Call, Module, Node, Program, Ref
from archspec.program.read import construction, literal, operand_types, type_of


def difference(a: Program, b: Program) -> Difference:
    """Compare two networks, in both modes together.

    >>> import archspec
    >>> a, b = (archspec.load("resnet50").program, archspec.load("resnext50_32x4d").program)
    >>> first = difference(a, b).changes[0].inside[0]
    >>> first.a, first.a_last, first.times, [change.a for change in first.inside]
    ('0', '2', 3, ['conv1', 'bn1', 'conv2', 'bn2'])
    """
    from archspec.analysis.summary import summary

    costs = cost(a), cost(b)
    one, two = summary(a, costs[0]), summary(b, costs[1])
    names = ("params", "buffers", "mads", "depth", "depth_min", "paths")
    changes = _Comparison(a, b, costs).modules(a.graph, b.graph)
    return Difference(a.name, b.name, _settings(a, b), changes, {name: (one[name], two[name]) for name in names})


def _settings(a: Program, b: Program) -> tuple[Detail, ...]:
    return (*_arguments(a.params, b.params), *_texts(_ports(a), _ports(b)))


def _ports(program: Program) -> dict[str, str]:
    graph = program.graph
    inputs = {f"input {port.name}": str(port.type) for port in graph.inputs}
    outputs = {
        f"output {out.name}": f"{type_of(graph, out.ref)}{f' in {out.only} only' if out.only else ''}"
        for out in graph.outputs
    }
    return inputs | outputs


def _arguments(a: Mapping[str, Argument], b: Mapping[str, Argument]) -> tuple[Detail, ...]:
    before, after = ({name: literal(value) for name, value in side.items()} for side in (a, b))
    return _texts(before, after)


def _texts(a: Mapping[str, str], b: Mapping[str, str]) -> tuple[Detail, ...]:
    return tuple(Detail(name, a.get(name, ""), b.get(name, "")) for name in {**a, **b} if a.get(name) != b.get(name))


class Partners:
    """Which node is which, both ways; the inputs of one module are those of the other."""

    def __init__(self, pairs: Sequence[Pair]):
        both = [(one, two) for one, two in pairs if one is not None and two is not None]
        self.there = {INPUT: INPUT, **dict(both)}
        self.back = {two: one for one, two in self.there.items()}


class _Comparison:
    """Two programs under way. Modules nest no deeper than the bound `nesting`, so that recursion is shallow."""

    def __init__(self, a: Program, b: Program, costs: tuple[Cost, Cost]):
        self._a, self._b, self._costs = a, b, costs
        self._signatures = Signatures()
        for program in (a, b):
            self._signatures.read(program)
        self._done: dict[tuple[str, str], tuple[Change, ...]] = {}

    def modules(self, a: Module, b: Module) -> tuple[Change, ...]:
        """What changed between the steps of two modules."""
        known = self._done.get((a.id, b.id))
        if known is None:
            pairs = align(a, b, self._label_a, self._label_b)
            partners = Partners(pairs)
            found = [self._pair(a, b, pair, partners) for pair in pairs]
            found.append(_gives(a, b, partners))
            known = self._done[a.id, b.id] = folded([change for change in found if change is not None])
        return known

    def _label_a(self, node: Node, exact: bool) -> object:
        return self._label(self._a, node, exact)

    def _label_b(self, node: Node, exact: bool) -> object:
        return self._label(self._b, node, exact)

    def _label(self, program: Program, node: Node, exact: bool) -> object:
        """What tells a step without a name from others: first all that it says, then its kind."""
        if isinstance(node.body, Op):
            return node.body if exact else node.body.op
        module = program.modules[node.body.module]
        return self._signatures.text(program, module.id) if exact else module.template

    def _pair(self, a: Module, b: Module, pair: Pair, partners: Partners) -> Change | None:
        one = None if pair[0] is None else a.nodes[pair[0]]
        two = None if pair[1] is None else b.nodes[pair[1]]
        before = Count() if pair[0] is None else self._costs[0].modules[a.id].nodes[pair[0]]
        after = Count() if pair[1] is None else self._costs[1].modules[b.id].nodes[pair[1]]
        params, mads = after.params - before.params, after.mads - before.mads
        if one is None or two is None:
            kind: Kind = "added" if one is None else "removed"
            return Change(
                kind,
                one.name if one else None,
                two.name if two else None,
                self._what(self._a, one),
                self._what(self._b, two),
                params=params,
                mads=mads,
            )
        details: tuple[Detail, ...] = _reads(a, b, one, two, partners)
        inside: tuple[Change, ...] = ()
        details += _names(one, two)
        if one.only != two.only:
            details += (Detail("only", one.only or "both modes", two.only or "both modes"),)
        if isinstance(one.body, Op) and isinstance(two.body, Op):
            changed = one.body is not two.body and one.body != two.body
            if changed and type(one.body) is type(two.body):
                details += _fields(one, two)
            resized = operand_types(a, one) != operand_types(b, two) or one.types != two.types
        elif isinstance(one.body, Call) and isinstance(two.body, Call):
            callees = self._a.modules[one.body.module], self._b.modules[two.body.module]
            resized = not self._signatures.equal(self._a, callees[0].id, self._b, callees[1].id)
            if self._signatures.text(self._a, callees[0].id) != self._signatures.text(self._b, callees[1].id):
                inside = self.modules(*callees)
                details += _arguments(callees[0].params, callees[1].params)
                if callees[0].checkpointed != callees[1].checkpointed:
                    details += (Detail("checkpoint", *(literal(one.checkpointed) for one in callees)),)
            changed = bool(inside)
        else:
            changed = resized = True
        if not (changed or details or resized):
            return None
        kind = "inside" if inside else "changed" if changed or details else "resized"
        texts = self._what(self._a, one), self._what(self._b, two)
        return Change(kind, one.name, two.name, *texts, details, params, mads, inside=inside)

    def _what(self, program: Program, node: Node | None) -> str:
        if node is None:
            return ""
        if isinstance(node.body, Op):
            return construction(node.body, init=False)
        module = program.modules[node.body.module]
        if module.loop is not None:
            copies = {copy.body.module for copy in module.nodes if isinstance(copy.body, Call)}
            templates = {program.modules[copy].template for copy in copies}
            inside = templates.pop() if len(templates) == 1 else ""
            return f"{len(module.loop.names)} x {inside if inside and '.' not in inside else 'body'}"
        return module.template if module.kind == "module" else module.kind


def _fields(one: Node, two: Node) -> tuple[Detail, ...]:
    """Arguments of two constructions of one op that differ."""
    found = []
    for name in type(one.body).model_fields if isinstance(one.body, Op) else ():
        before, after = getattr(one.body, name), getattr(two.body, name)
        if before != after:
            formulas = {node.origin.arguments.get(name, "") for node in (one, two)}
            found.append(Detail(name, literal(before), literal(after), formulas.pop() if len(formulas) == 1 else ""))
    return tuple(found)


def _names(one: Node, two: Node) -> tuple[Detail, ...]:
    """A step that got another name, or shares the weights of another step: both change the state dict."""
    found = []
    if (one.named or two.named) and one.name != two.name:
        found.append(Detail("name", one.name, two.name))
    shares = [node.key if node.key != node.name else "its own" for node in (one, two)]
    if shares[0] != shares[1] and not found:
        found.append(Detail("weights", *shares))
    ties = [", ".join(f"{name} is {key}" for name, key in sorted(node.ties.items())) for node in (one, two)]
    return (*found, Detail("ties", *ties)) if ties[0] != ties[1] else tuple(found)


def _reads(a: Module, b: Module, one: Node, two: Node, partners: Partners) -> tuple[Detail, ...]:
    before, after = [heard(a, ref) for ref in one.args], [heard(b, ref) for ref in two.args]
    return (Detail("reads", _said(a, before), _said(b, after)),) if _moved(before, after, partners) else ()


def _gives(a: Module, b: Module, partners: Partners) -> Change | None:
    """What a module gives back, if that is another value now."""
    before = [heard(a, output.ref) for output in a.outputs]
    after = [heard(b, output.ref) for output in b.outputs]
    if not _moved(before, after, partners) and len(before) == len(after):
        return None
    detail = Detail("gives", _said(a, before), _said(b, after))
    return Change("changed", OUT, OUT, "", "", (detail,))


def _moved(before: Sequence[Ref], after: Sequence[Ref], partners: Partners) -> bool:
    """Whether a value that both networks have has been replaced by another such: a new step tells of itself."""
    return any(
        p.node in partners.there and q.node in partners.back and (partners.there[p.node], p.output) != q
        for p, q in zip(before, after, strict=False)
    )


def _said(module: Module, refs: Sequence[Ref]) -> str:
    return ", ".join(
        module.inputs[ref.output].name if ref.node == INPUT else module.nodes[ref.node].name for ref in refs
    )
