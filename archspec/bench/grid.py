"""The grid of a benchmark: every batch size and number of threads, and in each cell all subjects in alternation."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from archspec.bench import memory, runs
from archspec.bench.measure import Clock, Spread, Warmed, rounds, speed, spread, warm
from archspec.bench.subjects import Host, Load, Subject, own, peer
from archspec.text.collector import collector_paused
from archspec.text.diagnostics import SpecError

if TYPE_CHECKING:
    from archspec.architecture import Architecture

TOLERANCE = {"float32": 1e-4, "float16": 2e-2, "bfloat16": 1e-1}
"""how far outputs may lie apart that are the same but for rounding"""
TENSOR_CORES = "float16"
"""which type convolutions of float32 are as exact as on CUDA, where torch lets them round to TF32"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a benchmark measures."""

    peers: tuple[str, ...] = ()
    batches: tuple[int, ...] = (1,)
    threads: tuple[int, ...] = ()
    """of torch; none: as many as it takes by itself"""
    train: bool = False
    device: str = "cpu"
    dtype: str = "float32"
    channels_last: bool = False
    """all networks of torch, and their images"""
    seconds: float = 2.0
    """for the samples of each subject in each cell"""
    base: str = ""
    """the subject whose speed is 1; none: the spec's own network"""


class Row(NamedTuple):
    """One subject in one cell."""

    spec: str
    subject: str
    batch: int
    threads: int
    seconds: Spread
    """of a call, with quartiles"""
    samples: int
    calls: int
    """in each sample"""
    steady: bool
    """the quartiles lie within a tenth of the median (as torch.utils.benchmark sees it)"""
    speed: Spread
    """times as fast as the base, with quartiles of the ratios of samples taken in turn"""
    memory: int | None
    """bytes of the peak, beyond weights and what else is held before"""
    off: float | None
    """the largest difference of outputs from the spec's own, relative to the largest value; None: not comparable"""

    @property
    def throughput(self) -> float:
        """Samples a second."""
        return self.batch / self.seconds.middle


Progress = Callable[[str, float], None]
"""told what is measured and how much of the whole network is done, from 0 to 1"""


def bench(
    architecture: Architecture,
    settings: Settings,
    load: Load,
    progress: Progress = lambda _, __: None,
    clock: Clock | None = None,
) -> Iterator[Row]:
    """The rows of one network, cell by cell. Interrupted from the keyboard it gives what it has, and stops there.

    `load` makes an architecture of the name of a peer. Raises `ValueError` for a peer that does not exist or does
    not take the inputs of the network, and `SpecError` as `peer` does.
    """
    import torch
    from torch.utils.benchmark import set_torch_threads, timer

    subjects = _subjects(architecture, settings, load)
    threads = settings.threads or (torch.get_num_threads(),)
    cells = [(batch, number) for batch in settings.batches for number in threads]
    for at, (batch, number) in enumerate(cells):
        words = f"{architecture.name}, batch {batch}, {number} thread{'s' if number > 1 else ''}"

        def told(done: float, at: int = at, words: str = words) -> None:
            progress(words, (at + done) / len(cells))

        told(0.0)
        if at or number != torch.get_num_threads():
            for one in subjects:
                one.subject.renew()
        with set_torch_threads(number):
            yield from _cell(subjects, settings, _Cell(architecture, batch, number), told, clock or timer)
        told(1.0)


class _Cell(NamedTuple):
    architecture: Architecture
    batch: int
    threads: int


class _Compared(NamedTuple):
    subject: Subject
    off: float | None


def _subjects(architecture: Architecture, settings: Settings, load: Load) -> list[_Compared]:
    """The spec's own network and its peers, each compared with ours as soon as they have the same weights."""
    import torch

    ours = architecture.compile(seed=0)
    host = Host(architecture, ours, load, settings.device, settings.dtype, settings.channels_last)
    host.place(ours)
    values = runs.inputs(architecture.program, settings.batches[0], settings.device, settings.dtype)
    first = own(host)
    if settings.base not in ("", first.name, *settings.peers):
        raise ValueError(f"nothing that is measured is called `{settings.base}`")
    found = [_Compared(first, 0.0)]
    for word in settings.peers:
        one = peer(host, word)
        try:
            theirs = runs.forward(one, values)()
        except SpecError:  # a ValueError too
            raise
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"`{word}` cannot run on the inputs of `{architecture.name}`: {_line(error)}") from error
        off = runs.off(theirs, runs.forward(first, values)()) if one.comparable else None
        found.append(_Compared(one, off))
    if settings.device == "cuda":
        torch.cuda.empty_cache()
    return found


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


def _cell(
    compared: Sequence[_Compared], settings: Settings, cell: _Cell, told: Callable[[float], None], clock: Clock
) -> Iterator[Row]:
    values = runs.inputs(cell.architecture.program, cell.batch, settings.device, settings.dtype)
    make = runs.step if settings.train else runs.forward
    warmed = [warm(make(subject, values), settings.seconds, clock) for subject, _ in compared]
    peaks = [memory.peak(one.run, settings.device) for one in warmed]
    samples: list[tuple[float, ...]] = []
    stopped = None
    gc.collect()
    with collector_paused():
        start = clock()
        try:
            for sample in rounds(warmed, settings.seconds, clock):
                samples.append(sample)
                told(min(1.0, (clock() - start) / (settings.seconds * len(warmed))))
        except KeyboardInterrupt as interrupt:
            stopped = interrupt
    if samples:
        yield from _rows(compared, settings, cell, warmed, peaks, samples)
    if stopped is not None:
        raise stopped


def _rows(
    compared: Sequence[_Compared],
    settings: Settings,
    cell: _Cell,
    warmed: Sequence[Warmed],
    peaks: Sequence[int | None],
    samples: Sequence[tuple[float, ...]],
) -> Iterator[Row]:
    from torch.utils.benchmark import Measurement, TaskSpec

    columns = list(zip(*samples, strict=True))
    names = [one.subject.name for one in compared]
    base = columns[names.index(settings.base) if settings.base else 0]
    for (subject, off), column, one, bytes in zip(compared, columns, warmed, peaks, strict=True):
        task = TaskSpec(subject.name, "", num_threads=cell.threads)
        measured = Measurement(1, list(column), task)
        yield Row(
            cell.architecture.name,
            subject.name,
            cell.batch,
            cell.threads,
            spread(column)._replace(middle=measured.median),
            len(column),
            one.calls,
            measured.meets_confidence(),
            speed(column, base),
            bytes,
            off,
        )


def rounded(off: float, dtype: str, device: str = "cpu") -> bool:
    """Whether outputs that far apart are the same but for rounding."""
    return off <= TOLERANCE[TENSOR_CORES if (device, dtype) == ("cuda", "float32") else dtype]


def record(row: Row) -> dict[str, Any]:
    """A row for other programs: seconds, bytes, samples a second."""
    return {
        "spec": row.spec,
        "subject": row.subject,
        "batch": row.batch,
        "threads": row.threads,
        "median": row.seconds.middle,
        "low": row.seconds.low,
        "high": row.seconds.high,
        "throughput": row.throughput,
        "speed": row.speed.middle,
        "speed_low": row.speed.low,
        "speed_high": row.speed.high,
        "memory": row.memory,
        "off": row.off,
        "samples": row.samples,
        "calls": row.calls,
        "steady": row.steady,
    }
