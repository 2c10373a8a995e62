"""Specs that are wrong, drawn as far as they could be made: the mistake in red, with what it was given."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import archspec as package
from archspec import pictures
from archspec.draw.check import problems
from archspec.draw.scene import Circle, Rect, Scene, Text
from archspec.draw.scene import Path as Line
from archspec.language.elaborate import elaborate_partly
from archspec.language.files import Files
from archspec.language.library import find
from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS
from tests.cli.conftest import Command
from tests.cli.conftest import archspec as archspec_command
from tests.draw.partial.wrong import HEAD, STEM, WRONG, partial, write

archspec = archspec_command

GOLDEN = Path(__file__).parent / "golden"


def red(scene: Scene) -> list[str]:
    """The words beside what is wrong, without the message."""
    texts = [item.line for item in scene.elements if isinstance(item, Text) and item.at.y > 60]
    return [line.text for line in texts if line.hue == "error" and line.runs[0].text.endswith("  ")]


def boxes(scene: Scene) -> list[str]:
    """The words on what is wrong."""
    solid = [item for item in scene.elements if isinstance(item, (Rect, Circle)) and item.label]
    return [" ".join(line.text for line in item.label) for item in solid if item.stroke == "error"]


@pytest.mark.parametrize("name", WRONG)
def test_it_can_be_read(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, name)
    with pytest.raises(SpecError):
        package.load(path)
    for size in ("16:9", "half"):
        scene = partial(path, size=size)
        assert problems(scene) == []
        assert any(isinstance(item, (Rect, Circle)) and item.stroke == "error" for item in scene.elements)


@pytest.mark.parametrize(
    ("name", "box", "reads"),
    [
        ("add", "+", ["conv2  64 × 16 × 16", "input  32 × 16 × 16"]),
        ("concat", "", ["one  16 × 16 × 16", "three  32 × 8 × 8", "pooled  16 × 16 × 16"]),
        ("groups", "3×3 conv, 64, 7 groups", ["deep  48 × 16 × 16"]),
        ("vector", "3 conv, 8", ["deep  12288"]),
        ("map", "+", ["pool  32 × 16 × 16", "deep  32 × 16 × 48"]),
        ("nested", "+", ["conv2  16 × 16 × 16", "input  8 × 16 × 16"]),
        ("pipe", "99×99 max pool, /99", ["chain  8 × 16 × 16"]),
        ("name", "deep + steam", ["deep  48 × 16 × 16"]),
        ("op", "convolution(48, 3)", ["pool  32 × 16 × 16"]),
        ("head", "40×40 max pool, /40", ["aux  64 × 16 × 16"]),
    ],
)
def test_what_is_wrong_stands_beside_what_it_reads(name: str, box: str, reads: list[str], tmp_path: Path) -> None:
    scene = partial(write(tmp_path, name))
    assert red(scene) == reads
    assert not box or any(words == box for words in boxes(scene))


@pytest.mark.parametrize("name", ["add", "concat", "groups", "map", "pipe"])
def test_every_line_to_it_is_red_and_none_leads_away(name: str, tmp_path: Path) -> None:
    from archspec.draw.check import border

    scene = partial(write(tmp_path, name))
    wrong = [
        item
        for item in scene.elements
        if isinstance(item, (Rect, Circle)) and item.stroke == "error" and item.tag is not None and not item.tag.opens
    ]
    lines = [item for item in scene.elements if isinstance(item, Line) and item.kind == "edge"]
    into = [line for line in lines if any(border(host, line.points[-1]) <= 3 for host in wrong)]
    assert into
    assert {line.stroke for line in into} == {"error"}
    assert not any(border(host, line.points[0]) <= 3 for host in wrong for line in lines)


@pytest.mark.parametrize("name", ["add", "concat"])
def test_the_scene(name: str, tmp_path: Path) -> None:
    path, text = GOLDEN / f"{name}.scene", partial(write(tmp_path, name)).dump()
    if os.environ.get("UPDATE_PICTURES"):
        path.write_text(text)
    assert text == path.read_text(), "look at the picture; if it is as it should be: UPDATE_PICTURES=1"


def test_a_module_alone(tmp_path: Path) -> None:
    scene = partial(write(tmp_path, "concat"), focus="mixed")
    assert problems(scene) == []
    assert red(scene) == ["one  16 × 16 × 16", "three  32 × 8 × 8", "pooled  16 × 16 × 16"]


def test_several_mistakes_are_all_red(tmp_path: Path) -> None:
    scene = partial(write(tmp_path, "twice"))
    assert boxes(scene) == ["1×1 conv 8, 3 groups", "1×1 conv, 8, 5 groups"]
    assert any("and 1 more" in item.line.text for item in scene.elements if isinstance(item, Text))


def test_what_is_said_is_what_a_check_says(tmp_path: Path) -> None:
    """Keeping what was made changes no diagnostic."""
    for name in WRONG:
        path = write(tmp_path, name)
        with pytest.raises(SpecError) as raised:
            package.load(path)
        unit, _ = Files(DEFAULT_LIMITS).unit(find(str(path), DEFAULT_LIMITS), {})
        assert elaborate_partly(unit, DEFAULT_LIMITS).found == raised.value.diagnostics


def test_a_spec_without_mistakes_is_made_as_ever() -> None:
    unit, _ = Files(DEFAULT_LIMITS).unit(find("resnet18", DEFAULT_LIMITS), {})
    made, program = elaborate_partly(unit, DEFAULT_LIMITS), package.load("resnet18").program
    assert made.faults[made.program.main] == {}
    assert [node.name for node in made.program.graph.nodes] == [node.name for node in program.graph.nodes]
    assert made.program.graph.outputs == program.graph.outputs


def test_the_command_writes_the_picture_and_fails(archspec: Command, tmp_path: Path) -> None:
    path, target = write(tmp_path, "add"), tmp_path / "out.svg"
    plain = archspec("draw", str(path), "-o", str(target))
    assert plain.code == 1
    assert not target.exists()
    done = archspec("draw", str(path), "--partial", "-o", str(target))
    assert (done.code, done.out) == (1, f"wrote {target}, 960 x 540 pt\n")
    assert done.err == plain.err
    assert done.err.startswith("error[A0301]: cannot add tensors of different shapes\n")
    assert re.search("cannot add tensors of different shapes", target.read_text())


def test_a_right_spec_is_drawn_as_without_it(archspec: Command, tmp_path: Path) -> None:
    for name, words in (("a", ()), ("b", ("--partial",))):
        assert archspec("draw", "resnet18", *words, "-o", str(tmp_path / f"{name}.svg")).code == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_right_and_wrong_specs_together(archspec: Command, tmp_path: Path) -> None:
    done = archspec("draw", "resnet18", str(write(tmp_path, "add")), "--partial", "-o", str(tmp_path / "x.svg"))
    assert done.code == 1
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == ["x-add.svg", "x-resnet18.svg"]


@pytest.mark.parametrize(
    "text", [f"{HEAD}graph:\n  - stem: convolution(3)\n  deep", f"{HEAD}{STEM}  - a: relu\n    nonsense: 3\n"]
)
def test_where_nothing_was_made_nothing_is_drawn(archspec: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    done = archspec("draw", str(tmp_path / "bad.yaml"), "--partial", "-o", str(tmp_path / "x.svg"))
    assert done.code == 1
    assert not (tmp_path / "x.svg").exists()


def test_a_bound_is_no_place_to_stop_and_look(archspec: Command, tmp_path: Path) -> None:
    done = archspec("draw", "resnet50", "--partial", "--limit", "nodes=40", "-o", str(tmp_path / "x.svg"))
    assert done.code == 1
    assert "the network has more than 40 nodes" in done.err
    assert not (tmp_path / "x.svg").exists()


def test_the_picture_in_the_documents(tmp_path: Path) -> None:
    """It is that of the spec on the same page."""
    documents = Path(__file__).parents[3] / "docs"
    found = re.search("```yaml file=wrong.yaml\n(.*?)```", (documents / "drawing.md").read_text(), re.DOTALL)
    assert found is not None
    (tmp_path / "wrong.yaml").write_text(found[1])
    path, now = documents / "pictures" / "partial.svg", pictures.Picture(partial(tmp_path / "wrong.yaml")).bytes(".svg")
    if os.environ.get("UPDATE_PICTURES"):
        path.write_bytes(now)
    assert now == path.read_bytes(), "UPDATE_PICTURES=1"
