"""Merged trees as the source of constructor calls, each number an expression that the fitter found."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archspec.backends.pytorch.arithmetic import constant, names_in, write
from archspec.backends.pytorch.fit import INDEX, READS, Expr, Fitter, Points, Unfit
from archspec.backends.pytorch.trees import (
    Chain,
    Copies,
    Maybe,
    New,
    Slot,
    Tree,
    identical,
    is_default,
    pick,
    row,
    spans,
)

MANY = 2
"""parts of an nn.Sequential that may share a line"""


@dataclass
class Flow:
    """What is known of the channels of the value that goes into the next layer."""

    channels: Expr | None = None
    symbols: dict[str, Expr] = field(default_factory=dict)


class Renderer:
    """Writes the constructor calls of one class."""

    def __init__(self, fitter: Fitter):
        self.fitter = fitter

    def value(self, slot: Slot, points: Points, flow: Flow | None = None) -> str:
        """One number; a plain one, if it is the same for all."""
        return write(self._fit(slot, points, flow or Flow(), False))

    def call(self, tree: Tree, points: Points, flow: Flow) -> str:
        """The source that constructs `tree`; `flow` is left with the channels of its result."""
        match tree:
            case New():
                return self._new(tree, points, flow)
            case Chain():
                return f"nn.Sequential({self.parts(tree, points, flow)})"
            case Slot():
                return self.value(tree, points, flow)
        raise Unfit

    def parts(self, chain: Chain, points: Points, flow: Flow) -> str:
        """The parts of a chain, as arguments of an nn.Sequential: one a line if they are many."""
        texts = []
        for part in chain.parts:
            match part:
                case Copies():
                    texts += self.copies(part, points, flow)
                case Maybe(part=inner, present=present):
                    where = [at for at, value in enumerate(present.values) if value is True]
                    condition = self.condition(present, points, flow)
                    own = Flow(flow.channels, flow.symbols)
                    made = self.call(pick(inner, where), points.pick(where), own)
                    texts.append(f"*([{made}] if {condition} else [])")
                    flow.channels = None
                case None:
                    pass
                case _:
                    texts.append(self.call(part, points, flow))
        return ", ".join(texts) + ("," if len(texts) > MANY else "")

    def condition(self, present: Slot, points: Points, flow: Flow) -> str:
        symbols = {**flow.symbols, **({"it.channels": flow.channels} if flow.channels is not None else {})}
        return write(self.fitter.condition(present, points, symbols))

    def copies(self, loop: Copies, points: Points, flow: Flow) -> list[str]:
        """The copies of a loop: runs of equal ones folded, a rule for all, or all written out. Raises `Unfit`."""
        if not loop.parts:
            return []
        tree, inner = loop.parts[0], spans(loop.times)
        runs = [_runs(tree, span) for span in inner]
        if len({len(run) for run in runs}) == 1 and len(runs[0]) <= MANY:
            return self._folded(tree, runs, points, flow)
        if all(1 <= len(run) <= MANY and run[0][1] == 1 for run in runs):
            return self._headed(tree, inner, loop.times, points, flow)
        saved = self.fitter.save()
        try:
            return [f"*({self.generator(loop, points, flow)})"]
        except Unfit:
            self.fitter.restore(saved)
        if len({len(run) for run in runs}) == 1:
            return self._folded(tree, runs, points, flow)
        if len({len(span) for span in inner}) == 1:
            each = [[(copy, 1) for copy in span] for span in inner]
            return self._folded(tree, each, points, flow)
        raise Unfit

    def generator(self, loop: Copies, points: Points, flow: Flow, element: Callable[[str], str] = str) -> str:
        """`Layer(64 + 32 * j) for j in range(n)`. Raises `Unfit`."""
        inner = spans(loop.times)
        index = tuple(at - span.start for span in inner for at in span)
        members = tuple(member for member, span in zip(points.members, inner, strict=True) for _ in span)
        own = Flow(None, flow.symbols)
        made = element(self.call(loop.parts[0], Points(members, index), own))
        count = self.value(loop.times, points, flow)
        flow.channels = None if own.channels is None or INDEX in names_in(own.channels) else own.channels
        turn = INDEX if INDEX in _names(made) else "_"
        return f"{made} for {turn} in range({count})"

    def _folded(self, tree: Tree, runs: list[list[tuple[int, int]]], points: Points, flow: Flow) -> list[str]:
        """Runs of equal copies: as many runs for every instance."""
        texts = []
        for at in range(len(runs[0])):
            made = self.call(pick(tree, [run[at][0] for run in runs]), points, flow)
            counts = Slot(tuple(run[at][1] for run in runs), "num_layers")
            texts.append(
                made if set(counts.values) == {1} else f"*({made} for _ in range({self.value(counts, points)}))"
            )
        return texts

    def _headed(self, tree: Tree, inner: list[range], times: Slot, points: Points, flow: Flow) -> list[str]:
        """A first copy of its own, then equal ones, perhaps none."""
        head = self.call(pick(tree, [span.start for span in inner]), points, flow)
        more = [at for at, span in enumerate(inner) if len(span) > 1]
        rest = self.call(pick(tree, [inner[at].start + 1 for at in more]), points.pick(more), flow)
        count = self.value(times, points)
        bound = str(int(count) - 1) if count.isdecimal() else f"{count} - 1"
        return [head, f"*({rest} for _ in range({bound}))"]

    def _new(self, new: New, points: Points, flow: Flow) -> str:
        written = []
        fitted: list[Expr] = []
        for item in new.items:
            if is_default(item):
                continue
            if isinstance(item.value, Slot):
                expr = self._fit(item.value, points, flow, item.name in READS)
                fitted.append(expr)
                text = write(expr)
            else:
                text = self.call(item.value, points, Flow(flow.channels, flow.symbols))
            written.append(text if item.positional else f"{item.name}={text}")
        flow.channels = self._result(new, points, flow, fitted)
        return f"{new.callee}({', '.join(written)})"

    def _result(self, new: New, points: Points, flow: Flow, fitted: list[Expr]) -> Expr | None:
        """The expression of its output's channels, if one is at hand."""
        if new.gives.constant and new.gives.present and not self.fitter.partial(points):
            return constant(new.gives.present[0])
        same = all(identical(a, b) for a, b in zip(new.gives.values, new.reads.values, strict=True))
        if same and flow.channels is not None:
            return flow.channels
        return next((expr for expr in fitted if self.fitter.right(expr, new.gives, points)), None)

    def _fit(self, slot: Slot, points: Points, flow: Flow, reads: bool) -> Expr:
        symbols: Mapping[str, Expr] = flow.symbols
        prefer = []
        if flow.channels is not None:
            symbols = {**symbols, "it.channels": flow.channels}
            if reads:
                prefer.append(flow.channels)
        return self.fitter.fit(slot, points, prefer, symbols)


def _names(text: str) -> set[str]:
    return names_in(ast.parse(text, mode="eval").body)


def _runs(tree: Tree, span: range) -> list[tuple[int, int]]:
    """Equal neighbours: the first of each run and its length."""
    found: list[tuple[int, int]] = []
    for at in span:
        if found and row(tree, at) == row(tree, found[-1][0]):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((at, 1))
    return found
