"""Figures of receptive fields that are published, or that one can work out on paper."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archspec
from archspec.analysis.receptive_field import field_record, receptive_field
from archspec.analysis.receptive_field_kernels import equivalents
from archspec.analysis.receptive_field_layers import receptive_fields
from archspec.ops.window import PERIOD, Window, after, together
from archspec.program.model import Program
from archspec.text.limits import Limits

PUBLISHED = {
    "alexnet": 195,
    "vgg16": 212,
    "mobilenet_v1": 315,
    "resnet50_v1": 483,
    "resnet101_v1": 1027,
    "resnet152_v1": 1507,
    "bn_inception": 699,
    "inception_v3": 1311,
    "inception_v4": 2071,
    "inception_resnet_v2": 3039,
}
"""Araujo, Norris and Sim, Distill 2019, the table of section "receptive fields of modern networks"; their resnet_v1
has its strides where resnet50_v1 has them, and their inception_v2 is BN-Inception"""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sizes(name: str) -> None:
    field = receptive_field(archspec.load(name).program)
    assert field is not None
    assert field.size == (PUBLISHED[name],) * 2
    assert set(field.stride) == {32}


def load(tmp_path: Path, steps: str, input: str = "[2, 64, 64]", modules: str = "{}") -> Program:
    path = tmp_path / "net.yaml"
    path.write_text(f"archspec: 1\nname: net\ninputs: {{image: {input}}}\nmodules: {modules}\ngraph:\n{steps}")
    return archspec.load(path, limits=Limits(nodes=10**6, operations=10**8)).program


def test_densenet() -> None:
    """(7, stride 2), (3, stride 2), then 6, 12, 24 and 16 kernels of 3 at strides 4 to 32, three poolings between."""
    program = archspec.load("densenet121").program
    size = 7 + 2 * 2 + 6 * 2 * 4 + 4 + 12 * 2 * 8 + 8 + 24 * 2 * 16 + 16 + 16 * 2 * 32
    assert size == 2071
    assert field_record(program) == {"size": size, "stride": 32, "offset": -1021}
    field = receptive_field(program)
    assert field is not None
    assert (field.input, field.node, field.whole) == ("image", "1", True)
    assert {window.size for window in field.smallest} == {7 + 2 * 2 + 4 + 8 + 16}
    assert field.largest == field.windows
    assert field.centre == (Fraction(14), Fraction(14))


def test_paths_of_a_residual_block_see_what_they_see(tmp_path: Path) -> None:
    field = receptive_field(load(tmp_path, "  - {repeat: 'conv(2, [3, 5], padding=half)', times: 4, wire: residual}\n"))
    assert field is not None
    assert (field.size, field.node, field.whole) == ((9, 17), "0", False)
    assert [window.size for window in field.smallest] == [1, 1]
    assert [window.size for window in field.largest] == [9, 17]


def test_shifted_paths_see_more_together_than_each_alone(tmp_path: Path) -> None:
    steps = """\
  - left: conv(2, 3, padding=[[2, 0], [2, 0]])
  - right: conv(2, 3, padding=[[0, 2], [0, 2]])(image)
  - left + right
