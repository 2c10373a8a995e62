from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.cli.conftest import Command

RESNET = """\
ResNet-50 (resnet50) on 2 devices, batch 1, float32

1  conv1 … layer3.0.5
2  layer3.0.conv3 … fc

stage  params    MADs   share  weights   kept  training  KiB sent  tensors
    1  2.17 M  2.03 G  49.7 %     8.31  63.78     96.89   1,764.0  [512, 28, 28…
    2  23.4 M  2.06 G  50.3 %    89.39  20.07    377.14

The slowest stage has 0.6 % more than an even share.

weights, kept (for backward) and training (these, gradients, Adam's moments): MiB.
share: of the MADs. sent: to the next stage for each sample.
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("plan", "resnet50", "--devices", "2")
    assert (done.code, done.err) == (0, "")
    assert done.out == RESNET


def test_slack_trades_evenness_for_less_to_send(archspec: Command) -> None:
    def figures(slack: str) -> tuple[float, int]:
        found = json.loads(archspec("plan", "resnet50", "--devices", "2", "--slack", slack, "--format", "json").out)
        return found["above_even"], found["stages"][0]["sent"]

    assert figures("0") == (0.0062, 1806336)
    assert figures("8") == (0.0692, 802816)


def test_json(archspec: Command) -> None:
    done = archspec("plan", "alexnet", "--devices", "3", "--batch", "16", "--dtype", "bfloat16", "--format", "json")
    found = json.loads(done.out)
    assert {key: found[key] for key in ("name", "devices", "by", "batch", "dtype")} == {
        "name": "alexnet", "devices": 3, "by": "mads", "batch": 16, "dtype": "bfloat16",
    }  # fmt: skip
    stages = found["stages"]
    assert [(stage["from"], stage["to"]) for stage in stages] == [("conv1", "7"), ("conv3", "11"), ("conv5", "fc8")]
    assert stages[1]["sends"] == [{"name": "11", "shape": [384, 13, 13]}]
    assert [stage["sent"] for stage in stages] == [256 * 13 * 13 * 2, 384 * 13 * 13 * 2, 0]
    assert sum(stage["params"] for stage in stages) == 60965224
    assert sum(stage["mads"] for stage in stages) == 724406816


def test_csv_and_markdown(archspec: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(archspec("plan", "vgg16", "--devices", "2", "--format", "csv").out)))
    assert [row["from"] for row in rows] == ["features.0", "features.14"]
    assert sum(int(row["params"]) for row in rows) == 138357544
    lines = archspec("plan", "vgg16", "--devices", "2", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("| stage | from | to | params |")
    assert len(lines) == 4


def test_what_keeps_the_plan_from_being_even(archspec: Command) -> None:
    out = archspec("plan", "nin_cifar10", "--devices", "2").out
    assert "An even cut would go through mlpconv2.conv (53 % of the MADs), one op.\n" in out
    out = archspec("plan", "vgg16", "--devices", "2", "--by", "memory").out
    assert "An even cut would go through classifier.0 (72 % of the memory), one op.\n" in out


def test_too_many_devices(archspec: Command) -> None:
    done = archspec("plan", "lenet5", "--devices", "30")
    assert done.code == 2
    assert "the network can be cut at 17 places, which makes fewer than 30 stages" in done.err


def test_a_bound(archspec: Command) -> None:
    done = archspec("plan", "resnet50", "--devices", "2", "--limit", "nodes=150")
    assert done.code == 1
    assert done.err.startswith("error[A0602]: the flat graph of `resnet50` would have ")


def test_compile_writes_a_file_for_each_device(archspec: Command, tmp_path: Path) -> None:
    done = archspec("compile", "lenet5_modern", "--stages", "2", "-o", str(tmp_path / "net.py"))
    assert (done.code, done.err) == (0, "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["net_stage1.py", "net_stage2.py"]
    assert "class LeNet5Stage2(nn.Module):" in (tmp_path / "net_stage2.py").read_text("utf-8")
    (tmp_path / "net_stage1.py").write_text("mine\n", "utf-8")
    done = archspec("compile", "lenet5_modern", "--stages", "2", "-o", str(tmp_path / "net.py"))
    assert done.code == 1
    assert "was not written by archspec" in done.err


def test_stages_are_source(archspec: Command) -> None:
    for wrong in (["--backend", "onnx"], ["-o", "-"]):
        done = archspec("compile", "lenet5", "--stages", "2", *wrong)
        assert done.code == 2
        assert "`--stages` writes several files of the backend `pytorch`" in done.err
    assert archspec("compile", "lenet5", "--stages", "40").code == 2
