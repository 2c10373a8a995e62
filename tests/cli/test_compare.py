from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

TABLE = """\
name         params    mads  depth  paths  field  activations   top1
densenet121  7.98 M  2.83 G    121   2^58  2,071       8.63 M  25.02
vgg16         138 M  15.5 G     16      1    212       25.7 M   27.0
"""


def test_the_screen(archspec: Command) -> None:
    done = archspec("compare", "densenet121", "vgg16")
    assert (done.code, done.err) == (0, "")
    for line, want in zip(done.out.splitlines(), TABLE.splitlines(), strict=False):
        assert line.split()[:6] == want.split()[:6]
    assert max(map(len, done.out.splitlines())) <= 80


def test_stats_of_several_is_the_same_table(archspec: Command) -> None:
    names = ("densenet121", "vgg16")
    columns = ("--columns", "name,params,buffers,mads,depth,paths,output")
    for format in ("table", "csv", "markdown"):
        compared = archspec("compare", *names, *columns, "--format", format).out
        assert archspec("stats", *names, "--format", format).out == compared


def test_order(archspec: Command) -> None:
    def order(by: str) -> list[str]:
        words = ("densenet121", "resnet50", "vgg16", "vgg11_bn", "lenet5", "--columns", "name", "--format", "csv")
        return archspec("compare", *words, "--sort", by).out.split()[1:]

    assert order("mads") == ["lenet5", "densenet121", "resnet50", "vgg11_bn", "vgg16"]
    assert order("-paths")[:2] == ["densenet121", "resnet50"]
    assert order("top1")[:3] == ["resnet50", "densenet121", "vgg16"]  # those without a published error last


def test_values_are_exact_in_csv_and_json(archspec: Command) -> None:
    words = ("compare", "densenet121", "resnet50", "--columns", "name,paths,field,weights,top5,output,year")
    rows = archspec(*words, "--format", "csv").out.splitlines()
    assert rows[1] == f"densenet121,{2**58},2071,32250984,7.71,1000,2016"
    assert json.loads(archspec(*words, "--format", "json").out)[0] == {
        "name": "densenet121",
        "paths": str(2**58),
        "field": 2071,
        "weights": 32250984,
        "top5": 7.71,
        "output": [1000],
        "year": 2016,
    }


def test_latex_is_booktabs_and_escaped(archspec: Command) -> None:
    done = archspec("compare", "resnet50", "se_resnet50", "--columns", "name,params,paths", "--format", "latex")
    assert (
        done.out
        == r"""\begin{tabular}{lrr}
\toprule
name & params & paths \\
\midrule
resnet50 & 25,557,032 & $2^{16}$ \\
se\_resnet50 & 28,088,024 & $2^{16}$ \\
\bottomrule
\end{tabular}
"""
    )


def test_a_published_error_is_not_that_of_other_params(archspec: Command) -> None:
    done = archspec("compare", "densenet121", "--set", "growth=24", "--columns", "name,top1", "--format", "csv")
    assert done.out.splitlines() == ["name,top1", "densenet121,"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--columns", "param"), "no column is called `param`; did you mean `params`?"),
        (("--sort", "-xyz"), "no column is called `xyz`; there are name, title"),
    ],
)
def test_wrong_usage(archspec: Command, words: tuple[str, ...], message: str) -> None:
    done = archspec("compare", "lenet5", *words)
    assert done.code == 2
    assert message in " ".join(done.err.replace("│", " ").split())


def test_a_wrong_spec_is_told(archspec: Command, tmp_path: Path) -> None:
    assert archspec("compare", "lenet5", str(tmp_path / "none.yaml")).code == 1


def test_rows_are_ordered_by_the_largest_size_of_a_shape(archspec: Command, tmp_path: Path) -> None:
    wide = tmp_path / "wide.yaml"
    wide.write_text("archspec: 1\nname: wide\ninputs: {x: [3, 8, 30]}\ngraph:\n  - conv(3, [3, 9], padding=half)\n")
    words = ("compare", "lenet5", str(wide), "--columns", "name,field", "--format", "csv")
    assert archspec(*words, "--sort", "field").out.splitlines() == ["name,field", "wide,3 9", "lenet5,32"]
    assert archspec(*words, "--sort", "-output").code == 0
