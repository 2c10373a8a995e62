"""Branches joined by a concat: columns over a bar in the producers' colours, as long as their channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from archspec.draw.blocks import fan
from archspec.draw.blocks.columns import columns
from archspec.draw.blocks.piece import Piece
from archspec.draw.metrics import width
from archspec.draw.parts import arrow, bar, dot, note, producer, tag
from archspec.draw.picture import Block
from archspec.draw.scene import Bounds, Element, Line, Point, Rect, Run
from archspec.draw.structure import Parallel, Series, flat
from archspec.draw.words import shape
from archspec.ops.base import Category

if TYPE_CHECKING:
    from archspec.draw.blocks.maker import Maker

NARROW = 110.0
"""where boxes are narrower, words beside the bar and below the boxes are left out"""
HEAD = 30.0
"""height of the bar that stands for the layer before"""


_HUES = (0, 2, 3, 4)
"""places of the producers that differ the most, for as few as these"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Something that ends in the bar."""

    place: float
    """of its line, from the axis of its column"""
    channels: int
    hue: str
    last: Block | None
    mads: int
    hidden: bool = False
    """several of which no line is shown"""


@dataclass(frozen=True, slots=True)
class Column:
    piece: Piece
    leaves: tuple[Leaf, ...]


def piece(maker: Maker, item: Parallel, *, head: bool = False) -> Piece:
    """Columns and their bar. With `head` they hang from a box that stands for the layer before."""
    join, look = maker.body.blocks[item.join], maker.look
    made = _columns(maker, item)
    count = len(item.branches)
    folded = len(made) < count
    found = columns([column.piece for column in made], look.space, 1 if folded else None)
    leaves = [
        replace(leaf, place=place + leaf.place)
        for column, place in zip(made, found.places, strict=True)
        for leaf in column.leaves
    ]
    if folded:
        rest = sum(type.channels for type in join.inputs[2 : count - 1])
        middle = (leaves[1].place + leaves[2].place) / 2
        leaves.insert(2, Leaf(middle, rest, "card", None, 0, hidden=True))
    shallow = look.box < 36
    thick = 24.0 if shallow else 34.0
    below = look.room < NARROW  # where the word stands
    named = 0.0 if below else width("concat", 15.0, True) + 14
    first, last = _edges(found.w, leaves, maker.words.width)
    ends = centres_of([leaf.channels for leaf in leaves], first, last)
    levels = levels_of([leaf.place for leaf in leaves], ends)
    step = 9.0
    upper = (22.0 if shallow else 30.0) if head or look.riders else 16.0
    drop = upper + step * max(levels, default=0) + (20.0 if shallow else 26.0)
    over = HEAD + max(look.gap * 0.7, 20.0) if head else look.lead
    h = over + found.h + drop + thick
    most = max((leaf.channels for leaf in leaves), default=1)

    def draw(x: float, y: float) -> list[Element]:
        top = y + over
        low = top + found.h
        elements: list[Element] = []
        if head:
            elements.append(_before(maker, Bounds(x + first, y, last - first, HEAD)))
            elements += found.draw(x, top, None, over - HEAD)
        else:
            elements += [*found.draw(x, top, Point(x, y)), dot(Point(x, y), "edge", 3.0)]
        if folded:
            at = Point(x + leaves[2].place, top + found.h / 2 + 24)
            elements.append(note(f"{count} paths", at, "middle", look.small, bold=True))
        for leaf, end, level in zip(leaves, ends, levels, strict=True):
            if leaf.hidden:
                continue
            at, to = Point(x + leaf.place, low), Point(x + end, low + drop)
            turn = low + upper + step * level
            wide = 1.6 + 2.4 * leaf.channels / most
            if leaf.last is None:  # an identity comes all the way from the split
                up = top - (over - HEAD) if head else y
                begin = (Point(at.x, up),) if head or abs(leaf.place) < 1 else (Point(x, y), Point(at.x, y))
            else:
                begin = (at,)
            bends = () if abs(to.x - at.x) < 1 else (Point(at.x, turn), Point(to.x, turn))
            elements.append(arrow(*begin, *bends, to, stroke=leaf.hue, width=wide, head=7 + wide, radius=10))
            elements += maker.notes(leaf.last, at.x, low + upper / 2 - 1, size=False)
            if head and leaf.mads and not below:
                elements.append(note(maker.style.cost(leaf.mads), Point(at.x + 9, low + upper / 2 - 1), "start", 12.0))
        place = Bounds(x + first, low + drop, last - first, thick)
        hues = [leaf.hue if not leaf.hidden else "card" for leaf in leaves]
        segments = _bar(place, [leaf.channels for leaf in leaves], hues, _size(look.text))
        elements += [_owned(segment, join, maker) for segment in segments]
        elements += _seams(segments)
        if below:
            elements.append(note("concat", Point(place.right, place.bottom + 12), "end", 13.0, "ink", bold=True))
        else:
            elements.append(note("concat", Point(place.right + 10, place.cy), "start", 15.0, "ink", bold=True))
        return elements

    return Piece(max(found.w / 2, -first), max(found.w / 2, last + named), h, draw, join, split=not head)


def _bar(at: Bounds, channels: list[int], hues: list[str], size: float) -> list[Rect]:
    """The bar; what stands for several has no number."""
    shown = [hue if hue != "card" else producer(-1) for hue in hues]
    segments = bar(at, channels, shown, size=size)
    pairs = zip(segments, hues, strict=True)
    return [replace(segment, fill="card", label=()) if hue == "card" else segment for segment, hue in pairs]


