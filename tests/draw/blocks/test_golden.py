"""One scene of each form, as it was when somebody looked at the picture.

`UPDATE_PICTURES=1 pytest tests/draw/blocks` writes them anew; look at the pictures before you commit.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.draw.blocks.modules import drawn, module, scene

GOLDEN = Path(__file__).parent / "golden"
PICTURES = (
    ("bottleneck", "resnet50", "layer1.1", "half"),
    ("projection", "resnet50", "layer2.0", "half"),
    ("squeeze_excite", "se_resnet50", "layer1.1", "16:9"),
    ("highway", "highway19_cifar", "highway1.0", "16:9"),
    ("resnext_paths", "slide_resnext_a", "", "16:9"),
    ("inception", "slide_inception", "", "16:9"),
    ("inception_forked", "inception_v3", "Mixed_7b", "16:9"),
    ("inception_resnet", "inception_resnet_v1", "block35.0", "16:9"),
    ("dense", "densenet121", "features.denseblock3", "16:9"),
    ("dual_path", "dpn92", "features.conv2_1", "16:9"),
    ("cell", "nasnet_a_mobile", "reduction_cell_0", "16:9"),
    ("chain", "resnet50", "layer2", "16:9"),
    ("residual_units", "slide_residual_ensemble", "blocks", "16:9"),
)


@pytest.mark.parametrize(("name", "network", "path", "size"), PICTURES, ids=[entry[0] for entry in PICTURES])
def test_the_scene(name: str, network: str, path: str, size: str) -> None:
    form, drawing = drawn(module(network, path), size)
    assert drawing is not None
    text = f"{form}\n{scene(drawing, size).dump()}"
    file = GOLDEN / f"{name}.scene"
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(text)
    assert text == file.read_text(), "look at the picture; if it is as it should be: UPDATE_PICTURES=1"
