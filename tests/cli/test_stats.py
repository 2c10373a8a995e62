from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

DENSENET = """\
  params                7,978,856  7.98 M
  buffers                  83,769  running statistics and other saved tensors
  MADs              2,834,161,664  2.83 G
  depth                       121  shortest path 5; mean 63
  paths   288,230,376,151,711,744  2^58
  field                     2,071  pixels seen by the last map; stride 32
  memory                    30.76  MiB of weights
                             8.23  MiB alive at most; 124.64 kept in training
  input   image [3, 224, 224]
  output  output [1000]

layer          op                       output             params           MADs
features                                [1024, 7, 7]    6,953,856  2,833,137,664
  conv0        conv(64, 7, stride=2,…   [64, 112, 112]      9,408    118,013,952
  norm0        batch_norm               [64, 112, 112]        128              0
  pool0        max_pool(3, 2, padding…  [64, 56, 56]            0              0
  denseblock1  6 x dense_layer          [256, 56, 56]     335,040  1,040,449,536
  transition1  transition               [128, 28, 28]      33,280    102,760,448
  denseblock2  12 x dense_layer         [512, 28, 28]     919,680    712,900,608
  transition2  transition               [256, 14, 14]     132,096    102,760,448
  denseblock3  24 x dense_layer         [1024, 14, 14]  2,837,760    549,126,144
  transition3  transition               [512, 7, 7]       526,336    102,760,448
  denseblock4  16 x dense_layer         [1024, 7, 7]    2,158,080    104,366,080
  norm5        batch_norm               [1024, 7, 7]        2,048              0
pool           global_avg_pool          [1024]                  0              0
classifier     linear(1000)             [1000]          1,025,000      1,024,000

MADs: conv, linear, matrix products; batch 1, inference. depth: weighted layers.
"""


def test_json_has_the_figures_of_the_graph(archspec: Command) -> None:
    record = json.loads(archspec("stats", "densenet121", "--format", "json").out)
    assert record["path_length_mean"] == 63
    assert record["receptive_field"] == {"size": 2071, "stride": 32, "offset": -1021}
    assert record["memory"] == {"weights": 32_250_984, "activations_peak": 8_630_272, "training": 130_695_936}
    assert (record["depth_min"], record["depth_ops"]) == (5, 121)


def test_drop_takes_a_unit_out_first(archspec: Command) -> None:
    record = json.loads(archspec("stats", "resnet50", "--drop", "layer3.4", "--format", "json").out)
    assert (record["depth"], record["paths"]) == (47, str(2**15))
    wrong = archspec("stats", "resnet50", "--drop", "layer3.9")
    assert wrong.code == 1
    assert wrong.err.startswith("error[A0604]: ")


def test_the_screen(archspec: Command) -> None:
    done = archspec("stats", "densenet121")
    assert (done.code, done.err) == (0, "")
    title, source, empty, *rest = done.out.splitlines(keepends=True)
    assert title == "DenseNet-121 (densenet121)\n"
    assert "2016" in source
    assert empty == "\n"
    assert "".join(rest) == DENSENET


def test_json_is_exact_and_one_object_for_one_spec(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "--format", "json")
    figures = json.loads(done.out)
    assert {key: figures[key] for key in ("name", "params", "buffers", "mads", "depth", "output", "paths")} == {
        "name": "densenet121",
        "params": 7978856,
        "buffers": 83769,
        "mads": 2834161664,
        "depth": 121,
        "output": [1000],
        "paths": str(2**58),
    }
    assert "multiply-adds of convolutions" in figures["conventions"]


def test_json_is_a_list_for_several(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "densenet169", "--format", "json")
    assert [figures["depth"] for figures in json.loads(done.out)] == [121, 169]


def test_several_specs_are_compared(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "densenet169")
    assert (
        done.out
        == """\
name             params  buffers           mads  depth  paths  output
densenet121   7,978,856   83,769  2,834,161,664    121   2^58  [1000]
densenet169  14,149,480  158,569  3,359,843,328    169   2^82  [1000]

MADs: conv, linear, matrix products; batch 1, inference. depth: weighted layers.
"""
    )


@pytest.mark.parametrize("by", ["module", "layer", "op"])
@pytest.mark.parametrize("spec", ["densenet121", "googlenet_torchvision_aux", "se_resnet50_v15"])
def test_rows_add_up_to_the_network(archspec: Command, by: str, spec: str) -> None:
    figures = json.loads(archspec("stats", spec, "--by", by, "--format", "json").out)
    rows = [row for row in figures["rows"] if row.get("level", 1) == 1]
    for key in ("params", "buffers", "mads"):
        assert sum(row[key] for row in rows) == figures[key]


def test_csv_has_exact_integers(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "--format", "csv")
    assert done.out.splitlines()[1] == f"densenet121,7978856,83769,2834161664,121,{2**58},1000"
    rows = list(csv.DictReader(io.StringIO(archspec("stats", "densenet121", "--depth", "1", "--format", "csv").out)))
    assert [row["key"] for row in rows] == ["features", "pool", "classifier"]
    assert rows[0]["output"] == "1024 7 7"


def test_markdown(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "--by", "op", "--format", "markdown")
    assert done.out.splitlines()[:3] == [
        "| op | count | params | buffers | MADs |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| conv | 120 | 6,870,208 | 0 | 2,833,137,664 |",
    ]


def test_tables_keep_to_80_columns(archspec: Command) -> None:
    for by in ("module", "layer", "op"):
        for spec in ("densenet121", "googlenet_torchvision_aux"):
            assert max(map(len, archspec("stats", spec, "--by", by).out.splitlines())) <= 80


def test_set_changes_the_network(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "--set", "growth=12", "--set", "layers=[2, 2]", "--format", "json")
    assert json.loads(done.out)["paths"] == str(2**4)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "growth"), "`--set` takes NAME=VALUE, not `growth`"),
        (("--set", "growth=1", "--set", "growth=2"), "`growth` is set twice"),
        (("--limit", "node=3"), "no bound is called `node`; did you mean `nodes`?"),
        (("--limit", "nodes=many"), "`--limit nodes` takes a natural number, not `many`"),
        (("--by", "op", "--depth", "2"), "`--depth` goes with `--by module`"),
        (("--depth", "0"), "--depth"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--nonsense",), "No such option: --nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_exit_2(archspec: Command, words: tuple[str, ...], message: str) -> None:
    done = archspec("stats", "densenet121", *words)
    assert done.code == 2
    assert message in " ".join(done.err.split())
    assert done.out == ""


def test_a_wrong_spec_is_exit_1_with_its_place(archspec: Command, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("archspec: 1\nname: net\ninputs: {image: [3, 8, 8]}\ngraph:\n  - convv(4, 3)\n")
    done = archspec("stats", str(path))
    assert done.code == 1
    assert done.out == ""
    assert f"{path}:5:5" in done.err
    assert "did you mean `conv`?" in done.err


def test_unknown_names_are_suggested(archspec: Command) -> None:
    done = archspec("stats", "densnet121")
    assert done.code == 1
    assert "did you mean `densenet121`?" in done.err


def test_limits_can_be_set(archspec: Command) -> None:
    done = archspec("stats", "densenet121", "--limit", "nodes=20")
    assert done.code == 1
    assert "nodes" in done.err
