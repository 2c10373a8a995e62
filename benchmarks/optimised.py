"""Speed of optimised networks: forward passes on the CPU, in eager mode, at each network's own image size.

`archspec.optimize` against the network as it stands, and against torchvision's or timm's where one of them has it.
Criterion: nothing is slower than either, within noise. Outputs are compared first; then all take turns on one input,
and each round gives a ratio of the other's time to the optimised one's (above 1 is faster).

    python benchmarks/optimised.py [--all] [--compile] [--batch N] [--seconds S] [NAME...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter

import torch

import archspec
from archspec.bench import runs
from archspec.bench.machine import processor
from archspec.bench.measure import rounds, speed, spread, warm
from archspec.bench.subjects import Subject

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.passes.same import random_state
from tests.passes.test_library import settle
from tests.zoo.oracle import build, renamed, scramble
from tests.zoo.reference import loaded, with_oracle

FEW = ("densenet121", "resnet50", "googlenet_torchvision", "mobilenet_v1", "resnet20_cifar", "lenet5")
NOISE = 1.03


def subjects(id: str, compiled: bool) -> dict[str, Subject]:
    """The forms of one network with the same weights: optimised, as it stands, hand-written, by torch.compile."""
    made, given = {}, [*runs.inputs(loaded(id).program, 2, "cpu", "float32")]
    if id in with_oracle():
        theirs = scramble(build(id)).eval()
        settle(theirs, given)
        plain = loaded(id).compile(weights=renamed(id, theirs.state_dict())).eval()
        made["theirs"] = theirs
    else:
        plain = loaded(id).compile(seed=0).eval()
        random_state(plain)
        settle(plain, given)
    modules = {"optimised": archspec.optimize(plain), "plain": plain, **made}
    if compiled:
        modules["compile"] = torch.compile(made.get("theirs", plain))
    return {name: Subject(name, module, module) for name, module in modules.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks of the library")
    parser.add_argument("--all", action="store_true", help="all of them, not only a few")
    parser.add_argument("--compile", action="store_true", help="torch.compile of the hand-written network too")
    parser.add_argument("--batch", type=int, action="append", help="images at a time, may be repeated [1 and 4]")
    parser.add_argument("--seconds", type=float, default=1.0, help="for the samples of one form in one cell")
    given = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {processor()}")
    print("others' time / that of the optimised one, median and quartiles\n")
    slow = []
    for id in given.names or (archspec.library() if given.all else FEW):
        forms = subjects(id, given.compile)
        for batch in given.batch or (1, 4):
            values = runs.inputs(loaded(id).program, batch, "cpu", "float32")
            calls = [runs.forward(subject, values) for subject in forms.values()]
            outputs = [call() for call in calls]
            for found in outputs[1:]:
                off = runs.off(found, outputs[0])
                assert off is not None, f"{id}: outputs of other shapes"
                assert off < 1e-3, f"{id}: outputs differ by {off}"
            warmed = [warm(call, given.seconds, perf_counter) for call in calls]
            ours, *others = zip(*rounds(warmed, given.seconds, perf_counter), strict=True)
            line = f"{id:26} {batch:3}  {1000 * spread(ours).middle:8.2f} ms"
            for name, other in zip([*forms][1:], others, strict=True):
                ratio = speed(ours, other)
                line += f"   {name} {ratio.middle:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"
                slow += [f"{id} ({name}, batch {batch})"] if ratio.high < 1 / NOISE else []
            print(line, flush=True)
    print(f"\nverdict: {'slower: ' + ', '.join(slow) if slow else 'nowhere slower'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
