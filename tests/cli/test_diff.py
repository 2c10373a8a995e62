from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Command

GROUPED = """\
resnet50 → resnext50_32x4d

  widen   1 → 2
  groups  1 → 32

  params        25,557,032 →    25,028,904      -528,128   -2.1%
  buffers           53,173 →        68,277       +15,104  +28.4%
  MADs       4,089,184,256 → 4,230,479,872  +141,295,616   +3.5%
  depth                 50
  depth_min              6
  paths               2^16

change                 params     MADs
  layer1  3 x bottl…  -9.98 k  -33.7 M
  layer2  4 x bottl…  -22.5 k  +57.8 M
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("diff", "resnet50", "resnext50_32x4d", "--depth", "1")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:12] == GROUPED.splitlines()[:12]
    assert [line.split() for line in done.out.splitlines()[12:]] == [
        ["change", "params", "MADs"],
        ["layer1", "3", "x", "bottleneck", "-9.98", "k", "-33.7", "M"],
        ["layer2", "4", "x", "bottleneck", "-22.5", "k", "+57.8", "M"],
        ["layer3", "6", "x", "bottleneck", "-75.8", "k", "+61.0", "M"],
        ["layer4", "3", "x", "bottleneck", "-420", "k", "+56.2", "M"],
        [],
        "+ added - removed ~ changed; other sizes: the same, given another shape".split(),
    ]


def test_params_of_one_side(archspec: Command) -> None:
    done = archspec("diff", "densenet121", "--set-b", "growth=24")
    assert "  growth  32 → 24\n" in done.out
    assert "~       conv1  out 128 → 96 (4 * growth)" in done.out
    same = archspec("diff", "densenet121", "densenet121", "--set", "growth=24")
    assert same.out.splitlines()[-1] == "the same network"


@pytest.mark.parametrize("pair", [("resnet50", "preresnet50"), ("vgg16", "vgg19"), ("googlenet", "inception_v4")])
def test_lines_keep_to_80_columns(archspec: Command, pair: tuple[str, str]) -> None:
    assert max(map(len, archspec("diff", *pair).out.splitlines())) <= 80


def test_json(archspec: Command) -> None:
    record = json.loads(archspec("diff", "vgg16", "vgg19", "--format", "json").out)
    assert (record["a"], record["b"], record["equal"]) == ("vgg16", "vgg19", False)


def test_a_network_alone_is_no_comparison(archspec: Command) -> None:
    done = archspec("diff", "vgg16")
    assert done.code == 2
    assert "`--set-b`" in done.err
