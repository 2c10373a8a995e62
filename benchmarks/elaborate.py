"""Elaboration: a residual net of 1,202 layers, from text to its counts, after imports.

Criterion: less than 100 ms. The net is that of "Deep Networks with Stochastic Depth" (arXiv:1603.09382): 3 stages of
200 basic blocks on CIFAR, that is 6 · 200 + 2 weighted layers.

    python benchmarks/elaborate.py [RUNS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import archspec

SPEC = """
archspec: 1
name: resnet1202
inputs: {image: [3, 32, 32]}
params: {blocks: 200, classes: 10}
defaults: {conv: {bias: false, padding: half}}
modules:
  block:
    params: {width: int, stride: 1}
    steps:
      - conv1: conv(width, 3, stride=stride)
      - bn1: batch_norm
      - relu
      - conv2: conv(width, 3)
      - bn2: batch_norm
      - downsample: conv(width, 1, stride=stride) >> batch_norm
        from: input
        when: stride > 1
      - bn2 + downsample
      - relu
graph:
  - conv1: conv(16, 3)
  - bn1: batch_norm
  - relu
  - for: width in [16, 32, 64]
    do:
      - stage${i + 1}:
          repeat: block(width, stride=2 if i > 0 and j == 0 else 1)
          times: blocks
          as: ${j}
  - global_avg_pool
  - fc: linear(classes)
expect: {depth: 1202}
"""


def main(runs: int = 15) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet1202.yaml"
        path.write_text(SPEC, encoding="utf-8")
        figures = archspec.load(path).summary()  # and imports
        times = []
        for _ in range(runs):
            start = perf_counter()
            counts = archspec.load(path).stats()
            times.append(perf_counter() - start)
    holds = median(times) < 0.100
    print(
        f"{figures['depth']:,} weighted layers, {counts.total.params:,} parameters, {counts.total.mads:,} multiply-adds"
    )
    print(f"text to counts     {1000 * median(times):6.1f} ms   median of {runs}")
    print("allowed             100.0 ms")
    print(f"verdict            {'holds' if holds else 'FAILS'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
