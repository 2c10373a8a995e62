"""The library at a glance: what each shipped spec says of its network. Nothing is elaborated for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.language import library
from archspec.language.files import Files
from archspec.language.records import ErrorRate, Reference
from archspec.language.spec import Figure, Spec
from archspec.text.limits import DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the library. Figures are those of its `expect`, None where it states none."""

    name: str
    variant_of: str | None
    family: str
    title: str
    year: int | None
    params: int | None
    mads: int | None
    depth: int | None
    error: ErrorRate | None


def catalogue() -> tuple[Entry, ...]:
    """Every network of the library, in the order of its families, in each by year.

    >>> next(entry for entry in catalogue() if entry.name == "densenet169").params
    14149480
    """
    found: list[Entry] = []
    for id in library.shipped():
        spec, _ = Files(DEFAULT_LIMITS).spec(library.find(id, DEFAULT_LIMITS))
        if spec.graph is not None:
            found.append(_entry(spec, spec.name, None, spec.title, spec.source, spec.expect, spec.error))
            for one in spec.variants.values():
                title, source = one.title or spec.title, one.source or spec.source
                found.append(_entry(spec, one.name, spec.name, title, source, one.expect or {}, one.error))
    first = {entry.family: min(e.year or 9999 for e in found if e.family == entry.family) for entry in found}
    return tuple(sorted(found, key=lambda entry: (entry.family == "slides", first[entry.family], entry.family)))


def _entry(
    spec: Spec,
    name: str,
    parent: str | None,
    title: str,
    source: Reference | None,
    expect: Mapping[str, Figure],
    error: ErrorRate | None,
) -> Entry:
    exact = {
        key: int(figure.value)
        for key, figure in expect.items()
        if key in ("params", "mads", "depth") and figure.relation == "=="
    }
    year = source.year if source is not None else None
    figures = (exact.get("params"), exact.get("mads"), exact.get("depth"))
    return Entry(name, parent, spec.family or "other", title, year, *figures, error)
