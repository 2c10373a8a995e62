"""`expect`: figures and budgets, and which of them are held against a network whose params were changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import archspec
from archspec.text.diagnostics import SpecError


def written(folder: Path, expect: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(
        "archspec: 1\nname: net\ninputs: {image: [3, 16, 16]}\nparams: {width: 8, kernel: 3}\n"
        f"graph:\n  - conv(width, kernel, bias=false)\n  - conv(4, 3, bias=false)\nexpect: {{{expect}}}\n"
    )
    return path


def unmet(path: Path, **params: object) -> list[str]:
    return [problem.message for problem in archspec.load(path, params).unmet()]


def test_a_budget_stays_when_params_change_and_a_figure_does_not(tmp_path: Path) -> None:
    path = written(tmp_path, 'params: 504, mads: [83808, "<= 100K"], depth: ">= 2"')
    assert unmet(path) == []
    assert unmet(path, width=9) == []
    assert unmet(path, width=16) == ["`mads` is 167,616, outside the budget of <= 100K"]
    with pytest.raises(SpecError, match="A0401"):
        archspec.check(path, {"width": 16})


def test_each_part_of_a_line_is_told_at_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, 'mads: [5, "> 1M", "< 100K", ">= 1"]')
    problems = archspec.load(path).unmet()
    text = path.read_text()
    assert [text[problem.labels[0].span.start : problem.labels[0].span.end] for problem in problems] == ["5", '"> 1M"']
    assert [problem.message for problem in problems] == [
        "`mads` is 83,808, not 5",
        "`mads` is 83,808, outside the budget of > 1M",
    ]


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("receptive_field: 5", ""),
        ("receptive_field: 7", "`receptive_field` is 5, not 7"),
        ('receptive_field: ">= 16"', "`receptive_field` is 5, outside the budget of >= 16"),
        ("memory.weights: 2016", ""),
        ('memory.weights: "<= 2K"', "`memory.weights` is 2,016, outside the budget of <= 2K"),
        ('memory.activations_peak: "<= 11648"', ""),
        ('memory.activations_peak: "< 11648"', "`memory.activations_peak` is 11,648, outside the budget of < 11648"),
        ('memory.training: "<= 1K"', "`memory.training` is 9,344, outside the budget of <= 1K"),
    ],
)
def test_fields_and_memory(tmp_path: Path, expect: str, problem: str) -> None:
    """Weights: 8 * 3 * 9 + 4 * 8 * 9 values; an image of 3 * 16², 8 * 14² and 4 * 12² after it; two are kept."""
    assert unmet(written(tmp_path, expect)) == ([problem] if problem else [])


def test_a_network_without_a_field_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text("archspec: 1\nname: rows\ninputs: {x: [5]}\ngraph:\n  - linear(3)\nexpect: {receptive_field: 3}\n")
    assert unmet(path) == ["`receptive_field` is none, not 3"]


@pytest.mark.parametrize("wrong", ["mads: []", "mads: [[1]]", "mads: [fast]", 'mads: ["<= "]', "memory: 3"])
def test_what_is_no_figure_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SpecError):
        archspec.load(written(tmp_path, wrong))


def test_the_design_limit_of_googlenet_is_held() -> None:
    """1.5 billion multiply-adds (arXiv 1409.4842, section 1): kept with 3x3 in the place of the 5x5, not with them."""
    assert archspec.load("googlenet_torchvision").unmet() == []
    (problem,) = archspec.load("googlenet_torchvision", {"k5": 5}).unmet()
    assert problem.message == "`mads` is 1,582,671,872, outside the budget of <= 1.5G"
    assert archspec.load("googlenet_torchvision", {"classes": 10}).unmet() == []
