"""ONNX Runtime on the file that archspec writes, against the file that torch exports of the hand-written network.

Criterion: not slower than torch's file, within noise. Both have the same weights and a free batch, run on the CPU with
as many threads as torch has, and give the same outputs, which is tried first. Then the sessions take turns on one
input; each round gives a ratio of torch's time to ours. The optimised file (`--optimize inference`) stands beside. The
network is torchvision's, or timm's where torchvision has none.

    python benchmarks/onnx_export.py [SECONDS]
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

import onnxruntime
import torch

import archspec
from archspec.bench.machine import processor
from archspec.bench.measure import rounds, speed, spread, warm

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.oracles import timm, torchvision

NAMES = {
    "densenet121": torchvision.models.densenet121,
    "resnet50": torchvision.models.resnet50,
    "googlenet_torchvision": partial(torchvision.models.googlenet, init_weights=False, aux_logits=False),
    "vgg16": torchvision.models.vgg16,
    "mobilenet_v1": partial(timm.create_model, "mobilenetv1_100"),
}
"""library id → the hand-written network"""
BATCHES = (1, 16)
NOISE = 1.05


def exported(network: torch.nn.Module) -> bytes:
    """The file of torch's exporter, by a trace: the other way needs a package of its own."""
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the way is an old one
        torch.onnx.export(
            network,
            (torch.zeros(2, 3, 224, 224),),
            file,
            input_names=["image"],
            output_names=["output"],
            dynamic_axes={"image": {0: "batch"}, "output": {0: "batch"}},
            dynamo=False,
        )
    return file.getvalue()


def session(content: bytes) -> Callable[[torch.Tensor], Any]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Else the threads of a session spin for a while after its run, in the way of the next one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    made = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    name = made.get_inputs()[0].name
    return lambda image: made.run(None, {name: image.numpy()})[0]


def files(name: str) -> dict[str, bytes]:
    """What torch writes and what we write, of one network with the same weights."""
    torch.manual_seed(0)
    theirs = NAMES[name]().eval()
    architecture = archspec.load(name)
    network = architecture.compile(weights=theirs.state_dict()).eval()
    state = network.state_dict()
    optimised, rewritten = architecture.optimise(backend="onnx")
    return {
        "torch": exported(theirs),
        "ours": architecture.emit("onnx", weights=state),
        "optimised": optimised.emit("onnx", weights=rewritten.convert(state)),
    }


def main(seconds: float = 2.0) -> int:
    slow = False
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {torch.get_num_threads()} threads")
    print(f"{processor()}; medians, and times as fast as torch's file with quartiles\n")
    print("network                batch      torch       ours   ratio               optimised   ratio")
    for name in NAMES:
        written = files(name)
        sessions = {form: session(content) for form, content in written.items()}
        for batch in BATCHES:
            image = torch.randn(batch, 3, 224, 224, generator=torch.Generator().manual_seed(0))
            expected = torch.from_numpy(sessions["torch"](image))
            for run in sessions.values():
                found = torch.from_numpy(run(image))
                torch.testing.assert_close(found, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))
            warmed = [warm(partial(run, image), seconds, perf_counter) for run in sessions.values()]
            theirs, ours, optimised = zip(*rounds(warmed, seconds, perf_counter), strict=True)
            ratio, other = speed(ours, theirs), speed(optimised, theirs)
            slow |= ratio.high < 1 / NOISE
            times = [f"{1000 * spread(column).middle:.1f} ms" for column in (theirs, ours, optimised)]
            print(
                f"{name:22} {batch:5}  {times[0]:>9}  {times[1]:>9}  {_said(ratio)}  {times[2]:>9}  {_said(other)}",
                flush=True,
            )
    print(f"\nverdict: {'slower than the file of torch' if slow else 'not slower'}")
    return 1 if slow else 0


def _said(ratio: Any) -> str:
    return f"{ratio.middle:6.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
