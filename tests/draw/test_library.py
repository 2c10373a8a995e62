"""Every network of the library can be read on a slide: nothing overlaps, nothing is cut, nothing is too small."""

from __future__ import annotations

import pytest

import archspec
from archspec.draw.check import problems
from archspec.draw.paint import PAINTERS
from archspec.draw.scene import Rect
from archspec.draw.sizes import SIZES
from archspec.draw.theme import THEMES
from tests.draw.networks import architecture, scene

NETWORKS = archspec.library()
SOME = ("densenet121", "googlenet_aux", "inception_v4", "nasnet_a_mobile", "dpn92", "vgg16_c", "ror3_110_cifar")
"""the most unlike each other: heads, branches in the main line, cells with two inputs, shortcuts over stages"""


@pytest.mark.parametrize("name", NETWORKS)
def test_it_can_be_read(name: str) -> None:
    assert problems(scene(name)) == []


@pytest.mark.parametrize("size", ["4:3", "half", "600x900"])
@pytest.mark.parametrize("name", SOME)
def test_it_can_be_read_in_other_sizes(name: str, size: str) -> None:
    assert problems(scene(name, size=size)) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_all_can_be_read_in_every_size(name: str, size: str) -> None:
    assert problems(scene(name, size=size)) == []


@pytest.mark.slow
@pytest.mark.parametrize("rows", ["", "params", "params,mads,memory,receptive_field"])
@pytest.mark.parametrize("name", NETWORKS)
def test_all_can_be_read_with_other_rows(name: str, rows: str) -> None:
    assert problems(scene(name, rows=rows.split(",") if rows else [])) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_each_module_can_be_read(name: str) -> None:
    """Whatever `--focus` can name, once for each template."""
    program = architecture(name).program
    for template in {module.template for module in program.modules.values() if module.kind == "module"}:
        found = scene(name, focus=template)
        assert problems(found) == [], template


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", SOME)
def test_every_theme_paints_it(name: str, theme: object) -> None:
    assert PAINTERS[".svg"]([scene(name)], theme, False).startswith(b"<svg")  # type: ignore[arg-type]


def test_bars_are_as_long_as_the_costs() -> None:
    """The bars of the two rows of DenseNet-121 have the ratios of the exact counts."""
    found = scene("densenet121")
    for hue, blocks in (("params", (335040, 2837760)), ("mads", (1040449536, 549126144))):
        bars = [item for item in found.elements if isinstance(item, Rect) and item.kind == "bar" and item.fill == hue]
        bars.sort(key=lambda item: item.at.x)
        first, third = bars[1], bars[5]
        assert first.at.h / third.at.h == pytest.approx(blocks[0] / blocks[1])
