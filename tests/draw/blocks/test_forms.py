"""Which layout draws which module of the library, in each size, and that every one of the pictures can be read."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from archspec.draw import blocks
from archspec.draw.check import problems
from archspec.draw.parts import Style
from archspec.draw.picture import Body
from archspec.draw.sizes import SIZES
from tests.draw.blocks.modules import drawn, module, modules, scene

TABLE = Path(__file__).parent / "golden" / "forms.txt"
EACH = (
    ("column", "resnet50", "layer1.1"),
    ("column", "highway19_cifar", "highway1.0"),
    ("column", "se_resnet50", "layer1.1.se"),
    ("inception", "inception_v3", "Mixed_7b"),
    ("dense", "densenet121", "features.denseblock3"),
    ("streams", "dpn92", "features.conv2_2"),
    ("cell", "nasnet_a_mobile", "reduction_cell_0"),
    ("chain", "resnet50", "layer2"),
    ("unrolled", "slide_residual_ensemble", "blocks"),
)


def test_every_module_has_its_form_and_can_be_read() -> None:
    """The table is `UPDATE_PICTURES=1 pytest tests/draw/blocks`; a "-" is left to the layouts of any network."""
    lines: list[str] = []
    wrong: list[str] = []
    for name, body in modules().items():
        forms = []
        for size in SIZES:
            form, drawing = drawn(body, size)
            forms.append(form)
            if drawing is not None:
                wrong += [f"{name} {size}: {problem}" for problem in problems(scene(drawing, size))]
        if set(forms) != {"-"}:
            lines.append(" ".join([name.ljust(52), *forms]))
    assert wrong == []
    text = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_PICTURES"):
        TABLE.write_text(text)
    assert text == TABLE.read_text()


@pytest.mark.slow
def test_the_modules_of_variants_can_be_read() -> None:
    for name, body in modules(variants=True).items():
        for size in SIZES:
            form, drawing = drawn(body, size)
            assert drawing is None or problems(scene(drawing, size)) == [], (name, size, form)


def test_what_no_form_takes() -> None:
    """Whole networks, and rows of equal modules: they have a layout of their own."""
    for body in modules().values():
        if drawn(body)[0] == "-":
            row = body.repeat is not None and body.repeat.wire == "chain"
            assert row or len(body.blocks) >= 7, body.blocks


@pytest.mark.parametrize(("form", "network", "path"), EACH)
def test_the_form_is_found_by_structure_alone(form: str, network: str, path: str) -> None:
    body = _nameless(module(network, path))
    assert drawn(body)[0] == form


def _nameless(body: Body) -> Body:
    made = tuple(
        replace(
            block,
            name=f"n{number}",
            template="m" if block.template else "",
            body=_nameless(block.body) if block.body is not None else None,
        )
        for number, block in enumerate(body.blocks)
    )
    return replace(body, blocks=made, names=tuple(f"i{number}" for number in range(len(body.inputs))), id="")


def test_every_layout_draws_something() -> None:
    assert {form for form, _, _ in EACH} == set(blocks.LAYOUTS)


@pytest.mark.parametrize(("form", "network", "path"), EACH)
def test_the_other_direction_is_left_to_others(form: str, network: str, path: str) -> None:
    direction = "down" if form in ("dense", "unrolled", "chain") else "right"
    assert drawn(module(network, path), style=Style(direction=direction))[0] != form


@pytest.mark.parametrize(("form", "network", "path"), EACH)
def test_plain_pictures_can_be_read(form: str, network: str, path: str) -> None:
    found, drawing = drawn(module(network, path), style=Style(detail="plain"))
    assert found == form
    assert drawing is not None
    assert problems(scene(drawing)) == []
