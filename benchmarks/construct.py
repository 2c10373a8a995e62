"""Construction: a network that is given weights, against torchvision's default construction.

Who loads trained weights throws the first ones away, which take most of the time to draw: `compile(weights=…)` does not
draw them. Criterion: to construct a network whose spec is loaded, and to give it weights from memory, is at least 3 ×
as fast as torchvision's constructor alone, which loads none (MobileNet v1 is in no torchvision: there it is timm's).
What `archspec.compile` takes in all, from the text of the spec, and construction with a safetensors file in place of a
dictionary stand beside it. All alternate, each round gives a ratio, and outputs are compared first.

    python benchmarks/construct.py [ROUNDS]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from safetensors.torch import save_file

import archspec
from archspec.bench.machine import processor
from archspec.bench.measure import speed, spread

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.oracles import timm, torchvision

NAMES = {
    "densenet121": torchvision.models.densenet121,
    "resnet50": torchvision.models.resnet50,
    "vgg16": torchvision.models.vgg16,
    "alexnet_torchvision": torchvision.models.alexnet,
    "googlenet_torchvision": partial(torchvision.models.googlenet, init_weights=True, aux_logits=False),
    "mobilenet_v1": partial(timm.create_model, "mobilenetv1_100"),
}
"""library id → who else constructs it"""
ALLOWED = 3.0


def seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def main(rounds: int = 9) -> int:
    fails = False
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {torch.get_num_threads()} threads")
    print(f"{processor()}; medians, and quartiles of the other's time by that of the loaded spec\n")
    print("network                    other  loaded spec  with a file  from its text  ratio  quartiles")
    for name, theirs in NAMES.items():
        reference = theirs().eval()
        state = reference.state_dict()
        architecture = archspec.load(name)
        network = architecture.compile(weights=state).eval()
        image = torch.randn(1, 3, 224, 224)
        with torch.inference_mode():
            torch.testing.assert_close(network(image), reference(image))
        with TemporaryDirectory() as folder:
            stored = Path(folder) / "weights.safetensors"
            save_file(network.state_dict(), stored)
            runs = (
                theirs,
                partial(architecture.compile, weights=state),
                partial(architecture.compile, weights=stored),
                partial(archspec.compile, name, weights=state),
            )
            columns = list(zip(*[[seconds(run) for run in runs] for _ in range(rounds)], strict=True))
        low, ratio, high = speed(columns[1], columns[0])
        fails |= ratio < ALLOWED
        own, held, file, text = (f"{1000 * spread(column).middle:.0f} ms" for column in columns)
        print(f"{name:22} {own:>9}  {held:>11}  {file:>11}  {text:>13}  {ratio:5.1f}  {low:.1f}–{high:.1f}", flush=True)
    print(f"\nverdict: {'FAILS' if fails else 'holds'} (at least {ALLOWED:g} × as fast)")
    return 1 if fails else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