"""
    field = receptive_field(load(tmp_path, steps))
    assert field is not None
    assert field.windows == (Window(1, ((-2, 2),)),) * 2
    assert {window.size for window in (*field.smallest, *field.largest)} == {3}


def test_a_transposed_convolution_has_a_fraction_for_a_stride(tmp_path: Path) -> None:
    field = receptive_field(load(tmp_path, "  - conv_transpose(2, 4, stride=2, padding=1)\n"))
    assert field is not None
    assert field.windows == (Window(1, ((-1, 0), (0, 1))),) * 2
    assert field.stride == (Fraction(1, 2),) * 2
    assert field.record() == {"size": 2, "stride": 0.5, "offset": -1}


@pytest.mark.parametrize(
    ("steps", "node"),
    [
        ("  - seen: conv(2, 3)\n  - global_avg_pool\n  - linear(3)\n", "seen"),
        ("  - seen: conv(2, 3)\n  - avg_pool(62)\n  - conv(3)\n", "seen"),
        ("  - seen: conv(2, 3)\n  - adaptive_avg_pool(1)\n", "seen"),
        ("  - seen: conv(2, 3)\n  - flatten\n  - relu\n", "seen"),
        ("  - seen: conv(2, 3)\n  - flatten(1)\n  - linear(3)\n", "seen"),
        ("  - inner:\n      - seen: conv(2, 3)\n      - global_max_pool\n  - linear(3)\n", "inner.seen"),
        ("  - seen: conv(2, 3)\n  - inner: [global_max_pool, linear(3)]\n", "seen"),
    ],
)
def test_the_last_node_that_sees_a_part(steps: str, node: str, tmp_path: Path) -> None:
    field = receptive_field(load(tmp_path, steps))
    assert field is not None
    assert (field.node, field.size, field.whole) == (node, (3, 3), True)


def test_a_gate_does_not_widen_what_is_seen_and_counts_along_all_edges(tmp_path: Path) -> None:
    steps = "  - x: conv(2, 3, padding=half)\n  - g: global_avg_pool >> linear(2) >> sigmoid\n  - gate(x, g)\n"
    program = load(tmp_path, steps)
    data, all = receptive_field(program), receptive_field(program, edges="all")
    assert data is not None
    assert all is not None
    assert (data.whole, all.whole) == (False, True)
    assert data.size == all.size == (3, 3)


@pytest.mark.parametrize("steps", ["  - flatten\n  - linear(3)\n", "  - global_avg_pool\n"])
def test_there_is_none_if_all_is_seen_at_once(steps: str, tmp_path: Path) -> None:
    program = load(tmp_path, steps)
    assert receptive_field(program) is None
    assert field_record(program) is None
    assert not any(row.local for row in receptive_fields(program))


def test_there_is_none_without_spatial_axes(tmp_path: Path) -> None:
    program = load(tmp_path, "  - linear(3)\n", "[10]")
    assert receptive_field(program) is None
    assert receptive_fields(program) == ()


def test_branches_of_different_strides_have_no_common_field(tmp_path: Path) -> None:
    steps = "  - a: conv(2, 3, stride=2, padding=1)\n  - b: crop(32)(image)\n  - a + b\n  - relu\n"
    field = receptive_field(load(tmp_path, steps))
    assert field is not None
    assert (field.node, field.whole, field.size) == ("a", True, (3, 3))


def test_a_pattern_that_repeats_late_is_irregular(tmp_path: Path) -> None:
    steps = f"  - conv(2, 3)\n  - upsample({PERIOD + 1})\n"
    field = receptive_field(load(tmp_path, steps))
    assert field is not None
    assert (field.node, field.whole) == ("0", True)


def test_several_inputs(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archspec: 1\nname: net\ninputs: {a: [2, 32, 32], b: [2, 32, 32]}\ngraph:\n"
        "  - x: conv(2, 3, padding=half)(a)\n  - y: conv(2, 5, padding=half)(b)\n  - x + y\n"
    )
    program = archspec.load(path).program
    found = [receptive_field(program, name) for name in (None, "a", "b")]
    assert [field and (field.input, field.size) for field in found] == [("a", (3, 3)), ("a", (3, 3)), ("b", (5, 5))]


@pytest.mark.parametrize("wire", ["chain", "residual", "dense"])
@pytest.mark.parametrize("times", [1, 2, 7])
def test_loops_are_what_their_copies_are_one_by_one(wire: str, times: int, tmp_path: Path) -> None:
    """The tables of modules, and powers of them, give what the flat graph gives op by op."""
    steps = f"  - conv(2, 3, stride=2, padding=half)\n  - {{repeat: block, times: {times}, wire: {wire}}}\n"
    modules = "{block: ['conv(2, [3, 2], padding=same)', relu, 'conv(2, 3, dilation=2, padding=half)']}"
    program = load(tmp_path, steps, modules=modules)
    field, row = receptive_field(program), receptive_fields(program)[-1]
    assert field is not None
    assert (field.windows, field.smallest, field.largest) == (row.windows, row.smallest, row.largest)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "nasnet_a_mobile", "inception_v4", "dpn92", "se_resnet50"])
def test_modules_give_what_the_flat_graph_gives(name: str) -> None:
    program = archspec.load(name).program
    field = receptive_field(program)
    assert field is not None
    row = [row for row in receptive_fields(program) if row.name == field.node or row.name.startswith(f"{field.node}.")][
        -1
    ]
    assert (field.windows, field.smallest, field.largest) == (row.windows, row.smallest, row.largest)


def test_ten_thousand_equal_blocks(tmp_path: Path) -> None:
    program = load(
        tmp_path,
        "  - {repeat: block, times: 10000, wire: residual}\n",
        modules="{block: ['conv(2, 3, padding=half)', relu, 'conv(2, 3, padding=half)']}",
    )
    assert field_record(program) == {"size": 40001, "stride": 1, "offset": -20000}


WINDOWS = st.builds(
    Window,
    st.integers(1, 4),
    st.lists(
        st.none() | st.tuples(st.integers(-4, 4), st.integers(0, 5)).map(lambda ends: (ends[0], ends[0] + ends[1])),
        min_size=1,
        max_size=4,
    ).map(tuple),
)


@given(WINDOWS, WINDOWS, st.integers(-20, 20))
def test_one_window_after_another_reads_what_it_should(outer: Window, inner: Window, position: int) -> None:
    both = after(outer, inner)
    assert both is not None
    span = outer.span(position)
    reads = [inner.span(at) for at in range(span[0], span[1] + 1)] if span else []
    found = [read for read in reads if read]
    assert both.span(position) == ((min(low for low, _ in found), max(high for _, high in found)) if found else None)


@given(WINDOWS, WINDOWS, st.integers(-20, 20))
def test_two_windows_together_hold_both_or_move_apart(a: Window, b: Window, position: int) -> None:
    both = together(a, b)
    assert (both is None) == (a.stride != b.stride)
    if both is not None:
        found = [span for span in (a.span(position), b.span(position)) if span]
        ends = (min(low for low, _ in found), max(high for _, high in found)) if found else None
        assert both.span(position) == ends


def test_two_3x3_see_what_a_5x5_sees(tmp_path: Path) -> None:
    steps = """\
  - conv(8, 3, padding=half, bias=false)
  - batch_norm
  - relu
  - conv(8, 3, padding=half)
  - max_pool(2)
  - conv(8, 3)
  - x: conv(8, [1, 7])
  - y: conv(8, [7, 1])
  - x2: conv(8, 3, dilation=2, padding=half)(x)
"""
    first, second, third = equivalents(load(tmp_path, steps + "  - conv(8)\n", "[8, 64, 64]"))
    assert (first.kernels, first.kernel, first.channels) == (((3, 3), (3, 3)), (5, 5), (8, 8, 8))
    assert (first.weights, first.single, first.keys, first.count) == (2 * 8 * 8 * 9, 8 * 8 * 25, ("0", "3"), 1)
    assert (second.kernels, second.kernel, second.keys) == (((3, 3), (1, 7)), (3, 9), ("5", "x"))
    assert (third.kernels, third.kernel, third.weights) == (((5, 5), (1, 1)), (5, 5), 8 * 8 * 10)


def test_equal_chains_are_counted() -> None:
    chains = equivalents(archspec.load("resnet18").program)
    assert [(chain.kernels, chain.channels[-1], chain.count) for chain in chains] == [
        (((3, 3), (3, 3)), channels, count) for channels, count in ((64, 2), (128, 1), (256, 1), (512, 1))
    ]
