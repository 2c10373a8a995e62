from __future__ import annotations

import csv
import io
import json
from math import comb
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ENSEMBLE = """\
Three residual blocks are an ensemble of eight paths (slide_residual_ensemble)

  paths   8 = 2^3
  length  0 to 3 weighted layers
  mean    1.50, standard deviation 0.87; 75.00 % of the paths within one of it
  neurons 10^6.5 paths from units of the input to one unit of the output
  cuts    3 ops that every path goes through: blocks.0.add, blocks.1.add, block…
  width   2 at most side by side

layers    share
     0  12.50 %  █████████████████████
     1  37.50 %  ███████████████████████████████████████████████████████████████
     2  37.50 %  ███████████████████████████████████████████████████████████████
     3  12.50 %  █████████████████████

paths: from an input to the main output, along edges that carry data (no gates).
layers: weighted ones (conv, linear) on the way.
"""

LEFT = """\
  without layer1.1, layer2.0

         paths  depth  shortest  mean  params    MADs
  whole    512     20         2    11   270 k  40.6 M
  left     128     16         2     9   251 k  32.3 M
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("paths", "slide_residual_ensemble")
    assert (done.code, done.err) == (0, "")
    assert done.out == ENSEMBLE


@pytest.mark.parametrize("name", ["nasnet_a_large", "resnet20_cifar@resnet1202_cifar", "vgg16", "densenet121"])
def test_the_screen_is_80_columns_wide(archspec: Command, name: str) -> None:
    done = archspec("paths", name)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert len(done.out.splitlines()) < 40


def test_json(archspec: Command) -> None:
    found = json.loads(archspec("paths", "resnet20_cifar@resnet110_cifar", "--format", "json").out)
    assert found["paths"] == str(2**54)
    assert found["paths_factors"] == "2^54"
    assert found["path_lengths"][2::2] == [str(comb(54, taken)) for taken in range(55)]
    assert (found["depth"], found["depth_min"], found["path_length_mean"], found["width"]) == (110, 2, 56.0, 2)
    assert found["cut_points"][:4] == ["conv1", "bn1", "2", "layer1.0.5"]


def test_csv_and_markdown(archspec: Command) -> None:
    done = archspec("paths", "slide_residual_ensemble", "--format", "csv")
    assert list(csv.reader(io.StringIO(done.out))) == [
        ["length", "paths", "share"],
        ["0", "1", "0.125"],
        ["1", "3", "0.375"],
        ["2", "3", "0.375"],
        ["3", "1", "0.125"],
    ]
    done = archspec("paths", "slide_residual_ensemble", "--format", "markdown")
    assert done.out.splitlines()[-1] == "| 3 | 1 | 0.125 |"


def test_steering_edges_are_followed_when_asked(archspec: Command) -> None:
    assert "3^16" in archspec("paths", "se_resnet50", "--edges", "all").out
    assert "2^16" in archspec("paths", "se_resnet50").out


def test_what_is_left_without_units(archspec: Command) -> None:
    done = archspec("paths", "resnet20_cifar", "--drop", "layer1.1", "--drop", "layer2.0")
    assert done.code == 0
    assert LEFT in done.out
    found = json.loads(archspec("paths", "resnet20_cifar", "--drop", "layer1.1", "--format", "json").out)
    assert (found["paths"], found["whole"]["paths"], found["dropped"]) == ("256", "512", ["layer1.1"])


def test_a0604_a_wrong_key_is_a_message(archspec: Command) -> None:
    done = archspec("paths", "resnet20_cifar", "--drop", "layer1.7")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error[A0604]: nothing in `layer1` has the key `7`\n  = help: there is `0`, `1`, `2`\n"


HUGE = """\
archspec: 1
name: huge
inputs: {image: [4, 4, 4]}
modules:
  f:
    - conv(it.channels, 1)
graph:
  - blocks: {repeat: f, times: N, wire: residual}
"""


def test_a0603_what_is_too_large_is_said(archspec: Command, tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    file.write_text(HUGE.replace("N", "6000"))
    done = archspec("paths", str(file), "--limit", "nodes=13000")
    assert done.code == 0
    assert "  paths   2^6000 = 1.51e1806\n" in done.out
    assert "  mean    3,000, standard deviation 38.73\n" in done.out
    assert "the distribution would have too many digits to be worked out" in done.out
    done = archspec("paths", str(file), "--format", "csv", "--limit", "nodes=13000")
    assert done.code == 1
    assert done.err.startswith("error[A0603]: `huge` has too many paths for the distribution of their lengths\n")
