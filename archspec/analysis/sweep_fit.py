"""The largest value of a param that keeps a network within a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from archspec.analysis.sweep_figures import DEFAULT
from archspec.analysis.sweep_variants import Variants
from archspec.language.read.figures import read_figure
from archspec.text.diagnostics import SpecError, fault
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.parse import parse
from archspec.text.source import Source

LIMIT = 1 << 40
"""steps beyond which nothing is looked for"""
NEIGHBOURS = 64
"""invalid values in a row after which a search goes elsewhere"""
LOOKED_AT = 2000
"""values that are looked at, evenly spread, to see whether what was found is what it seems"""
PATIENCE = 100
"""those of them that may take a full elaboration"""


@dataclass(frozen=True, slots=True)
class Budget:
    """An upper bound of one figure."""

    figure: str
    most: Fraction
    strict: bool
    """below, and not equal"""
    text: str
    """as written"""

    def holds(self, figures: Mapping[str, Any]) -> bool:
        found = figures[self.figure]
        return bool(found < self.most if self.strict else found <= self.most)


def parse_budget(figure: str, text: str) -> Budget:
    """`1.5G`, `<= 1.5G` or `< 7M`, as in `expect`. Raises `SpecError` (A0209)."""
    quoted = "'" + text.replace("'", "''") + "'"
    read = read_figure(figure, parse(Source(f"--{figure}", quoted), DEFAULT_LIMITS))
    if read.relation not in ("==", "<=", "<") or figure == "output":
        raise fault("A0209", f"`{text[:40]}` is no budget of {figure}", help="a budget is an upper bound: `<= 1.5G`")
    return Budget(figure, read.value, read.relation == "<", text.strip())


@dataclass(frozen=True, slots=True)
class Fit:
    """What a search found. Figures are by name; `None` for a value means that there is none."""

    name: str
    value: int | float
    """the largest value looked at with which every budget holds"""
    figures: Mapping[str, Any]
    next: int | float | None
    """the smallest valid value above it that breaks a budget"""
    next_figures: Mapping[str, Any] | None
    broken: tuple[Budget, ...]
    """the budgets that `next` breaks"""
    below: tuple[int | float, ...]
    """smaller values that break a budget: what is found is then the largest, but not all below it will do"""
    looked_at: int
    """valid values that were looked at"""
    complete: bool
    """whether those are all up to `next`"""


def fit(
    spec: str | Path,
    name: str,
    budgets: Sequence[Budget],
    *,
    settings: Mapping[str, object] | None = None,
    columns: Sequence[str] = DEFAULT,
    least: int | float | None = None,
    most: int | float | None = None,
    step: int | float | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Fit:
    """The largest `least + k * step` (k = 0, 1, …) of the param `name` with which all budgets hold.

    `least` and `most` default to the bounds of the param, or 1 (or one step) and no end; `step` to 1, and must
    be given for a float. Values with which the spec is wrong (groups that do not divide) are passed over. The
    search doubles, then bisects, which is right where figures grow with the param; so it then looks at
    other values, all of them if they are not too many, and tells of those that say otherwise.

    Raises `SpecError`: A0324 for a param that is no number, A0401 if no value fits.
    """
    return _Search(spec, name, budgets, settings or {}, columns, least, most, step, limits).run()


class _Search:
    """Steps `k` stand for values; `figures(k)` is None where the spec is wrong."""

    def __init__(
        self,
        spec: str | Path,
        name: str,
        budgets: Sequence[Budget],
        settings: Mapping[str, object],
        columns: Sequence[str],
        least: int | float | None,
        most: int | float | None,
        step: int | float | None,
        limits: Limits,
    ):
        wanted = tuple(dict.fromkeys((*columns, *(budget.figure for budget in budgets))))
        self.variants = Variants(spec, (name,), wanted, settings=settings, limits=limits)
        self.name, self.budgets = name, budgets
        param = self.variants.base.spec.params.get(name)
        if param is None:
            self.variants.check(name, 0)  # raises
            raise AssertionError
        if param.type not in ("int", "float", "sizes"):
            raise fault("A0324", f"`{name}` is no number, so it has no largest value", param.span)
        if param.type == "float" and step is None:
            raise fault("A0324", f"`{name}` is a float: give the step to take", help="such as `--step 0.05`")
        self.whole = param.type != "float"
        self.step = Decimal(str(step if step is not None else 1))
        low = least if least is not None else param.min
        self.low = Decimal(str(low)) if low is not None else self.step
        high = most if most is not None else param.max
        if self.step <= 0 or (self.whole and not (self.step % 1 == 0 == self.low % 1)):
            raise fault("A0324", f"`{name}` cannot go from {self.low} in steps of {self.step}")
        self.last = LIMIT if high is None else int((Decimal(str(high)) - self.low) // self.step)
        if self.last < 0:
            raise fault("A0324", f"there is no value of `{name}` from {self.low} to {high}")
        self._known: dict[int, Mapping[str, Any] | None] = {}
        self._error: SpecError | None = None

    def value(self, k: int) -> int | float:
        exact = self.low + k * self.step
        return int(exact) if self.whole else float(exact)

    def figures(self, k: int) -> Mapping[str, Any] | None:
        if k not in self._known:
            try:
                self._known[k] = self.variants.figures({self.name: self.variants.check(self.name, self.value(k))})
            except SpecError as error:
                self._error = self._error or error
                self._known[k] = None
        return self._known[k]

    def broken(self, k: int) -> tuple[Budget, ...]:
        figures = self.figures(k)
        assert figures is not None
        return tuple(budget for budget in self.budgets if not budget.holds(figures))

    def valid(self, k: int, end: int) -> int | None:
        """The first valid step from k up to, not including, `end`."""
        return next((at for at in range(k, min(k + NEIGHBOURS, end)) if self.figures(at) is not None), None)

    def run(self) -> Fit:
        fits, breaks = self.bracket()
        if fits is not None and breaks is not None:
            self.bisect(fits, breaks)
        self.look_around()
        valid = sorted(k for k, figures in self._known.items() if figures is not None)
        good = [k for k in valid if not self.broken(k)]
        if not good:
            raise self.nothing(valid)
        best = good[-1]
        next_ = next((k for k in valid if k > best), None)
        end = self.last + 1 if next_ is None else next_
        return Fit(
            self.name,
            self.value(best),
            self.figures(best) or {},
            None if next_ is None else self.value(next_),
            None if next_ is None else self.figures(next_),
            () if next_ is None else self.broken(next_),
            tuple(self.value(k) for k in valid if k < best and self.broken(k)),
            len(valid),
            end <= len(self._known) and all(k in self._known for k in range(end)),
        )

    def bracket(self) -> tuple[int | None, int | None]:
        """A step that fits and a later one that breaks a budget, found by doubling; None where there is none.

        Where small values break it, as groups do, later ones may still fit.
        """
        fits: int | None = None
        k, empty = 0, 0
        while k <= self.last and empty < 3:
            at = self.valid(k, self.last + 1)
            empty = empty + 1 if at is None else 0
            if at is not None:
                if not self.broken(at):
                    fits = at
                elif fits is not None:
                    return fits, at
            k = min(2 * max(k, at or 0) + 1, self.last) if k < self.last else self.last + 1
        return fits, None

    def bisect(self, fits: int, breaks: int) -> None:
        while breaks - fits > 1:
            middle = (fits + breaks) // 2
            at = self.valid(middle, breaks)
            if at is None or self.broken(at):
                breaks = middle  # no step from here up to what broke a budget before is better
            else:
                fits = at

    def look_around(self) -> None:
        """Look at other values: every one, or so many evenly spread, from the first to twice what was found."""
        found = max((k for k, figures in self._known.items() if figures is not None), default=0)
        end = min(self.last, 2 * found + 1)
        stride = max(1, -(-end // LOOKED_AT))
        start = self.variants.elaborated
        for k in range(0, end + 1, stride):
            if self.variants.elaborated - start > PATIENCE:
                break
            self.figures(k)

    def nothing(self, valid: Sequence[int]) -> SpecError:
        if not valid:
            assert self._error is not None
            return self._error
        at = valid[0]
        figures = self.figures(at) or {}
        told = ", ".join(f"{budget.figure} {figures[budget.figure]:,}" for budget in self.broken(at))
        outside = " and ".join(f"{budget.figure} {budget.text}" for budget in self.broken(at))
        return fault(
            "A0401",
            f"no `{self.name}` fits: with {self.value(at)} there are already {told}",
            None,
            help=f"asked for {outside}",
        )
