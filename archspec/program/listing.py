"""A Program as text, for people: what `archspec expand` prints.

One block a concrete module, the network first. A block's head says what it is called with and how
often it is applied; then one line a node: name, what it does to what, shape of its output, params,
and where it was written. Without the origins two spellings of one network give the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archspec.ops.base import Tensor
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref
from archspec.program.read import construction, literal, type_of
from archspec.program.weights import own_weights

WIDEST = 84
"""columns after which the shape no longer waits for the longest op"""


class Line(NamedTuple):
    name: str
    action: str
    types: str
    params: str
    origin: str


def listing(program: Program, *, unfold: bool = False, origins: bool = True) -> str:
    """The text of a program, ending in a line break.

    Equal neighbours among the copies of a loop are folded into one line "12 x …" unless `unfold`.
    `origins` adds file and line of each node.
    """
    calls = applications(program)
    blocks = [
        _block(module, calls[id], unfold, origins)
        for id, module in reversed(list(program.modules.items()))
        if calls[id]
    ]
    return "\n\n".join(blocks) + "\n"


def applications(program: Program) -> dict[str, int]:
    """How often each concrete module is applied in the whole network."""
    calls = dict.fromkeys(program.modules, 0)
    calls[program.main] = 1
    for module in reversed(list(program.modules.values())):
        for node in module.nodes:
            if isinstance(node.body, Call) and not node.skipped:
                calls[node.body.module] += calls[module.id]
    return calls


def _block(module: Module, calls: int, unfold: bool, origins: bool) -> str:
    held: set[str] = set()
    lines = [_line(module, node, origins, held) for node in module.nodes]
    if module.loop and not unfold:
        lines = list(_folded(module, lines))
    names = max((len(line.name) for line in lines), default=0)
    actions = min(max((len(line.action) for line in lines), default=0), WIDEST)
    types = max((len(line.types) for line in lines), default=0)
    params = max((len(line.params) for line in lines), default=0)
    text = [_head(module, calls)]
    for line in lines:
        cells = (f"{line.name:<{names}}", f"{line.action:<{actions}}", f"{line.types:<{types}}")
        text.append("  ".join(("", *cells, f"{line.params:>{params}}", line.origin)).rstrip())
    if len(module.outputs) > 1 or any(out.ref.node != len(module.nodes) - 1 or out.only for out in module.outputs):
        text.append("  gives " + ", ".join(_output(module, k) for k in range(len(module.outputs))))
    return "\n".join(text)


def _head(module: Module, calls: int) -> str:
    inputs = ", ".join(f"{port.name}: {port.type}" for port in module.inputs)
    arguments = ", ".join(f"{name}={literal(value)}" for name, value in module.params.items())
    times = f"  applied {calls:,} times" if calls > 1 else ""
    checkpointed = "  checkpointed" if module.checkpointed else ""
    return f"{module.id}({inputs})" + (f"  with {arguments}" if arguments else "") + times + checkpointed


def _output(module: Module, number: int) -> str:
    output = module.outputs[number]
    only = f" in {output.only} only" if output.only else ""
    return f"{output.name} = {_value(module, output.ref)} {type_of(module, output.ref)}{only}"


def _line(module: Module, node: Node, origins: bool, held: set[str]) -> Line:
    """One node. `held` has the keys of the lines before it: an instance's params stand at its first application."""
    given = [_value(module, ref) for ref in node.args]
    origin = f"{node.origin.span.source.name}:{node.origin.span.line}" if origins else ""
    if node.skipped:
        return Line(node.name, f"{given[0]}, since its condition is false", _types(node.types), "", origin)
    body = node.body.module if isinstance(node.body, Call) else construction(node.body)
    notes = [f"weights of {node.key}"] if node.key != node.name else []
    notes += [f"{name} is {target}" for name, target in sorted(node.ties.items())]
    notes += [f"{inside} is {here}" for inside, here in sorted(node.lends.items()) if inside != here]
    notes += [f"{node.only} only"] if node.only else []
    action = f"{body}({', '.join(given)})"
    params = 0 if isinstance(node.body, Call) or node.key in held else own_weights(module, node)[0]
    held.add(node.key)
    return Line(
        node.name,
        action + (f"  # {'; '.join(notes)}" if notes else ""),
        _types(node.types),
        f"{params:,}" if params else "",
        origin,
    )


def _value(module: Module, ref: Ref) -> str:
    if ref.node == INPUT:
        return module.inputs[ref.output].name
    node = module.nodes[ref.node]
    return node.name if len(node.types) == 1 else f"{node.name}[{ref.output}]"


def _types(types: Sequence[Tensor]) -> str:
    return ", ".join(map(str, types))


def _folded(module: Module, lines: Sequence[Line]) -> Iterator[Line]:
    """The lines with runs of equal copies folded: each of its nodes once, under the names of first and last."""
    assert module.loop is not None
    size = 2 if module.loop.wire in ("residual", "dense") else 1
    at = 0
    while at < len(lines):
        end = at + size
        while end + size <= len(lines) and all(_alike(module, k, k + size) for k in range(end - size, end)):
            end += size
        copies = (end - at) // size
        if copies < 3 or end > len(lines):
            yield lines[at]
            at += 1
            continue
        for k in range(at, at + size):
            line, last = lines[k], lines[end - size + k - at]
            yield line._replace(name=f"{line.name} … {last.name}", action=f"{copies} x {line.action}")
        at = end


def _alike(module: Module, one: int, other: int) -> bool:
    """Whether two nodes do the same to values that stand equally far before them."""
    a, b = module.nodes[one], module.nodes[other]
    return (
        (a.body, a.types, a.only, a.skipped, a.lends, len(a.args))
        == (b.body, b.types, b.only, b.skipped, b.lends, len(b.args))
        and not a.ties
        and not b.ties
        and all(
            p == q if INPUT in (p.node, q.node) else (one - p.node, p.output) == (other - q.node, q.output)
            for p, q in zip(a.args, b.args, strict=True)
        )
    )
