"""Pictures of what two networks differ in: readable, in few hues, with both numbers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archspec import pictures
from archspec.draw.check import problems
from archspec.draw.scene import Rect, Scene, Text
from tests.cli.conftest import Command
from tests.cli.conftest import archspec as archspec_command
from tests.draw.difference.networks import difference, marks
from tests.draw.networks import architecture

archspec = archspec_command

PAIRS = (
    ("resnet50", "se_resnet50"), ("densenet121", "densenet169"), ("vgg16", "vgg19"),
    ("resnet50", "resnext50_32x4d"), ("googlenet", "bn_inception"), ("resnet34", "resnet50"),
    ("googlenet_aux", "googlenet"),
)  # fmt: skip
GOLDEN = Path(__file__).parent / "golden"


def words(scene: Scene) -> set[str]:
    boxes = {line.text for item in scene.elements if isinstance(item, Rect) for line in item.label}
    return boxes | {item.line.text for item in scene.elements if isinstance(item, Text)}


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_it_can_be_read(a: str, b: str) -> None:
    for size in ("16:9", "4:3"):
        assert problems(difference(a, b, size=size)) == []
        assert problems(difference(b, a, size=size)) == []


@pytest.mark.parametrize(("a", "b"), [PAIRS[0], PAIRS[1], PAIRS[4]])
def test_the_scene(a: str, b: str) -> None:
    path, text = GOLDEN / f"{a}-{b}.scene", difference(a, b).dump()
    if os.environ.get("UPDATE_PICTURES"):
        path.write_text(text)
    assert text == path.read_text(), "look at the picture; if it is as it should be: UPDATE_PICTURES=1"


def test_each_network_has_its_marks_and_the_legend_names_no_others() -> None:
    assert [sorted(marks(difference(*pair))) for pair in PAIRS] == [
        ["added", "changed"], ["changed"], ["changed"], ["changed"], ["added", "changed", "removed"],
        ["added", "removed"], ["removed"],
    ]  # fmt: skip
    for pair in PAIRS:
        scene = difference(*pair)
        named = {item.stroke for item in scene.elements if isinstance(item, Rect) and item.kind == "swatch"}
        assert named - {"norm"} == marks(scene)


def test_what_was_removed_is_dashed_and_all_else_is_not() -> None:
    scene = difference("resnet34", "resnet50")
    boxes = [item for item in scene.elements if isinstance(item, Rect) and item.kind == "box"]
    assert {item.stroke for item in boxes if item.dashed} == {"removed"}
    assert not any(item.stroke == "removed" and not item.dashed for item in boxes)


def test_it_says_both_numbers() -> None:
    assert {"× 24 → 32", "× 16 → 32", "512 → 640"} <= words(difference("densenet121", "densenet169"))
    assert "1×1 conv, c → 2c" in words(difference("resnet50", "resnext50_32x4d"))
    assert "3×3 conv, c → 2c, 1 → 32 groups" in words(difference("resnet50", "resnext50_32x4d"))
    assert {"DenseNet-121 → DenseNet-169", "Δ params", "+1.48 M", "+286 M"} <= words(
        difference("densenet121", "densenet169")
    )
    subtitle = "16 → 19 weighted layers · 138 → 144 M params (+3.8 %) · 15.5 → 19.6 G mult-adds (+26.9 %)"
    assert any(subtitle in word for word in words(difference("vgg16", "vgg19")))


def test_one_module() -> None:
    scene = difference("resnet50", "se_resnet50", focus="layer2.0")
    assert problems(scene) == []
    assert {"128, stride 1 → 2", "128, stride 2 → 1", "global avg pool"} <= words(scene)
    assert "ResNet-50 → SE-ResNet-50, layer2.0 · +33.3 k params · −77.0 M mult-adds" in words(scene)


@pytest.mark.parametrize(
    ("a", "b", "focus"),
    [
        ("googlenet", "bn_inception", "inception_3a"),
        ("googlenet", "bn_inception", "inception_3c"),
        ("googlenet", "bn_inception", "inception4e"),
        ("densenet121", "densenet169", "features.denseblock3"),
        ("resnet50", "resnext50_32x4d", "bottleneck"),
        ("resnet34", "resnet50", "layer1"),
    ],
)
def test_modules_of_either(a: str, b: str, focus: str) -> None:
    assert problems(difference(a, b, focus=focus)) == []
    assert marks(difference(a, b, focus=focus)) != set()


def test_a_part_that_is_not_there() -> None:
    with pytest.raises(pictures.NotThere, match="did you mean `layer1`"):
        difference("resnet50", "se_resnet50", focus="layr1")


def test_one_spec_with_another_param(archspec: Command, tmp_path: Path) -> None:
    target = tmp_path / "growth.svg"
    done = archspec("draw", "--diff", "densenet121", "--set-b", "growth=24", "-o", str(target))
    assert (done.code, done.out, done.err) == (0, f"wrote {target}, 960 x 540 pt\n", "")
    assert "growth 32 → 24" in target.read_text()


def test_two_specs_make_one_file_that_has_both_names(archspec: Command, tmp_path: Path) -> None:
    assert archspec("draw", "--diff", "resnet18", "resnet34", "-o", str(tmp_path)).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["resnet18-resnet34.svg"]


def test_the_same_network_twice() -> None:
    assert any(word.startswith("no step is different") for word in words(difference("resnet18", "resnet18")))
    assert marks(difference("resnet18", "resnet18")) == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--diff", "resnet18"), "a network is compared with another"),
        (("--diff", "resnet18", "vgg16", "alexnet"), "`--diff` takes two networks"),
        (("resnet18", "--set-b", "classes=2"), "`--set-a` and `--set-b` go with `--diff`"),
        (("--diff", "--partial", "resnet18", "vgg16"), "`--diff` compares networks that can be made"),
    ],
)
def test_what_is_refused(archspec: Command, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = archspec("draw", *arguments, "-o", str(tmp_path / "a.svg"))
    assert done.code == 2
    assert message in " ".join(done.err.split())
    assert list(tmp_path.iterdir()) == []


def test_the_same_bytes_in_each_theme() -> None:
    """A scene in another theme is the same scene, so that print and dark rooms see the same marks."""
    assert architecture("resnet50") is architecture("resnet50")
    for theme in ("light", "dark", "mono"):
        drawn = pictures.Picture(difference("resnet50", "se_resnet50"), pictures.theme_of(theme)).bytes(".svg")
        assert pictures.theme_of(theme)["added"].encode() in drawn


def test_the_picture_in_the_documents() -> None:
    path = Path(__file__).parents[3] / "docs" / "pictures" / "difference.svg"
    now = pictures.Picture(difference("resnet50", "se_resnet50")).bytes(".svg")
    if os.environ.get("UPDATE_PICTURES"):
        path.write_bytes(now)
    assert now == path.read_bytes(), "UPDATE_PICTURES=1"
