"""`archspec bench` on a clock that moves one millisecond whenever somebody looks at it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import torch
import torch.utils.benchmark

from archspec.bench import machine, runs
from archspec.program.model import Program
from tests.cli.conftest import Command, archspec

__all__ = ["archspec"]  # the fixture

SPEC = """
archspec: 1
name: tiny
title: A tiny network
inputs: {image: [16, 64, 64]}
graph:
  - sigmoid
  - relu
"""

TABLE = """\
A tiny network (tiny)
forward, float32, cpu, batch 2, 1 thread
subject         median  IQR  a second  speed  quartiles   MiB
tiny           1.00 ms  0 %     2,000   1.00  1.00–1.00  1.00
channels_last  1.00 ms  0 %     2,000   1.00  1.00–1.00  1.00

A tiny network (tiny)
forward, float32, cpu, batch 4, 1 thread
subject         median  IQR  a second  speed  quartiles   MiB
tiny           1.00 ms  0 %     4,000   1.00  1.00–1.00  2.00
channels_last  1.00 ms  0 %     4,000   1.00  1.00–1.00  2.00

channels_last: exactly the same outputs
a processor, 4 cores
python 3, archspec 1
"""

WORDS = ("--vs", "channels_last", "--batch", "2,4", "--threads", "1", "--seconds", "0.01")


class Clock:
    def __init__(self) -> None:
        self.looks = 0
        self.stop: int | None = None

    def __call__(self) -> float:
        self.looks += 1
        if self.looks == self.stop:
            raise KeyboardInterrupt
        return self.looks / 1000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(torch.utils.benchmark, "timer", made)
    monkeypatch.setattr(machine, "machine", lambda device: {"processor": "a processor", "cores": 4})
    monkeypatch.setattr(machine, "versions", lambda packages: {"python": "3", "archspec": "1"})
    return made


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def test_a_table(archspec: Command, clock: Clock, tiny: str) -> None:
    done = archspec("bench", tiny, *WORDS)
    assert done == (0, TABLE, "")


def test_another_type_and_layout(archspec: Command, clock: Clock, tiny: str) -> None:
    done = archspec("bench", tiny, *WORDS, "--dtype", "bfloat16", "--channels-last")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1] == "forward, bfloat16, cpu, channels last, batch 2, 1 thread"
    # Half as many bytes.
    assert done.out.splitlines()[3].split() == ["tiny", "1.00", "ms", "0", "%", "2,000", "1.00", "1.00–1.00", "0.50"]


def test_every_format_has_the_same_records(archspec: Command, clock: Clock, tiny: str) -> None:
    whole = json.loads(archspec("bench", tiny, *WORDS, "--format", "json").out)
    assert whole["machine"] == {"processor": "a processor", "cores": 4}
    assert whole["settings"]["peers"] == ["channels_last"]
    assert [row["median"] for row in whole["rows"]] == pytest.approx([0.001] * 4)
    rows = list(csv.DictReader(io.StringIO(archspec("bench", tiny, *WORDS, "--format", "csv").out)))
    assert [(row["subject"], row["batch"], row["memory"]) for row in rows] == [
        (row["subject"], str(row["batch"]), str(row["memory"])) for row in whole["rows"]
    ]
    lines = archspec("bench", tiny, *WORDS, "--format", "markdown").out.splitlines()
    assert lines[4] == "| tiny | 2 | 1 | tiny | 1.00 ms | 0 % | 2,000 | 1.00 | 1.00–1.00 | 1.00 |"


def test_ctrl_c_prints_what_is_there(archspec: Command, clock: Clock, tiny: str) -> None:
    archspec("bench", tiny, *WORDS)
    clock.stop, clock.looks = clock.looks - 8, 0  # in the last cell, when it has some samples
    done = archspec("bench", tiny, *WORDS)
    assert done.code == 130
    assert done.err == "interrupted: this is what there is\n"
    assert done.out.count("channels_last ") == 2
    clock.stop, clock.looks = 3, 0
    done = archspec("bench", tiny, *WORDS)
    assert done == (130, "", "interrupted, before the first sample\n")


def test_torch_runs_out_of_memory(archspec: Command, clock: Clock, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = runs.inputs

    def scarce(program: Program, batch: int, *rest: str) -> tuple[torch.Tensor, ...]:
        if batch > 2:
            raise torch.OutOfMemoryError("out of memory\nmore words")
        return inputs(program, batch, *rest)

    monkeypatch.setattr(runs, "inputs", scarce)
    done = archspec("bench", tiny, *WORDS)
    assert (done.code, done.err) == (1, "error: torch stopped: out of memory: this is what there is\n")
    assert "batch 2" in done.out
    assert "batch 4" not in done.out


def test_a_chart(archspec: Command, clock: Clock, tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "speed.svg"
    done = archspec("bench", tiny, *WORDS, "-o", str(target))
    assert (done.code, done.err) == (0, f"wrote {target}\n")
    picture = target.read_text(encoding="utf-8")
    for words in ("tiny, batch 2, 1 thread", "channels_last", "1.00 ×   1.00 ms"):
        assert words in picture


def test_a_peer_that_does_not_fit_the_second_network(archspec: Command, clock: Clock, tiny: str) -> None:
    done = archspec("bench", "lenet5_modern", tiny, "--vs", "lenet5_modern", "--threads", "1", "--seconds", "0.01")
    assert done.code == 2
    assert "LeNet-5, modern form (lenet5_modern)" in done.out
    assert done.err.startswith("error: `lenet5_modern` cannot run on the inputs of `tiny`: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch", "0"], "`--batch` takes natural numbers between commas, not `0`"),
        (["--threads", "two"], "`--threads` takes natural numbers between commas, not `two`"),
        (["--base", "compile"], "nothing that is measured is called `compile`"),
        (["--vs", "onnxruntime+compile"], "`compile` takes a network of torch"),
        (["--vs", "onnxruntime", "--train"], "`onnxruntime` does not train"),
        (["--vs", "onnxruntime", "--dtype", "bfloat16"], "`onnxruntime` runs on the CPU, in float32"),
        (["--vs", "cudagraph"], "`cudagraph` is a form for a CUDA device: `--device cuda`"),
        (["--vs", "cudagraph", "--train"], "`cudagraph` does not train"),
        (["--vs", "lenet5_modern"], "`lenet5_modern` cannot run on the inputs of `tiny`: "),
        (["-o", "chart.gif"], "a chart becomes .svg, .pdf, .png, not `.gif`"),
    ],
)
def test_a_wrong_command_line(archspec: Command, tiny: str, words: list[str], message: str) -> None:
    done = archspec("bench", tiny, *words, "--seconds", "0.001")
    assert (done.code, done.out) == (2, "")
    assert message in " ".join(done.err.split())


def test_a_peer_that_is_no_spec(archspec: Command, tiny: str) -> None:
    done = archspec("bench", tiny, "--vs", "onnxruntme")
    assert done.code == 1
    assert done.err.startswith("error[A0001]: no spec is called `onnxruntme`\n")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a device")
@pytest.mark.parametrize("command", ["bench", "compile"])
def test_no_device(archspec: Command, tiny: str, command: str) -> None:
    done = archspec(command, tiny, "--device", "cuda")
    assert (done.code, done.out) == (2, "")
    assert "there is no CUDA device here that torch can use" in " ".join(done.err.split())
