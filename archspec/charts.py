"""What each kind of chart shows: the figures are gathered here and drawn by `archspec/draw/charts`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from archspec.text.diagnostics import fault
from archspec.text.extras import need

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from archspec.analysis.memory import Dtype
    from archspec.analysis.paths import Edges
    from archspec.architecture import Architecture
    from archspec.catalogue import Entry
    from archspec.draw.charts.canvas import Slide
    from archspec.language.records import ErrorRate
    from archspec.ops.base import Op

ErrorKind = Literal["top1", "top5"]
UNIT: Mapping[ErrorKind, str] = MappingProxyType({"top1": "top-1 error, %", "top5": "top-5 error, %"})

_ACCURACY = (
    "alexnet nin_bn vgg16 vgg19 googlenet bn_inception inception_v3 inception_v4 inception_resnet_v2 "
    "resnet18 resnet34 resnet50 resnet101 resnet152 wide_resnet50_2 densenet121 densenet169 densenet201 "
    "densenet161 resnext50_32x4d resnext101_64x4d se_resnet50 senet154 dpn92 dpn131 mobilenet_v1 "
    "nasnet_a_mobile nasnet_a_large"
)
_EVOLUTION = (
    "alexnet googlenet vgg16 vgg19 inception_v3 resnet50 resnet152 inception_v4 densenet161 "
    "resnext101_64x4d senet154 nasnet_a_large"
)
HISTORY: Mapping[str, Sequence[str]] = MappingProxyType(
    {"accuracy": _ACCURACY.split(), "evolution": _EVOLUTION.split()}
)
"""what a kind shows when nobody names networks: each step of the history once"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the kinds can be told besides the networks; each reads what concerns it."""

    title: str = ""
    error: ErrorKind = "top1"
    depth: int | None = None
    """levels of modules for `stages`"""
    edges: Edges = "data"
    """which paths `paths` follows"""
    machine: str = "a100"
    """whose roof `roofline` draws: a key of `analysis.intensity.MACHINES`"""
    batch: int = 1
    dtype: Dtype = "float32"


def draw(kind: str, specs: Sequence[str], slide: Slide, suffix: str, options: Options, load: Load) -> bytes:
    """The chart as a file of the kind that `suffix` (svg, pdf, png) says. `load` makes an architecture of a name.

    Raises `SpecError`: A0505 without matplotlib, A0402 for a network whose error nobody states.
    """
    need("matplotlib", "a chart")
    from archspec.draw.charts import canvas

    with canvas.style(slide):
        return canvas.render(KINDS[kind](specs, slide, options, load), suffix)


Load = Callable[[str], "Architecture"]


@dataclass(frozen=True, slots=True)
class _Network:
    name: str
    label: str
    family: str
    year: int | None
    params: int
    mads: int
    depth: int
    error: float
    protocol: str


def _accuracy(specs: Sequence[str], slide: Slide, options: Options, load: Load) -> Figure:
    from archspec.draw.charts.accuracy import Network, accuracy

    found = _networks(specs or HISTORY["accuracy"], options.error, load)
    circles = [Network(one.label, one.family, one.params, one.mads, one.error) for one in found]
    subtitle = f"{_count(found)} on ImageNet{_protocol(found)} · area of a circle: parameters"
    return accuracy(circles, options.title or "Accuracy against operations", subtitle, UNIT[options.error], slide)


def _evolution(specs: Sequence[str], slide: Slide, options: Options, load: Load) -> Figure:
    from archspec.draw.charts.evolution import Milestone, evolution

    found = _networks(specs or HISTORY["evolution"], options.error, load)
    undated = [one.name for one in found if one.year is None]
    if undated:
        raise fault("A0402", f"`{undated[0]}` states no year", help="add `source: {year: …}` to its spec")
    columns = [Milestone(one.label, one.year or 0, one.depth, one.error) for one in found]
    subtitle = f"{_count(found)} on ImageNet{_protocol(found)} · line: best so far"
    return evolution(columns, options.title or "Deeper networks, fewer errors", subtitle, UNIT[options.error], slide)


def _stages(specs: Sequence[str], slide: Slide, options: Options, load: Load) -> Figure:
    from archspec.analysis.table import by_module
    from archspec.draw.charts.stages import Stage, stages

    architecture = load(specs[0])
    rows = by_module(architecture.program, architecture.stats(), options.depth)
    keys = [row["key"] for row in rows]
    inner = [row for row in rows if not any(key.startswith(f"{row['key']}.") for key in keys)]
    total = architecture.stats().total
    parts = [
        Stage(row["key"], row["params"], row["mads"])
        for row in inner
        if 1000 * row["params"] >= total.params or 1000 * row["mads"] >= total.mads
    ]
    left = "" if len(parts) == len(inner) else " · parts under 0.1 % left out"
    title = options.title or architecture.title or architecture.name
    return stages(parts, title, f"cost by stage{left}", slide)


def _paths(specs: Sequence[str], slide: Slide, options: Options, load: Load) -> Figure:
    from archspec.analysis.profile import path_profile
    from archspec.draw.charts.lengths import lengths
    from archspec.text.bignum import short_text

    architecture = load(specs[0])
    profile = path_profile(architecture.program, options.edges, architecture.limits.nodes)
    if not profile.lengths or not profile.count or profile.mean is None or profile.deviation is None:
        why = "has no path" if profile.count == 0 else "has too many paths"
        raise fault("A0402", f"`{architecture.name}` {why} for a histogram of their lengths")
    shares = [float(Fraction(count, profile.count)) for count in profile.lengths]
    subtitle = (
        f"{short_text(profile.count, superscript=True)} paths of {profile.shortest} to {profile.longest} weighted "
        f"layers · {100 * float(profile.within or 0):.0f} % within one standard deviation"
    )
    title = options.title or architecture.title or architecture.name
    return lengths(shares, float(profile.mean), profile.deviation, title, subtitle, slide)


