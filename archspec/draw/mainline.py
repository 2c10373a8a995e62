"""The row of a whole network: which cells are on its main line, which stand beside it, and how wide each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archspec.draw.metrics import width, wrap
from archspec.draw.parts import label_lines, say, widest
from archspec.draw.picture import Body, Label
from archspec.draw.scene import Line, Run
from archspec.draw.trunk import Cell
from archspec.draw.words import humanised, is_changed


@dataclass(frozen=True, slots=True)
class Side:
    """Cells off the main line: a shortcut's projection, or a head."""

    cells: tuple[int, ...]
    start: int
    """the cell of the main line that it reads, by its place on the line; -1: the input"""
    end: int | None
    """the one that reads it; None: it is an output"""
    steers: bool = False


@dataclass(frozen=True, slots=True)
class Arc:
    """An edge of the main line that passes over cells."""

    start: int
    end: int
    steers: bool = False


@dataclass(frozen=True, slots=True)
class Main:
    """A row taken apart. Places count along the main line."""

    line: tuple[int, ...]
    """numbers of its cells"""
    arcs: tuple[Arc, ...]
    sides: tuple[Side, ...]


def main_line(body: Body, row: Sequence[Cell]) -> Main | None:
    """The longest way to the main output, and what hangs on it; None where that is no line with simple sides."""
    outs = [out for out in body.outputs if out.only != "training"] or list(body.outputs)
    if not outs or not row:
        return None
    home = {number: place for place, cell in enumerate(row) for number in cell.numbers}
    reads: list[dict[int, bool]] = []
    for place, cell in enumerate(row):
        found: dict[int, bool] = {}
        for number in cell.numbers:
            block = body.blocks[number]
            for where, ref in enumerate(block.args):
                source = home.get(ref.node, -1)
                if source != place:
                    found[source] = found.get(source, True) and where in block.steers
        reads.append(found)
    depth = [0] * (len(row) + 1)
    for place, found in enumerate(reads):
        depth[place] = 1 + max((depth[source] for source, steers in found.items() if not steers), default=0)
    line = [home.get(outs[0].ref.node, -1)]
    while line[-1] >= 0:
        sources = [source for source, steers in reads[line[-1]].items() if not steers] or list(reads[line[-1]])
        if not sources:
            return None
        line.append(max(sources, key=lambda source: (depth[source], source)))
    line = line[-2::-1]
    if not line:
        return None
    on = {place: number for number, place in enumerate(line)} | {-1: -1}
    arcs = [
        Arc(on[source], number, steers)
        for number, place in enumerate(line)
        for source, steers in reads[place].items()
        if source in on and on[source] != number - 1
    ]
    sides = _sides(row, reads, on)
    return Main(tuple(line), tuple(arcs), sides) if sides is not None else None


def _sides(row: Sequence[Cell], reads: Sequence[dict[int, bool]], on: dict[int, int]) -> tuple[Side, ...] | None:
    readers: dict[int, list[int]] = {}
    for place, found in enumerate(reads):
        for source in found:
            readers.setdefault(source, []).append(place)
    sides: list[Side] = []
    for place in range(len(row)):
        if place in on or any(source not in on for source in reads[place]):
            continue
        chain, steers = [place], False
        if len(reads[place]) != 1:
            return None
        while True:
            after = readers.get(chain[-1], [])
            if len(after) != 1 or (after[0] not in on and len(reads[after[0]]) != 1):
                break
            if after[0] in on:
                steers = reads[after[0]][chain[-1]]
                break
            chain.append(after[0])
        after = readers.get(chain[-1], [])
        if len(after) > 1 or (after and after[0] not in on):
            return None
        sides.append(Side(tuple(chain), on[next(iter(reads[place]))], on[after[0]] if after else None, steers))
    covered = {place for side in sides for place in side.cells}
    return tuple(sides) if len(covered) + len(on) - 1 == len(row) else None


# ---------------------------------------------------------------------------------------------------- words


@dataclass(frozen=True, slots=True)
class Tight:
    """How closely cells are set."""

    size: float
    pad: float
    gap: float
    brief: bool = False
    """names of modules as initials, which their inset explains"""


TIGHTS = (Tight(14, 10, 16), Tight(13, 8, 15), Tight(12.5, 6, 14), Tight(12, 5, 13), Tight(12, 5, 12, brief=True))


