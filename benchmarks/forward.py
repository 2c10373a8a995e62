"""Speed of the generated source: its forward pass against torchvision's hand-written one (eager, CPU, evaluation).

Criterion: the ratio is within noise of 1.0. Outputs are compared first; then the two alternate on one input, each pair
gives a ratio, and the median and quartiles of the ratios are printed. Weights are torchvision's random ones.

    python benchmarks/forward.py [NAME...]
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import torch

import archspec

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.oracles import torchvision

# library id → torchvision's constructor
PAIRS = {
    "densenet121": "densenet121",
    "resnet50": "resnet50",
    "googlenet_torchvision": "googlenet",
    "vgg16": "vgg16",
    "alexnet_torchvision": "alexnet",
}
BATCHES = {1: 20, 16: 5}  # batch size → pairs of runs
NOISE = 1.05


def seconds(model: torch.nn.Module, images: torch.Tensor) -> float:
    start = perf_counter()
    model(images)
    return perf_counter() - start


def networks(name: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Ours and torchvision's, with the same weights, in evaluation mode."""
    torch.manual_seed(0)
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet_torchvision" else {}
    theirs = getattr(torchvision.models, PAIRS[name])(weights=None, **options)
    ours = archspec.compile(name)
    ours.load_state_dict(theirs.state_dict())
    return ours.eval(), theirs.eval()


@torch.inference_mode()
def main(*names: str) -> int:
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; ours / torchvision's, quartiles of the ratio")
    slow = False
    for name in names or PAIRS:
        ours, theirs = networks(name)
        for batch, pairs in BATCHES.items():
            images = torch.randn(batch, 3, 224, 224)
            torch.testing.assert_close(ours(images), theirs(images))
            runs = [(seconds(ours, images), seconds(theirs, images)) for _ in range(pairs)]
            low, middle, high = quantiles([mine / other for mine, other in runs], n=4)
            slow |= low > NOISE
            best = min(mine for mine, _ in runs)
            print(f"{name:24} batch {batch:2}   {low:.3f}  {middle:.3f}  {high:.3f}   best {1000 * best:7.1f} ms")
    print(f"verdict: {'slower than torchvision' if slow else 'not slower'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
