"""Passes keep what random networks compute in evaluation, whatever their weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec.passes.rewrite import Rewritten
from archspec.passes.table import PASSES, optimise
from archspec.program.model import Program
from tests.passes.same import hold
from tests.strategies import specs


def load(folder: Path, text: str) -> Program:
    file = folder / "random.yaml"
    file.write_text(text, "utf-8")
    return archspec.load(file).program


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spec")


@settings(max_examples=40)
@given(text=specs())
def test_the_default_set_keeps_what_random_networks_compute(folder: Path, text: str) -> None:
    program = load(folder, text)
    hold(program, optimise(program))


@settings(max_examples=20)
@given(text=specs())
def test_all_passes_together_keep_what_random_networks_compute(folder: Path, text: str) -> None:
    program = load(folder, text)
    done = Rewritten(program)
    for one in reversed(PASSES.values()):
        done = done.then(one.run)
    hold(program, done)


OPS = {
    "layer": [
        "conv(4, 3, padding=half)", "conv(8, 3, bias=false)", "conv(8)", "conv(4, 1, groups=2, bias=false)",
        "conv(8, 3, padding=half, padding_mode=replicate, groups=4)", "dirac_conv(4, 3, padding=half)",
        "conv_transpose(4, 3, groups=2)", "conv_transpose(8, 2, stride=2, bias=false)",
    ],
    "affine": [
        "batch_norm", "batch_norm(eps=1e-2)", "batch_norm(affine=false)", "batch_norm(track=false)", "scale",
        "scale(bias=true)", "bias", "multiply(0.3)", "drop_path(0.4, scale=inference)",
    ],
    "between": [
        "relu", "dropout", "identity", "avg_pool(2, 1)", "avg_pool(2)", "adaptive_avg_pool(2)", "crop(margins=1)",
        "slice(1, 9)", "slice(0, 3, axis=1)", "global_avg_pool(keepdim=true)", "max_pool(2, 1)",
    ],
}  # fmt: skip


@st.composite
def chains(draw: st.DrawFn) -> str:
    """Layers and what stands between them, some of it in steps within steps, or shared."""
    steps = draw(st.lists(st.sampled_from(["layer", "affine", "affine", "between"]), min_size=2, max_size=7))
    lines = ["archspec: 1", "name: chain", "inputs: {x: [8, 12, 12]}", "graph:"]
    inside = False
    for number, kind in enumerate(steps):
        op = draw(st.sampled_from(OPS[kind]))
        if inside and draw(st.booleans()):
            lines.append(f"      - {op}")
            continue
        inside = draw(st.integers(0, 2)) == 0
        lines += [f"  - part{number}:", f"      - {op}"] if inside else [f"  - {op}"]
    if draw(st.booleans()):
        lines.append("  - it + it")
    return "\n".join(lines) + "\n"


@settings(max_examples=80)
@given(text=chains(), extra=st.sampled_from(["prune", "merge-siblings", "split-concat"]))
def test_chains_of_layers_and_norms_compute_the_same(folder: Path, text: str, extra: str) -> None:
    try:
        program = load(folder, text)
    except archspec.SpecError:
        return  # a window that does not fit
    hold(program, Rewritten(program).then(PASSES[extra].run).then(optimise))
