"""What a network is folded to: by structure, whatever its parts are called."""

from __future__ import annotations

from pathlib import Path

import pytest

import archspec
from archspec import pictures
from archspec.draw.fold import fold
from archspec.draw.mainline import main_line
from archspec.draw.picture import Body
from archspec.draw.structure import Parallel, opened, series
from archspec.draw.trunk import levels, spread
from tests.draw.networks import architecture


def body(name: str) -> Body:
    found = architecture(name)
    return fold(found.program, pictures.figures(found))[found.program.main]


def row(name: str, level: int = 0) -> str:
    """The row of a network in words."""
    cells, _ = list(levels(spread(body(name))))[level]
    return " | ".join(cell.unit.label.text + (f" × {cell.times}" if cell.times > 1 else "") for cell in cells)


ROWS = {
    "densenet121": "7×7 conv, 64, /2 | 3×3 max pool, /2 | Dense layer × 6 | Transition | Dense layer × 12 | Transition "
    "| Dense layer × 24 | Transition | Dense layer × 16 | global avg pool | fc, 1000",
    "resnet50": "7×7 conv, 64, /2 | 3×3 max pool, /2 | Bottleneck × 3 | Bottleneck × 4 | Bottleneck × 6 | "
    "Bottleneck × 3 | global avg pool | fc, 1000",
    "vgg16": "3×3 conv, 64 × 2 | 2×2 max pool, /2 | 3×3 conv, 128 × 2 | 2×2 max pool, /2 | 3×3 conv, 256 × 3 | "
    "2×2 max pool, /2 | 3×3 conv, 512 × 3 | 2×2 max pool, /2 | 3×3 conv, 512 × 3 | 2×2 max pool, /2 | "
    "avg pool, to 7×7 | fc, 4096 × 2 | fc, 1000",
    "preresnet164_cifar": "3×3 conv, 16 | Bottleneck × 18 | Bottleneck × 18 | Bottleneck × 18 | global avg pool | "
    "fc, 10",
    "senet154": "3×3 conv, 64, /2 | 3×3 conv, 64 | 3×3 conv, 128 | 3×3 max pool, /2 | Bottleneck × 3 | "
    "Bottleneck × 8 | Bottleneck × 36 | Bottleneck × 3 | global avg pool | fc, 1000",
}


@pytest.mark.parametrize("name", ROWS)
def test_the_row_of_a_network(name: str) -> None:
    assert row(name) == ROWS[name]


def test_folded_more_stages_are_one_cell() -> None:
    assert len(row("vgg16", 1).split(" | ")) < len(row("vgg16").split(" | "))


def test_names_do_not_matter(tmp_path: Path) -> None:
    """Two modules of one structure fold, whatever they are called; two of one name that differ do not."""
    spec = """archspec: 1
name: net
inputs: {image: [3, 32, 32]}
modules:
  one: [conv: "conv(16, 3, padding=1)", a: relu, b: "conv(16, 3, padding=1)", c: "b + input"]
  other: [head: "conv(32, 3, padding=1)", x: relu, tail: "conv(32, 3, padding=1)", y: "tail + input"]
  third: [conv: "conv(16, 5, padding=2)", a: relu, b: "conv(16, 3, padding=1)", c: "b + input"]
graph:
  - conv(16, 3, padding=1)
  - one
  - conv(32, 1)
  - other
  - third2: {steps: ["conv(16, 1)", third]}
  - global_avg_pool
"""
    (tmp_path / "net.yaml").write_text(spec)
    found = archspec.load(tmp_path / "net.yaml")
    blocks = fold(found.program, pictures.figures(found))[found.program.main].blocks
    kin = {block.label.word: block.body.kin for block in blocks if block.body is not None}
    assert kin["One"] == kin["Other"] != kin["Third"]


def test_a_projection_and_a_stride_make_no_other_kind() -> None:
    stage = next(block for block in body("resnet50").blocks if block.name == "layer2").body
    assert stage is not None
    kinds = [block.body for block in stage.blocks if block.body is not None]
    assert len({kind.kin for kind in kinds}) == 1
    assert len({kind.shape for kind in kinds}) == 2
    assert stage.repeat is not None
    assert (stage.repeat.wire, len(stage.repeat.units)) == ("chain", 4)


def test_costs_add_up() -> None:
    for name in ("densenet121", "googlenet", "nasnet_a_mobile", "dpn92"):
        total = architecture(name).stats()
        blocks = body(name).blocks
        assert sum(block.mads for block in blocks) == total.mads
        assert sum(block.params for block in blocks) == total.params


def test_norms_and_activations_ride() -> None:
    stem = body("resnet50").blocks[0]
    assert (stem.label.text, stem.after) == ("7×7 conv, 64, /2", ("BN", "ReLU"))


def test_series_and_parallels() -> None:
    inception = next(block for block in body("googlenet").blocks if block.body is not None).body
    assert inception is not None
    assert series(inception) == (Parallel(((0,), (1, 2), (3, 4), (5, 6)), 7),)


def test_what_has_two_inputs_is_no_series() -> None:
    cell = [block.body for block in body("nasnet_a_mobile").blocks if block.body is not None][-1]
    assert cell is not None
    assert series(cell) is None


def test_opened_modules_stand_in_line() -> None:
    before = body("resnet50")
    after = opened(before, {2})
    assert [block.name for block in after.blocks[1:6]] == ["maxpool", "layer1.0", "layer1.1", "layer1.2", "layer2"]
    assert sum(block.mads for block in after.blocks) == sum(block.mads for block in before.blocks)


def test_a_head_hangs_on_the_cell_that_it_reads() -> None:
    network = body("googlenet_aux")
    cells, _ = next(levels(network))
    main = main_line(network, cells)
    assert main is not None
    heads = [side for side in main.sides if side.end is None]
    assert [cells[main.line[side.start]].exit.name for side in heads] == ["inception4a", "inception4d"]


def test_a_shortcut_over_stages_is_a_side_with_its_projection() -> None:
    network = body("ror3_110_cifar")
    cells, _ = next(levels(network))
    main = main_line(network, cells)
    assert main is not None
    (side,) = main.sides
    assert [cells[number].unit.label.text for number in side.cells] == ["1×1 conv, 64, /4"]
