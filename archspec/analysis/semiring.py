"""Ways to reckon with paths: going along a path multiplies, paths side by side add.

With numbers this counts paths; with (max, +) it gives the longest, with (min, +) the shortest; with
(count, total length) the mean; with polynomials in which x^d stands for a path of d weighted layers, the
distribution of lengths. `paths.walk` works with any of them. All are commutative, so that equal factors
anywhere on the way become one power.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from archspec.text.bignum import natural

if TYPE_CHECKING:
    from decimal import Decimal

T = TypeVar("T")

PATH_BITS = 1 << 20
"""path counts are exact below 2 to this power: a short spec can ask for 2^(10^30)"""
MANY = 1 << PATH_BITS
"""stands for a count that is beyond `PATH_BITS`, or beyond `WORK`"""
WORK = 1 << 30
"""what one walk may spend on numbers beyond `LARGE`, in products of 32-bit digits: a few seconds"""
LARGE = 1 << 4096


@dataclass(frozen=True)
class Semiring(Generic[T]):
    """How to reckon with paths."""

    one: T
    """a path of no layers"""
    layer: T
    """passing a weighted layer"""
    plus: Callable[[T, T], T]
    """paths side by side"""
    times: Callable[[T, T], T]
    """one path after the other"""

    def power(self, value: T, exponent: int) -> T:
        """`value` times itself, by repeated squaring."""
        result = self.one
        while exponent:
            if exponent & 1:
                result = self.times(result, value)
            exponent >>= 1
            if exponent:
                value = self.times(value, value)
        return result

    def product(self, values: Sequence[T]) -> T:
        """All of them, multiplied in pairs of pairs: large numbers want factors of equal size."""
        while len(values) > 1:
            pairs = [self.times(a, b) for a, b in zip(values[::2], values[1::2], strict=False)]
            values = [*pairs, *values[len(pairs) * 2 :]]
        return values[0] if values else self.one


def _add(a: int, b: int) -> int:
    return a + b


LONGEST: Semiring[int] = Semiring(0, 1, max, _add)
SHORTEST: Semiring[int] = Semiring(0, 1, min, _add)


class Moments(NamedTuple):
    """Paths, by the sums of powers of their lengths. Where `paths` is `MANY`, the other sums are 0."""

    shortest: int
    longest: int
    paths: int
    """how many there are"""
    total: int
    """sum of the lengths"""
    squares: int
    """sum of the squares of the lengths; 0 if they were not asked for"""


class _Effort:
    """What one walk has left to spend on large numbers."""

    def __init__(self) -> None:
        self.left: float = WORK

    def spent(self, a: int, b: int) -> bool:
        """Whether nothing is left after multiplying `a` by `b`, as Karatsuba's algorithm does."""
        short, long = sorted((a.bit_length() // 32 + 1, b.bit_length() // 32 + 1))
        self.left -= long * float(short) ** 0.6
        return self.left < 0


def counting() -> Semiring[int]:
    """Number of paths, at most `MANY`."""
    effort = _Effort()

    def plus(a: int, b: int) -> int:
        found = a + b
        if found > LARGE and (found >= MANY or effort.spent(found, 1)):
            return MANY
        return found

    def times(a: int, b: int) -> int:
        if a == 1 or b == 1:
            return a * b
        if a is MANY or b is MANY:
            return MANY
        found = a * b
        if found > LARGE and (found >= MANY or effort.spent(a, b)):
            return MANY
        return found

    return Semiring(1, 1, plus, times)


def moments(squares: bool = False) -> Semiring[Moments]:
    """Shortest and longest path, number of paths and sum of their lengths, and of the squares of them."""
    effort = _Effort()

    def plus(a: Moments, b: Moments) -> Moments:
        shortest, longest = min(a[0], b[0]), max(a[1], b[1])
        count = a[2] + b[2]
        if count > LARGE and (count >= MANY or effort.spent(count, 1)):
            return Moments(shortest, longest, MANY, 0, 0)
        return Moments(shortest, longest, count, a[3] + b[3], a[4] + b[4])

    def times(a: Moments, b: Moments) -> Moments:
        shortest, longest = a[0] + b[0], a[1] + b[1]
        m, n = a[2], b[2]
        if m is MANY or n is MANY:
            return Moments(shortest, longest, MANY, 0, 0)
        count = m * n
        if count > LARGE and (count >= MANY or effort.spent(m, n)):
            return Moments(shortest, longest, MANY, 0, 0)
        total = m * b[3] + n * a[3]
        return Moments(shortest, longest, count, total, m * b[4] + 2 * a[3] * b[3] + n * a[4] if squares else 0)

    return Semiring(Moments(0, 0, 1, 0, 0), Moments(1, 1, 1, 1, int(squares)), plus, times)


def packed(slot: int) -> Semiring[Decimal]:
    """Polynomials whose coefficients have at most `slot` decimal digits, as their value at x = 10^slot.

    Kronecker substitution: sums and products of polynomials are those of large numbers, as long as no
    coefficient outgrows its slot. Coefficients count paths, and the slot is chosen by their number.
    Decimals are exact here (see `bignum.exactly`), and long ones are multiplied by number theoretic transform,
    in nearly linear time. `unpacked` reads the coefficients.
    """
    from decimal import Decimal
    from operator import add, mul

    return Semiring(Decimal(1), Decimal(1).scaleb(slot), add, mul)


def unpacked(value: Decimal, slot: int) -> tuple[int, ...]:
    """Coefficients of a packed polynomial from x^0 on.

    >>> from decimal import Decimal
    >>> unpacked(Decimal(500003), 2)
    (3, 0, 50)
    """
    digits = format(value, "f")
    digits = digits.zfill(-(-len(digits) // slot) * slot)
    return tuple([natural(digits[at - slot : at]) for at in range(len(digits), 0, -slot)])


def _log_sum(a: float, b: float) -> float:
    if a < b:
        a, b = b, a
    return a + log10(1 + 10.0 ** max(b - a, -300.0))


def _log_product(a: float, b: float) -> float:
    return a + b


LOGARITHM: Semiring[float] = Semiring(0.0, 0.0, _log_sum, _log_product)
"""decimal logarithms of numbers of any size, in floating point"""
