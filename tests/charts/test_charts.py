"""Charts: what they show, that they fit the grammar of the pictures, and that the same chart is the same file."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.api import load
from archspec.catalogue import catalogue
from archspec.charts import HISTORY, KINDS, Options, draw
from archspec.cli.app import run
from archspec.draw.charts.canvas import FLOOR, Slide
from archspec.draw.charts.labels import Box, Mark, place
from archspec.draw.theme import THEMES

ONE = "resnet50"
SPECS = {kind: [] if kind in HISTORY else [ONE] for kind in KINDS}


def svg(kind: str, theme: str = "light", **options: object) -> str:
    return draw(kind, SPECS[kind], Slide(THEMES[theme]), "svg", Options(**options), load).decode()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def drawn() -> Callable[[str], str]:
    made: dict[str, str] = {}

    def get(kind: str) -> str:
        if kind not in made:
            made[kind] = svg(kind)
        return made[kind]

    return get


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_chart_has_the_same_bytes(kind: str, drawn: Callable[[str], str]) -> None:
    assert svg(kind) == drawn(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_fills_a_slide_with_readable_type(kind: str, drawn: Callable[[str], str]) -> None:
    picture = drawn(kind)
    assert 'viewBox="0 0 960 540"' in picture
    sizes = [float(size) for size in re.findall(r"(?:font-size: |font: (?:\w+ )?)([\d.]+)px", picture)]
    assert len(sizes) > 8
    assert min(sizes) >= FLOOR


@pytest.mark.parametrize("kind", KINDS)
def test_a_theme_is_only_colours(kind: str, drawn: Callable[[str], str]) -> None:
    def words(picture: str) -> list[str]:
        return re.findall(r">([^<>]+)</text>", picture)

    dark = svg(kind, "dark")
    assert words(dark) == words(drawn(kind))
    assert THEMES["dark"]["paper"].lower() in dark.lower()


def test_every_network_of_the_history_is_named(drawn: Callable[[str], str]) -> None:
    for kind, names in HISTORY.items():
        titles = {entry.name: entry.title for entry in catalogue()}
        picture = drawn(kind).replace("\n", "")
        for name in names:
            label = re.split(r",| \(| with ", titles[name])[0]
            # A long name may stand on two lines.
            assert label in picture or all(part in picture for part in label.split("-")), (kind, label)


def test_stages_add_up_to_the_network() -> None:
    picture = draw("stages", ["densenet121"], Slide(THEMES["light"]), "svg", Options(), load).decode()
    assert "parameters  7.98 M" in picture
    assert "multiply-adds  2.83 G" in picture
    assert "37 %" in picture


def test_paths_show_the_binomial_of_a_residual_network() -> None:
    picture = draw("paths", ["resnet110_cifar"], Slide(THEMES["light"]), "svg", Options(), load).decode()
    assert "2⁵⁴ paths of 2 to 110 weighted layers · 66 % within one standard deviation" in picture
    assert "mean 56.0 ± 7.3" in picture


def test_a_roofline_says_how_many_layers_wait() -> None:
    options = Options(machine="h100", batch=8, dtype="bfloat16")
    picture = draw("roofline", ["resnet50"], Slide(THEMES["light"]), "svg", options, load).decode()
    assert re.search(r"NVIDIA H100 SXM, bfloat16, batch 8 · \d+ of 54 layers", picture)


def test_single_crop_errors_are_those_of_networks_of_the_library() -> None:
    known = {entry.name: entry for entry in catalogue()}
    rows = list(csv.DictReader((files("archspec.specs") / "single_crop.csv").read_text().splitlines()))
    assert len(rows) > 50
    for row in rows:
        entry = known[row["name"]]
        assert row["source"]
        assert row["protocol"]
        stated = entry.error.top1 if entry.error else None
        # Averaging over crops is worth up to 2.6 points; more would be another network's number.
        assert stated is None or 0 <= float(row["top1"]) - stated < 2.6 or "crop" not in (entry.error.protocol or "")


def test_an_own_network_with_its_error_joins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(
        "archspec: 1\nname: mine\ntitle: My network\ninputs: {image: [3, 224, 224]}\n"
        "graph:\n  - conv(64, 7, stride=4)\n  - relu\n  - global_avg_pool\n  - linear(1000)\nerror: {top1: 55.5}\n"
    )
    assert run(["chart", "accuracy", "alexnet", "mine.yaml", "-o", "chart.svg"]) == 0
    assert "My network" in Path("chart.svg").read_text()


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_suffix_says_the_format(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"chart.{suffix}"
    assert run(["chart", "stages", "lenet5", "-o", str(target)]) == 0
    start = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[suffix]
    assert target.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["stages"], 2, "`stages` needs a SPEC"),
        (["stages", "lenet5", "alexnet"], 2, "one SPEC at a time"),
        (["accuracy", "-o", "chart.gif"], 2, "svg, pdf, png, not `.gif`"),
        (["accuracy", "--size", "huge"], 2, "WxH"),
        (["roofline", "lenet5", "--machine", "abacus"], 2, "no machine is called `abacus`"),
        (["accuracy", "lenet5"], 1, "error[A0402]: `lenet5` states no top-1 error on ImageNet"),
        (["accuracy", "alexnett"], 1, "did you mean `alexnet`?"),
    ],
)
def test_a0402_and_what_else_cannot_be_drawn(
    words: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["chart", *words]) == code
    assert message in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_a_missing_matplotlib_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(["chart", "accuracy"]) == 1
    assert "pip install 'archspec-nn[charts]'" in capsys.readouterr().err


MARKS = st.builds(Mark, st.floats(60, 540), st.floats(40, 360), st.floats(2, 30), st.floats(20, 120), st.floats(10, 16))


@given(st.lists(MARKS, max_size=25))
def test_names_never_meet_and_stay_inside(marks: list[Mark]) -> None:
    room = Box(0, 0, 600, 400)
    boxes = [
        Box(spot.x - mark.width / 2, spot.y - mark.height / 2, spot.x + mark.width / 2, spot.y + mark.height / 2)
        for mark, spot in zip(marks, place(marks, room), strict=True)
        if spot is not None
    ]
    for k, box in enumerate(boxes):
        assert box.inside(room)
        assert not any(box.meets(other) for other in boxes[:k])


def test_a_lonely_name_stands_beside_its_circle() -> None:
    [spot] = place([Mark(100, 100, 10, 40, 12)], Box(0, 0, 600, 400))
    assert spot is not None
    assert (spot.x, spot.y, spot.end) == (100 + 10 + 3 + 20, 100, None)
