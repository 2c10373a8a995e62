"""The frames at the foot of a whole network: what is inside each kind of module."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from archspec.draw.inset import pieces
from archspec.draw.inset_pieces import Piece
from archspec.draw.mainline import names, role
from archspec.draw.metrics import width as width_of
from archspec.draw.parts import Style, frame
from archspec.draw.picture import Block, Body
from archspec.draw.scene import Bounds, Element, Line, Point, Run, Text
from archspec.draw.structure import marked, opened
from archspec.draw.trunk import Cell, mark_of
from archspec.draw.words import is_changed

_FIRST = 1 << 200
"""weight of a module in which something is wrong: it is left out last"""
TITLE, FOOT, SPACE, BETWEEN = 24.0, 16.0, 16.0, 10.0
"""of a frame, its title with the air below it, and the air at its foot; between two frames, and between two rows"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of module, in every form that it can be drawn in."""

    title: str
    hue: str
    pieces: tuple[Piece, ...]
    weight: int
    """multiply-adds of all of them: what is left out last"""
    letter: str = ""
    """what c in the labels stands for"""
    remark: str = ""

    def heading(self, form: int, room: float) -> Line:
        """The title, with what its words leave open as far as there is room."""
        letter = self.letter if self.pieces[form].channels else ""
        said = [" · ".join(part for part in (letter, self.remark) if part), letter, ""]
        lines = [
            Line((Run(self.title, bold=True), *((Run(f"   {more}", hue="muted"),) if more else ())), 13.5, self.hue)
            for more in said
        ]
        return next((line for line in lines if line.width <= room), lines[-1])


@dataclass(frozen=True, slots=True)
class Fit:
    """Kinds with the form of each that fits, in one or two rows."""

    rows: tuple[tuple[tuple[Kind, int], ...], ...]
    missing: tuple[str, ...]

    @property
    def badness(self) -> float:
        forms = sum(0.7 * form for row in self.rows for _, form in row)
        shown = {kind.title for row in self.rows for kind, _ in row}
        return forms + 12.0 * len({*self.missing} - shown) + 1.5 * (len(self.rows) - 1)

    @property
    def height(self) -> float:
        return sum(map(_high, self.rows)) + BETWEEN * (len(self.rows) - 1)

    def draw(self, at: Bounds) -> list[Element]:
        """The frames side by side, as wide as what is in them."""
        elements: list[Element] = []
        y, spare = at.y, at.h - self.height
        for row in self.rows:
            high = _high(row) + spare / len(self.rows)
            elements += _drawn(row, Bounds(at.x, y, at.w, high))
            y += high + BETWEEN
        return elements


def _high(row: Sequence[tuple[Kind, int]]) -> float:
    return max(kind.pieces[form].h for kind, form in row) + TITLE + FOOT


def _drawn(row: Sequence[tuple[Kind, int]], at: Bounds) -> list[Element]:
    needs = [_need(kind, form) for kind, form in row]
    total = sum(needs)
    spare = at.w - total - SPACE * (len(needs) - 1)
    elements: list[Element] = []
    x = at.x
    for (kind, form), need in zip(row, needs, strict=True):
        wide = need + spare * need / total
        elements.append(frame(Bounds(x, at.y, wide, at.h), kind.hue))
        elements.append(Text(Point(x + 12, at.y + 13), kind.heading(form, wide - 24), "start"))
        piece = kind.pieces[form]
        free = at.h - TITLE - piece.h
        elements += piece.draw(x + (wide - piece.w) / 2, at.y + TITLE + free / 2 + piece.up - 1)
        x += wide + SPACE
    return elements


def _need(kind: Kind, form: int) -> float:
    return max(kind.pieces[form].w + 28, width_of(kind.title, 13.5, True) + 26)


