"""A finished trace as a straight-line Python function: guards, then results.

The source is made of numbers, names `a0`, `a1`, … and the operators below; nothing of a spec's text
reaches it, not even the names of params.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from archspec.text.trace_terms import Atom, Operand, Record, Terms, atoms_of
from archspec.text.traced import Trace, TracedFloat, TracedInt

_CALLS = {"trunc": "trunc", "floor": "floor", "ceil": "ceil", "round": "round", "**": "power"}


def _power(base: float, exponent: float) -> float:
    value = base**exponent
    if type(value) is not float:
        raise ValueError  # a root of a negative number
    return value


_NAMES = {
    "__builtins__": {},
    "inf": math.inf,
    "nan": math.nan,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "power": _power,
    "copysign": math.copysign,
}


class Replay:
    """The results of a traced computation for other values of its params."""

    def __init__(self, trace: Trace, results: Mapping[str, Any]):
        """`results` may hold traced numbers, and lists and tuples of them."""
        record = trace.finish()
        self.names = tuple(atom.name for atom in record.atoms if atom.operator == "param")
        self._keys = tuple(results)
        self.pinned = _pinned(record)
        """params for whose present value alone the trace holds"""
        writer = _Writer(record)
        self.source = writer.source(list(results.values()))
        scope: dict[str, Any] = {**_NAMES, "constants": tuple(writer.constants)}
        exec(compile(self.source, "<replay>", "exec"), scope)  # numbers and our own names
        self._run: Callable[..., tuple[Any, ...] | None] = scope["replay"]

    def __call__(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The results for these params; None where a guard fails, and the computation may go another way."""
        try:
            found = self._run(*[values[name] for name in self.names])
        except (ArithmeticError, ValueError):
            return None
        return None if found is None else dict(zip(self._keys, found, strict=True))


def _pinned(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, atom in enumerate(record.atoms):
        if atom.operator == "param":
            bounds = record.bounds.get(frozenset({((number,), 1)}))
            if bounds is not None and bounds.lo is not None and bounds.lo == bounds.hi:
                found[atom.name] = bounds.lo
            own = Operand(atom=number)
            for (operator, left, right), holds in record.tests.items():
                if operator == "==" and holds and left == own and right.literal:
                    found[atom.name] = float(right.literal)
    return found


class _Writer:
    """Writes each atom once, and each guard as soon as what it reads is there."""

    def __init__(self, record: Record):
        self._record = record
        self.constants: list[Any] = []
        self._lines: list[str] = []
        self._written = {number for number, atom in enumerate(record.atoms) if atom.operator == "param"}

    def source(self, results: Sequence[Any]) -> str:
        params = ", ".join(f"a{number}" for number in sorted(self._written))
        for operands, condition in sorted(self._guards(), key=lambda guard: max(atoms_of(guard[0]), default=-1)):
            self._need(operands)
            self._lines.append(f"if not ({condition}): return")
        given = "".join([f"{self._result(value)}, " for value in results])
        body = "".join(f"    {line}\n" for line in self._lines)
        return f"def replay({params}):\n{body}    return ({given})\n"

    def _guards(self) -> Iterator[tuple[tuple[Operand, ...], str]]:
        """What each guard reads, and the condition."""
        for core, bounds in self._record.bounds.items():
            text = _polynomial(core)
            least = f"{bounds.lo:#x} <= " if bounds.lo is not None else ""
            most = f" <= {bounds.hi:#x}" if bounds.hi is not None else ""
            operands = (Operand(terms=core),)
            if least or most:
                yield operands, f"{least}{text}{most}"
            if bounds.never:
                yield operands, f"{text} not in {{{', '.join(f'{value:#x}' for value in sorted(bounds.never))}}}"
        for (operator, left, right), holds in self._record.tests.items():
            a, b = _read(left), _read(right)
            sign = operator == "sign"  # of a zero
            yield (left, right), f"(copysign(1, {a}) > 0) is {holds}" if sign else f"({a} {operator} {b}) is {holds}"

    def _need(self, operands: Iterable[Operand]) -> None:
        """Write the atoms that operands mention, those that they are computed from first."""
        atoms = self._record.atoms
        pending = list(atoms_of(operands))
        wanted: set[int] = set()
        while pending:
            number = pending.pop()
            if number not in wanted and number not in self._written:
                wanted.add(number)
                pending.extend(atoms_of(atoms[number].operands))
        for number in sorted(wanted):  # an atom is computed from earlier ones
            self._lines.append(f"a{number} = {_computed(atoms[number])}")
        self._written |= wanted

    def _result(self, value: Any) -> str:
        # `type`, because `isinstance` takes a traced number for a plain one.
        if type(value) in (TracedInt, TracedFloat):
            self._need([value.operand()])
            return _read(value.operand())
        if type(value) in (list, tuple):
            items = "".join(f"{self._result(item)}, " for item in value)
            return f"[{items}]" if type(value) is list else f"({items})"
        self.constants.append(value)
        return f"constants[{len(self.constants) - 1}]"


def _computed(atom: Atom) -> str:
    operands = [_read(operand) for operand in atom.operands]
    if atom.operator in _CALLS:
        return f"{_CALLS[atom.operator]}({', '.join(operands)})"
    if atom.operator == "neg":
        return f"-{operands[0]}"
    return f" {atom.operator} ".join(operands)


def _read(operand: Operand) -> str:
    if operand.terms is not None:
        return f"({_polynomial(operand.terms)})"
    return f"({operand.literal})" if operand.atom is None else f"a{operand.atom}"


def _polynomial(terms: Terms) -> str:
    parts = []
    for monomial, coefficient in sorted(terms):
        atoms = [f"a{number}" for number in monomial]
        parts.append("*".join([*([f"{coefficient:#x}"] if coefficient != 1 or not atoms else []), *atoms]))
    return " + ".join(parts) or "0"
