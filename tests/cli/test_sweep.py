from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

GRID = """\
growth  layers               params  buffers           MADs  depth  paths
    12  [6, 12, 24, 16]   1,448,376   33,319    566,302,544    121   2^58
    12  [6, 12, 32, 32]   2,492,600   61,719    641,505,488    169   2^82
    32  [6, 12, 24, 16]   7,978,856   83,769  2,834,161,664    121   2^58
    32  [6, 12, 32, 32]  14,149,480  158,569  3,359,843,328    169   2^82
"""

WRONG = """\
groups      params           MADs  output  error
     2  46,248,744  7,698,644,992  [1000]
     3                                     A0308
     4  34,931,496  5,848,956,928  [1000]

A0308 resnet50.yaml:35: 3 groups do not divide 128 input channels
"""

FIT = """\
growth = 22 is the largest with mads <= 1.5G

growth     params           MADs  depth  paths
    22  4,062,578  1,460,730,776    121   2^58  fits
    23  4,394,858  1,576,167,184    121   2^58  MADs +5.1%

64 values were looked at, every valid one up to the last
"""


def test_a_grid_on_the_screen(archspec: Command) -> None:
    done = archspec("sweep", "densenet121", "--set", "growth=12,32", "--set", "layers=[6,12,24,16],[6,12,32,32]")
    assert done == (0, GRID, "")


def test_a_wrong_variant_is_a_row(archspec: Command) -> None:
    done = archspec("sweep", "resnext50_32x4d", "--set", "groups=2..4", "--columns", "params,mads,output")
    assert done == (0, WRONG, "")


def test_exit_code_1_if_every_variant_is_wrong(archspec: Command) -> None:
    done = archspec("sweep", "resnext50_32x4d", "--set", "groups=3,5", "--format", "csv")
    assert done.code == 1
    assert done.out.splitlines()[1] == "3,,,,,,A0308 resnet50.yaml:35: 3 groups do not divide 128 input channels"
    assert done.err == "2 of 2 variants are wrong: see the column `error`\n"


def test_every_format_has_the_same_records(archspec: Command, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    words = ("sweep", "resnext50_32x4d", "--set", "groups=2..4", "--set", "widen=1,2", "--columns", "mads paths output")
    records = json.loads(archspec(*words, "--format", "json").out)
    assert records[0] == {
        "groups": 2,
        "widen": 1,
        "mads": records[0]["mads"],
        "paths": "65536",
        "output": [1000],
        "error": None,
    }
    for name in ("table.csv", "table.json", "table.parquet", "table.md"):
        done = archspec(*words, "-o", str(tmp_path / name))
        assert (done.code, done.out) == (0, "")
    assert json.loads((tmp_path / "table.json").read_text()) == records
    assert parquet.read_table(tmp_path / "table.parquet").to_pylist() == records
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text())))
    assert [{**row, "output": json.loads(row["output"] or "null")} for row in rows] == [
        {name: "" if value is None else value if name == "output" else str(value) for name, value in record.items()}
        | {"output": record["output"]}
        for record in records
    ]
    assert (tmp_path / "table.md").read_text().startswith("| groups | widen | MADs | paths | output | error |\n")


def test_numbers_beyond_64_bits_are_text_in_parquet(archspec: Command, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    spec = tmp_path / "huge.yaml"
    spec.write_text(
        "archspec: 1\nname: huge\ninputs: {x: [8]}\nparams: {n: 8}\ngraph:\n"
        "  - {repeat: linear(n), times: 3}\n  - linear(n)\n"
    )
    wide = 2**33
    done = archspec(
        "sweep", str(spec), "--set", f"n=8,{wide}", "--columns", "params", "-o", str(tmp_path / "h.parquet")
    )
    assert done.code == 0
    read = parquet.read_table(tmp_path / "h.parquet").to_pylist()
    expected = 9 * wide + 3 * wide * (wide + 1)
    assert [row["params"] for row in read] == ["288", str(expected)]


def test_without_pyarrow_the_message_says_what_to_install(archspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = archspec("sweep", "densenet121", "--set", "growth=12", "-o", "a.parquet")
    assert done.code == 1
    assert "error[A0505]: a Parquet file needs the package `pyarrow`" in done.err
    assert "pip install 'archspec-nn[parquet]'" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "growth=1", "--set", "growth=2"], "`growth` is set twice"),
        (["--set", "growth=1", "--columns", "parms"], "did you mean `params`?"),
        (["--set", "growth=1", "--format", "parquet"], "needs `-o FILE`"),
        ([], "Missing option '--set'"),
    ],
)
def test_a_wrong_command_line(archspec: Command, words: list[str], said: str) -> None:
    done = archspec("sweep", "densenet121", *words)
    assert done.code == 2
    assert said in done.err


