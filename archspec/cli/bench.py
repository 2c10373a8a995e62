"""`archspec bench`: how fast a network runs, beside others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from archspec.cli.compile import Device
from archspec.cli.formats import Format
from archspec.cli.memory import Dtype
from archspec.cli.options import Limit, Set, Specs, limits, params, tell_warnings
from archspec.cli.terminal import BOLD, DIM, WIDTH, cut, markdown, mib, paint, shorten, table

if TYPE_CHECKING:
    from archspec.architecture import Architecture
    from archspec.bench.grid import Progress, Row, Settings

CHARTS = (".svg", ".pdf", ".png")
PACKAGES = ("torchvision", "timm", "onnxruntime")
"""whose versions a record names beside torch's, where a peer comes of them"""
INTERRUPTED = 130
"""exit code after Ctrl-C, as of a shell"""
STEPS = 1000
"""of the bar that shows progress"""
SCREEN = ("subject", "median", "IQR", "a second", "speed", "quartiles", "MiB")
ELASTIC = {"subject": shorten}


def bench(
    specs: Specs,
    vs: Annotated[
        list[str] | None,
        typer.Option("--vs", metavar="PEER", help="Another network or form, see above. May be repeated."),
    ] = None,
    batch: Annotated[str, typer.Option("--batch", metavar="N,…", help="Batch sizes.")] = "1",
    threads: Annotated[str, typer.Option("--threads", metavar="N,…", help="Threads of torch; else its own.")] = "",
    train: Annotated[bool, typer.Option("--train", help="Time a step of training: forward, backward, SGD.")] = False,
    device: Annotated[Device, typer.Option("--device", help="Where to run.")] = Device.cpu,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="Of weights and activations.")] = Dtype.float32,
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="Images and filters of all channels last in memory.")
    ] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=0.001, help="Of samples, for each subject.")] = 2.0,
    base: Annotated[str, typer.Option("--base", metavar="SUBJECT", help="Whose speed is 1; else the SPEC's.")] = "",
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="A chart too: .svg, .pdf or .png.")
    ] = None,
    set: Set = None,
    limit: Limit = None,
) -> None:
    """Time networks, in alternation with their peers. May be interrupted: it prints what it has.

    PEER: torchvision:NAME or timm:NAME, that library's network; another SPEC; or another form of the SPEC's own:
    channels_last, compile, cudagraph, inference (optimised), onnxruntime. Forms may follow a + ("inference+compile").

    speed: times as fast as the SPEC's own network; the ratio of medians, and the quartiles of the ratios of samples
    taken in turn. MiB: the peak while it runs, beyond the weights.
    """
    from archspec import api
    from archspec.bench.grid import Settings

    if output is not None and output.suffix.lower() not in CHARTS:
        raise typer.BadParameter(f"a chart becomes {', '.join(CHARTS)}, not `{output.suffix or output.name}`")
    if output is not None:
        from archspec.text.extras import need

        need("matplotlib", "a chart")  # now, and not after the work
    settings = Settings(
        peers=tuple(dict.fromkeys(vs or ())),
        batches=_numbers(batch, "--batch"),
        threads=_numbers(threads, "--threads") if threads else (),
        train=train,
        device=device.value,
        dtype=dtype.value,
        channels_last=channels_last,
        seconds=seconds,
        base=base,
    )
    bounds = limits(limit)
    # Every spec is looked at before the first is measured.
    architectures = [tell_warnings(api.load(spec, params(set), limits=bounds)) for spec in specs]
    _torch(device)
    rows, stop = _measure(architectures, settings, lambda name: api.load(name, limits=bounds))
    if rows:
        typer.echo(WRITERS[format](rows, settings, architectures))
    if rows and output is not None:
        from archspec.text.write import write_atomically

        write_atomically(output, _chart(rows, settings, output.suffix.lower().removeprefix(".")))
        typer.echo(f"wrote {output}", err=True)
    if stop is not None:
        typer.echo(
            f"{stop.words}: this is what there is" if rows else f"{stop.words}, before the first sample", err=True
        )
        raise typer.Exit(stop.code)


class _Stop(NamedTuple):
    """Why a benchmark ended early."""

    words: str
    code: int


def _numbers(text: str, option: str) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    if not words or not all(word.isascii() and word.isdecimal() and int(word[:9]) > 0 for word in words):
        raise typer.BadParameter(f"`{option}` takes natural numbers between commas, not `{text}`")
    return tuple(dict.fromkeys(int(word[:9]) for word in words))


def _torch(device: Device) -> None:
    """Import it, and look for the device."""
    from archspec.text.extras import without_numpy

    with without_numpy():
        import torch
    if device is Device.cuda and not torch.cuda.is_available():
        raise typer.BadParameter("there is no CUDA device here that torch can use")


def _measure(
    architectures: Sequence[Architecture], settings: Settings, load: Callable[[str], Architecture]
) -> tuple[list[Row], _Stop | None]:
    """All rows, or those there were when somebody pressed Ctrl-C or torch gave up."""
    from archspec.bench import subjects
    from archspec.bench.grid import bench
    from archspec.text.diagnostics import SpecError

    rows: list[Row] = []
    try:
        for word in settings.peers:
            if settings.train and not subjects.trains(word):
                raise ValueError(f"`{word}` does not train")
        with _bar(len(architectures)) as progress:
            for at, architecture in enumerate(architectures):
                rows.extend(bench(architecture, settings, load, partial(_shifted, progress, at)))
    except KeyboardInterrupt:
        return rows, _Stop("interrupted", INTERRUPTED)
    except RuntimeError as error:  # no memory left, or nothing in torch for this type on this device
        return rows, _Stop(f"error: torch stopped: {str(error).strip().partition(chr(10))[0][:200]}", 1)
    except SpecError:
        raise
    except ValueError as error:
        if not rows:
            raise typer.BadParameter(str(error)) from None
        return rows, _Stop(f"error: {error}", 2)
    return rows, None


