"""What a position of an output reads of an input, axis by axis: the vocabulary of `Op.reach`.

A window says which stretch of an axis each position reads. It repeats: position `period * m + r` reads
the stretch `spans[r]` moved by `step * m`. A convolution has period 1; an op that enlarges (transposed
convolution, interpolation) has one stretch for each phase, so that fractional strides stay exact. Edges
are not looked at: a window may reach into the padding, and the axis counts as long enough.

The recurrences for period 1 are those of Araujo, Norris and Sim, "Computing Receptive Fields of
Convolutional Neural Networks", Distill 2019 (doi 10.23915/distill.00021), with step = effective stride
and first index = minus effective padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, gcd, lcm
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction

Span = tuple[int, int]
"""first and last index that is read"""

PERIOD = 128
"""a pattern that repeats later than this counts as irregular: its cost would grow with the period"""


class Window(NamedTuple):
    """The stretches that positions read along one axis.

    >>> Window(2, ((-3, 3),)).span(10)
    (17, 23)
    """

    step: int = 1
    spans: tuple[Span | None, ...] = ((0, 0),)
    """one for each phase; None where nothing is read (the holes of a transposed convolution)"""

    def span(self, position: int) -> Span | None:
        """First and last index that `position` reads, or None."""
        turn, phase = divmod(position, len(self.spans))
        span = self.spans[phase]
        return span and (span[0] + self.step * turn, span[1] + self.step * turn)

    @property
    def size(self) -> int:
        """Indices of the largest stretch, ends included; 0 if nothing is read."""
        return max((last - first + 1 for first, last in filter(None, self.spans)), default=0)

    @property
    def stride(self) -> Fraction:
        """How far the stretch moves from one position to the next, on average."""
        from fractions import Fraction

        return Fraction(self.step, len(self.spans))


HERE = Window()
"""each position reads the one at its own place"""

Way = None | tuple[int, Window]
"""for an axis of an input: the axis of the output that runs along it, and the window; None: every position of
the output may read all of the axis"""
Ways = tuple[Way, ...]
"""one for each axis of an input"""


def straight(rank: int) -> Ways:
    """All axes position by position."""
    return tuple((axis, HERE) for axis in range(rank))


def aligned(given: Sequence[int], shape: Sequence[int], left: bool = False) -> Ways:
    """Value by value from shape `given` to `shape`: ranks align right (or left), axes of size 1 stretch.

    >>> aligned((64, 1, 5), (64, 7, 5))
    ((0, Window(step=1, spans=((0, 0),))), None, (2, Window(step=1, spans=((0, 0),))))
    """
    shift = 0 if left else len(shape) - len(given)
    places = ((axis, axis + shift) for axis in range(len(given)))
    return tuple((to, HERE) if 0 <= to < len(shape) and given[axis] == shape[to] else None for axis, to in places)


def regrouped(given: Sequence[int], shape: Sequence[int]) -> Ways:
    """The same values in order in another shape: an axis that stays whole is read position by position.

    >>> [way and way[0] for way in regrouped((8, 6, 5), (2, 4, 6, 5))]
    [None, 2, 3]
    """
    ways: list[Way] = [None] * len(given)
    old = new = 0
    while old < len(given) and new < len(shape):
        olds, news = [old], [new]
        old, new = old + 1, new + 1
        left, right = given[olds[0]], shape[news[0]]
        while left != right:
            if left < right and old < len(given):
                olds.append(old)
                left, old = left * given[old], old + 1
            elif new < len(shape):
                news.append(new)
                right, new = right * shape[new], new + 1
            else:
                return tuple(ways)
        froms, tos = [axis for axis in olds if given[axis] > 1], [axis for axis in news if shape[axis] > 1]
        if len(froms) == len(tos) == 1:
            ways[froms[0]] = (tos[0], HERE)
    return tuple(ways)


def sliding(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], before: Sequence[int]
) -> list[Window]:
    """One window an axis for a convolution or pooling with that padding before it."""
    return [Window(s, ((-p, d * (k - 1) - p),)) for k, s, d, p in zip(kernel, stride, dilation, before, strict=True)]


def over_space(windows: Sequence[Window | None], channels: Way = None) -> tuple[tuple[Ways, ...], ...]:
    """The reach of an op of one input and one output, both channels first: a window for each spatial axis."""
    ways = [window and (axis, window) for axis, window in enumerate(windows, 1)]
    return (((channels, *ways),),)


def shifted(start: int, step: int = 1) -> Window:
    """Position p reads `start + step * p`: a slice, a crop, or padding (a negative start)."""
    return Window(step, ((start, start),))


def spread(kernel: int, stride: int, dilation: int, before: int) -> Window | None:
    """A transposed convolution: position o reads i where o + before = stride * i + dilation * tap.

    The first `stride` taps reach all the phases that there are with the largest i, the last ones with the smallest.
    None if the stride is above `PERIOD`.
    """
    if stride > PERIOD:
        return None
    firsts: dict[int, int] = {}
    lasts: dict[int, int] = {}
    for found, taps, best in (
        (lasts, range(min(kernel, stride)), max),
        (firsts, range(max(0, kernel - stride), kernel), min),
    ):
        for tap in taps:
            back, phase = divmod(dilation * tap - before, stride)
            found[phase] = best(found.get(phase, -back), -back)
    return Window(1, tuple((firsts[r], lasts[r]) if r in lasts else None for r in range(stride)))


def scaled(ratio: Fraction, start: Fraction, taps: Span) -> Window | None:
    """Interpolation: position p looks at the point `ratio * p + start` and reads the index below it if the point is
    there or `taps` is one index, else from `taps[0]` to `taps[1]` around that. None beyond `PERIOD`.

    >>> from fractions import Fraction
    >>> scaled(Fraction(1, 2), Fraction(-1, 4), (0, 1))
    Window(step=1, spans=((-1, 0), (0, 1)))
    """
    if ratio.denominator > PERIOD:
        return None
    spans: list[Span] = []
    for phase in range(ratio.denominator):
        point = ratio * phase + start
        below = floor(point)
        on = point == below
        spans.append((below, below) if on else (below + taps[0], below + taps[1]))
    return Window(ratio.numerator, tuple(spans))


def adaptive(size: int, parts: int) -> Window | None:
    """Adaptive pooling: part i reads floor(i * size / parts) to ceil((i + 1) * size / parts) - 1.

    None beyond `PERIOD`.
    """
    common = gcd(size, parts)
    size, parts = size // common, parts // common
    if parts > PERIOD:
        return None
    return Window(size, tuple((i * size // parts, -(-(i + 1) * size // parts) - 1) for i in range(parts)))


def after(window: Window, inner: Window) -> Window | None:
    """What is read through `inner` by what reads it through `window`; None if it repeats beyond `PERIOD`.

    >>> after(Window(1, ((-1, 1),)), Window(2, ((-3, 3),)))
    Window(step=2, spans=((-5, 5),))
    """
    if window is HERE:
        return inner
    step, outer = window
    pace, under = inner
    if len(under) == 1:
        (low,) = under
        if len(outer) == 1 and low is not None and outer[0] is not None:
            first, last = outer[0]
            return Window(pace * step, ((low[0] + pace * first, low[1] + pace * last),))
        if low is not None:
            spans = tuple(span and (low[0] + pace * span[0], low[1] + pace * span[1]) for span in outer)
            return Window(pace * step, spans)
    common = gcd(step, len(under))
    turns = len(under) // common
    if len(outer) * turns > PERIOD:
        return None
    return Window(
        pace * step // common,
        tuple(_through(window.span(position), inner) for position in range(len(outer) * turns)),
    )


def _through(span: Span | None, inner: Window) -> Span | None:
    """All that the positions of a stretch read: the first and the last period of it tell its ends."""
    if span is None:
        return None
    first, last = span
    period = len(inner.spans)
    ends = {*range(first, min(last, first + period - 1) + 1), *range(max(first, last - period + 1), last + 1)}
    found = [read for read in map(inner.span, ends) if read is not None]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def together(a: Window, b: Window) -> Window | None:
    """The stretch that holds both. None if they move at different strides, or repeat together beyond `PERIOD`."""
    if a == b:
        return a
    if len(a.spans) == len(b.spans):
        if a.step != b.step:
            return None
        period = len(a.spans)
        if period == 1:
            return Window(a.step, (_hull(a.spans[0], b.spans[0]),))
    else:
        period = lcm(len(a.spans), len(b.spans))
        if a.step * len(b.spans) != b.step * len(a.spans) or period > PERIOD:
            return None
    step = a.step * (period // len(a.spans))
    return Window(step, tuple(_hull(a.span(r), b.span(r)) for r in range(period)))


def _hull(a: Span | None, b: Span | None) -> Span | None:
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), max(a[1], b[1])
