"""`archspec bench --device cuda`: every form agrees, memory is the allocator's, and the clock waits for the device."""

from __future__ import annotations

import json

import pytest
import torch
from torch.utils.benchmark import timer

from archspec import api
from archspec.bench import memory
from archspec.bench.grid import Settings, bench, rounded
from archspec.cli.app import run
from tests.gpu.device import DEVICE

PEERS = ("channels_last", "cudagraph", "inference", "inference+channels_last+cudagraph", "torchvision:resnet18")


@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels_last"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_every_form_has_the_outputs_of_the_network(dtype: str, last: bool) -> None:
    settings = Settings(PEERS, (1, 4), (1,), device=DEVICE, dtype=dtype, channels_last=last, seconds=0.01)
    rows = list(bench(api.load("resnet18"), settings, api.load))
    assert [row.subject for row in rows] == ["resnet18", *PEERS] * 2
    for row in rows:
        assert row.off is not None
        assert rounded(row.off, dtype, DEVICE), row
        assert row.memory is None or row.memory > 0
    assert rows[0].memory is not None


def test_a_training_step_takes_more_memory() -> None:
    peaks = []
    for train in (False, True):
        settings = Settings(("channels_last",), (8,), (1,), train, DEVICE, "bfloat16", seconds=0.01)
        peaks.append([row.memory or 0 for row in bench(api.load("resnet20_cifar"), settings, api.load)])
    assert all(more > less for less, more in zip(*peaks, strict=True))


def test_the_peak_is_what_was_allocated() -> None:
    assert memory.peak(lambda: torch.empty(2**20, device=DEVICE), DEVICE) == 4 * 2**20


def test_the_clock_waits_for_the_device() -> None:
    """Products of large matrices take longer than to ask for them."""
    one = torch.rand(4096, 4096, device=DEVICE)
    start = timer()
    for _ in range(20):
        one @ one
    asked_and_done = timer() - start
    first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    first.record()
    for _ in range(20):
        one @ one
    last.record()
    last.synchronize()
    assert asked_and_done > 0.5e-3 * first.elapsed_time(last)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
def test_compiled() -> None:
    settings = Settings(("compile", "channels_last+compile"), (2,), (1,), device=DEVICE, seconds=0.01)
    for row in bench(api.load("resnet18"), settings, api.load):
        assert row.off is not None
        assert rounded(row.off, "float32", DEVICE)


def test_the_command_names_the_device(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "lenet5_modern", "--device", DEVICE, "--vs", "cudagraph", "--seconds", "0.01", "--format", "json"]
    assert run(words) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["machine"]["accelerator"] == torch.cuda.get_device_name()
    assert run(["bench", "lenet5_modern", "--device", DEVICE, "--vs", "onnxruntime"]) == 2
    assert "`onnxruntime` runs on the CPU, in float32" in " ".join(capsys.readouterr().err.split())
