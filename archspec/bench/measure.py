"""Times of several subjects in alternation, so that what else the machine does slows neighbours alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from statistics import median, quantiles
from typing import NamedTuple

Run = Callable[[], object]
Clock = Callable[[], float]

LEAST_ROUNDS = 5
"""quartiles of fewer say nothing"""
WARM_CALLS = 3
LONGEST_BLOCK = 0.1
"""seconds that the calls of one sample fill at least"""


class Warmed(NamedTuple):
    """A run that is warm, and how many calls make one sample of it."""

    run: Run
    calls: int


def warm(run: Run, seconds: float, clock: Clock) -> Warmed:
    """Call it until caches are full and code is compiled. `seconds`: what its samples may take together."""
    fastest = float("inf")
    for _ in range(WARM_CALLS):
        start = clock()
        run()
        fastest = min(fastest, clock() - start)
    block = min(LONGEST_BLOCK, seconds / (4 * LEAST_ROUNDS))
    return Warmed(run, max(1, ceil(block / max(fastest, 1e-7))))


def rounds(subjects: Sequence[Warmed], seconds: float, clock: Clock) -> Iterator[tuple[float, ...]]:
    """Samples, one of each subject a round: seconds a call. Every second round goes backwards.

    Ends when the samples have taken `seconds` for each subject, and not before `LEAST_ROUNDS`.
    """
    start, done = clock(), 0
    while done < LEAST_ROUNDS or clock() - start < seconds * len(subjects):
        order = range(len(subjects)) if done % 2 == 0 else reversed(range(len(subjects)))
        samples = {at: _sample(subjects[at], clock) for at in order}
        done += 1
        yield tuple(samples[at] for at in range(len(subjects)))


def _sample(subject: Warmed, clock: Clock) -> float:
    if subject.calls > 1:
        subject.run()  # the subject before it has filled the caches with its own weights
    start = clock()
    for _ in range(subject.calls):
        subject.run()
    return (clock() - start) / subject.calls


class Spread(NamedTuple):
    """The middle of some numbers, and the quartiles beside it."""

    low: float
    middle: float
    high: float


def spread(numbers: Sequence[float]) -> Spread:
    """
    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0]), spread([7.0])
    (Spread(low=2.0, middle=3.0, high=4.0), Spread(low=7.0, middle=7.0, high=7.0))
    """
    if len(numbers) == 1:
        return Spread(numbers[0], numbers[0], numbers[0])
    return Spread(*quantiles(numbers, n=4, method="inclusive"))


def speed(samples: Sequence[float], base: Sequence[float]) -> Spread:
    """How many times as fast as the base: the ratio of medians, and the quartiles of the ratios round by round.

    >>> speed([1.0, 1.0, 2.0], [2.0, 2.0, 4.0])
    Spread(low=2.0, middle=2.0, high=2.0)
    """
    paired = spread([other / own for own, other in zip(samples, base, strict=True)])
    return Spread(paired.low, median(base) / median(samples), paired.high)
