"""Time and memory of all of `stats` against the size of a network, beside four tools that count, each in a process.

Criteria: a residual net of 100,000 blocks in less than 2 s, a random DAG of 100,000 different nodes in less than 6 s,
500 MB at most, after imports. What is measured is what `stats --format json` does: load, elaborate, verify, and the
summary with costs, depth, paths, receptive field and memory. Times are of the processor, which others may use too. The
tools are given the residual net as a torch module, up to TOOLS blocks.

    python benchmarks/scale.py [LARGEST [TOOLS]]

`benchmarks/scale.md` has a run.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter, process_time

RESIDUAL = """
archspec: 1
name: residual
inputs: {{image: [16, 8, 8]}}
defaults: {{conv: {{bias: false, padding: half}}}}
modules:
  block:
    steps:
      - conv1: conv(16, 3)
      - bn1: batch_norm
      - relu
      - conv2: conv(16, 3)
      - bn2: batch_norm
      - bn2 + input
      - relu
graph:
  - trunk: {{repeat: block, times: {size}}}
  - global_avg_pool
  - fc: linear(10)
"""
ALLOWED = {("residual net", 100_000): 2.0, ("random DAG", 100_000): 6.0}
MEGABYTES = 500
OURS = ("residual net", "random DAG")
MEASURED = {
    "residual net": 10**9,
    "random DAG": 100_000,
    "networkx": 10**9,
    "torchinfo": None,
    "fvcore": None,
    "ptflops": None,
    "flops": None,
}
"""what is measured, and up to which size (None: TOOLS); "flops" is torch's FlopCounterMode"""


def residual(size: int) -> str:
    """`size` copies of one residual block."""
    return RESIDUAL.format(size=size)


def dag(size: int, seed: int = 0) -> str:
    """`size` nodes, a line each, which read one or two of those before them; all of them reach the output."""
    chance = random.Random(seed)
    lines = ["archspec: 1", "name: dag", "inputs: {image: [8, 8, 8]}", "defaults: {conv: {bias: false, padding: half}}"]
    lines.append("graph:")
    widths, unread = [8], [0]

    def name(at: int) -> str:
        return f"n{at}" if at else "image"

    def write(text: str, width: int, *reads: int) -> None:
        unread[:] = [one for one in unread if one not in reads] + [len(widths)]
        lines.append(f"  - n{len(widths)}: {text}")
        widths.append(width)

    while len(widths) <= size:
        few = len(unread) < 12 and 4 * len(unread) <= size - len(widths)
        a = chance.choice(unread) if chance.random() < 0.7 else max(0, len(widths) - 1 - chance.randrange(40))
        kind = chance.choice(("conv", "batch_norm", "relu", "add")) if few or len(unread) < 2 else "concat"
        if kind == "concat":
            a, b = sorted(chance.sample(unread, 2), key=widths.__getitem__)
            if widths[a] + widths[b] <= 24:
                write(f"concat({name(a)}, {name(b)})", widths[a] + widths[b], a, b)
            else:
                write(f"conv(4, 1)({name(b)})", 4, b)
        elif kind == "conv":
            out = chance.choice((4, 6, 8))
            write(f"conv({out}, {chance.choice((1, 3))})({name(a)})", out, a)
        elif kind == "add":
            b = chance.choice([one for one in unread if widths[one] == widths[a]] or [a])
            write(f"{name(a)} + {name(b)}", widths[a], a, b)
        else:
            write(f"{kind}({name(a)})", widths[a], a)
    return "\n".join(lines) + "\n"


def ours(text: str) -> tuple[Callable[[], object], Callable[[], object]]:
    import gc

    import archspec
    from archspec.text.limits import DEFAULT_LIMITS

    gc.disable()  # as `archspec stats` does
    limits = DEFAULT_LIMITS._replace(nodes=10**8, operations=10**10, yaml_nodes=10**8, file_bytes=10**9)
    folder = Path(tempfile.mkdtemp())

    def analyse(text: str) -> object:
        path = folder / "net.yaml"
        path.write_text(text, encoding="utf-8")
        return archspec.load(path, limits=limits).summary()

    return lambda: analyse(residual(2)), lambda: analyse(text)


def networkx(size: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Build, sort, longest path and count of paths, in networkx: what it would take to count on its graph."""
    import networkx as nx

    chance = random.Random(0)
    edges = [(max(0, at - 1 - chance.randrange(40)), at) for at in range(1, size) for _ in range(2)]

    def analyse() -> object:
        graph = nx.DiGraph(edges)
        paths = dict.fromkeys(graph, 0) | {0: 1}
        for node in nx.topological_sort(graph):
            for reader in graph.successors(node):
                paths[reader] = min(paths[reader] + paths[node], 1 << 64)
        return nx.dag_longest_path_length(graph), paths

    return lambda: nx.DiGraph([(0, 1)]), analyse


def tool(name: str, size: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """The residual net as a module of torch, made before the clock runs, and what counts it."""
    import torch
    from torch import nn

    from tests.analysis.tools import printed

    if name == "ptflops":
        import tests.oracles  # noqa: F401  (it imports torchvision, which needs that help)

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
            self.conv2, self.bn2 = nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + x)

    def network(size: int) -> nn.Module:
        blocks = nn.Sequential(*(Block() for _ in range(size)))
        return nn.Sequential(blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))

    torch.set_num_threads(1)
    made = network(size)
    return lambda: printed(name, network(2), (16, 8, 8)), lambda: printed(name, made, (16, 8, 8))


def measure(what: str, size: int) -> dict[str, float]:
    """In a process of its own: warm up, then the analysis alone, in seconds, and the peak in megabytes."""
    match what:
        case "residual net" | "random DAG":
            small, analyse = ours(residual(size) if what == "residual net" else dag(size))
        case "networkx":
            small, analyse = networkx(size)
        case _:
            small, analyse = tool(what, size)
    small()  # imports, and what is made once in a process
    start = process_time()
    analyse()
    return {"alone": process_time() - start, "peak": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def whole(what: str, size: int) -> dict[str, float]:
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "measure", what, str(size)], stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1]) | {"whole": perf_counter() - start}


def main(largest: int = 1_000_000, tools: int = 1000) -> int:
    sizes = [10**power for power in range(3, 10) if 10**power <= largest]
    fails = False
    print("| what | size | whole process, s | analysis alone, s | peak, MB | alone / ours |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for size in sizes:
        own: dict[str, float] = {}
        for what, most in MEASURED.items():
            if size > (tools if most is None else most):
                continue
            found = whole(what, size)
            own = own or found
            ratio = "" if what in OURS else f"{found['alone'] / own['alone']:,.0f}"
            times = f"{found['whole']:,.2f} | {found['alone']:,.2f} | {found['peak']:,.0f}"
            print(f"| {what} | {size:,} | {times} | {ratio} |", flush=True)
            allowed = ALLOWED.get((what, size))
            fails |= allowed is not None and (found["alone"] >= allowed or found["peak"] >= MEGABYTES)
    print(f"\nverdict: {'FAILS' if fails else 'holds'}")
    return 1 if fails else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
