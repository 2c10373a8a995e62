"""`Architecture.draw` and `archspec draw`: what they show, write and refuse."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

import archspec as package
from archspec import pictures
from archspec.draw.scene import Scene, Text
from tests.cli.conftest import Command
from tests.cli.conftest import archspec as archspec_command
from tests.draw.networks import scene

archspec = archspec_command


def words(found: Scene) -> set[str]:
    return {item.line.text for item in found.elements if isinstance(item, Text)}


def test_the_subtitle_says_what_it_costs() -> None:
    assert "121 weighted layers · 7.98 M params · 2.83 G mult-adds · receptive field 2071 px · 258 paths" in words(
        scene("densenet121")
    )


def test_a_notebook_shows_the_picture() -> None:
    bundle = package.load("resnet18")._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "<archspec resnet18: 11,689,512 params>"


def test_a_picture_is_saved_by_its_suffix(tmp_path: Path) -> None:
    drawn = package.load("lenet5").draw(tmp_path / "a.svg", theme="dark", size="4:3")
    assert repr(drawn) == "<picture of LeNet-5, 720 x 540 pt>"
    assert (tmp_path / "a.svg").read_text() == drawn._repr_svg_()
    assert "#12161C" in drawn._repr_svg_()


def test_the_paper_can_be_left_out() -> None:
    svg = pictures.Picture(scene("lenet5"), transparent=True).bytes(".svg").decode()
    assert '<rect width="960" height="540"' not in svg


def test_hover_says_what_a_box_is() -> None:
    svg = pictures.Picture(scene("resnet50")).bytes(".svg").decode()
    assert "conv(64, 7, stride=2, padding=half, bias=false) + BN, ReLU" in svg
    assert "9.54 k params, 118 M multiply-adds" in svg


def test_focus_draws_a_module() -> None:
    found = scene("resnet50", focus="layer2.0")
    assert found.title == "Bottleneck"
    assert found.key == "layer2.0"
    assert any(text.startswith("ResNet-50, layer2.0 · 379 k params") for text in words(found))


def test_the_name_of_a_module_means_its_first_call() -> None:
    assert scene("resnet50", focus="bottleneck").title == "Bottleneck"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"focus": "layer5"}, "no module is called `layer5`; did you mean `layer4`?"),
        ({"focus": "layer1.0.conv1"}, "`layer1.0.conv1` is the op `conv`, which has no inside"),
        ({"focus": "layer1.7"}, "no module is called `layer1.7`; "),
        ({"size": "A4"}, "a size is 16:9, 4:3, half or WxH in points, not `A4`"),
        ({"rows": ["cost"]}, "a row is `params`, `mads`, `memory` or `receptive_field`, not `cost`"),
        ({"direction": "up"}, "a direction is `right` or `down`, not `up`"),
        ({"detail": "some"}, "a detail is `full` or `plain`, not `some`"),
        ({"size": "240x240"}, "do not fit 240 × 240 points at a size that can be read"),
    ],
)
def test_what_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        scene("resnet50", **options)


def test_an_unfolded_module_stands_in_line() -> None:
    found = scene("resnet50", unfold=["layer1"], size="1600x600")
    assert {item.tag.key for item in found.elements if not isinstance(item, Text) and item.tag} >= {
        "layer1.0",
        "layer2",
    }


def test_a_folded_step_is_one_box() -> None:
    keys = {item.tag.key for item in scene("vgg16", fold=["classifier"]).elements if item.tag}
    assert "classifier" in keys


def test_rows_say_the_receptive_field() -> None:
    assert {"rec. field", "11", "35", "91", "427"} - words(scene("resnet50", rows=["receptive_field"])) == set()


# ------------------------------------------------------------------------------------------------ command line


def test_a_file_each(archspec: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = archspec("draw", "lenet5", "alexnet")
    assert (done.code, done.err) == (0, "")
    assert done.out == "wrote lenet5.svg, 960 x 540 pt\nwrote alexnet.svg, 960 x 540 pt\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alexnet.svg", "lenet5.svg"]


def test_standard_output_takes_svg(archspec: Command) -> None:
    done = archspec("draw", "lenet5", "-o", "-")
    assert done.out.startswith("<svg")
    assert done.out.endswith("</svg>\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("lenet5", "-o", "a.gif"), "a picture ends in .svg"),
        (("lenet5", "--focus", "c9"), "no module is called `c9`"),
        (("lenet5", "--size", "big"), "a size is 16:9"),
        (("lenet5", "alexnet", "-o", "-"), "standard output takes one picture"),
    ],
)
def test_a_wrong_command_line(archspec: Command, words: tuple[str, ...], message: str) -> None:
    done = archspec("draw", *words)
    assert done.code == 2
    assert message in " ".join(done.err.replace("│", "").split())


def test_without_graphviz_the_message_says_how_to_install_it(
    archspec: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = archspec("draw", "lenet5", "-o", str(tmp_path / "a.png"))
    assert done.code == 1
    assert done.err.startswith("error[A0505]: Graphviz's program `neato` is not installed here\n  = help: install it: ")
    assert not (tmp_path / "a.png").exists()
    for suffix in ("svg", "dot"):
        assert archspec("draw", "lenet5", "-o", str(tmp_path / f"a.{suffix}")).code == 0


def _has_graphviz() -> bool:
    import shutil

    return shutil.which("neato") is not None


needs_graphviz = pytest.mark.skipif(not _has_graphviz(), reason="Graphviz is not installed here")


@needs_graphviz
def test_a_png_has_two_pixels_a_point(tmp_path: Path) -> None:
    package.load("densenet121").draw(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1920, 1080)


@needs_graphviz
def test_a_pdf_is_as_large_as_the_slide(tmp_path: Path) -> None:
    package.load("lenet5").draw(tmp_path / "a.pdf", size="4:3")
    data = (tmp_path / "a.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/MediaBox [ 0 0 720 540 ]" in data or b"[0 0 720 540]" in data


@needs_graphviz
def test_any_dag_is_laid_out(tmp_path: Path) -> None:
    from archspec.draw.check import problems

    (tmp_path / "net.yaml").write_text(
        """archspec: 1
name: net
inputs: {a: [8, 16, 16], b: [8, 16, 16]}
graph:
  - x: conv(8, 3, padding=1)
    from: a
  - y: conv(8, 3, padding=1)
    from: b
  - z: x + y
  - u: conv(8, 1)
    from: x
  - v: z + u
outputs: {one: v, other: y}
"""
    )
    found = package.load(tmp_path / "net.yaml")
    assert problems(pictures.picture(found, pictures.request())) == []