def names(row: Sequence[Cell]) -> dict[str, str]:
    """What each module cell is called, by its key."""
    found: dict[str, str] = {}
    for cell in row:
        if cell.unit.body is not None:
            found.setdefault(cell.key, name_of(cell))
    return found


def name_of(cell: Cell) -> str:
    """The name of a cell's module: the one in the spec, or that of the step where it has none."""
    unit = cell.unit
    if "." not in unit.template or unit.template == "":
        return unit.label.word
    step = cell.entry.name if cell.entry is not unit else unit.name
    return humanised(step.split(".")[-1] if not step.split(".")[-1].isdigit() else step)


def role(cell: Cell) -> str:
    """A module that stands once and pools looks as a pool does: a transition."""
    body = cell.unit.body
    if body is not None and cell.times == 1 and not cell.parts and cell.entry.downsamples:
        if any(block.role == "pool" and block.downsamples for block in body.blocks):
            return "pool"
    return "module" if cell.parts else cell.unit.role


def words(cell: Cell, name: str, tight: Tight) -> tuple[Line, ...]:
    """The words of a cell, set as narrow as they go in three lines or so."""
    size = tight.size
    count = (Line((Run(f"× {cell.count}", bold=True),), size + 5 if size > 12.5 else size + 3, "module"),)
    times = count if cell.times > 1 else ()
    if cell.parts:
        return tuple(part for cell_ in cell.parts for part in _part(cell_, size))
    unit = cell.unit
    if unit.body is not None:
        if role(cell) == "pool":
            size = max(size - 1.5, 12.0)  # a transition is narrow, as a pool is
        text = "".join(word[0].upper() for word in name.split()) if tight.brief else name
        return (*(say(line, size, bold=True) for line in _folded(text, size)), *times)
    label = unit.label
    if label.word in ("max pool", "avg pool"):
        label = type(label)(label.word.split()[0], label.kernel, label.out, label.notes)
    elif label.word.startswith("global "):
        label = type(label)("global avg" if "avg" in label.word else "global max", label.kernel)
    room = max(_longest(label.word, size), _longest(label.kernel, size, True), 40.0)
    if cell.mark == "changed" and unit.mark == "changed":
        return (*_changed(label, unit.after, size, max(room, 64.0)), *times)
    lines = label_lines(label, size, room, folds=4, bold=True)
    tail = [part for part in (label.out, *label.notes) if part]
    if lines is None or len(lines) < 2:
        head = (say(label.kernel, size, bold=True),) if label.kernel else ()
        word = (say(label.word, size, bold=not head),)
        lines = (*head, *word, *((say(", ".join(tail), size),) if tail else ()))
    return (*lines, *times)


def _changed(label: Label, rides: Sequence[str], size: float, room: float) -> tuple[Line, ...]:
    """The label of a box that was changed, each note and each rider that came or went in lines of its own."""
    head = (say(label.kernel, size, bold=True),) if label.kernel else ()
    same = ", ".join(part for part in (label.out, *label.notes) if part and "→" not in part)
    notes = [part for part in (label.out, *label.notes) if "→" in part] + list(filter(is_changed, rides))
    rest = [line for text in (label.word, same, *notes) if text for line in wrap(text, size, room) or [text]]
    return (*head, *(say(line, size, bold=not head and not place) for place, line in enumerate(rest)))


def _part(cell: Cell, size: float) -> tuple[Line, ...]:
    """A part of a stage in one line: **3×3** conv, 64 × 2."""
    label = cell.unit.label
    head = (Run(label.kernel, bold=True), Run(" ")) if label.kernel else ()
    word = label.word.replace(" pool", "")
    out = f", {label.out}" if label.out else ""
    note = f" {label.notes[0]}" if label.notes and not out else ""
    times = (Run(f" × {cell.count}", bold=True, hue="module"),) if cell.times > 1 else ()
    return (Line((*head, Run(word + out + note), *times), size),)


def _folded(text: str, size: float) -> list[str]:
    """A name in lines of a word each, but a number stays with its word and short words share a line."""
    lines: list[str] = []
    room = max(_longest(text, size), 48.0)
    for word in text.split():
        fits = lines and width(f"{lines[-1]} {word}", size, True) <= room
        if lines and (fits or word.isdigit()):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _longest(text: str, size: float, bold: bool = True) -> float:
    return max((widest((say(word, size, bold=bold),)) for word in text.split()), default=0.0) + 0.1
