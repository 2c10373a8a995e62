"""A table of variants: every combination of values of some params, and what each comes to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path, PurePath
from typing import Any

from archspec.analysis.sweep_axes import MOST_VALUES
from archspec.analysis.sweep_figures import DEFAULT
from archspec.analysis.sweep_variants import Variants
from archspec.text.diagnostics import SpecError, fault
from archspec.text.limits import DEFAULT_LIMITS, Limits

Record = dict[str, Any]
ERROR = "error"
"""the last column: what is wrong with a variant that has no figures, else None"""


class Sweep:
    """The cartesian product of values of params, in the order given: the last param changes fastest.

    Iterating elaborates; each record is a dictionary of the params, the figures and `error`. A variant that
    is wrong (its shapes clash, a value is not among a param's choices) is a record without figures.
    """

    def __init__(
        self,
        spec: str | Path,
        axes: Mapping[str, Iterable[object]],
        columns: Sequence[str] = DEFAULT,
        *,
        limits: Limits = DEFAULT_LIMITS,
    ):
        """Raises `SpecError` if the spec cannot be read, lacks a param, or there are too many variants."""
        self.axes = {name: tuple(values) for name, values in axes.items()}
        self.columns = tuple(columns)
        self.size = prod(map(len, self.axes.values()))
        if self.size > MOST_VALUES:
            raise fault("A0324", f"a sweep of {self.size:,} variants, where {MOST_VALUES:,} are allowed")
        self.variants = Variants(spec, self.axes, columns, limits=limits)
        self._checked = {name: [self._check(name, value) for value in values] for name, values in self.axes.items()}

    def _check(self, name: str, value: object) -> tuple[object, Any, SpecError | None]:
        """A value as given, as the param takes it, and what is wrong with it."""
        if name not in self.variants.base.spec.params:
            self.variants.check(name, value)  # raises
        try:
            return value, self.variants.check(name, value), None
        except SpecError as error:
            return value, None, error

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Record]:
        names = tuple(self.axes)
        for point in product(*self._checked.values()):
            record: Record = {name: given for name, (given, _, _) in zip(names, point, strict=True)}
            wrong = next((error for _, _, error in point if error is not None), None)
            try:
                if wrong is not None:
                    raise wrong
                values = {name: value for name, (_, value, _) in zip(names, point, strict=True)}
                record.update(self.variants.figures(values, self._sharing))
                record[ERROR] = None
            except SpecError as error:
                record.update(dict.fromkeys(self.columns), **{ERROR: told(error)})
            yield record

    def _sharing(self, names: Collection[str]) -> int:
        """How many variants agree in the params of these names."""
        return prod(len(values) for name, values in self.axes.items() if name not in names)


def told(error: SpecError) -> str:
    """The first mistake in one line: `A0308 resnet50.yaml:35: 3 groups do not divide 128 input channels`."""
    first = next((each for each in error.diagnostics if each.severity == "error"), error.diagnostics[0])
    span = first.labels[0].span if first.labels else None
    place = f" {PurePath(span.source.name).name}:{span.line}" if span is not None else ""
    return f"{first.code}{place}: {first.message}"
