"""How long the paths of a network are: their distribution, its mean and its spread.

A residual network is an ensemble of paths whose lengths follow a binomial distribution, as Veit, Wilber and
Belongie observe ("Residual Networks Behave Like Ensembles of Relatively Shallow Networks", NIPS 2016,
arXiv 1605.06431). Here the lengths are exact for any graph: the walk of `paths` over polynomials.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import isqrt
from typing import NamedTuple

from archspec.analysis.paths import walk
from archspec.analysis.route import Edges, route
from archspec.analysis.semiring import MANY, Moments, moments, packed, unpacked
from archspec.program.model import Program
from archspec.text.bignum import exact_log10, exactly

LENGTH_DIGITS = 6_000_000
"""a distribution is made while its counts have no more digits than this in all: some 3,000 residual blocks"""

Lengths = tuple[int, ...]
"""entry d is the number of paths of d weighted layers"""


class Spread(NamedTuple):
    """Moments of the path lengths, exact."""

    sums: Moments

    @property
    def mean(self) -> Fraction:
        return Fraction(self.sums.total, self.sums.paths)

    @property
    def variance(self) -> Fraction:
        return Fraction(self.sums.squares, self.sums.paths) - self.mean**2

    @property
    def deviation(self) -> float:
        """Standard deviation: correctly rounded as far as a float goes, whatever the size of the sums."""
        variance = self.variance
        # Root of a fraction scaled to an integer of at least 128 bits, so that no float overflows.
        shift = max(0, 128 - variance.numerator.bit_length() + variance.denominator.bit_length())
        return float(Fraction(isqrt((variance.numerator << 2 * shift) // variance.denominator), 1 << shift))


def spread(program: Program, edges: Edges = "data") -> Spread | None:
    """Moments of the path lengths; None if there is no path, or too many to be counted (`MANY`)."""
    ways = moments(squares=True)
    rows = walk(route(program, edges), ways)
    if not rows:
        return None
    found = reduce(ways.plus, rows.values())
    return None if found.paths is MANY else Spread(found)


def path_lengths(program: Program, edges: Edges = "data", found: Spread | None = None) -> Lengths | None:
    """How many paths have 0, 1, 2, … weighted layers; () if there is none, None beyond `LENGTH_DIGITS`.

    `found` is what `spread` gives, for who has it already.
    """
    sums = found.sums if found is not None else None
    if sums is None:
        ways = moments()
        rows = walk(route(program, edges), ways)
        if not rows:
            return ()
        sums = reduce(ways.plus, rows.values())
    slot = int(exact_log10(sums.paths)) + 2
    if sums.paths is MANY or slot * (sums.longest + 1) > LENGTH_DIGITS:
        return None
    with exactly():
        return unpacked(sum(walk(route(program, edges), packed(slot)).values(), Decimal(0)), slot)


def share_within(lengths: Lengths, sums: Moments) -> Fraction:
    """Share of the paths whose length is at most one standard deviation from the mean, exact.

    >>> share_within((1, 2, 1), Moments(0, 2, 4, 4, 6))
    Fraction(1, 2)
    """
    count, total = sums.paths, sums.total
    # |length - mean| <= deviation, squared and multiplied by count².
    bound = count * sums.squares - total * total
    near = sum(paths for length, paths in enumerate(lengths) if (length * count - total) ** 2 <= bound)
    return Fraction(near, count)