@dataclass(frozen=True, slots=True)
class Frames:
    """Every kind of module in a row of cells."""

    kinds: tuple[Kind, ...]
    unseen: tuple[str, ...]
    """titles of those that cannot be drawn small"""
    width: float

    def fit(self, room: float) -> Fit | None:
        """The kinds at the richest forms that fit in this height, in one row or two.

        The cheapest are left out if need be.
        """
        best: Fit | None = None
        for count in (1, 2):
            if len(self.kinds) < 2 * count - 1:
                continue
            found = self._rows(count, room)
            if found is not None and (best is None or found.badness < best.badness):
                best = found
        return best

    def _rows(self, count: int, room: float) -> Fit | None:
        kinds = list(self.kinds)
        missing = list(self.unseen)
        each = (room - BETWEEN * (count - 1)) / count
        while len(kinds) >= count:
            for cut in range(1, len(kinds)) if count == 2 else (len(kinds),):
                rows = [row for row in (kinds[:cut], kinds[cut:]) if row]
                forms = [self._forms(row, each) for row in rows]
                if all(found is not None for found in forms):
                    made = tuple(
                        tuple(zip(row, found or (), strict=True)) for row, found in zip(rows, forms, strict=True)
                    )
                    return Fit(made, tuple(missing))
            dropped = min(kinds, key=lambda kind: (self._fits(kind, each), kind.weight))
            kinds.remove(dropped)
            missing.append(dropped.title)
        return None

    @staticmethod
    def _fits(kind: Kind, room: float) -> bool:
        return any(piece.h + TITLE + FOOT <= room for piece in kind.pieces)

    def _forms(self, kinds: Sequence[Kind], room: float) -> list[int] | None:
        allowed = [[form for form, piece in enumerate(kind.pieces) if piece.h + TITLE + FOOT <= room] for kind in kinds]
        if any(not forms for forms in allowed):
            return None
        at = [0] * len(kinds)

        def need(number: int) -> float:
            return _need(kinds[number], allowed[number][at[number]])

        while sum(map(need, range(len(kinds)))) + SPACE * (len(kinds) - 1) > self.width:
            open_ = [number for number in range(len(kinds)) if at[number] + 1 < len(allowed[number])]
            if not open_:
                return None
            # All frames say about as much: the one with the most words gives way first.
            at[min(open_, key=lambda number: (allowed[number][at[number]], -need(number)))] += 1
        return [forms[place] for forms, place in zip(allowed, at, strict=True)]


def kinds(body: Body, row: Sequence[Cell], style: Style, width: float, *, brief: bool) -> Frames:
    """The kinds of modules in a row, in the order in which they come."""
    called = names(row)
    cells: dict[str, list[Cell]] = {}
    for cell in _leaves(row):
        if cell.unit.body is not None:
            cells.setdefault(cell.key, []).append(cell)
    found: list[Kind] = []
    unseen: list[str] = []
    for key, same in cells.items():
        bodies = [found for cell in same for found in _bodies(body, cell)]
        shapes = [body.shape for body in bodies]
        mark = mark_of(cell.mark for cell in same)
        touched = [body.shape for body in bodies if _touched(body)]
        common = max(dict.fromkeys(touched or shapes), key=shapes.count)
        alike = [body for body in bodies if body.shape == common]
        channels, letter = symbols(alike)
        more = [body for body in bodies if body.shape != common and _projections(body) > _projections(alike[0])]
        remark = f"projection shortcut in {len(more)} of {len(bodies)}" if more else ""
        if touched and len(touched) < len(bodies):
            remark = f"{'wrong' if mark == 'error' else 'changed'} in {len(touched)} of {len(bodies)}"
        title = called.get(key) or same[0].unit.label.word
        if brief:
            title = f"{''.join(word[0].upper() for word in title.split())}: {title}"
        shown = alike[0] if mark not in ("added", "removed") else marked(alike[0], mark)
        drawn = pieces(shown, style, channels)
        if drawn:
            hue = mark if mark and (touched or mark != "changed") else role(same[0])
            rides = Counter(word for block in shown.blocks for word in block.after if is_changed(word))
            parts = [remark, *(f"{word} on {times}" for word, times in rides.items() if times > 2)]
            weight = sum(abs(cell.mads) for cell in same) if mark != "error" else _FIRST
            found.append(Kind(title, hue, tuple(drawn), weight, letter, " · ".join(filter(None, parts))))
        else:
            unseen.append(title)
    return Frames(tuple(found), tuple(unseen), width)


