"""What a traced computation did with its numbers: terms for what it computed, guards for what it decided.

Integers are polynomials with integer coefficients over *atoms*, so that equal quantities have equal
terms: the channels of a DenseNet are 64 + 32·growth however they were added up, and a comparison of
integers becomes bounds on a polynomial without constant and common factor. All channel checks of a
DenseNet together come to a lower and an upper bound of `growth`. An atom is a param, or what
polynomials cannot say: floor division, remainder, rounding, everything with floats (whose operations
are kept one by one, in order: they do not associate).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import gcd
from typing import NamedTuple

Monomial = tuple[int, ...]
"""numbers of atoms, ascending; a square is its atom twice"""
Poly = Mapping[Monomial, int]
"""coefficients, none of them 0; the key () is the constant"""
Terms = frozenset[tuple[Monomial, int]]
"""a polynomial that can be hashed"""

MOST_TERMS = 128
"""a longer polynomial becomes an atom: sums over many different parts must not take quadratic time"""
MOST_DEGREE = 16


class Operand(NamedTuple):
    """What an atom is computed from: a polynomial, or a float (an atom's number, or a literal)."""

    terms: Terms | None = None
    atom: int | None = None
    literal: str = ""


class Atom(NamedTuple):
    """One number that the replay computes by itself. `operator`: see `trace_replay.py`; of a param its name follows."""

    operator: str
    operands: tuple[Operand, ...]
    name: str = ""


@dataclass(slots=True)
class Bounds:
    """What was decided about one integer polynomial without constant: lo <= it <= hi, and none of `never`."""

    lo: int | None = None
    hi: int | None = None
    never: set[int] = field(default_factory=set)

    def at_most(self, value: int) -> None:
        self.hi = value if self.hi is None else min(self.hi, value)

    def at_least(self, value: int) -> None:
        self.lo = value if self.lo is None else max(self.lo, value)


class Record:
    """The atoms and guards of one trace."""

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self.bounds: dict[Terms, Bounds] = {}
        self.tests: dict[tuple[str, Operand, Operand], bool] = {}
        """comparisons in which a float has part, and how they came out"""
        self._numbers: dict[Atom, int] = {}

    def atom(self, operator: str, *operands: Operand, name: str = "") -> int:
        """The number of an atom: equal atoms are one."""
        atom = Atom(operator, operands, name)
        number = self._numbers.get(atom)
        if number is None:
            number = self._numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        return number

    # integers

    def plus(self, a: Poly, b: Poly, factor: int = 1) -> Poly:
        """a + factor * b."""
        total = dict(a)
        for monomial, coefficient in b.items():
            now = total.get(monomial, 0) + factor * coefficient
            if now:
                total[monomial] = now
            else:
                del total[monomial]
        return self._short(total)

    def times(self, a: Poly, b: Poly) -> Poly:
        degree = max(map(len, a), default=0) + max(map(len, b), default=0)
        if len(a) * len(b) > 4 * MOST_TERMS or degree > MOST_DEGREE:
            return {(self.atom("*", integer(a), integer(b)),): 1}
        product: dict[Monomial, int] = {}
        for left, one in a.items():
            for right, other in b.items():
                both = tuple(sorted(left + right)) if left and right else left or right
                product[both] = product.get(both, 0) + one * other
        return self._short({monomial: coefficient for monomial, coefficient in product.items() if coefficient})

    def _short(self, poly: Poly) -> Poly:
        return poly if len(poly) <= MOST_TERMS else {(self.atom("+", integer(poly)),): 1}

    def divided(self, a: Poly, b: Poly) -> tuple[Poly, Poly]:
        """Floor quotient and remainder. What a constant divides is taken out: (8a + b) // 4 is 2a + b // 4."""
        divisor = constant(b)
        if divisor is None or divisor < 1:
            return (
                {(self.atom("//", integer(a), integer(b)),): 1},
                {(self.atom("%", integer(a), integer(b)),): 1},
            )
        whole: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, coefficient in a.items():
            if monomial:
                (rest if coefficient % divisor else whole)[monomial] = coefficient
            else:
                rest[()] = coefficient % divisor
                whole[()] = coefficient - rest[()]
        quotient = {monomial: coefficient // divisor for monomial, coefficient in whole.items() if coefficient}
        rest = {monomial: coefficient for monomial, coefficient in rest.items() if coefficient}
        if all(not monomial for monomial in rest):
            return quotient, rest
        operands = integer(rest), integer(b)
        return (
            self.plus(quotient, {(self.atom("//", *operands),): 1}),
            {(self.atom("%", *operands),): 1},
        )

    # guards

    def compared(self, difference: Poly, operator: str, holds: bool) -> None:
        """`difference operator 0` came out as `holds`; the operator is "<", "<=" or "=="."""
        rest = difference.get((), 0)
        factor = gcd(*(coefficient for monomial, coefficient in difference.items() if monomial))
        if not factor:
            return  # two constants: the same whenever the trace is replayed
        lead = min(monomial for monomial in difference if monomial)
        factor = factor if difference[lead] > 0 else -factor
        core = frozenset((monomial, coefficient // factor) for monomial, coefficient in difference.items() if monomial)
        bounds = self.bounds.setdefault(core, Bounds())
        if operator == "==":
            value, odd = divmod(-rest, factor)
            if holds:
                bounds.at_least(value)
                bounds.at_most(value)
            elif not odd:
                bounds.never.add(value)
        elif holds:
            _at_most(bounds, factor, -rest - (operator == "<"))
        else:
            _at_most(bounds, -factor, rest - (operator == "<="))

    def tested(self, operator: str, a: Operand, b: Operand, holds: bool) -> None:
        """A comparison with a float."""
        self.tests[operator, a, b] = holds


def _at_most(bounds: Bounds, factor: int, most: int) -> None:
    """factor * polynomial <= most."""
    if factor > 0:
        bounds.at_most(most // factor)
    else:
        bounds.at_least(-(most // -factor))


def constant(poly: Poly) -> int | None:
    """The number that a polynomial without atoms is."""
    if not poly:
        return 0
    return poly.get(()) if len(poly) == 1 else None


def integer(poly: Poly) -> Operand:
    return Operand(terms=frozenset(poly.items()))


def real(value: float) -> Operand:
    # By its digits: 0.0 and -0.0 are equal, and are two numbers.
    return Operand(literal=repr(value))


def atoms_of(operands: Iterable[Operand]) -> set[int]:
    """Numbers of the atoms that operands mention."""
    found: set[int] = set()
    for operand in operands:
        if operand.atom is not None:
            found.add(operand.atom)
        for monomial, _ in operand.terms or ():
            found.update(monomial)
    return found
