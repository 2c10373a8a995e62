"""YAML text as a tree of values that know where they stand: `parse` makes it from a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from archspec.text.source import Span

Plain = None | bool | int | float | str


class Scalar(NamedTuple):
    """One value. `text` is what was written (after unquoting); `value` is what YAML 1.2 reads in it.

    `offsets[k]` is the place in the source of character k of `text` (one more entry than
    characters: the last is the end), so that columns inside an expression can be pointed at even
    through quotes, escapes and folded lines.
    """

    value: Plain
    text: str
    span: Span
    offsets: tuple[int, ...] | range

    def part(self, start: int, end: int) -> Span:
        """The source of characters `start` to `end` of `text`."""
        whole, first, last = self.span, self.offsets[start], self.offsets[end]
        return whole if whole.start == first and whole.end == last else Span(whole.source, first, last)


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Mapping:
    """A YAML mapping; keys are text and unique."""

    entries: tuple[Entry, ...]
    span: Span

    @cached_property
    def _table(self) -> dict[str, Entry]:
        return {entry.key.text: entry for entry in self.entries}

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def __getitem__(self, key: str) -> Yaml:
        return self._table[key].value

    def get(self, key: str) -> Yaml | None:
        entry = self._table.get(key)
        return None if entry is None else entry.value

    def entry(self, key: str) -> Entry:
        return self._table[key]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Yaml = Scalar | Items | Mapping