def _size(text: float) -> float:
    return max(12.0, min(15.0, text - 1))


def _columns(maker: Maker, item: Parallel) -> list[Column]:
    blocks, join, look = maker.body.blocks, maker.body.blocks[item.join], maker.look
    found = []
    full, several = 0, sum(map(bool, item.branches))
    shown = fan.shown(maker, item.branches)
    for place, branch in enumerate(item.branches):
        if place not in shown:
            continue
        channels = join.inputs[place].channels
        if not branch:
            found.append(Column(Piece(24, 24, 0, lambda x, y: []), (Leaf(0, channels, producer(-1), None, 0),)))
            continue
        hue = producer(_HUES[full] if several <= len(_HUES) else full)
        full += 1
        sub = branch[-1]
        if isinstance(sub, Parallel) and _splices(blocks[sub.join]) and all(sub.branches):
            found.append(_forked(maker, branch[:-1], sub, hue))
            continue
        row = maker.row(branch)
        mads = sum(blocks[number].mads for number in flat(branch))
        left, _ = maker.beside(row.last)
        right = width(maker.style.cost(mads), 12.0) + 12 if look.room >= NARROW else 0.0
        sided = replace(row, left=max(row.left, left), right=max(row.right, right))
        found.append(Column(sided, (Leaf(0, channels, hue, row.last, mads),)))
    return found


def _splices(join: Block) -> bool:
    """Whether a concat that ends in another is drawn as part of it."""
    return join.op is not None and join.op.category is Category.CONCAT and not join.after


def _forked(maker: Maker, stem: Series, fork: Parallel, hue: str) -> Column:
    """A branch that parts again: its own branches end in the same bar, in the same colour."""
    look, join = maker.look, maker.body.blocks[fork.join]
    rows = []
    for branch in fork.branches:
        row = maker.row(branch)
        rows.append(replace(row, left=max(row.left, maker.beside(row.last)[0])))
    inner = columns(rows, look.space * 0.4)
    trunk = maker.row(stem) if stem else None
    above = trunk.h + look.gap * 0.6 if trunk is not None else 0.0
    h = above + look.lead + inner.h
    mads = [sum(maker.body.blocks[number].mads for number in flat(branch)) for branch in fork.branches]

    def draw(x: float, y: float) -> list[Element]:
        split = Point(x, y + above)
        elements = [*inner.draw(x, split.y + look.lead, split), dot(split, "edge", 3.0)]
        if trunk is not None:
            elements += trunk.draw(x, y)
            elements += maker.edge(trunk.last, x, y + trunk.h, split.y, head=False)
        return elements

    half = max(inner.w / 2, trunk.left if trunk is not None else 0, trunk.right if trunk is not None else 0)
    leaves = tuple(
        Leaf(place, join.inputs[number].channels, hue, rows[number].last, mads[number])
        for number, place in enumerate(inner.places)
    )
    return Column(Piece(half, half, h, draw, rows[0].last, split=trunk is None or trunk.split), leaves)


def _before(maker: Maker, at: Bounds) -> Rect:
    given = maker.body.inputs[0]
    words = (Run("previous layer   "), Run(shape(given), hue="muted"))
    line = Line(words, 15.0)
    if line.width > at.w - 12:
        line = Line((Run(shape(given), hue="muted"),), 13.0)
    return Rect(at, "image", "norm.fill", label=(line,))


def _edges(w: float, leaves: list[Leaf], box: float) -> tuple[float, float]:
    """Where the bar begins and ends: under the outer boxes."""
    if len(leaves) < 2:
        return -w / 2, w / 2
    first = leaves[0].place - (box / 2 if leaves[0].last is not None else 20)
    last = leaves[-1].place + (box / 2 if leaves[-1].last is not None else 20)
    return first, last


def centres_of(channels: list[int], first: float, last: float) -> list[float]:
    """The middle of each segment, as `bar` cuts them."""
    least, total = 4.0, sum(channels) or 1
    spare = last - first - least * len(channels)
    at, found = first, []
    for count in channels:
        extent = least + spare * count / total
        found.append(at + extent / 2)
        at += extent
    return found


def levels_of(starts: list[float], ends: list[float]) -> list[int]:
    """How deep each line turns, in steps, so that none crosses another.

    A line to the right turns below those that start right of it and that it runs under; so to the left.
    """
    levels = [0] * len(starts)
    for number in reversed(range(len(starts) - 1)):
        if ends[number] > starts[number] and ends[number] > starts[number + 1] - 6:
            levels[number] = levels[number + 1] + 1
    for before, number in pairwise(range(len(starts))):
        if ends[number] < starts[number] and ends[number] < starts[before] + 6:
            levels[number] = max(levels[number], levels[before] + 1)
    return levels


def _seams(segments: list[Rect]) -> list[Element]:
    """Thin lines of paper between segments, so that neighbours of one colour are told apart."""
    from archspec.draw.scene import Path

    return [
        Path((Point(s.at.x, s.at.y), Point(s.at.x, s.at.y), Point(s.at.x, s.at.bottom), Point(s.at.x, s.at.bottom)),
             "paper", 1.2, kind="rule")
        for s in segments[1:]
    ]  # fmt: skip


def _owned(segment: Rect, join: Block, maker: Maker) -> Rect:
    """A piece of the bar of a concat; one that cannot be made has a border."""
    owned = replace(segment, tag=tag(join, maker.style), group=maker.style.key(join))
    return replace(owned, stroke="error", width=2.2) if join.mark == "error" else owned