def _touched(body: Body) -> bool:
    """Whether a module that two networks have is not the same in both."""
    marks = {block.mark for block in body.blocks}
    return any(marks) and len(marks - {"added"}) > 0 < len(marks - {"removed"})


def _leaves(row: Sequence[Cell]) -> Iterator[Cell]:
    for cell in row:
        if cell.parts:
            yield from _leaves(cell.parts)
        else:
            yield cell


def _bodies(network: Body, cell: Cell) -> list[Body]:
    """The inside of each unit that a cell stands for; that of a dense or residual repeat with its join around it."""
    found: list[Body] = []
    stack: deque[Block] = deque(network.blocks[number] for number in cell.numbers)
    while stack:
        block = stack.popleft()
        body = block.body
        if body is None:
            continue
        repeat = body.repeat
        if repeat is None:
            found.append(body)
        elif repeat.wire == "chain":
            stack.extendleft(body.blocks[number] for number in reversed(repeat.units))
        else:
            found += [_step(body, number) for number in repeat.units if body.blocks[number].body is not None]
    return found or ([cell.unit.body] if cell.unit.body is not None else [])


def _step(body: Body, number: int) -> Body:
    """One step of a residual or dense repeat: the unit, opened, and its join, on what went in before."""
    unit, join = body.blocks[number], body.blocks[number + 1]
    zero = unit.args[0]

    def moved(block: Block) -> Block:
        args = tuple(
            type(zero)(-1, 0) if ref == zero else type(zero)(ref.node - number, ref.output) for ref in block.args
        )
        return replace(block, args=args)

    step = Body(
        inputs=(unit.input,),
        names=("x",),
        blocks=(moved(unit), moved(join)),
        outputs=(replace(body.outputs[0], ref=type(zero)(1, 0)),),
        id=body.id,
    )
    return opened(step, {0})


def _projections(body: Body) -> int:
    return sum(block.role == "conv1" for block in body.blocks)


def symbols(bodies: Sequence[Body]) -> tuple[dict[int, str], str]:
    """What stands for channels that differ from module to module: "c", "4c", "c/2", and what c is.

    c is the input's channels where one block alone varies, else the least that varies. What is no
    multiple or part of c is left without a number.
    """
    first = bodies[0]
    outs = {
        number: [body.blocks[number].output.channels for body in bodies]
        for number, block in enumerate(first.blocks)
        if block.label.out and block.op is not None and block.role in ("conv", "conv1", "linear")
    }
    # What they were before stands under the complement of a number.
    earlier = {number: [body.blocks[number].was for body in bodies] for number in outs if first.blocks[number].was}
    outs |= {~number: counts for number, counts in earlier.items() if all(counts)}
    varying = {number: counts for number, counts in outs.items() if len(set(counts)) > 1}
    if not varying:
        return {}, ""
    given = [body.inputs[0].channels for body in bodies]
    base = (
        given
        if len({tuple(counts) for counts in varying.values()}) == 1 and len(set(given)) > 1
        else min(varying.values())
    )
    found: dict[int, str] = {}
    for number, counts in varying.items():
        ratios = {Fraction(count, unit) for count, unit in zip(counts, base, strict=True)}
        ratio = ratios.pop()
        if ratios or (ratio.numerator > 16 or ratio.denominator > 16) or (ratio.numerator > 1 < ratio.denominator):
            found[number] = ""
        elif ratio.denominator == 1:
            found[number] = "c" if ratio == 1 else f"{ratio.numerator}c"
        else:
            found[number] = f"c/{ratio.denominator}"
    if sum(map(bool, found.values())) * 2 <= len(found):
        return dict.fromkeys(found, ""), ""
    for number in earlier:
        if number in found or ~number in found:
            both = [found.pop(at, str(outs.get(at, [""])[0])) for at in (~number, number)]
            found[number] = " → ".join(both) if all(both) else ""
    values = list(dict.fromkeys(base))
    if base is given:
        return found, "c channels in"
    return found, "c = " + (", ".join(map(str, values)) if len(values) <= 4 else f"{values[0]} … {values[-1]}")
