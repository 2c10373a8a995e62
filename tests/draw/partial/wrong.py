"""Specs that are wrong in one place each."""

from __future__ import annotations

from pathlib import Path

from archspec import pictures
from archspec.draw.scene import Scene
from archspec.text.limits import DEFAULT_LIMITS

HEAD = """\
archspec: 1
name: wrong
title: A wrong network
inputs: {image: [3, 64, 64]}
defaults: {conv: {padding: half}}
"""
BLOCK = """\
modules:
  block:
    params: {width: int, stride: 1}
    steps:
      - conv1: conv(width, 3, stride=stride)
      - batch_norm
      - relu
      - conv2: conv(width, 3)
      - conv2 + input
      - relu
"""
BRANCHES = """\
modules:
  mixed:
    branches:
      one: conv(16, 1)
      three: conv(16, 1) >> conv(32, 3, stride=2)
      pooled: max_pool(3, stride=1, padding=1) >> conv(16, 1)
    join: concat
"""
STEM = "graph:\n  - stem: conv(32, 7, stride=2)\n  - relu\n  - pool: max_pool(2)\n"

WRONG = {
    "add": f"{HEAD}{BLOCK}{STEM}  - body: {{repeat: block(64), times: 3}}\n  - fc: linear(10)\n",
    "concat": f"{HEAD}{BRANCHES}{STEM}  - mid: conv(64, 3)\n  - top: conv(64, 3)\n  - mixed\n  - fc: linear(10)\n",
    "groups": f"{HEAD}{STEM}  - deep: conv(48, 3)\n  - conv(64, 3, groups=7)\n  - fc: linear(10)\n",
    "vector": f"{HEAD}{STEM}  - deep: conv(48, 3)\n  - flatten\n  - more: conv(8, 3)\n",
    "map": f"{HEAD}{STEM}  - deep: linear(48)\n  - sum: pool + deep\n",
    "nested": f"{HEAD}{BLOCK}{STEM}  - part:\n      - block(32)\n"
    "      - inner:\n          - conv(8, 1)\n          - block(16)\n",
    "pipe": f"{HEAD}{STEM}  - chain: conv(8, 1) >> max_pool(99) >> relu\n",
    "name": f"{HEAD}{STEM}  - deep: conv(48, 3)\n  - sum: deep + steam\n  - fc: linear(10)\n",
    "op": f"{HEAD}{STEM}  - convolution(48, 3)\n  - fc: linear(10)\n",
    "count": f"{HEAD}{STEM}  - deep: conv(48, 3)\n  - both: {{do: relu, from: [deep, pool]}}\n",
    "head": f"{HEAD}{STEM}  - deep: conv(48, 3)\n  - global_avg_pool\n  - fc: linear(10)\n"
    'heads:\n  aux: {from: pool, do: "conv(64, 1) >> max_pool(40) >> relu", only: training, weight: 0.3}\n',
    "twice": f"{HEAD}{STEM}  - a: conv(8, 1, groups=3)\n    from: pool\n  - b: conv(8, 1, groups=5)\n    from: stem\n",
}  # fmt: skip


def write(folder: Path, name: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(WRONG[name])
    return path


def partial(path: Path, **words: str) -> Scene:
    return pictures.partial(str(path), {}, DEFAULT_LIMITS, pictures.request(**words))  # type: ignore[arg-type]
