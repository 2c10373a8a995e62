"""Which block of one body is which of another: an alignment of two rows, by names and by structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from archspec.draw.picture import Block, Body
from archspec.draw.structure import unit_key
from archspec.program.model import INPUT, Call, Program

MANY = 400
"""blocks in a row beyond which they are paired by names alone: an alignment takes quadratic time"""

Names = Mapping[tuple[str, str], Mapping[str, str]]
"""by two ids of modules: a step's name in the first → its counterpart's in the second; a pair of modules that is not
in it has equal names for equal steps"""


class Pairs:
    """Pairs the blocks of bodies of two programs."""

    def __init__(self, a: Program, b: Program, names: Names):
        self._a, self._b, self._names = a, b, names

    def of(self, a: Body, b: Body) -> list[tuple[int, int]]:
        """Numbers of blocks that are one in both, in the order of both."""
        return _checked(a, b, self._aligned(a, b))

    def _partner(self, one: str, two: str, name: str) -> str:
        """The counterpart's name of a block, which may stand in steps that the body opened; "" if there is none."""
        names = self._names.get((one, two))
        if names is None:
            return name
        if name in names:
            return names[name]
        for at in (at for at in range(len(name) - 1, 0, -1) if name[at] == "."):
            head = name[:at]
            if head in names:
                callees = _callee(self._a, one, head), _callee(self._b, two, names[head])
                rest = self._partner(*callees, name[at + 1 :]) if all(callees) else ""
                return f"{names[head]}.{rest}" if rest else ""
        return ""

    def _aligned(self, a: Body, b: Body) -> list[tuple[int, int]]:
        partners = [self._partner(a.id, b.id, block.name) for block in a.blocks]
        start = 0
        least = min(len(a.blocks), len(b.blocks))
        while start < least and partners[start] == b.blocks[start].name and _alike(a.blocks[start], b.blocks[start]):
            start += 1
        found = [(number, number) for number in range(start)]
        rest = len(a.blocks) - start, len(b.blocks) - start
        if min(rest) == 0:
            return found
        if max(rest) > MANY:
            matcher = SequenceMatcher(None, partners[start:], [block.name for block in b.blocks[start:]], False)
            return found + [
                (start + i + k, start + j + k) for i, j, size in matcher.get_matching_blocks() for k in range(size)
            ]
        best = [[0] * (rest[1] + 1) for _ in range(rest[0] + 1)]
        for i in range(rest[0] - 1, -1, -1):
            one, row, below = a.blocks[start + i], best[i], best[i + 1]
            for j in range(rest[1] - 1, -1, -1):
                two = b.blocks[start + j]
                both = _score(one, two, partners[start + i] == two.name)
                row[j] = max(below[j], row[j + 1], below[j + 1] + both if both else 0)
        i = j = 0
        while i < rest[0] and j < rest[1]:
            one, two = a.blocks[start + i], b.blocks[start + j]
            both = _score(one, two, partners[start + i] == two.name)
            if both and best[i][j] == best[i + 1][j + 1] + both:
                found.append((start + i, start + j))
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                i += 1
            else:
                j += 1
        return found


def _callee(program: Program, module: str, name: str) -> str:
    node = next((node for node in program.modules[module].nodes if node.name == name), None)
    return node.body.module if node is not None and isinstance(node.body, Call) else ""


def _alike(one: Block, two: Block) -> bool:
    """Whether two blocks are of one kind, whatever their numbers are."""
    return (one.body is None) == (two.body is None) and unit_key(one) == unit_key(two)


def _score(one: Block, two: Block, named: bool) -> int:
    """How well two blocks go together; 0: not at all."""
    if (one.body is None) != (two.body is None) or one.only != two.only:
        return 0
    same = unit_key(one) == unit_key(two)
    if one.op is not None and two.op is not None:
        kin = one.op.op == two.op.op or one.role == two.role == "pool"
    else:
        kin = one.template == two.template
    if not (same or kin):
        return 0
    return 4 * same + 1 + 2 * named + 2 * (one.label.text == two.label.text)


def _checked(a: Body, b: Body, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs whose first operands have one origin, as far back as the last blocks that are paired."""
    found: list[tuple[int, int]] = []
    there: dict[int, int] = {INPUT: INPUT}
    back = {INPUT}

    def origin(body: Body, number: int, paired: Mapping[int, int] | set[int]) -> int:
        while number not in paired:
            number = body.blocks[number].args[0].node if body.blocks[number].args else INPUT
        return number

    for i, j in pairs:
        one, two = a.blocks[i], b.blocks[j]
        if len(one.args) == 1 and len(two.args) == 1:
            if there[origin(a, one.args[0].node, there)] != origin(b, two.args[0].node, back):
                continue
        found.append((i, j))
        there[i] = j
        back.add(j)
    return found