def _shifted(progress: Progress, networks: int, words: str, done: float) -> None:
    """Progress of one network as that of all."""
    progress(words, networks + done)


@contextmanager
def _bar(networks: int) -> Iterator[Progress]:
    """A bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _, __: None
        return
    with typer.progressbar(length=STEPS * networks, file=sys.stderr, width=20) as bar:

        def show(words: str, done: float) -> None:
            bar.label = cut(words, 40)
            bar.update(max(0, int(STEPS * done) - bar.pos))

        yield show


# how it is written


def _table(rows: Sequence[Row], settings: Settings, architectures: Sequence[Architecture]) -> str:
    titles = {one.name: one.title for one in architectures}
    lines = []
    for (spec, batch, threads), cell in groupby(rows, lambda row: (row.spec, row.batch, row.threads)):
        title = f"{titles[spec]} ({spec})" if titles[spec] and titles[spec] != spec else spec
        words = f"{_mode(settings)}, batch {batch}, {threads} thread{'s' if threads > 1 else ''}"
        lines += [paint(shorten(title, WIDTH), BOLD), words]
        lines += [*table(SCREEN, [_cells(row) for row in cell], frozenset(SCREEN[1:]), ELASTIC), ""]
    notes = (line for note in _notes(rows, settings) for line in wrap(note, WIDTH, subsequent_indent="  "))
    return "\n".join([*lines, *(paint(line, DIM) for line in notes)])


def _mode(settings: Settings) -> str:
    layout = ", channels last" if settings.channels_last else ""
    return f"{'training step' if settings.train else 'forward'}, {settings.dtype}, {settings.device}{layout}"


def _cells(row: Row) -> list[str]:
    from archspec.bench.chart import digits, time

    low, middle, high = row.seconds
    return [
        row.subject,
        time(middle),
        f"{100 * (high - low) / middle:.0f} %{'' if row.steady else '!'}",
        digits(row.throughput),
        f"{row.speed.middle:.2f}",
        f"{row.speed.low:.2f}–{row.speed.high:.2f}",
        mib(row.memory) if row.memory is not None else "",
    ]


def _notes(rows: Sequence[Row], settings: Settings) -> list[str]:
    """How the outputs compare, and where this was measured."""
    from archspec.bench.grid import rounded
    from archspec.bench.machine import machine, versions

    said = []
    for (spec, subject), own in {(row.spec, row.subject): row for row in rows}.items():
        if subject == spec:
            continue
        if own.off is None:
            said.append(f"{subject}: outputs not compared, for it has other weights")
        elif own.off == 0:
            said.append(f"{subject}: exactly the same outputs")
        elif rounded(own.off, settings.dtype, settings.device):
            said.append(f"{subject}: the same outputs, to {own.off:.0e}")
        else:
            said.append(f"{subject}: OTHER outputs, though with the same weights: {own.off:.0e} apart")
    if any(not row.steady for row in rows):
        said.append("!: so far apart that other programs had a hand in it")
    here, packages = machine(settings.device), versions(_packages(settings))
    accelerator = f"{here['accelerator']}; " if "accelerator" in here else ""
    said.append(f"{accelerator}{here['processor']}, {here['cores']} cores")
    said.append(", ".join(f"{name} {version}" for name, version in packages.items()))
    return said


def _packages(settings: Settings) -> list[str]:
    kinds = {word for peer in settings.peers for word in peer.replace("+", ":").split(":")}
    return ["torch", *(package for package in PACKAGES if package in kinds)]


def _records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    from archspec.bench.grid import record

    return [record(row) for row in rows]


def _json(rows: Sequence[Row], settings: Settings, _: Sequence[Architecture]) -> str:
    from dataclasses import asdict

    from archspec.bench.machine import machine, versions

    whole = {
        "machine": machine(settings.device),
        "versions": versions(_packages(settings)),
        "settings": asdict(settings),
        "rows": _records(rows),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _csv(rows: Sequence[Row], _: Settings, __: Sequence[Architecture]) -> str:
    import csv
    import io

    text = io.StringIO()
    records = _records(rows)
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().rstrip("\n")


def _markdown(rows: Sequence[Row], settings: Settings, _: Sequence[Architecture]) -> str:
    columns = ("spec", "batch", "threads", *SCREEN)
    cells = [[row.spec, f"{row.batch}", f"{row.threads}", *_cells(row)] for row in rows]
    lines = [f"{_mode(settings)}:", "", *markdown(columns, cells, frozenset(columns) - {"spec", "subject"}), ""]
    return "\n".join([*lines, *(f"- {note}" for note in _notes(rows, settings))])


WRITERS: Mapping[Format, Callable[[Sequence[Row], Settings, Sequence[Architecture]], str]] = {
    Format.table: _table,
    Format.json: _json,
    Format.csv: _csv,
    Format.markdown: _markdown,
}


def _chart(rows: Sequence[Row], settings: Settings, suffix: str) -> bytes:
    from archspec.bench.chart import chart
    from archspec.bench.machine import processor
    from archspec.draw.charts.canvas import Slide, render, style
    from archspec.draw.theme import THEMES

    slide = Slide(THEMES["light"])
    base = settings.base or "the spec's own network"
    subtitle = f"{_mode(settings)} · times as fast as {base}, with quartiles · {processor()}"
    with style(slide):
        return render(chart(rows, "Speed", subtitle, slide), suffix)
