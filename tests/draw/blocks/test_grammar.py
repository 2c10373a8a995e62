"""What a picture of a module says is what it is: widths are channels, dashes are projections, arcs are reads."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.draw.blocks.fit import least, unfolded
from archspec.draw.blocks.joined import centres_of, levels_of
from archspec.draw.parts import Drawing
from archspec.draw.scene import Circle, Path, Rect, Text
from tests.draw.blocks.modules import drawn, module


def picture(network: str, path: str = "", size: str = "16:9") -> Drawing:
    _, drawing = drawn(module(network, path), size)
    assert drawing is not None
    return drawing


def words(drawing: Drawing) -> set[str]:
    return {item.line.text for item in drawing.elements if isinstance(item, Text)}


def test_the_bar_is_as_long_as_the_channels() -> None:
    segments = [
        item for item in picture("slide_inception").elements if isinstance(item, Rect) and item.kind == "segment"
    ]
    assert [line.text for segment in segments for line in segment.label] == ["64", "128", "32", "32"]
    lengths = [segment.at.w - 4 for segment in segments]  # none is shorter than four points
    assert [length / sum(lengths) for length in lengths] == pytest.approx([1 / 4, 1 / 2, 1 / 8, 1 / 8])


def test_lines_into_the_bar_have_its_colours_and_grow_with_the_channels() -> None:
    drawing = picture("slide_inception")
    fills = [item.fill for item in drawing.elements if isinstance(item, Rect) and item.kind == "segment"]
    lines = {item.stroke: item.width for item in drawing.elements if isinstance(item, Path) and item.stroke in fills}
    assert len(set(fills)) == 4
    assert [lines[fill] for fill in fills] == pytest.approx([1.6 + 2.4 * share for share in (1 / 2, 1, 1 / 4, 1 / 4)])


def test_branches_say_their_multiply_adds() -> None:
    assert {"9.63 M", "101 M", "12.4 M", "4.82 M"} <= words(picture("slide_inception"))


@pytest.mark.parametrize(
    ("path", "word", "dashed"), [("layer1.1", "identity", False), ("layer1.0", "projection", True)]
)
def test_an_identity_is_a_line_and_a_projection_is_dashed(path: str, word: str, dashed: bool) -> None:
    drawing = picture("resnet50", path)
    skips = [item for item in drawing.elements if isinstance(item, Path) and item.stroke == "skip"]
    assert skips
    assert all(skip.dashed is dashed for skip in skips)
    assert word in words(drawing)


def test_a_shortcut_without_weights_is_no_projection() -> None:
    assert "shortcut" in words(picture("resnet20_cifar", "layer2.0"))


def test_a_dense_block_has_an_arc_for_every_read() -> None:
    """Of the input and five layers, shown to the sixth: 6 + 5 + … + 1."""
    drawing = picture("densenet121", "features.denseblock1")
    arcs = [item for item in drawing.elements if isinstance(item, Path) and len(item.points) == 7 and item.width == 2.3]
    assert len(arcs) == 21
    assert {"64", "96", "256"} <= words(drawing)


def test_a_long_dense_block_leaves_out_the_middle() -> None:
    drawing = picture("densenet121", "features.denseblock3")
    assert {"…", "256", "288", "1024"} <= words(drawing)
    assert ("card", "H5 … H23") in drawing.entries


def test_of_many_equal_paths_three_are_drawn() -> None:
    drawing = picture("slide_resnext_a")
    boxes = [item for item in drawing.elements if isinstance(item, Rect) and item.kind == "box"]
    assert len(boxes) == 9
    assert "32 paths" in words(drawing)


def test_a_highway_shares_between_what_is_made_and_what_is_carried() -> None:
    drawing = picture("highway19_cifar", "highway1.0")
    signs = [line.text for item in drawing.elements if isinstance(item, Circle) for line in item.label]
    assert sorted(signs) == ["+", "×", "×"]
    assert {"T", "1 − T", "H(x)", "T(x)"} <= words(drawing)


def test_only_what_steers_has_the_hue_of_a_gate() -> None:
    gates = [
        item for item in picture("se_resnet50", "layer1.1").elements if isinstance(item, Path) and item.stroke == "gate"
    ]
    assert len(gates) == 1


def test_modules_are_opened_from_the_deepest_to_none() -> None:
    views = unfolded(module("slide_se_residual"))
    assert len(views) > 1
    assert [len(view.blocks) for view in views] == sorted((len(view.blocks) for view in views), reverse=True)
    assert views[-1] is module("slide_se_residual")
    assert least(views[0]) > least(views[-1])


@given(st.lists(st.integers(1, 512), min_size=2, max_size=8), st.floats(60, 120), st.floats(0.4, 1.6))
def test_lines_into_a_bar_do_not_cross(channels: list[int], pitch: float, scale: float) -> None:
    """Each goes down, along and down again; two of them never share a point."""
    starts = [pitch * number for number in range(len(channels))]
    middle, half = (starts[0] + starts[-1]) / 2, scale * (starts[-1] - starts[0] + pitch) / 2
    ends = centres_of(channels, middle - half, middle + half)
    levels = levels_of(starts, ends)
    lines = list(zip(starts, ends, levels, strict=True))
    for (a, b, level), (c, d, other) in combinations(lines, 2):
        # The bend of one against the way down to the bend of the other, and against its way on from there.
        for (from_, to, at), (start, end, bend) in (((a, b, level), (c, d, other)), ((c, d, other), (a, b, level))):
            left, right = sorted((from_, to))
            assert not (left < start < right and at < bend)
            assert not (left < end < right and at > bend)
