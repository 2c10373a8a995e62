"""Speed of optimised networks: forward passes against torchvision's eager ones, CPU, evaluation, in one run.

For each network four forms alternate on one input: torchvision's, ours as it stands, ours after
`archspec.optimize`, and that in channels_last. Outputs are compared first; each round gives a ratio of
torchvision's time to ours (above 1 is faster), and the median and quartiles of the ratios are printed. Weights are
torchvision's random ones. MobileNet v1 is in no torchvision: there the first form is ours as it stands.

    python benchmarks/optimised.py [--rounds N] [NAME...]
"""

from __future__ import annotations

import argparse
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
    "mobilenet_v1": None,
}
BATCHES = {1: 15, 16: 4}  # batch size → rounds


def seconds(model: torch.nn.Module, images: torch.Tensor) -> float:
    start = perf_counter()
    model(images)
    return perf_counter() - start


def forms(name: str) -> dict[str, torch.nn.Module]:
    """The forms of one network, with the same weights, in evaluation mode; the first is what others are held to."""
    torch.manual_seed(0)
    plain = archspec.compile(name).eval()
    found = {"plain": plain}
    if PAIRS[name] is not None:
        options = {"init_weights": False, "aux_logits": False} if name.startswith("googlenet") else {}
        theirs = getattr(torchvision.models, PAIRS[name])(weights=None, **options).eval()
        plain.load_state_dict(theirs.state_dict())
        found = {"torchvision": theirs, "plain": plain}
    optimised = archspec.optimize(plain)
    last = archspec.optimize(plain).to(memory_format=torch.channels_last)
    return {**found, "optimised": optimised, "channels_last": last}


@torch.inference_mode()
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PAIRS))
    parser.add_argument("--rounds", type=int, help="rounds for each batch size")
    given = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; speed-up, quartiles over the rounds")
    for name in given.names or PAIRS:
        networks = forms(name)
        for batch, rounds in BATCHES.items():
            images = torch.randn(batch, 3, 224, 224)
            inputs = {
                form: images.to(memory_format=torch.channels_last) if form == "channels_last" else images
                for form in networks
            }
            expected = None
            for form, network in networks.items():
                found = network(inputs[form])
                expected = found if expected is None else expected
                torch.testing.assert_close(found, expected, rtol=0, atol=2e-5 * float(expected.abs().max()))
            times = [
                {form: seconds(network, inputs[form]) for form, network in networks.items()}
                for _ in range(given.rounds or rounds)
            ]
            first = next(iter(networks))
            print(f"{name}, batch {batch}: {first} {1000 * min(one[first] for one in times):.0f} ms")
            for form in list(networks)[1:]:
                low, middle, high = quantiles([one[first] / one[form] for one in times], n=4)
                print(f"  {form:14} {low:5.2f} {middle:5.2f} {high:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
