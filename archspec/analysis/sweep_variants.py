"""Figures of one spec for many values of its params, thousands a second where only numbers change.

A variant is elaborated in full; then once more with traced numbers (`text/traced.py`), which gives a
function from params to figures that knows for itself where it holds. It answers for every variant that
goes the same way; one that goes another way (another number of blocks, a `when` that turns) is
elaborated in its turn. So figures are those of full elaboration, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archspec.analysis.sweep_figures import figures
from archspec.language.elaborate import elaborate
from archspec.language.files import Files
from archspec.language.library import Found, find
from archspec.language.read.params import freeze
from archspec.language.trace import replayable, traceable
from archspec.program.model import Program
from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.trace_replay import Replay

ENOUGH = 4
"""variants that must be likely to share a trace before one is made: it takes as long as some two of them"""

Values = Mapping[str, Any]


@dataclass(slots=True)
class _Family:
    """Variants that agree in all that the traces of the family cannot vary."""

    replays: list[Replay] = field(default_factory=list)
    answered: int = 0

    def find(self, values: Values) -> dict[str, Any] | None:
        for at, replay in enumerate(self.replays):
            found = replay(values)
            if found is not None:
                if at:  # the next variant is most likely like this one
                    self.replays.insert(0, self.replays.pop(at))
                self.answered += 1
                return found
        return None

    @property
    def pays(self) -> bool:
        """Whether one more trace is worth its time: those before it were used."""
        return self.answered >= ENOUGH * (len(self.replays) - ENOUGH)


class Variants:
    """The variants of one spec in the params `names`."""

    def __init__(
        self,
        spec: Any,
        names: Collection[str],
        columns: Sequence[str],
        *,
        settings: Values | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ):
        """`settings`: values of other params, the same for all. Raises `SpecError`."""
        self.names, self.columns, self.limits = tuple(names), tuple(columns), limits
        self._found: Found = find(spec, limits)
        self._files = Files(limits)
        self._settings = dict(settings or {})
        self.base, _ = self._files.unit(self._found, self._settings)
        """the file as it is before anything is varied"""
        self._families: dict[tuple[str, ...], dict[tuple[object, ...], _Family]] = {}
        """by the params that their traces cannot vary, and the values of those"""
        self._declined = 0
        self.elaborated = self.traced = self.replayed = 0
        """variants elaborated in full, traces made of them, and variants that traces answered for"""

    def check(self, name: str, value: object) -> Any:
        """The value as the param takes it. Raises `SpecError` (A0324)."""
        return self._files.setting(self.base.spec, name, freeze(value), None, "")

    def program(self, values: Values) -> Program:
        """The program of one variant. Raises `SpecError`."""
        unit, _ = self._files.unit(self._found, {**self._settings, **values})
        return elaborate(unit, self.limits)[0]

    def figures(self, values: Values, sharing: Callable[[Collection[str]], int] | None = None) -> Values:
        """The columns of the variant with these checked values of all `names`. Raises `SpecError`.

        `sharing`: how many variants of interest agree with this one in the params of these names; by default
        many, unless those are all of `names`.
        """
        sharing = sharing or self._others
        for fixed, families in self._families.items():
            family = families.get(self._key(values, fixed))
            if family is not None:
                found = family.find(values)
                if found is not None:
                    self.replayed += 1
                    return found
        self.elaborated += 1
        found = figures(self.program(values), self.columns)
        if self._worth_tracing(values, sharing):
            self._trace(values, found)
        return found

    def _others(self, names: Collection[str]) -> int:
        return ENOUGH if set(self.names) - set(names) else 1

    def _worth_tracing(self, values: Values, sharing: Callable[[Collection[str]], int]) -> bool:
        if self._declined >= ENOUGH or not any(traceable(values[name]) for name in self.names):
            return False
        if not self._families:
            return sharing(self._untraceable(values)) >= ENOUGH
        known = ((fixed, families.get(self._key(values, fixed))) for fixed, families in self._families.items())
        return all(sharing(fixed) >= ENOUGH and (family is None or family.pays) for fixed, family in known)

    def _trace(self, values: Values, plain: Values) -> None:
        """Make a trace through this variant, of which the figures are known."""
        unit, _ = self._files.unit(self._found, {**self._settings, **values})
        try:
            replay = replayable(unit, self.limits, self.names, lambda program: figures(program, self.columns))
        except (SpecError, ArithmeticError, TypeError, ValueError):
            # What is right in full may be too much to trace: terms are not merged where numbers happen to be
            # equal, so bounds are reached earlier, and code in C may want true numbers.
            self._declined += 1
            return
        self.traced += 1
        assert replay(values) == plain, "a trace gives the figures of the variant that it was made of"
        fixed = tuple(name for name in self.names if name in replay.pinned or not traceable(values[name]))
        families = self._families.setdefault(fixed, {})
        families.setdefault(self._key(values, fixed), _Family()).replays.insert(0, replay)

    def _untraceable(self, values: Values) -> tuple[str, ...]:
        return tuple(name for name in self.names if not traceable(values[name]))

    def _key(self, values: Values, fixed: Collection[str]) -> tuple[object, ...]:
        """Values of the fixed params, and the kinds of the others: a trace is for one kind of number."""
        return tuple([_exact(values[name]) if name in fixed else type(values[name]) for name in self.names])


def _exact(value: Any) -> object:
    """A value so that 1, 1.0 and true are three."""
    return repr(value) if isinstance(value, tuple) else (type(value), value)
