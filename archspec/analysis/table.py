"""The rows behind `stats --by module | layer | op`: plain records of exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from archspec.analysis.cost import Cost, Count
from archspec.ops.base import Category, Op
from archspec.program.model import INPUT, Call, Mode, Module, Node, Program
from archspec.program.read import construction
from archspec.program.weights import Weights, join_key
from archspec.text.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from archspec.program.flatten import FlatNode

Row = dict[str, Any]
SCREEN = 24
"""rows that a table by module has at most when nobody asks for a depth"""


def by_module(program: Program, costs: Cost, depth: int | None = None) -> list[Row]:
    """One row a module or layer, down to `depth` segments of its key; totals include what is inside.

    Columns: `key`, `level` (1 is the outermost), `op` or module, `output` shape, `params`, `buffers`,
    `mads` and `calls` (how often it is applied). Rows of level 1 add up to the network. Activations,
    joins and other ops that hold and cost nothing have no row, pooling does. Without a depth: the
    deepest that keeps to `SCREEN` rows.
    """
    if depth is not None:
        return list(_Tree(program, costs, depth).rows.values())
    best = _Tree(program, costs, 1)
    for level in range(2, 64):
        tree = _Tree(program, costs, level, SCREEN)
        if len(tree.rows) > SCREEN or len(tree.rows) == len(best.rows):
            break
        best = tree
    return list(best.rows.values())


class _Tree:
    """Rows by key, in the order in which they first appear."""

    def __init__(self, program: Program, costs: Cost, depth: int, most: int | None = None):
        self.rows: dict[str, Row] = {}
        self._modules, self._costs, self._depth, self._most = program.modules, costs.modules, depth, most
        self._visit(program.graph, "", 0, True)

    def _visit(self, module: Module, prefix: str, level: int, first: bool) -> None:
        for node, count in zip(module.nodes, self._costs[module.id].nodes, strict=True):
            if self._most is not None and len(self.rows) > self._most:
                return
            if node.skipped or node.key.startswith("^") or not _shown(node, count):
                continue
            segments = node.key.split(".")
            shown = segments[: self._depth - level]
            for end in range(1, len(shown) + 1):
                key = join_key(prefix, ".".join(segments[:end]))
                row = self.rows.get(key)
                new = row is None
                if row is None:
                    row = self.rows[key] = {"key": key, "level": level + end, "op": "", "output": [], **_ZERO}
                whole = end == len(segments)
                row["op"] = self._what(node) if whole else ""
                row["output"] = list(node.types[0].shape)
                row["mads"] += count.mads
                row["calls"] += whole or new
                if first:
                    row["params"] += count.params
                    row["buffers"] += count.buffers
                if whole and isinstance(node.body, Call) and level + end < self._depth:
                    self._visit(self._modules[node.body.module], key, level + end, first and new)

    def _what(self, node: Node) -> str:
        if isinstance(node.body, Op):
            return construction(node.body, init=False)
        module = self._modules[node.body.module]
        if module.loop:
            copies = {self._modules[copy.body.module].template for copy in module.nodes if isinstance(copy.body, Call)}
            inside = copies.pop() if len(copies) == 1 else ""
            return f"{len(module.loop.names)} x {inside if inside and '.' not in inside else 'body'}"
        return module.template if module.kind == "module" else ""


_ZERO = {"params": 0, "buffers": 0, "mads": 0, "calls": 0}


def _shown(node: Node, count: Count) -> bool:
    if isinstance(node.body, Call):
        return True
    return bool(
        count.params or count.buffers or count.mads or node.body.category is Category.POOL or node.body.weighted
    )


def by_layer(program: Program, costs: Cost, limit: int = DEFAULT_LIMITS.nodes) -> list[Row]:
    """One row for each application of a weighted op (conv, linear) in execution order, then one for the rest.

    Columns: `key`, `op` with its arguments, `output` shape, `params`, `buffers`, `mads`.
    Raises `SpecError` (A0602) if the flat graph has more nodes than `limit`.
    """
    held = _held(program, lambda owner, op: owner)
    multiply = _mads(program, limit)
    rows: list[Row] = []
    for node in _flat(program, limit):
        if node.op.weighted:
            params, buffers = held.pop(node.key, (0, 0))
            rows.append(
                {
                    "key": node.key,
                    "op": construction(node.op, init=False),
                    "output": list(node.types[0].shape),
                    "params": params,
                    "buffers": buffers,
                    "mads": multiply.get(node.name, 0),
                }
            )
    rest = {name: getattr(costs, name) - sum(row[name] for row in rows) for name in ("params", "buffers", "mads")}
    if any(rest.values()):
        rows.append({"key": "", "op": "all others", "output": [], **rest})
    return rows


def by_op(program: Program, limit: int = DEFAULT_LIMITS.nodes) -> list[Row]:
    """Totals of each kind of op, the dearest first: `op`, `count` of applications, `params`, `buffers`, `mads`.

    Raises `SpecError` (A0602) if the flat graph has more nodes than `limit`.
    """
    rows: dict[str, Row] = {}
    multiply = _mads(program, limit)
    for node in _flat(program, limit):
        row = rows.setdefault(node.op.op, {"op": node.op.op, "count": 0, "params": 0, "buffers": 0, "mads": 0})
        row["count"] += 1
        row["mads"] += multiply.get(node.name, 0)
    for kind, (params, buffers) in _held(program, lambda owner, op: op.op).items():
        rows[kind]["params"], rows[kind]["buffers"] = params, buffers
    return sorted(rows.values(), key=lambda row: (-row["mads"], -row["params"], row["op"]))


def _flat(program: Program, limit: int, mode: Mode | None = None) -> Sequence[FlatNode]:
    """The flat graph, which only these two tables need."""
    from archspec.program.flatten import flatten

    return flatten(program, mode, limit).nodes


def _held(program: Program, group: Callable[[str, Op], str]) -> dict[str, tuple[int, int]]:
    """Elements of trainable tensors (tied ones once) and of buffers, by group."""
    held: dict[str, tuple[int, int]] = {}
    for weight in Weights(program).all():
        key = group(weight.owner, weight.op)
        params, buffers = held.get(key, (0, 0))
        if not weight.trainable:
            buffers += weight.type.elements
        elif not weight.tied:
            params += weight.type.elements
        held[key] = params, buffers
    return held


def _mads(program: Program, limit: int) -> dict[str, int]:
    """Multiply-adds in inference of each op of the flat graph that has any, by name."""
    flat = _flat(program, limit, "inference")
    known: dict[int, int] = {}
    found: dict[str, int] = {}
    for node in flat:
        mads = known.get(id(node.node))
        if mads is None:
            types = (
                program.graph.inputs[ref.output].type if ref.node == INPUT else flat[ref.node].types[ref.output]
                for ref in node.args
            )
            mads = known[id(node.node)] = node.op.mads(*types)
        if mads:
            found[node.name] = mads
    return found
