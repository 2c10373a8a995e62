"""Slides: native shapes that can be edited, connectors that stay at their shapes, one slide a scene."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from archspec.draw.paint import PAINTERS
from archspec.draw.theme import THEMES
from tests.draw.paint.demo import NASTY, SCENE

pptx = pytest.importorskip("pptx")
LIGHT = THEMES["light"]


def deck(*scenes: Any, theme: str = "light", transparent: bool = False) -> Any:
    return pptx.Presentation(BytesIO(PAINTERS[".pptx"](scenes or (SCENE,), THEMES[theme], transparent)))


def shapes(slide: Any) -> list[Any]:
    """All shapes, those in groups too."""
    found = []
    for shape in slide.shapes:
        found += shapes(shape) if hasattr(shape, "shapes") else [shape]
    return found


def named(slide: Any, name: str) -> Any:
    return next(shape for shape in shapes(slide) if shape.name == name)


def test_the_slide_has_the_size_of_the_scene_and_its_title() -> None:
    made = deck()
    assert (made.slide_width.pt, made.slide_height.pt) == (960, 540)
    assert made.slides[0].shapes.title.text_frame.text == "Bottleneck residual block"
    assert made.slides[0].notes_slide.notes_text_frame.text == SCENE.notes


def test_a_box_is_a_rounded_rectangle_with_its_words_in_it() -> None:
    box = named(deck().slides[0], "layer1.0.conv1")
    assert (box.left.pt, box.top.pt, box.width.pt, box.height.pt) == (400, 200, 160, 44)
    assert box.text_frame.text == "1×1 conv, 64"
    assert [run.font.bold for run in box.text_frame.paragraphs[0].runs] == [True, False]
    assert str(box.fill.fore_color.rgb) == LIGHT["conv1.fill"].removeprefix("#")
    assert box._element.xpath(".//p:cNvPr")[0].get("descr") == "conv(64, 1)\n64 × 56 × 56"


def test_a_box_and_its_cards_are_one_group_that_lies_above_the_lines() -> None:
    slide = deck().slides[0]
    groups = [shape for shape in slide.shapes if hasattr(shape, "shapes")]
    assert [len(group.shapes) for group in groups] == [2]
    order = [shape._element for shape in slide.shapes]
    lines = [at for at, element in enumerate(order) if element.tag.endswith("cxnSp")]
    assert max(lines) < order.index(groups[0]._element)


def test_straight_lines_are_connectors_glued_to_their_shapes() -> None:
    slide = deck().slides[0]
    connectors = [shape for shape in slide.shapes if shape._element.tag.endswith("cxnSp")]
    assert len(connectors) == 4
    ids = {shape.shape_id: shape.name for shape in shapes(slide)}

    def end(connector: Any, tag: str) -> str | None:
        found = connector._element.xpath(f".//a:{tag}")
        return ids[int(found[0].get("id"))] if found else None

    glued = {(end(connector, "stCxn"), end(connector, "endCxn")) for connector in connectors}
    assert (None, "layer1.0.conv1") in glued
    assert ("layer1.0.conv1", "layer1.0.conv2") in glued
    assert any(start and start.startswith("Oval") and end is None for start, end in glued)


def test_a_line_with_corners_is_a_freeform_of_the_same_curves() -> None:
    slide = deck().slides[0]
    curved = [shape for shape in slide.shapes if shape._element.xpath(".//a:custGeom")]
    assert len(curved) == 1
    assert len(curved[0]._element.xpath(".//a:cubicBezTo")) == 5
    assert curved[0]._element.xpath(".//a:tailEnd")


def test_text_arrives_as_it_is() -> None:
    assert NASTY in [shape.text_frame.text for shape in shapes(deck().slides[0]) if shape.has_text_frame]


def test_a_deck_has_a_slide_a_scene_and_themes_change_colours_alone() -> None:
    assert len(deck(SCENE, replace(SCENE, title="another")).slides) == 2
    dark = named(deck(theme="dark").slides[0], "layer1.0.conv1")
    assert str(dark.fill.fore_color.rgb) == THEMES["dark"]["conv1.fill"].removeprefix("#")
    assert deck().slides[0]._element.xpath("./p:cSld/p:bg")
    assert not deck(transparent=True).slides[0]._element.xpath("./p:cSld/p:bg")


def test_the_same_scene_gives_the_same_bytes() -> None:
    assert PAINTERS[".pptx"]([SCENE], LIGHT, False) == PAINTERS[".pptx"]([SCENE], LIGHT, False)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice Impress is not installed")
def test_the_deck_opens_in_libreoffice(tmp_path: Path) -> None:
    (tmp_path / "deck.pptx").write_bytes(PAINTERS[".pptx"]([SCENE, SCENE], LIGHT, False))
    words = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run([*words, "--outdir", tmp_path, tmp_path / "deck.pptx"], check=True, capture_output=True, timeout=120)
    pdf = (tmp_path / "deck.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type/Page\n") + pdf.count(b"/Type /Page\n") == 2
