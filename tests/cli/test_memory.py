from __future__ import annotations

import csv
import io
import json

from tests.cli.conftest import Command

DENSENET = """\
DenseNet-121 (densenet121), batch 1, float32

                MiB        bytes
weights       30.76   32,250,984  params and buffers
activations    8.23    8,630,272  most that is alive at once in inference
inference     38.99   40,881,256  weights and activations
kept         124.64  130,695,936  for backward; 31 % are copies by concat
gradients     30.44   31,915,424  of the params
SGD           30.44   31,915,424  momentum
Adam          60.87   63,830,848  two moments
training     246.71  258,693,192  weights, kept, gradients, Adam

The peak is at features.denseblock1.denselayer6.conv1. What is alive then:

made by                                   MiB
features.denseblock1.denselayer5.concat  2.68
features.denseblock1.denselayer6.norm1   2.68
features.denseblock1.denselayer6.conv1   1.53
features.pool0                           0.77
image                                    0.57

a value lives until the last op that reads it, as in PyTorch run op by op; views
share memory; work space inside kernels and rounding by the allocator left out
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("memory", "densenet121")
    assert (done.code, done.err) == (0, "")
    assert done.out == DENSENET


def test_every_line_fits_a_screen(archspec: Command) -> None:
    for words in ([], ["--by", "module"], ["--by", "layer"], ["--batch", "4096"], ["--depth", "4"]):
        done = archspec("memory", "nasnet_a_large", *words)
        assert done.code == 0
        assert max(map(len, done.out.splitlines())) <= 80


def test_json_is_exact(archspec: Command) -> None:
    figures = json.loads(archspec("memory", "densenet121", "--batch", "32", "--format", "json").out)
    assert figures["training"] == 32 * (130695936 - 2 * 4 * 41824) + 2 * 4 * 41824
    assert figures["training_total_adam"] == figures["weights"] + figures["training"] + 3 * figures["gradients"]
    assert sum(row["bytes"] for row in figures["alive_at_peak"]) == figures["activations_peak"]


def test_rows_as_csv(archspec: Command) -> None:
    done = archspec("memory", "resnet18", "--by", "layer", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert rows[0] == {
        "layer": "conv1",
        "op": "conv(64, 7, stride=2, padding=half, bias=false)",
        "output": "64 112 112",
        "alive": "3813376",
        "kept": "3211264",
    }


def test_modules_are_indented(archspec: Command) -> None:
    done = archspec("memory", "densenet121", "--depth", "2", "--format", "markdown")
    lines = done.out.splitlines()
    assert lines[0] == "| layer | op | output | alive | kept |"
    assert lines[2].startswith("| features |  | [1024, 7, 7] | 8.23 |")
    assert lines[3].startswith("|   conv0 |")


def test_half_the_bytes_in_half_precision(archspec: Command) -> None:
    whole = json.loads(archspec("memory", "densenet121", "--format", "json").out)
    half = json.loads(archspec("memory", "densenet121", "--format", "json", "--dtype", "bfloat16").out)
    assert half["activations_peak"] * 2 == whole["activations_peak"]
    counters, indices = 121 * 8, 64 * 56**2 * 8
    assert (half["weights"] - counters) * 2 == whole["weights"] - counters
    assert (half["training"] - indices) * 2 == whole["training"] - indices


def test_what_does_not_go_together(archspec: Command) -> None:
    done = archspec("memory", "vgg16", "--depth", "2", "--by", "layer")
    assert done.code == 2
    assert "`--depth` goes with `--by module`" in done.err
    assert archspec("memory", "vgg16", "--batch", "0").code == 2
    assert archspec("memory", "vgg16", "--dtype", "int8").code == 2
    assert archspec("memory", "nothing").code == 1