def _roofline(specs: Sequence[str], slide: Slide, options: Options, load: Load) -> Figure:
    from archspec.analysis.intensity import MACHINES
    from archspec.analysis.intensity import roofline as traffic
    from archspec.draw.charts.roofline import Layer, Machine, roofline

    architecture, machine = load(specs[0]), MACHINES[options.machine]
    rows = traffic(architecture.program, options.batch, options.dtype)
    working = [Layer(_kind(row.node.op), row.mads, row.intensity) for row in rows if row.mads]
    roof = Machine(machine.title, machine.flops[options.dtype] / 2, machine.bandwidth)
    bound = sum(layer.intensity < roof.ridge for layer in working)
    subtitle = (
        f"{machine.title}, {options.dtype}, batch {options.batch} · {bound} of {len(working)} layers with "
        "multiply-adds wait for memory"
    )
    return roofline(working, roof, options.title or architecture.title or architecture.name, subtitle, slide)


def _kind(op: Op) -> str:
    """What a dot's hue says of a layer: what decides its intensity."""
    kernel, groups = getattr(op, "kernel", None), getattr(op, "groups", 1)
    if kernel is None:
        return op.op
    if groups > 1:
        return "grouped conv"
    sizes = kernel if isinstance(kernel, tuple) else (kernel,)
    return "1×1 conv" if all(size == 1 for size in sizes) else "k×k conv"


def _networks(names: Iterable[str], error: ErrorKind, load: Load) -> list[_Network]:
    """What is known of each network. Those of the library have their figures in their `expect`."""
    entries, single = _entries(), _single_crop()
    found = []
    for name in names:
        one = _shipped(entries[name], single, error) if name in entries else _own(load(name), error)
        if one is None:
            help = f"add `error: {{{error}: …}}` to its spec"
            raise fault("A0402", f"`{name}` states no {UNIT[error].removesuffix(', %')} on ImageNet", help=help)
        found.append(one)
    labels = [one.label for one in found]
    full = {one.name: one for one in found}
    return [replace(one, label=_title(one, entries)) if labels.count(one.label) > 1 else one for one in full.values()]


def _shipped(entry: Entry, single: Mapping[str, ErrorRate], error: ErrorKind) -> _Network | None:
    """A network of the library: its error under the protocol by which most are known, or its paper's."""
    rate, figures = single.get(entry.name) or entry.error, (entry.params, entry.mads, entry.depth)
    return _network(entry.name, entry.title, entry.family, entry.year, figures, rate, error)


def _own(architecture: Architecture, error: ErrorKind) -> _Network | None:
    figures, spec = architecture.summary(), architecture.spec
    counted = (figures["params"], figures["mads"], figures["depth"])
    year = architecture.source.year if architecture.source is not None else None
    name = architecture.name
    return _network(name, architecture.title, spec.family or name, year, counted, architecture.error, error)


def _network(
    name: str,
    title: str,
    family: str,
    year: int | None,
    figures: tuple[int | None, ...],
    rate: ErrorRate | None,
    error: ErrorKind,
) -> _Network | None:
    value = getattr(rate, error) if rate is not None else None
    if rate is None or value is None:
        return None
    params, mads, depth = (figure or 0 for figure in figures)
    label = re.split(r",| \(| with ", title or name)[0]
    return _Network(name, label, family, year, params, mads, depth, value, rate.protocol or "")


def _title(network: _Network, entries: Mapping[str, Entry]) -> str:
    """The whole title, for networks whose short ones are the same."""
    entry = entries.get(network.name)
    return entry.title if entry is not None else network.name


@cache
def _entries() -> Mapping[str, Entry]:
    from archspec.catalogue import catalogue

    whole = (entry for entry in catalogue() if None not in (entry.params, entry.mads, entry.depth))
    return MappingProxyType({entry.name: entry for entry in whole})


@cache
def _single_crop() -> Mapping[str, ErrorRate]:
    """Errors of one crop, by network: papers differ in how many crops they average, which is worth 2 percent."""
    import csv
    from importlib.resources import files

    from archspec.language.records import ErrorRate

    text = (files("archspec.specs") / "single_crop.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        top1, top5 = (float(row[key]) if row[key] else None for key in ("top1", "top5"))
        found[row["name"]] = ErrorRate(top1=top1, top5=top5, protocol=row["protocol"], source=row["source"])
    return MappingProxyType(found)


def _count(found: Sequence[_Network]) -> str:
    return f"{len(found)} networks" if len(found) > 1 else found[0].label


def _protocol(found: Sequence[_Network]) -> str:
    return ", one crop" if all("single crop" in one.protocol for one in found) else ""


KINDS: Mapping[str, Callable[[Sequence[str], Slide, Options, Load], Figure]] = MappingProxyType(
    {
        "accuracy": _accuracy,
        "evolution": _evolution,
        "stages": _stages,
        "paths": _paths,
        "roofline": _roofline,
    }
)
"""each kind of chart, and what draws it"""
