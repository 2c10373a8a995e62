"""Speed of the generated source, as it stands, against the hand-written networks of torchvision and timm.

All in eager mode on the CPU, at the network's own image size: a forward pass in evaluation and a step of training.
Criterion: nothing is slower by more than 3 %, within noise. Both have the same weights and give the same outputs,
which is tried first. Then the two take turns, and each round gives a ratio of their time to ours (above 1 is faster).

    python benchmarks/forward.py [--all] [--seconds S] [NAME...]
"""

from __future__ import annotations

import argparse
import sys
from copy import deepcopy
from pathlib import Path
from statistics import median
from time import perf_counter

import torch

from archspec.bench import runs
from archspec.bench.machine import processor
from archspec.bench.measure import Run, Spread, rounds, speed, spread, warm
from archspec.bench.subjects import Subject

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.zoo.oracle import build, renamed, scramble
from tests.zoo.reference import loaded, reference, with_oracle

FEW = ("alexnet_torchvision", "vgg16", "googlenet_torchvision", "resnet50", "densenet121", "mobilenet_v1")
LARGE = 5e9
"""multiply-adds of an image from which on training has two of them, else four"""
LEAST = 0.97


def pair(id: str) -> tuple[Subject, Subject]:
    """Ours and the hand-written one, each with its own copy of the same weights."""
    theirs = scramble(build(id)).eval()
    ours = loaded(id).compile(weights=renamed(id, deepcopy(theirs.state_dict()))).eval()
    return Subject("ours", ours, ours), Subject("theirs", theirs, theirs)


def cells(id: str) -> dict[str, tuple[Run, Run]]:
    """What is timed of both: the forward pass of an image, and of a few a step of training."""
    subjects, program = pair(id), loaded(id).program
    few = 2 if reference()[id]["mads"] > LARGE else 4
    one, many = (runs.inputs(program, batch, "cpu", "float32") for batch in (1, few))
    ours, theirs = (runs.forward(subject, one) for subject in subjects)
    off = runs.off(ours(), theirs())
    assert off is not None, f"{id}: outputs of other shapes"
    assert off < 1e-4, f"{id}: outputs differ by {off}"
    return {"forward, batch 1": (ours, theirs), f"training, batch {few}": _steps(subjects, many)}


def _steps(subjects: tuple[Subject, Subject], values: tuple[torch.Tensor, ...]) -> tuple[Run, Run]:
    ours, theirs = (runs.step(subject, values) for subject in subjects)
    for subject in subjects:
        subject.module.eval()  # the forward pass is timed first
    return _training(subjects[0], ours), _training(subjects[1], theirs)


def _training(subject: Subject, step: Run) -> Run:
    def run() -> object:
        subject.module.train()
        return step()

    return run


def measure(ours: Run, theirs: Run, seconds: float) -> tuple[Spread, float]:
    """The ratio of their time to ours with quartiles, and how long ours takes."""
    warmed = [warm(run, seconds, perf_counter) for run in (ours, theirs)]
    mine, other = zip(*rounds(warmed, seconds, perf_counter), strict=True)
    return speed(mine, other), spread(mine).middle


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks that torchvision or timm has")
    parser.add_argument("--all", action="store_true", help="every one of them, not only a few")
    parser.add_argument("--seconds", type=float, default=1.0, help="for the samples of one network in one cell")
    given = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {processor()}")
    print("their time / ours, median and quartiles\n")
    found: dict[str, list[float]] = {}
    slow = []
    for id in given.names or (with_oracle() if given.all else FEW):
        for cell, (ours, theirs) in cells(id).items():
            ratio, middle = measure(ours, theirs, given.seconds)
            found.setdefault(cell.partition(",")[0], []).append(ratio.middle)
            slow += [f"{id} ({cell})"] if ratio.high < LEAST else []
            print(
                f"{id:26} {cell:18} {1000 * middle:8.1f} ms   {ratio.middle:.2f} ({ratio.low:.2f}–{ratio.high:.2f})",
                flush=True,
            )
    for what, ratios in found.items():
        print(f"\n{what}: median {median(ratios):.3f}, from {min(ratios):.2f} to {max(ratios):.2f}")
    print(f"verdict: {'slower: ' + ', '.join(slow) if slow else 'not slower'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
