"""Finding the constructor arguments of a class, and what each number in it is in terms of them.

A number that varies between the copies of a class becomes an expression over its constructor
arguments. Expressions are found, not trusted: candidates (the words of the spec, plain arguments,
simple arithmetic) are evaluated for every copy, and the first that is right everywhere is taken.
If there is none, the number becomes an argument of its own, so that there always is an answer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations

from archspec.backends.pytorch.arithmetic import (
    Unknown,
    combine,
    constant,
    evaluate,
    name,
    names_in,
    number,
    parse,
    rename,
    write,
)
from archspec.backends.pytorch.names import RESERVED, free, is_identifier, snake
from archspec.backends.pytorch.rules.base import Value
from archspec.backends.pytorch.trees import MISSING, Known, Missing, Slot, identical
from archspec.program.model import Argument, Module

INDEX = "j"
"""the copy's number in a loop"""
SIZES = frozenset(
    "in_channels out_channels channels num_channels num_features in_features out_features features width out "
    "normalized_shape hidden hidden_size embed_dim num_groups groups num_parameters".split()
)
"""arguments that are plausibly a multiple of another"""
READS = frozenset(
    "in_channels num_channels num_features in_features normalized_shape num_parameters embed_dim input_size".split()
)
"""arguments that are usually the channels of what is read"""
NEUTRAL: Mapping[str, Value] = {"stride": 1, "dilation": 1, "groups": 1}
"""defaults that everybody expects of an argument of this name"""
Expr = ast.expr


class Unfit(Exception):
    """A number that varies inside a loop without a rule: these copies must be written out."""


@dataclass(frozen=True)
class Points:
    """Where an expression must be right: for copies of the class, and perhaps for each turn of a loop."""

    members: tuple[int, ...]
    index: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return len(self.members)

    def pick(self, chosen: Sequence[int]) -> Points:
        index = None if self.index is None else tuple(self.index[at] for at in chosen)
        return Points(tuple(self.members[at] for at in chosen), index)


@dataclass(frozen=True)
class Parameter:
    """A constructor argument and its value for each copy of the class."""

    name: str
    values: tuple[Known, ...]

    @property
    def present(self) -> list[Value]:
        return [value for value in self.values if not isinstance(value, Missing)]

    @property
    def default(self) -> Value | None:
        """A default that nobody is surprised by; None: the argument is required."""
        if all(isinstance(value, bool) for value in self.present):
            return False
        neutral = NEUTRAL.get(self.name)
        return neutral if any(identical(value, neutral) for value in self.present) else None

    @property
    def annotation(self) -> str:
        kinds: dict[str, None] = {}
        for value in self.present:
            kinds[_kind(value)] = None
        if "float" in kinds:
            kinds.pop("int", None)
        return " | ".join(sorted(kinds, key=lambda kind: (kind == "None", kind)))


def _kind(value: Value) -> str:
    if isinstance(value, tuple):
        inner = sorted({_kind(part) for part in value})
        return f"tuple[{' | '.join(inner) or 'int'}, ...]"
    return "None" if value is None else type(value).__name__


