"""Construction: a network on the meta device that takes weights, against torchvision's default construction.

Who loads trained weights throws the first ones away, which take most of the time to draw. Criterion: to construct the
generated class on the meta device and to load weights from memory into it is at least 3 × as fast as torchvision's
constructor alone. What `archspec.compile` takes in all, from the text of the spec, stands beside it. The three
alternate, each round gives a ratio, and outputs are compared first.

    python benchmarks/construct.py [ROUNDS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch

import archspec
from archspec.bench.machine import processor
from archspec.bench.measure import speed, spread

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.oracles import torchvision

NAMES = {
    "densenet121": "densenet121",
    "resnet50": "resnet50",
    "vgg16": "vgg16",
    "alexnet_torchvision": "alexnet",
    "googlenet_torchvision": "googlenet",
}
"""library id → torchvision's constructor"""
ALLOWED = 3.0


def theirs(name: str) -> torch.nn.Module:
    options = {"init_weights": True, "aux_logits": False} if name == "googlenet_torchvision" else {}
    made: torch.nn.Module = getattr(torchvision.models, NAMES[name])(weights=None, **options)
    return made


def filled(make: Callable[[], torch.nn.Module], state: dict[str, torch.Tensor]) -> torch.nn.Module:
    with torch.device("meta"):
        network = make()
    network.load_state_dict(state, assign=True)
    return network.eval()


def seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def main(rounds: int = 9) -> int:
    fails = False
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {torch.get_num_threads()} threads")
    print(f"{processor()}; medians, and quartiles of torchvision's time by that of the class on the meta device\n")
    print("network                torchvision  from the spec     class  ratio  quartiles")
    for name in NAMES:
        reference = theirs(name).eval()
        state = reference.state_dict()
        network = type(archspec.compile(name))
        image = torch.randn(1, 3, 224, 224)
        with torch.inference_mode():
            torch.testing.assert_close(filled(network, state)(image), reference(image))
        runs = (
            lambda name=name: theirs(name),
            lambda name=name, state=state: filled(lambda: archspec.compile(name), state),
            lambda network=network, state=state: filled(network, state),
        )
        slow, whole, fast = zip(*[[seconds(run) for run in runs] for _ in range(rounds)], strict=True)
        low, ratio, high = speed(fast, slow)
        fails |= ratio < ALLOWED
        times = [f"{1000 * spread(column).middle:.0f} ms" for column in (slow, whole, fast)]
        print(
            f"{name:22} {times[0]:>11}  {times[1]:>13}  {times[2]:>8}  {ratio:5.1f}  {low:.1f}–{high:.1f}", flush=True
        )
    print(f"\nverdict: {'FAILS' if fails else 'holds'} (at least {ALLOWED:g} × as fast)")
    return 1 if fails else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
