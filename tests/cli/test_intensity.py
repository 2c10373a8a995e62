from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Command

DENSENET = """\
DenseNet-121 (densenet121), batch 1, float32

  MADs       2.83 G
  traffic    438.22 MiB
  intensity  6.2 MADs a byte, 12.3 FLOP a byte
  balance    9.6 FLOP a byte on NVIDIA A100 80GB SXM
  bound      306 of 426 ops wait for memory: 37 % of the time, 0 % of the MADs
  time       0.460 ms at least

op               count    MADs     MiB  MADs/byte  memory-bound    time
conv               120  2.83 G  109.61       24.6      0 of 120  63.2 %
batch_norm         121       0  120.17        0.0    121 of 121  13.4 %
relu               121       0  119.53        0.0    121 of 121  13.4 %
concat              58       0   77.62        0.0      58 of 58   8.7 %
linear               1  1.02 M    3.92        0.2        1 of 1   0.4 %
max_pool             1       0    3.83        0.0        1 of 1   0.4 %
avg_pool             3       0    3.35        0.0        3 of 3   0.4 %
global_avg_pool      1       0    0.20        0.0        1 of 1   0.0 %

Each op alone: reads inputs and weights once, writes outputs once; no fusing.
1 MAD = 2 FLOP. time: share of the least time that the roofline model allows.
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("intensity", "densenet121")
    assert (done.code, done.err) == (0, "")
    assert done.out == DENSENET


def test_every_line_fits_a_screen(archspec: Command) -> None:
    for words in ([], ["--by", "layer"], ["--batch", "4096", "--machine", "h200", "--dtype", "bfloat16"]):
        done = archspec("intensity", "nasnet_a_large", *words)
        assert done.code == 0
        assert max(map(len, done.out.splitlines())) <= 80


def test_a_balance_of_ones_own(archspec: Command) -> None:
    figures = json.loads(archspec("intensity", "resnet18", "--balance", "20", "--format", "json").out)
    assert (figures["machine"], figures["balance"], figures["seconds"]) == (None, 20.0, None)
    assert sum(row["share"] for row in figures["rows"]) == pytest.approx(1)
    strict = json.loads(archspec("intensity", "resnet18", "--balance", "200", "--format", "json").out)
    assert strict["mads_memory_bound"] > figures["mads_memory_bound"]


def test_layers_as_csv(archspec: Command) -> None:
    done = archspec("intensity", "vgg16", "--by", "layer", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert rows[0]["layer"] == "features.0"
    assert (rows[0]["mads"], rows[0]["bound"]) == ("86704128", "compute")
    assert rows[1]["bound"] == "memory"


def test_markdown(archspec: Command) -> None:
    done = archspec("intensity", "lenet5_modern", "--format", "markdown")
    assert done.out.startswith("| op | count | MADs | MiB | MADs/byte | memory-bound | time |\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--machine", "abacus"], "no machine is called `abacus`"),
        (["--machine", "a100", "--balance", "3"], "`--machine` and `--balance` do not go together"),
        (["--balance", "0"], "`--balance` takes a positive number"),
        (["--balance", "nan"], "`--balance` takes a positive number"),
    ],
)
def test_what_is_refused(archspec: Command, words: list[str], message: str) -> None:
    done = archspec("intensity", "vgg16", *words)
    assert done.code == 2
    assert message in done.err
