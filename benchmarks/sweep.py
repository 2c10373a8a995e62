"""Sweeps: variants a second by traces, against elaborating each in full.

Criterion: where only numbers change, at least 2,000 variants of DenseNet-121 a second, after imports. Some of
the variants are elaborated in full first, and every figure of theirs is compared.

    python benchmarks/sweep.py [VARIANTS]
"""

from __future__ import annotations

import sys
from itertools import islice, product
from time import perf_counter

from archspec.analysis.sweep import Sweep
from archspec.api import load
from archspec.language.files import Files
from archspec.text.limits import DEFAULT_LIMITS

SWEEPS: dict[str, tuple[str, dict[str, list[object]]]] = {
    "densenet121, growth and classes": ("densenet121", {"growth": [*range(8, 108)], "classes": [*range(1, 1001)]}),
    "densenet121, layers and growth": (
        "densenet121",
        {"layers": [[6, 12, n, 16] for n in range(8, 33, 8)], "growth": [*range(8, 508)]},
    ),
    "resnet50, widen and groups": ("resnet50", {"widen": [*range(1, 101)], "groups": [1, 2, 4, 8, 16, 32]}),
    "mobilenet_v1, width": ("mobilenet_v1", {"width": [k / 1000 for k in range(250, 2250)]}),
    "wrn28_10_cifar, n (structure)": ("wrn28_10_cifar", {"n": [*range(1, 41)]}),
}
ALLOWED = 2000
COMPARED = 40


def in_full(spec: str, values: dict[str, object], files: Files) -> dict[str, object]:
    figures = load(spec, values, files=files).summary()
    return {**values, **{name: figures[name] for name in ("params", "buffers", "mads", "depth")}}


def main(most: int = 100_000) -> int:
    load("densenet121").summary()  # and imports
    print("sweep                              variants  in full   traced  in full/s  traced/s   ratio")
    holds = True
    for title, (spec, axes) in SWEEPS.items():
        points = [dict(zip(axes, values, strict=True)) for values in islice(product(*axes.values()), most)]
        some = points[:: max(1, len(points) // COMPARED)][:COMPARED]
        files = Files(DEFAULT_LIMITS)
        in_full(spec, some[0], files)
        start = perf_counter()
        expected = [in_full(spec, point, files) for point in some]
        plain = len(some) / (perf_counter() - start)

        sweep = Sweep(spec, axes)
        start = perf_counter()
        records = list(islice(sweep, most))
        traced = len(records) / (perf_counter() - start)
        known = {repr([record[name] for name in axes]): record for record in records}
        for figures in expected:
            record = known[repr([figures[name] for name in axes])]
            assert {name: record[name] for name in figures} == figures, title
        made = f"{sweep.variants.elaborated:>7,}  {sweep.variants.traced:>7,}"
        print(f"{title:<34} {len(records):>8,}  {made}  {plain:>9,.0f}  {traced:>8,.0f}  {traced / plain:>6,.1f}")
        if title.startswith("densenet121"):
            holds = holds and traced >= ALLOWED
    print(f"criterion: {ALLOWED:,} variants of densenet121 a second: {'holds' if holds else 'FAILS'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
