"""A whole network as one row of cells: what repeats stands once, "× N". Folded as far as the slide asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from archspec.draw.picture import Block, Body, Exit, Label, Mark, Repeat
from archspec.draw.structure import flat, keyed, opened, series, unit_key
from archspec.program.model import INPUT, Ref


@dataclass(frozen=True, slots=True)
class Cell:
    """One box of the row, which stands for blocks of the body that follow each other.

    A cell with several `parts` is a stage: its parts follow each other, all of it `times` times.
    """

    unit: Block
    """the block that is drawn: the first of them"""
    numbers: tuple[int, ...]
    """of the blocks of the body, in order"""
    times: int = 1
    wire: str = "chain"
    parts: tuple[Cell, ...] = ()
    first: Block | None = None
    """the block of the body that comes first, which is not the unit where that is the inside of a repeat"""
    last: Block | None = None
    params: int = 0
    mads: int = 0
    mark: Mark = ""
    gone: int = 0
    """of the times, those that the first of two networks has alone"""
    new: int = 0
    """those that the second has alone"""

    @property
    def count(self) -> str:
        """How often it stands there: "24", and in a difference "24 → 32"."""
        kept = self.times - self.gone - self.new
        before, after = kept + self.gone, kept + self.new
        return f"{before} → {after}" if before != after and before and after else str(self.times)

    @property
    def entry(self) -> Block:
        return self.first or self.unit

    @property
    def exit(self) -> Block:
        return self.last or self.unit

    @property
    def key(self) -> str:
        """Equal for cells that may be one."""
        return "+".join(part.key for part in self.parts) if self.parts else f"{unit_key(self.unit)} {self.wire}"


def spread(body: Body) -> Body:
    """The body with repeats of repeats opened, where the resolution changes between them: stages in a loop."""
    numbers = {
        number
        for number, block in enumerate(body.blocks)
        if block.body is not None
        and block.body.repeat is not None
        and block.body.repeat.wire == "chain"
        and len({block.body.blocks[unit].resolution for unit in block.body.repeat.units}) > 1
        and any(inner.body is not None and inner.body.repeat is not None for inner in block.body.blocks)
    }
    return spread(opened(body, numbers)) if numbers else body


def grouped(body: Body) -> Body:
    """The body with each place where ops stand side by side as one box: a module that has no name."""
    items = series(body)
    if items is None:
        return body
    blocks: list[Block] = []
    last = Ref(INPUT)
    changed = False
    for item in items:
        inside = flat([item])
        if isinstance(item, int) or len(inside) < 2 or any(body.blocks[number].body is not None for number in inside):
            if not isinstance(item, int):
                return body
            blocks.append(replace(body.blocks[item], args=(last,)))
        else:
            blocks.append(_group(body, sorted(inside), last))
            changed = True
        last = Ref(len(blocks) - 1)
    if not changed:
        return body
    return replace(body, blocks=tuple(blocks), outputs=(replace(body.outputs[0], ref=last),))


def _group(body: Body, numbers: Sequence[int], before: Ref) -> Block:
    """Blocks of a body as one block that reads `before`."""
    places = {number: place for place, number in enumerate(numbers)}
    inside = [
        replace(
            body.blocks[number],
            args=tuple(
                Ref(places[ref.node], ref.output) if ref.node in places else Ref(INPUT)
                for ref in body.blocks[number].args
            ),
        )
        for number in numbers
    ]
    given = next(ref for ref in body.blocks[numbers[0]].args)
    type = body.type_of(given)
    join = inside[-1]
    own = Body((type,), ("input",), tuple(inside), (Exit("output", Ref(len(inside) - 1)),))
    return Block(
        name=body.blocks[numbers[0]].name,
        role="module",
        label=Label("Branches"),
        args=(before,),
        inputs=(type,),
        outputs=join.outputs,
        body=keyed(own),
        template="branches",
        params=sum(block.params for block in inside),
        mads=sum(block.mads for block in inside),
    )


def cells(body: Body) -> list[Cell]:
    """A cell for each block; a module that only repeats something is its unit, so many times."""
    return [_cell(number, block) for number, block in enumerate(body.blocks)]


def _cell(number: int, block: Block) -> Cell:
    unit, times, wire = block, 1, "chain"
    gone = new = 0
    while unit.body is not None and unit.body.repeat is not None and unit.body.repeat.wire != "parallel":
        repeat: Repeat = unit.body.repeat
        marks = Counter(unit.body.blocks[number].mark for number in repeat.units)
        gone = gone * len(repeat.units) + times * marks["removed"]
        new = new * len(repeat.units) + times * marks["added"]
        times *= len(repeat.units)
        wire = repeat.wire if repeat.wire != "chain" else wire
        unit = unit.body.blocks[repeat.units[-1]]
    gone, new = {"added": (0, times), "removed": (times, 0)}.get(block.mark, (gone, new))
    return Cell(unit, (number,), times, wire, (), block, block, block.params, block.mads, block.mark, gone, new)


def mark_of(marks: Iterable[Mark]) -> Mark:
    """Of several things as one: theirs if it is one, else "changed"."""
    found = set(marks)
    return found.pop() if len(found) == 1 else "error" if "error" in found else "changed"


def joined(row: Sequence[Cell], unit: Block | None = None) -> Cell:
    """Cells of one key as one cell."""
    head, tail = row[0], row[-1]
    return replace(
        head,
        unit=unit or row[-1].unit,
        numbers=tuple(number for cell in row for number in cell.numbers),
        times=sum(cell.times for cell in row),
        first=head.entry,
        last=tail.exit,
        params=sum(cell.params for cell in row),
        mads=sum(cell.mads for cell in row),
        mark=mark_of(cell.mark for cell in row),
        gone=sum(cell.gone for cell in row),
        new=sum(cell.new for cell in row),
    )


def fold_runs(body: Body, row: Sequence[Cell], *, strict: bool) -> list[Cell]:
    """Neighbours of one key as one cell. Strictly: only where the resolution stays, and for ops the words too."""
    found: list[list[Cell]] = []
    for cell in row:
        if found and cell.key == found[-1][-1].key and _follows(body, found[-1][-1], cell):
            before = found[-1][-1]
            same = before.exit.resolution == cell.exit.resolution and not (cell.entry.downsamples and cell.times == 1)
            if cell.unit.body is None:
                same = same and before.unit.label == cell.unit.label
            if same or not strict:
                found[-1].append(cell)
                continue
        found.append([cell])
    return [run[0] if len(run) == 1 else joined(run) for run in found]


def _follows(body: Body, before: Cell, after: Cell) -> bool:
    """Whether the second cell reads the first, which no head reads; merges and the like stand for themselves."""
    if any(block.only and any(ref.node == before.numbers[-1] for ref in block.args) for block in body.blocks):
        return False
    reads = {ref.node for number in after.numbers for ref in body.blocks[number].args}
    return before.numbers[-1] in reads and after.unit.role not in ("merge", "concat")


def fold_stages(row: Sequence[Cell]) -> list[Cell]:
    """Where a pattern of two or three cells comes at least twice in a row, each time as one cell: a stage.

    VGG's convolutions and pool are a stage; how often a part repeats may differ from stage to stage.
    """
    best: tuple[int, int, int] | None = None
    keys = [cell.key for cell in row]
    for length in (2, 3, 4):
        for start in range(len(row) - 2 * length + 1):
            if len(set(keys[start : start + length])) < 2:
                continue
            count = 1
            while keys[start + count * length : start + (count + 1) * length] == keys[start : start + length]:
                count += 1
            saved = count * (length - 1)
            if count > 1 and (best is None or saved > best[2]):
                best = (start, length, saved)
    if best is None:
        return list(row)
    start, length, saved = best
    count = saved // (length - 1)
    stages = [_stage(row[start + k * length : start + (k + 1) * length]) for k in range(count)]
    return [*row[:start], *stages, *row[start + count * length :]]


def _stage(parts: Sequence[Cell]) -> Cell:
    biggest = max(parts, key=lambda part: part.mads)
    return Cell(
        biggest.unit,
        tuple(number for part in parts for number in part.numbers),
        1,
        "chain",
        tuple(parts),
        parts[0].entry,
        parts[-1].exit,
        sum(part.params for part in parts),
        sum(part.mads for part in parts),
        mark_of(part.mark for part in parts),
    )


STAGED, LOOSE = 14.0, 40.0
"""how bad it is to fold stages to a cell each, and to fold over changes of resolution"""


def levels(body: Body) -> Iterator[tuple[list[Cell], float]]:
    """The row, folded more each time, and how bad that is."""
    row = fold_runs(body, cells(body), strict=True)
    yield row, 0.0
    staged = fold_stages(row)
    if len(staged) < len(row):
        yield staged, STAGED
    loose = fold_runs(body, row, strict=False)
    if len(loose) < len(row):
        yield loose, LOOSE
        staged = fold_stages(loose)
        if len(staged) < len(loose):
            yield staged, LOOSE + STAGED
