from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Command

LENET = """\
LeNet-5 (lenet5)

  field   32 x 32 px of image [1, 32, 32]
  stride  4 px from one position to the next
  offset  0, the first pixel that position 0 sees
  centre  15.5, the middle of what position 0 sees
  node    9, tanh [120, 1, 1]; what follows sees all of the input

layer  op                             output        field  stride  offset  least
C1     conv(6, 5)                     [6, 28, 28]       5       1       0      5
S2                                    [6, 14, 14]       6       2       0      6
C3     table_conv([[0, 1, 2], [1, 2…  [16, 10, 10]     14       2       0     14
S4                                    [16, 5, 5]       16       4       0     16
C5     conv(120, 5)                   [120, 1, 1]      32       4       0     32
10     flatten                        [120]           all
F6     linear(84)                     [84]            all

field: pixels of the input that one position sees, along all paths together;
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("field", "lenet5")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(LENET)


@pytest.mark.parametrize("by", ["stage", "layer"])
@pytest.mark.parametrize(
    "name", ["densenet121", "nasnet_a_mobile", "inception_v3", "highway10_mnist", "squeeze_excite"]
)
def test_the_screen_is_80_columns_wide(name: str, by: str, archspec: Command) -> None:
    done = archspec("field", name, "--by", by)
    assert done.code in (0, 1)
    assert all(len(line) <= 80 for line in done.out.splitlines())


def test_paths_that_differ_are_told(archspec: Command) -> None:
    assert "  paths   39 px (the path that sees least) to 2071 px (most)\n" in archspec("field", "densenet121").out
    assert "  paths " not in archspec("field", "vgg16").out


def test_kernels_that_see_as_much(archspec: Command) -> None:
    out = archspec("field", "vgg16").out
    assert out.endswith(
        """\
Stacked convolutions of stride 1, and the one kernel that sees as much

chain          sees  chains     weights  one kernel  ratio
3x3, 3x3       5x5        2     259,776     209,600   1.24
3x3, 3x3, 3x3  7x7        3  14,450,688  20,873,216   0.69
"""
    )


def test_focus_on_a_module(archspec: Command) -> None:
    out = archspec("field", "resnet50", "--focus", "layer1.0", "--by", "layer").out
    assert "  field   19 x 19 px of image [3, 224, 224]\n" in out
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("conv", "downsample"))] == [
        "conv1",
        "conv2",
        "conv3",
        "downsample.0",
    ]


def test_focus_on_what_sees_all(archspec: Command) -> None:
    assert (
        "  `fc` sees the whole input [3, 224, 224], or no one stretch of it\n"
        in archspec("field", "resnet50", "--focus", "fc").out
    )


def test_focus_on_nothing(archspec: Command) -> None:
    done = archspec("field", "resnet50", "--focus", "layer5")
    assert done.code == 2
    assert "nothing that sees the input is called `layer5`; did you mean `layer" in done.err


def test_json(archspec: Command) -> None:
    record = json.loads(archspec("field", "slide_inception_b", "--format", "json").out)
    assert record["receptive_field"] == {"size": 13, "stride": 1, "offset": -6}
    assert (record["input"], record["node"], record["whole_after"]) == ("image", "join", False)
    assert (record["smallest"], record["largest"]) == (1, 13)
    row = next(row for row in record["rows"] if row["layer"] == "conv7x7.1")
    assert (row["size"], row["stride"], row["offset"]) == ([1, 7], 1, [0, -3])
    assert [chain["kernel"] for chain in record["chains"]] == [[7, 7], [13, 13]]


def test_json_of_a_network_that_sees_all_at_once(archspec: Command) -> None:
    record = json.loads(archspec("field", "highway50_fc_mnist", "--format", "json").out)
    assert record["receptive_field"] is None
    assert record["rows"][0] == {
        "layer": "0",
        "op": "flatten",
        "output": [784],
        **dict.fromkeys(("size", "stride", "offset", "smallest", "largest")),
    }


def test_csv_and_markdown(archspec: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(archspec("field", "slide_inception_b", "--format", "csv").out)))
    assert rows[2]["layer"] == "conv7x7.1"
    assert (rows[2]["size"], rows[2]["offset"], rows[-1]["size"]) == ("1 7", "0 -3", "13")
    lines = archspec("field", "slide_inception_b", "--format", "markdown").out.splitlines()
    assert lines[0] == "| layer | op | output | field | stride | offset | least |"
    assert len(lines) == 2 + len(rows)
