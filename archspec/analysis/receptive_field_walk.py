"""What every value of a program sees of the inputs, by one walk over each distinct module.

A module becomes a table, output by input, of what the output sees of each axis of the input (`Entry`); a
call applies the table of its module. Going along a path composes windows (`after`), and where paths meet a
`Join` says which window counts. Copies that stand one behind the other in a loop, equal ones, are taken to
their power by squaring, so that a hundred thousand of them cost what seventeen do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from archspec.analysis.paths import Edges
from archspec.ops.base import Op, Tensor
from archspec.ops.window import HERE, Ways, Window, after
from archspec.program.model import INPUT, Call, Module, Node, Program, Ref
from archspec.program.read import input_names, operand_types, stands_aside, type_of

Names = tuple[str, ...]
Entry = tuple[int | None, Window, Names]
"""what a value sees of an axis: the value's axis that runs along it, the window, and (); or None, the last window
before all was seen, and the node that saw it (names along the calls; empty: the input of the module)"""
View = tuple[Entry, ...]
"""one for each axis of an input"""
Row = tuple[View | None, ...]
"""what a value sees of each input of its module; None: nothing"""
Join = Callable[[Window, Window], Window | None]
"""which window counts of those of two paths that meet; None: there is no common one"""


def smaller(a: Window, b: Window) -> Window:
    """The window of the path that sees less."""
    return b if b.size < a.size else a


def larger(a: Window, b: Window) -> Window:
    """The window of the path that sees more."""
    return b if b.size > a.size else a


def straight_view(axes: range) -> View:
    """What a value sees of itself."""
    return tuple((axis, HERE, ()) for axis in axes)


class Walk:
    """How to look at a program, and what was found out on the way."""

    def __init__(self, program: Program, join: Join, edges: Edges = "data"):
        self.program, self.join, self.edges = program, join, edges
        self.tables: dict[str, tuple[Row, ...]] = {}
        """of the modules that were walked, by id: a row for each output"""
        self._reaches: dict[tuple[int, tuple[Tensor, ...]], tuple[tuple[Ways, ...], ...]] = {}

    def graph(self) -> Values:
        """What the values of the network see of the spatial axes of its inputs."""
        for module in self.program.modules.values():
            if module.id != self.program.main:
                self.tables[module.id] = _power(module, self) or self._table(module)
        return Values(self.program.graph, self, spatial=True)

    def _table(self, module: Module) -> tuple[Row, ...]:
        rows = Values(module, self).rows
        return tuple(rows[output.ref.node][output.ref.output] for output in module.outputs)

    def op(
        self, op: Op, types: tuple[Tensor, ...], node: Node, given: Sequence[Row], made: Sequence[Names]
    ) -> tuple[Row, ...]:
        """What the outputs of an op see, given what its inputs see, and which nodes those come from."""
        outputs = node.types
        if not given:
            return ((),) * len(outputs)
        reach = None
        if type(op).reach is not Op.reach or any(x.shape != outputs[0].shape for x in types):
            reach = self._reaches.get((id(op), types))
            if reach is None:
                reach = self._reaches[id(op), types] = op.reach(*types)
        chosen: Sequence[int] = range(len(given))
        if op.steers and self.edges == "data":
            names = input_names(op, len(given), node.absent)
            chosen = [at for at in chosen if names[at] not in op.steers]
        rows: list[Row] = []
        for number in range(len(outputs)):
            row: Row = ()
            of: Names = ()
            for at in chosen:
                seen = given[at]
                if reach is not None:
                    ways = reach[number][at]
                    seen = tuple([view and _through_ways(ways, view, made[at]) for view in seen])
                row, of = (self.meet(row, seen, of, made[at]) if row else seen), made[at]
            rows.append(row)
        return tuple(rows)

    def call(self, node: Node, module: str, given: Sequence[Row], made: Sequence[Names]) -> tuple[Row, ...]:
        """What the outputs of a call see, likewise."""
        here = (node.name,)
        rows: list[Row] = []
        for table in self.tables[module]:
            found: Row = ()
            for view, row, producer in zip(table, given, made, strict=False):
                if view is not None:
                    seen = tuple([ahead and _through_view(view, ahead, producer, here) for ahead in row])
                    found = self.meet(found, seen, here, here) if found else seen
            rows.append(found)
        return tuple(rows)

    def meet(self, a: Row, b: Row, of_a: Names, of_b: Names) -> Row:
        """What is seen along both. `of_a` and `of_b` are the nodes that see them."""
        if a is b or not b:
            return a
        if not a:
            return b
        return tuple(
            [
                self.meet_views(one, other, of_a, of_b) if one and other else one or other
                for one, other in zip(a, b, strict=True)
            ]
        )

    def meet_views(self, a: View, b: View, of_a: Names, of_b: Names) -> View:
        found: list[Entry] = []
        for one, other in zip(a, b, strict=True):
            if one[0] is None or other[0] is None:
                found.append(self._last(one, other, of_a, of_b))
            elif one[0] == other[0] and (window := self.join(one[1], other[1])) is not None:
                found.append((one[0], window, ()))
            else:
                best = larger(one[1], other[1])
                found.append((None, best, of_a if best is one[1] else of_b))
        return tuple(found)

    def _last(self, a: Entry, b: Entry, of_a: Names, of_b: Names) -> Entry:
        """One branch or both see all of the axis: what the one that does not sees, or what the greater saw last."""
        if b[0] is not None:
            return None, b[1], of_b
        if a[0] is not None:
            return None, a[1], of_a
        if self.join is smaller:
            return b if b[1].size < a[1].size else a
        return b if b[1].size > a[1].size else a


class Values:
    """What the values of one module see of its inputs."""

    def __init__(self, module: Module, walk: Walk, spatial: bool = False):
        """`spatial`: of the axes of an input only those behind the channels; inside a module any may be spatial."""
        self.module = module
        ports = len(module.inputs)
        views = [straight_view(range(1 if spatial else 0, len(port.type.shape))) or None for port in module.inputs]
        inputs = tuple([(None,) * at + (view,) + (None,) * (ports - at - 1) for at, view in enumerate(views)])
        # The inputs come last, so that INPUT, which is -1, finds them.
        self.rows: list[tuple[Row, ...]] = [*(() for _ in module.nodes), inputs]
        """for each node, of each output"""
        self._run(walk)

    def producer(self, ref: Ref) -> Names:
        return () if ref.node == INPUT else (self.module.nodes[ref.node].name,)

    def _run(self, walk: Walk) -> None:
        rows = self.rows
        for at, node in enumerate(self.module.nodes):
            body, args = node.body, node.args
            if stands_aside(node, "inference"):
                rows[at] = ((rows[args[0].node][args[0].output] if args else ()),) * len(node.types)
                continue
            if len(args) == 1 and not isinstance(body, Call) and type(body).reach is Op.reach:
                source, output = args[0]
                if type_of(self.module, args[0]).shape == node.types[0].shape:
                    rows[at] = (rows[source][output],)
                    continue
            given = [rows[number][output] for number, output in args]
            made = [self.producer(ref) for ref in args]
            if isinstance(body, Call):
                rows[at] = walk.call(node, body.module, given, made)
            else:
                rows[at] = walk.op(body, operand_types(self.module, node), node, given, made)


def _through_ways(ways: Ways, view: View, producer: Names) -> View:
    """What is seen through an op by what sees `view`; `producer` is the node that the op reads."""
    found: list[Entry] = []
    for entry in view:
        axis = entry[0]
        if axis is not None:
            way = ways[axis]
            if way is None:
                entry = (None, entry[1], producer)
            elif way[1] is not HERE or way[0] != axis:
                window = after(way[1], entry[1])
                entry = (None, entry[1], producer) if window is None else (way[0], window, ())
        found.append(entry)
    return tuple(found)


def _through_view(table: View, view: View, producer: Names, here: Names) -> View:
    """Likewise through a call: `table` is what the output of the module sees of the input that is given."""
    found: list[Entry] = []
    for entry in view:
        if entry[0] is not None:
            axis, window, at = table[entry[0]]
            seen = after(window, entry[1])
            if seen is None:
                entry = (None, entry[1], producer)
            elif axis is None:
                entry = (None, seen, (*here, *at) if at else producer)
            else:
                entry = (axis, seen, ())
        found.append(entry)
    return tuple(found)


def _power(module: Module, walk: Walk) -> tuple[Row, ...] | None:
    """The table of a loop whose copies stand one behind the other, plainly or as residuals; None: it is no such."""
    runs = list(_runs(module))
    if not runs or len(runs) == len(module.nodes):
        return None
    straight = view = straight_view(range(len(module.inputs[0].type.shape)))
    before: Names = ()
    for callee, names in runs:
        (unit,) = walk.tables[callee][0]
        if unit is None:
            return None
        if module.loop is not None and module.loop.wire == "residual":
            unit = walk.meet_views(straight, unit, (), (names[0],))
        times, power = len(names), straight
        while times:
            if times & 1:
                power = _through_view(unit, power, (), ())
            times >>= 1
            unit = _through_view(unit, unit, (), ()) if times else unit
        view = _through_view(power, view, before, (names[0],))
        before = (names[-1],)
    return ((view,),)


def _runs(module: Module) -> Iterator[tuple[str, list[str]]]:
    """Called module and names of each run of equal copies; nothing unless all of the module is such runs.

    A chain calls each copy on the one before it; a residual loop adds each copy to what it was given.
    """
    loop, nodes = module.loop, module.nodes
    if loop is None or loop.wire not in ("chain", "residual") or len(module.inputs) != 1 or len(module.outputs) != 1:
        return
    width = 1 if loop.wire == "chain" else 2
    if len(nodes) % width or module.outputs[0].ref != (len(nodes) - 1, 0):
        return
    copies: list[tuple[str, str]] = []
    carried = (INPUT, 0)
    for at in range(0, len(nodes), width):
        copy = nodes[at]
        if not isinstance(copy.body, Call) or copy.args != (carried,) or _special(copy) or len(copy.types) != 1:
            return
        if width == 2:
            add = nodes[at + 1]
            if add.args != (carried, (at, 0)) or _special(add) or not _adds(add, copy):
                return
        carried = (at + width - 1, 0)
        copies.append((copy.body.module, copy.name))
    for callee, run in groupby(copies, lambda copy: copy[0]):
        yield callee, [name for _, name in run]


def _special(node: Node) -> bool:
    return node.skipped or node.only is not None


def _adds(node: Node, copy: Node) -> bool:
    return isinstance(node.body, Op) and node.body.op == "add" and node.types == copy.types
