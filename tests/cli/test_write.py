"""`expand`, `show`, `list` and `ops`: what they print."""

from __future__ import annotations

import json
from pathlib import Path

from archspec.api import library
from archspec.ops.registry import OPS
from tests.cli.conftest import Command


def test_expand_names_shape_and_origin_of_each_node(archspec: Command) -> None:
    lines = archspec("expand", "densenet121").out.splitlines()
    assert lines[0] == "graph(image: [3, 224, 224])"
    text = archspec("show", "densenet121").out.splitlines()
    number = next(at for at, line in enumerate(text, 1) if "classifier: linear(classes)" in line)
    assert lines[4].startswith("  classifier  linear(1000")
    assert lines[4].endswith(f"  densenet121.yaml:{number}")
    assert lines[4].split()[-3:-1] == ["[1000]", "1,025,000"]
    plain = archspec("expand", "densenet121", "--no-origins").out
    assert ".yaml" not in plain


def test_expand_folds_and_unfolds(archspec: Command) -> None:
    folded, unfolded = archspec("expand", "resnet50").out, archspec("expand", "resnet50", "--unfold").out
    assert "1 … 5  5 x bottleneck" in folded
    assert "…" not in unfolded
    assert len(unfolded.splitlines()) > len(folded.splitlines())


def test_show_prints_the_file(archspec: Command) -> None:
    text = (Path(__file__).parents[2] / "specs" / "densenet121.yaml").read_text("utf-8")
    assert archspec("show", "densenet121") == (0, text, "")
    assert archspec("show", "densenet169").out == text


def test_list_shows_families_with_their_figures(archspec: Command) -> None:
    lines = archspec("list").out.splitlines()
    assert "densenet121                2016  7.98 M  2.83 G    121           25.0" in lines
    assert lines[lines.index("densenet") + 1].startswith("densenet121 ")
    assert max(map(len, lines)) <= 80
    assert {line.split()[0] for line in lines if line} >= set(library())


def test_list_can_be_one_family_and_json(archspec: Command) -> None:
    entries = json.loads(archspec("list", "densenet", "--format", "json").out)
    assert {entry["family"] for entry in entries} == {"densenet"}
    found = next(entry for entry in entries if entry["name"] == "densenet169")
    assert (found["variant_of"], found["params"], found["depth"]) == ("densenet121", 14149480, 169)
    status, _, told = archspec("list", "dense")
    assert status == 2
    assert "did you mean `densenet`?" in told


def test_ops_lists_every_op_on_one_line(archspec: Command) -> None:
    lines = archspec("ops").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(OPS)
    assert max(map(len, lines)) <= 80


def test_an_op_is_explained_with_examples(archspec: Command) -> None:
    done = archspec("ops", "conv")
    assert done.out.startswith("conv(out, kernel=1, stride=1, padding=0, dilation=1, groups=1, bias=true,")
    assert (
        "  conv(64, 7, stride=2, padding=3)\n    [3, 224, 224] to [64, 112, 112]; 9,472 params; 118,013,952 MADs\n"
        in done.out
    )
    assert json.loads(archspec("ops", "conv", "--format", "json").out)["examples"][0]["params"] == 9472


def test_joins_show_their_inputs(archspec: Command) -> None:
    assert archspec("ops", "gate").out.splitlines()[0] == "gate(x, g)"


def test_an_unknown_op(archspec: Command) -> None:
    done = archspec("ops", "convv")
    assert done.code == 2
    assert "no op is called `convv`; did you mean `conv`?" in done.err


def test_fmt_changes_what_is_not_formatted_and_nothing_else(archspec: Command, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    text = "archspec: 1\nname: net\ninputs: {x: [8]}\ngraph:\n- fc: linear( 4 )  # why\n"
    path.write_text(text)
    assert archspec("fmt", "--check", str(path)) == (1, f"would change {path}\n", "")
    assert path.read_text() == text
    assert archspec("fmt", str(path)) == (0, f"changed {path}\n", "")
    assert path.read_text() == text.replace("\n- fc: linear( 4 )", "\n  - fc: linear(4)")
    assert archspec("fmt", "--check", str(path)) == (0, "", "")
    assert archspec("fmt", str(path)) == (0, "", "")
    both = archspec("fmt", "--long", "--short", str(path))
    assert both.code == 2
    assert "`--long` and `--short` exclude each other" in both.err
