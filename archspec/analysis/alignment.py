"""Which step of one module is which step of another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

from archspec.program.model import INPUT, Call, Module, Node, Ref

Pair = tuple[int | None, int | None]
"""numbers of the two nodes; None where there is no counterpart"""
Label = Callable[[Node, bool], object]
"""what a node says (exactly, or its kind), to match those without a name"""
MANY = 400
"""unnamed steps in a row beyond which they are matched by place: sequence matching takes quadratic time"""


def align(a: Module, b: Module, label_a: Label, label_b: Label) -> list[Pair]:
    """Counterparts of all steps, in the order of both; skipped nodes are left out.

    Copies of a loop are matched by place, and the joins between them with them. Elsewhere names that both modules
    have are matched if their order is the same too; what stands between such names by what it says.
    """
    left, right = _present(a), _present(b)
    if a.loop is not None and b.loop is not None:
        return _loops(a, b, left, right)
    anchors = _anchors(a, b, left, right)
    pairs: list[Pair] = []
    at = [0, 0]
    for one, two in [*anchors, (len(left), len(right))]:
        pairs += _between(a, b, left[at[0] : one], right[at[1] : two], label_a, label_b)
        if one < len(left):
            pairs.append((left[one], right[two]))
        at = [one + 1, two + 1]
    return pairs


def heard(module: Module, ref: Ref) -> Ref:
    """The value that a reference stands for, looking through nodes that are skipped."""
    while ref.node != INPUT and module.nodes[ref.node].skipped:
        ref = module.nodes[ref.node].args[0]
    return ref


def _present(module: Module) -> list[int]:
    return [number for number, node in enumerate(module.nodes) if not node.skipped]


def _loops(a: Module, b: Module, left: Sequence[int], right: Sequence[int]) -> list[Pair]:
    """Copies by place; a join goes with the copy before it, and is told only where both have it."""
    sides = []
    for module, numbers in ((a, left), (b, right)):
        copies = [number for number in numbers if isinstance(module.nodes[number].body, Call)]
        sides.append((copies or list(numbers)) if module.loop else [])
    common = min(map(len, sides))
    pairs: list[Pair] = [*zip(sides[0][:common], sides[1][:common], strict=True)]
    pairs += [(number, None) for number in sides[0][common:]]
    pairs += [(None, number) for number in sides[1][common:]]
    joins = [[number for number in numbers if number not in taken] for numbers, taken in
             ((left, frozenset(sides[0])), (right, frozenset(sides[1])))]  # fmt: skip
    if joins[0] and joins[1]:
        pairs += zip(joins[0], joins[1], strict=False)
    else:
        pairs += [(number, None) for number in joins[0]]
        pairs += [(None, number) for number in joins[1]]
    return pairs


def _anchors(a: Module, b: Module, left: Sequence[int], right: Sequence[int]) -> list[tuple[int, int]]:
    """Places of names that both have: the most that stand in the same order (a longest increasing subsequence)."""
    where = {b.nodes[number].name: place for place, number in enumerate(right) if b.nodes[number].named}
    pairs = [
        (place, where[a.nodes[number].name])
        for place, number in enumerate(left)
        if a.nodes[number].named and a.nodes[number].name in where
    ]
    ends: list[int] = []
    tails: list[int] = []
    before: list[int | None] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(tails[length - 1] if length else None)
        if length == len(ends):
            ends.append(place)
            tails.append(index)
        else:
            ends[length], tails[length] = place, index
    chosen: list[tuple[int, int]] = []
    last: int | None = tails[-1] if tails else None
    while last is not None:
        chosen.append(pairs[last])
        last = before[last]
    return chosen[::-1]


def _between(
    a: Module, b: Module, left: Sequence[int], right: Sequence[int], label_a: Label, label_b: Label, exact: bool = True
) -> list[Pair]:
    """Counterparts by what steps say: equal ones first, then, in the gaps, those of one kind."""
    if not left or not right:
        return [*((number, None) for number in left), *((None, number) for number in right)]
    if len(left) > MANY or len(right) > MANY:
        common = min(len(left), len(right))
        rest = _between(a, b, left[common:], right[common:], label_a, label_b)
        return [*zip(left[:common], right[:common], strict=True), *rest]
    said_a = [label_a(a.nodes[number], exact) for number in left]
    said_b = [label_b(b.nodes[number], exact) for number in right]
    pairs: list[Pair] = []
    for tag, i, ii, j, jj in SequenceMatcher(None, said_a, said_b, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += zip(left[i:ii], right[j:jj], strict=True)
        elif exact:
            pairs += _between(a, b, left[i:ii], right[j:jj], label_a, label_b, False)
        elif ii - i == jj - j == 1 and len(left) == len(right) == 1:
            pairs.append((left[i], right[j]))
        else:
            pairs += [(number, None) for number in left[i:ii]]
            pairs += [(None, number) for number in right[j:jj]]
    return pairs