class Fitter:
    """The constructor arguments of one class, gathered while its numbers are written."""

    def __init__(self, members: Sequence[Module]):
        self._size = len(members)
        self._known: dict[str, tuple[Argument, ...]] = {}
        self._symbols: dict[str, Expr] = {}
        self._seen: list[Expr] = []
        self._used: dict[str, tuple[Known, ...]] = {}
        first = members[0]
        for at, port in enumerate(first.inputs):
            types = [member.inputs[at].type for member in members]
            if all(type.shape for type in types):
                atom = "in_channels" if len(first.inputs) == 1 else f"{snake(port.name)}_channels"
                self._offer(atom, tuple(type.channels for type in types))
                self._symbols[f"{port.name}.channels"] = name(atom)
                if at == 0:
                    self._symbols["input.channels"] = name(atom)
        self._ports = list(self._known)
        for param in first.params:
            if all(param in member.params for member in members):
                self._offer(param, tuple(member.params[param] for member in members))

    def _offer(self, atom: str, values: tuple[Argument, ...]) -> None:
        """A value that may become a constructor argument, if it is a number under a usable name."""
        if is_identifier(atom) and atom not in RESERVED and atom != INDEX and atom not in self._known:
            self._known[atom] = values

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the constructor takes: channels of the inputs, the spec's params in its order, then the rest."""
        order = [*self._ports, *(atom for atom in self._known if atom not in self._ports)]
        rank = {atom: at for at, atom in enumerate(order)}
        names = sorted(self._used, key=lambda atom: rank.get(atom, len(rank)))
        return tuple(Parameter(atom, self._used[atom]) for atom in names)

    def save(self) -> tuple[dict[str, tuple[Known, ...]], list[Expr]]:
        return dict(self._used), list(self._seen)

    def restore(self, saved: tuple[dict[str, tuple[Known, ...]], list[Expr]]) -> None:
        """Forget the arguments taken since `save`: they were for an attempt that failed."""
        self._used, self._seen = dict(saved[0]), list(saved[1])

    def input_channels(self, at: int) -> Expr | None:
        """The expression of the channels of the class's input number `at`, not yet an argument."""
        return name(self._ports[at]) if at < len(self._ports) else None

    def evaluate(self, expr: Expr, points: Points) -> list[Known] | None:
        """The values of an expression at every point, or None if it has none."""
        values = []
        for at in range(len(points)):
            member = points.members[at]
            env = {atom: known[member] for atom, known in {**self._known, **self._used}.items()}
            if points.index is not None:
                env[INDEX] = points.index[at]
            try:
                values.append(evaluate(expr, env))
            except Unknown:
                return None
        return values

    def right(self, expr: Expr, slot: Slot, points: Points) -> bool:
        """Whether the expression has the slot's values at every point."""
        values = self.evaluate(expr, points)
        return values is not None and all(
            want is MISSING or identical(want, have) for want, have in zip(slot.values, values, strict=True)
        )

    def fit(self, slot: Slot, points: Points, prefer: Iterable[Expr] = (), symbols: Mapping[str, Expr] = {}) -> Expr:
        """The expression for a slot. Raises `Unfit` if it varies in a loop without a rule."""
        if not slot.present:
            return number(False)
        if slot.constant:
            return self._shared(slot, points, prefer, symbols)
        for expr in self._candidates(slot, points, prefer, symbols):
            if self.right(expr, slot, points):
                return self._use(expr)
        by_member = self._by_member(slot, points)
        if by_member is not None:
            return self._use(name(self._fresh(slot.field, by_member)))
        return self._use(self._linear(slot, points))

    def partial(self, points: Points) -> bool:
        """Whether some copies of the class have no such part."""
        return len({*points.members}) < self._size

    def _shared(self, slot: Slot, points: Points, prefer: Iterable[Expr], symbols: Mapping[str, Expr]) -> Expr:
        """A value that all copies share, or, if some have none, one that reads as it would for any copy."""
        if len(slot.present) < len(slot.values) or self.partial(points):
            with suppress(Unknown):
                prefer = [*([] if slot.hint is None else [self._read(slot.hint, symbols)]), *prefer]
            for expr in prefer:
                if any(map(self._varies, names_in(expr) & self._known.keys())) and self.right(expr, slot, points):
                    return self._use(expr)
        return constant(slot.present[0])

    def condition(self, slot: Slot, points: Points, symbols: Mapping[str, Expr] = {}) -> Expr:
        """The same for the truth of a `when`, whose hint may be any truthy expression."""
        if slot.hint is not None:
            try:
                expr = self._read(slot.hint, symbols)
                truth = self.evaluate(expr, points)
            except Unknown:
                truth = None
            if truth is not None and all(
                want is MISSING or bool(have) is want for want, have in zip(slot.values, truth, strict=True)
            ):
                return self._use(self._simplify(expr, points))
        return self.fit(Slot(slot.values, f"has_{slot.field}"), points)

    def _read(self, hint: str, symbols: Mapping[str, Expr]) -> Expr:
        """The expression of a hint, with the numbers in it that are the same for every copy. Raises `Unknown`."""
        same = {
            atom: number(values[0])
            for atom, values in self._known.items()
            if not self._varies(atom) and isinstance(values[0], int | float)
        }
        return rename(parse(hint), {**same, **self._symbols, **symbols})

    def _simplify(self, expr: Expr, points: Points) -> Expr:
        """Without the alternatives of an `or`, and the demands of an `and`, that never make a difference."""
        if not isinstance(expr, ast.BoolOp):
            return expr
        want = self.evaluate(expr, points)
        for part in expr.values:
            alone = self.evaluate(part, points)
            if want is not None and alone is not None and list(map(bool, alone)) == list(map(bool, want)):
                if not any(
                    self._varies(atom) for other in expr.values if other is not part for atom in names_in(other)
                ):
                    return part
        return expr

    def _varies(self, atom: str) -> bool:
        values = self._known.get(atom) or self._used.get(atom) or ()
        return any(not identical(value, values[0]) for value in values)

    def _candidates(
        self, slot: Slot, points: Points, prefer: Iterable[Expr], symbols: Mapping[str, Expr]
    ) -> Iterator[Expr]:
        if slot.hint is not None:
            try:
                yield self._read(slot.hint, symbols)
            except Unknown:
                pass
        yield from prefer
        atoms = self._atoms()
        yield from map(name, atoms)
        yield from self._seen
        present = slot.present
        if slot.field not in SIZES or not all(type(value) is int and value > 0 for value in present):
            if slot.field == "padding":
                yield from (combine(name(atom), ast.FloorDiv, number(2)) for atom in atoms)
            return
        at = next(at for at, value in enumerate(slot.values) if value is not MISSING)
        here = points.pick([at])
        want = slot.values[at]
        assert isinstance(want, int)
        for atom in atoms:
            have = (self.evaluate(name(atom), here) or [None])[0]
            if isinstance(have, int) and have > 0 and not isinstance(have, bool):
                if want % have == 0:
                    yield combine(number(want // have), ast.Mult, name(atom))
                if have % want == 0:
                    yield combine(name(atom), ast.FloorDiv, number(have // want))
        for one, other in combinations(atoms, 2):
            yield combine(name(one), ast.Mult, name(other))
            yield combine(name(one), ast.Add, name(other))

    def _atoms(self) -> list[str]:
        """Arguments in use first; then those that vary and could be used, the input's channels last."""
        rest = [atom for atom in self._known if atom not in self._used and atom not in self._ports]
        return [*self._used, *(atom for atom in (*rest, *self._ports) if atom not in self._used and self._varies(atom))]

    def _by_member(self, slot: Slot, points: Points) -> tuple[Known, ...] | None:
        """The slot's value for each copy of the class, if it is one."""
        found: list[Known] = [MISSING] * self._size
        for member, value in zip(points.members, slot.values, strict=True):
            if value is MISSING:
                continue
            if found[member] is not MISSING and not identical(found[member], value):
                return None
            found[member] = value
        return tuple(found)

    def _fresh(self, field: str, values: tuple[Known, ...]) -> str:
        for atom, known in self._used.items():
            if all(a is MISSING or identical(a, b) for a, b in zip(values, known, strict=True)):
                return atom
        atom = free(snake(field or "value"), {*RESERVED, *self._known, *self._used, INDEX})
        self._used[atom] = values
        return atom

    def _linear(self, slot: Slot, points: Points) -> Expr:
        """`a + b * j`, where a and b belong to the copy of the class."""
        if points.index is None:
            raise Unfit
        turns: dict[int, dict[int, int | float]] = {}
        for member, index, value in zip(points.members, points.index, slot.values, strict=True):
            if value is MISSING:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Unfit
            if turns.setdefault(member, {}).setdefault(index, value) != value:
                raise Unfit
        starts: list[Known] = [MISSING] * self._size
        steps: list[Known] = [MISSING] * self._size
        for member, values in turns.items():
            (first, one), *others = sorted(values.items())
            if others:
                last, other = others[-1]
                span = last - first
                step = (
                    (other - one) // span if isinstance(one, int) and isinstance(other, int) else (other - one) / span
                )
                steps[member] = step
                starts[member] = one - step * first
            elif first == 0:
                starts[member] = one
            else:
                raise Unfit
        everyone = Points(tuple(range(self._size)))
        saved = self.save()
        start = self.fit(Slot(tuple(starts), slot.field), everyone, map(name, self._ports))
        growth = self.fit(Slot(tuple(steps), "growth" if slot.field in SIZES else f"{slot.field}_step"), everyone)
        turn: Expr = name(INDEX)
        if not (isinstance(growth, ast.Constant) and growth.value == 1):
            turn = combine(growth, ast.Mult, turn)
        expr = turn if isinstance(start, ast.Constant) and start.value == 0 else combine(start, ast.Add, turn)
        if not self.right(expr, slot, points):
            self.restore(saved)
            raise Unfit
        return expr

    def _use(self, expr: Expr) -> Expr:
        """Note the arguments that an expression needs."""
        for atom in sorted(names_in(expr)):
            if atom != INDEX and atom not in self._used:
                self._used[atom] = tuple(self._known[atom])
        if isinstance(expr, ast.BinOp) and INDEX not in names_in(expr):
            if all(write(expr) != write(other) for other in self._seen):
                self._seen.append(expr)
        return expr
