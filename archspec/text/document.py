"""YAML text as a tree of values that know where they stand: `parse` makes it from a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, final

from archspec.text.source import Span

Plain = None | bool | int | float | str


class Scalar(NamedTuple):
    """One value. `text` is what was written (after unquoting); `value` is what YAML 1.2 reads in it."""

    value: Plain
    text: str
    span: Span
    placed: tuple[int, ...] | range | None = None
    """`offsets`; None where they are those of `span`, as they mostly are"""

    @property
    def offsets(self) -> tuple[int, ...] | range:
        """`offsets[k]` is the place in the source of character k of `text` (one more entry than characters: the last
        is the end), so that columns inside an expression can be pointed at even through quotes, escapes and folded
        lines."""
        return range(self.span.start, self.span.end + 1) if self.placed is None else self.placed

    def part(self, start: int, end: int) -> Span:
        """The source of characters `start` to `end` of `text`."""
        return Span(self.span.source, self.offsets[start], self.offsets[end])


@dataclass(frozen=True, eq=False, slots=True)
class Items:
    """A YAML sequence."""

    items: tuple[Yaml, ...]
    span: Span

    def __iter__(self) -> Iterator[Yaml]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Entry(NamedTuple):
    key: Scalar
    value: Yaml


@final
class Mapping:
    """A YAML mapping; keys are text and unique."""

    __slots__ = ("_table", "entries", "span")

    def __init__(self, entries: tuple[Entry, ...], span: Span):
        self.entries, self.span = entries, span
        self._table: dict[str, Entry] | None = None

    def _find(self, key: str) -> Entry | None:
        if len(self.entries) == 1:  # as steps are, and a spec may have very many
            (entry,) = self.entries
            return entry if entry.key.text == key else None
        if self._table is None:
            self._table = {entry.key.text: entry for entry in self.entries}
        return self._table.get(key)

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def __getitem__(self, key: str) -> Yaml:
        return self.entry(key).value

    def get(self, key: str) -> Yaml | None:
        entry = self._find(key)
        return None if entry is None else entry.value

    def entry(self, key: str) -> Entry:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Yaml = Scalar | Items | Mapping
