"""White space outside values: line ends, indentation, blanks between YAML's tokens.

A block stands two columns inside the block around it, a list under a key too. Runs of blanks after
`:` and `,` stay: people align columns with them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from archspec.language.fmt.edits import Edit, apply_edits

_STEP = 2
_ENDS = re.compile(r"\r\n|\r")
_REMARK = re.compile(r"[ \t]+(?=#)")
_TRAILING = re.compile(r"[ \t]+$")
_COUNTED = re.compile(r"[|>][-+]?[1-9]")
_OPENERS = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSERS = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_Dash = yaml.BlockEntryToken
_STREAM = (yaml.StreamStartToken, yaml.StreamEndToken)


def lay_out(text: str) -> str:
    """The same YAML, laid out. The text must be valid YAML."""
    text = _ENDS.sub("\n", text.removeprefix("\ufeff"))
    page = _Page(text)
    indents = page.indents() if page.movable else ()
    text = apply_edits(text, [*page.gaps(dashes=page.movable), *indents])
    text = apply_edits(text, _Page(text).trailing())
    return text if _Page(text).kept_end else text.strip("\n") + "\n"


def _tokens(text: str) -> list[yaml.Token]:
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    return list(yaml.scan(text, Loader=loader))


def _block_scalar(token: yaml.Token) -> bool:
    return isinstance(token, yaml.ScalarToken) and token.style in ("|", ">")


def _gap(left: yaml.Token, right: yaml.Token, gap: str, flow: bool) -> str:
    kept = " " if "\t" in gap else gap
    ends = isinstance(right, (yaml.FlowEntryToken, *_CLOSERS))
    match left:
        case _Dash():
            return " "
        case yaml.ValueToken() if ends:
            return kept
        case yaml.AliasToken() if isinstance(right, yaml.ValueToken):
            return kept
        case yaml.FlowSequenceStartToken() | yaml.FlowMappingStartToken():
            return ""
    if isinstance(right, yaml.ValueToken) or (flow and ends):
        return ""
    if isinstance(left, yaml.ValueToken | yaml.FlowEntryToken):
        return kept or " "
    return kept


class _Span(NamedTuple):
    """A scalar of several lines."""

    first: int
    last: int
    block: bool


@dataclass
class _Block:
    """A block list or mapping that is open: where it stood and where it goes."""

    old: int
    new: int
    listed: bool
    indentless: bool = False

    @property
    def shift(self) -> int:
        return self.new - self.old


@dataclass
class _Page:
    """The lines of a text, and what the tokens say of each."""

    text: str
    lines: list[str] = field(init=False)
    tokens: list[yaml.Token] = field(init=False)
    scalars: list[_Span] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")
        self.tokens = _tokens(self.text)
        starts = self._starts()
        self.scalars = []
        for token in self.tokens:
            if isinstance(token, yaml.ScalarToken):
                first = _line_of(starts, token.start_mark.index)
                last = _line_of(starts, token.end_mark.index)
                if last > first and _block_scalar(token) and token.end_mark.index == starts[last]:
                    last -= 1
                if last > first:
                    self.scalars.append(_Span(first, last, _block_scalar(token)))

    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    @property
    def movable(self) -> bool:
        """Indentation may be changed: no block scalar counts its own, no key is written with `?`."""
        return not any(
            (_block_scalar(token) and _COUNTED.match(self.text[token.start_mark.index :][:3]))
            or (isinstance(token, yaml.KeyToken) and token.start_mark.index < token.end_mark.index)
            for token in self.tokens
        )

    @property
    def kept_end(self) -> bool:
        """The text ends in a block scalar that keeps its last line breaks."""
        scalars = [token for token in self.tokens if isinstance(token, yaml.ScalarToken)]
        if not scalars or not _block_scalar(scalars[-1]):
            return False
        return "+" in self.text[scalars[-1].start_mark.index :][:3]

    def gaps(self, *, dashes: bool) -> Iterator[Edit]:
        """Blanks between two tokens on one line; those behind a dash only if what follows may move with them."""
        depth = 0
        before: yaml.Token | None = None
        for token in self.tokens:
            start, end = token.start_mark.index, token.end_mark.index
            if start == end and not isinstance(token, yaml.StreamEndToken):
                continue
            depth += isinstance(token, _OPENERS)
            if before is not None and not _block_scalar(before) and (dashes or not isinstance(before, _Dash)):
                left = before.end_mark.index
                gap = self.text[left:start]
                remark = _REMARK.match(gap)
                if remark and "\t" in remark[0]:
                    yield Edit(left, left + len(remark[0]), " ")
                elif left <= start and not gap.strip(" \t"):
                    wanted = _gap(before, token, gap, depth > 0)
                    if wanted != gap:
                        yield Edit(left, start, wanted)
            depth -= isinstance(token, _CLOSERS)
            before = token

    def trailing(self) -> Iterator[Edit]:
        """Blanks at the ends of lines, but for those that a block scalar holds."""
        inside = {line for span in self.scalars if span.block for line in range(span.first + 1, span.last + 1)}
        at = 0
        for number, line in enumerate(self.lines):
            found = _TRAILING.search(line)
            if found and number not in inside and not line[: found.start()].endswith("\\"):
                yield Edit(at + found.start(), at + len(line), "")
            at += len(line) + 1

    def indents(self) -> Iterator[Edit]:
        wanted = self._wanted()
        at = 0
        for number, line in enumerate(self.lines):
            width = _width(line)
            new = wanted.get(number, width)
            if new != width and line:
                yield Edit(at, at + width, " " * new)
            at += len(line) + 1

    def _wanted(self) -> dict[int, int]:
        """New indentation by line."""
        starts = self._starts()
        wanted: dict[int, int] = {}
        columns: dict[int, int] = {}
        stack: list[_Block] = []
        depth = 0
        for token in self.tokens:
            index = token.start_mark.index
            line = _line_of(starts, index)
            column = index - starts[line]
            if isinstance(token, _STREAM):
                continue
            if isinstance(token, yaml.BlockMappingStartToken | yaml.BlockSequenceStartToken):
                new = stack[-1].new + _STEP if stack else 0
                stack.append(_Block(column, new, isinstance(token, yaml.BlockSequenceStartToken)))
                continue
            if isinstance(token, yaml.BlockEntryToken) and not depth and stack and not stack[-1].listed:
                stack.append(_Block(column, stack[-1].new + _STEP, True, indentless=True))
            elif stack and stack[-1].indentless and not depth:
                if isinstance(token, yaml.BlockEndToken | yaml.KeyToken):
                    stack.pop()
            if isinstance(token, yaml.BlockEndToken):
                stack.pop()
                continue
            depth += isinstance(token, _OPENERS)
            depth -= isinstance(token, _CLOSERS)
            if token.end_mark.index == index and not isinstance(token, yaml.KeyToken):
                continue
            shift = stack[-1].shift if stack else 0
            if line not in columns and not self.lines[line][:column].strip(" "):
                columns[line] = column
                wanted[line] = max(column + shift, 0)
            if isinstance(token, yaml.ScalarToken):
                last = _line_of(starts, token.end_mark.index)
                if _block_scalar(token) and token.end_mark.index == starts[last]:
                    last -= 1
                for inner in range(line + 1, last + 1):
                    width = _width(self.lines[inner])
                    columns.setdefault(inner, width)
                    wanted.setdefault(inner, max(width + shift, 0))
        self._comments(wanted, columns)
        return wanted

    def _comments(self, wanted: dict[int, int], columns: dict[int, int]) -> None:
        """A line of its own for a comment goes with the line below it, or with one above that stood as far in."""
        content = sorted(columns)
        for number, line in enumerate(self.lines):
            if number in wanted or not line.lstrip(" \t").startswith("#"):
                continue
            width = _width(line)
            below = next((other for other in content if other > number), None)
            above = next((other for other in reversed(content) if other < number and columns[other] == width), None)
            if below is not None and (columns[below] == width or above is None):
                wanted[number] = max(width + wanted[below] - columns[below], 0)
            elif above is not None:
                wanted[number] = wanted[above] if below is not None or width else 0


def _width(line: str) -> int:
    """Blanks that the line begins with; tabs can stand only before a comment."""
    bare = line.lstrip(" \t")
    return len(line) - len(bare if bare.startswith("#") else line.lstrip(" "))


def _line_of(starts: list[int], index: int) -> int:
    return min(bisect_right(starts, index) - 1, len(starts) - 2)
