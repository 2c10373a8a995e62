"""Scenes and DOT text of a dozen networks, as they were when somebody looked at the pictures.

`UPDATE_PICTURES=1 pytest tests/draw/test_golden.py` writes them anew; look at the pictures before you commit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.draw.paint.dot import dot
from archspec.draw.theme import DARK
from archspec.pictures import Picture
from tests.draw.networks import scene

GOLDEN = Path(__file__).parent / "golden"
NETWORKS = (
    "alexnet", "densenet121", "dpn92", "googlenet_aux", "highway19_cifar", "inception_v3", "inception_v4",
    "mobilenet_v1", "nasnet_a_mobile", "resnet50", "ror3_110_cifar", "se_resnet50", "vgg16",
)  # fmt: skip


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_PICTURES"):
        path.write_text(text)
    assert text == path.read_text(), "look at the picture; if it is as it should be: UPDATE_PICTURES=1"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_scene(name: str) -> None:
    compare(f"{name}.scene", scene(name).dump())


def test_half_a_slide() -> None:
    compare("resnet50-half.scene", scene("resnet50", size="half").dump())


def test_the_dot_text() -> None:
    compare("resnet50.dot", dot(scene("resnet50"), DARK))


def test_the_same_spec_gives_the_same_bytes() -> None:
    """In processes that hash strings differently."""
    program = (
        "import archspec, sys; sys.stdout.buffer.write(archspec.load('inception_v3').draw().bytes('.svg')); "
        "sys.stdout.buffer.write(archspec.load('dpn92').draw(size='half').bytes('.dot'))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_the_picture_in_the_documents() -> None:
    path = Path(__file__).parents[2] / "docs" / "pictures" / "densenet121.svg"
    now = Picture(scene("densenet121")).bytes(".svg")
    if os.environ.get("UPDATE_PICTURES"):
        path.write_bytes(now)
    assert now == path.read_bytes(), "UPDATE_PICTURES=1"