def test_what_is_no_grid_is_told_like_a_wrong_spec(archspec: Command) -> None:
    for word, said in {
        "grwth=1": "has no param `grwth`",
        "growth": "is not `name=values`",
        "growth=3..1": "is empty",
        "growth=1..2000000": "2,000,000 values",
    }.items():
        done = archspec("sweep", "densenet121", "--set", word)
        assert done.code == 1
        assert said in done.err


def test_an_interrupted_sweep_leaves_the_file_as_it_was(
    archspec: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archspec.analysis.sweep_variants import Variants

    target = tmp_path / "table.csv"
    target.write_text("before")
    figures = Variants.figures

    def interrupted(self: Variants, values: dict[str, int], *rest: object) -> object:
        if values["growth"] == 20:
            raise KeyboardInterrupt
        return figures(self, values)

    monkeypatch.setattr(Variants, "figures", interrupted)
    done = archspec("sweep", "densenet121", "--set", "growth=10..30", "-o", str(target))
    assert done.code == 130
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_bar_is_shown_on_a_terminal_alone(archspec: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archspec.cli.sweep.PATIENCE", 0)
    words = ("sweep", "lenet5_modern", "--set", "classes=2..40", "--columns", "params", "--format", "csv")
    quiet = archspec(*words)
    assert (quiet.code, quiet.err) == (0, "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    shown = archspec(*words)
    assert shown.out == quiet.out
    assert "variants" in shown.err
    assert "100%" in shown.err


def test_the_largest_within_a_budget(archspec: Command) -> None:
    assert archspec("fit", "densenet121", "--vary", "growth", "--mads", "1.5G") == (0, FIT, "")


def test_what_fit_finds_is_the_edge(archspec: Command) -> None:
    for words in (
        ("densenet121", "--vary", "stem", "--mads", "< 3G", "--params", "8.1M"),
        ("wrn28_10_cifar", "--vary", "n", "--depth", "50"),
        ("mobilenet_v1", "--vary", "width", "--step", "0.05", "--params", "2M"),
        ("resnet50", "--vary", "widen", "--set", "classes=10", "--budget", "buffers=90K"),
    ):
        found = json.loads(archspec("fit", *words, "--format", "json").out)
        spec, param = words[0], words[2]
        fixed = ("--set", "classes=10") if "--set" in words else ()
        for key, figures in ((found["value"], found["figures"]), (found["next"], found["next_figures"])):
            done = archspec("stats", spec, "--set", f"{param}={key}", *fixed, "--format", "json")
            stats = json.loads(done.out)
            assert {name: stats[name] for name in figures} == figures
        assert found["breaks"]
        assert found["complete"]
        assert found["monotone"]


def test_values_with_which_the_spec_is_wrong_are_passed_over_and_an_odd_order_is_told(archspec: Command) -> None:
    done = archspec("fit", "resnext50_32x4d", "--vary", "groups", "--params", "25.1M", "--to", "64")
    assert done.code == 0
    assert done.out.splitlines()[0] == "groups = 64 is the largest with params <= 25.1M"
    assert "not monotone: smaller values of groups are over the budget too: 1, 2, 4, …" in done.out


def test_nothing_fits(archspec: Command) -> None:
    done = archspec("fit", "densenet121", "--vary", "growth", "--params", "1K")
    assert done.code == 1
    assert "no `growth` fits: with 1 there are already params" in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--vary", "growth"], 2, "give a budget"),
        (["--vary", "growth", "--budget", "mads"], 2, "FIGURE=LIMIT"),
        (["--vary", "growth", "--budget", "mds=1"], 2, "did you mean `mads`?"),
        (["--vary", "growth", "--set", "growth=3", "--mads", "1G"], 2, "set and varied"),
        (["--vary", "grwth", "--mads", "1G"], 1, "did you mean `growth`?"),
        (["--vary", "layers", "--mads", "1G"], 1, "is no number"),
        (["--vary", "growth", "--mads", ">= 1G"], 1, "is no budget of mads"),
        (["--vary", "growth", "--mads", "lots"], 1, "is not a figure"),
        (["--vary", "growth", "--mads", "1G", "--step", "0.5"], 1, "in steps of 0.5"),
        (["--vary", "growth", "--mads", "1G", "--to", "0"], 1, "there is no value"),
    ],
)
def test_a_wrong_question(archspec: Command, words: list[str], code: int, said: str) -> None:
    done = archspec("fit", "densenet121", *words)
    assert done.code == code
    assert said in done.err


def test_a_float_needs_a_step(archspec: Command) -> None:
    done = archspec("fit", "mobilenet_v1", "--vary", "width", "--mads", "1G")
    assert done.code == 1
    assert "give the step to take" in done.err
