"""What is said of paths, against closed forms, enumeration and networkx."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isclose, log10, sqrt
from pathlib import Path
from statistics import NormalDist

import networkx
import pytest
import torch
from hypothesis import given

import archspec
from archspec.analysis.lengths import path_lengths, spread
from archspec.analysis.neurons import neuron_paths
from archspec.analysis.paths import Edges, count_paths, log_paths, main_output, path_figures
from archspec.analysis.profile import path_profile
from archspec.analysis.structure import structure
from archspec.language.library import names
from archspec.program.flatten import graph
from archspec.program.model import Program
from tests.analysis.test_laws import programs
from tests.program.build import Body, Dense, Sum, program, residual

EDGES: tuple[Edges, ...] = ("data", "all")


def test_a_hundred_thousand_blocks_are_counted_exactly() -> None:
    made = residual(100_000)
    found = path_figures(made)
    assert found.count == 2**100_000
    assert (found.longest, found.shortest, found.mean) == (200_002, 2, 100_002)
    sums = spread(made)
    assert sums is not None
    assert isclose(sums.deviation, sqrt(100_000))
    assert path_lengths(made) is None


def test_an_op_of_two_outputs_does_not_repeat_one_of_one(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(
        "archspec: 1\nname: two\ninputs: {x: [2]}\ngraph:\n"
        "  - concat(x, x)\n  - a: identity\n  - relu\n  - b: identity\n"
        "  - one, two: split([1, 3], axis=0)\n  - concat(axis=0)(one, two)\n  - c: identity\n"
    )
    assert count_paths(archspec.load(tmp_path / "two.yaml").program) == 4


def test_blocks_between_which_something_goes_around_are_counted_too() -> None:
    """A value that is read again at the very end leaves no place that all paths go through."""
    body = Body("net", image=4)
    value = body.x
    for number in range(3000):
        value = body.add(f"sum{number}", Sum(), body.add(f"fc{number}", Dense(out=4), value), value)
    body.add("last", Sum(), value, body.x)
    made = program(body.module())
    assert count_paths(made) == 2**3000 + 1
    assert path_figures(made).mean == Fraction(1500 * 2**3000, 2**3000 + 1)


def test_lengths_in_resnet110_are_binomial() -> None:
    """Veit et al. 2016, section 4: 54 blocks of two layers each, taken or passed, between two layers that all pass."""
    found = path_profile(archspec.load("resnet20_cifar@resnet110_cifar").program)
    assert found.lengths is not None
    assert found.lengths[2::2] == tuple(comb(54, taken) for taken in range(55))
    assert not any(found.lengths[1::2])
    assert (found.mean, found.deviation) == (2 + 54, pytest.approx(2 * sqrt(54) / 2))
    # "95 % of paths go through 19 to 35 modules"
    assert sum(comb(54, taken) for taken in range(19, 36)) / 2**54 > 0.95
    assert float(found.within or 0) == pytest.approx(sum(comb(54, taken) for taken in range(24, 31)) / 2**54)


def test_the_binomial_of_a_thousand_blocks_is_nearly_normal() -> None:
    found = path_profile(residual(1000))
    assert found.lengths is not None
    assert sum(found.lengths) == 2**1000
    assert found.lengths[1002] == comb(1000, 500)
    assert float(found.within or 0) == pytest.approx(2 * NormalDist().cdf(1) - 1, abs=0.02)


@pytest.mark.parametrize("name", names())
def test_distribution_and_moments_agree(name: str) -> None:
    made = archspec.load(name).program
    for edges in EDGES:
        figures, sums, lengths = path_figures(made, edges), spread(made, edges), path_lengths(made, edges)
        assert sums is not None
        assert lengths is not None
        assert sum(lengths) == figures.count == count_paths(made, edges)
        mean = Fraction(sum(length * paths for length, paths in enumerate(lengths)), figures.count)
        assert mean == figures.mean == sums.mean
        squares = sum((length - mean) ** 2 * paths for length, paths in enumerate(lengths))
        assert squares / figures.count == sums.variance
        assert (figures.shortest, figures.longest) == (
            next(length for length, paths in enumerate(lengths) if paths),
            len(lengths) - 1,
        )
        assert log_paths(made, edges) == pytest.approx(log10(figures.count), abs=1e-6)


def view_of(made: Program, edges: Edges) -> networkx.MultiDiGraph:
    """The flat graph between its inputs, made one, and its main output, cut down to what lies on some path."""
    view = graph(made, "inference")
    if edges == "data":
        view.remove_edges_from([edge[:3] for edge in view.edges(keys=True, data="steers") if edge[3]])
    for port in made.graph.inputs:
        view.add_edge("start", f"input:{port.name}")
    end = f"output:{main_output(made.graph).name}"
    kept = (networkx.descendants(view, "start") | {"start"}) & (networkx.ancestors(view, end) | {end})
    return networkx.relabel_nodes(view.subgraph(kept).copy(), {end: "end"})


@given(programs())
def test_cut_points_are_those_whose_loss_parts_the_graph(made: Program) -> None:
    for edges in EDGES:
        view = view_of(made, edges)
        expected = []
        if "start" in view and "end" in view:
            for node in networkx.topological_sort(view):
                rest = view.subgraph(set(view) - {node})
                if node not in ("start", "end", "input:image") and not networkx.has_path(rest, "start", "end"):
                    expected.append(node)
        assert list(structure(made, edges).cut_points) == expected


@given(programs())
def test_width_is_the_largest_antichain_of_edges(made: Program) -> None:
    """By Dilworth's theorem: edges less the largest matching of edges with edges that may follow them."""
    for edges in EDGES:
        view = view_of(made, edges)
        view.remove_nodes_from({"start"})
        if "end" not in view:
            assert structure(made, edges).width == 0
            continue
        follow = networkx.Graph()
        every = list(view.edges(keys=True))
        after = {node: networkx.descendants(view, node) | {node} for node in view}
        follow.add_nodes_from(("a", edge) for edge in every)
        follow.add_edges_from((("a", one), ("b", two)) for one in every for two in every if two[0] in after[one[1]])
        matching = networkx.bipartite.maximum_matching(follow, [("a", edge) for edge in every])
        assert structure(made, edges).width == len(every) - len(matching) // 2


@pytest.mark.parametrize(
    ("name", "width"), [("vgg16", 1), ("resnet50", 2), ("googlenet", 4), ("densenet121", 2), ("slide_inception_c", 6)]
)
def test_widths_that_one_sees_in_the_picture(name: str, width: int) -> None:
    assert structure(archspec.load(name).program).width == width


NEURONS = """\
archspec: 1
name: toy
inputs: {image: [5, 12, 12]}
graph:
  - conv(6, 3, bias=false)
  - branches:
      - conv(4, 3, groups=2, padding=half, bias=false)
      - conv(8, 1, bias=false) >> conv(2, 3, padding=half, bias=false)
      - []
    join: concat
  - branches:
      - conv(12, 5, padding=half, bias=false)
      - []
    join: add
  - flatten
  - linear(7, bias=false)
"""


def test_unit_paths_are_what_a_network_of_ones_adds_up_to(tmp_path: object) -> None:
    """With every weight 1 and no bias a unit's value is the number of paths to it from units that are 1.

    Padding is what the count does not look at, so it repeats the border.
    """
    text = NEURONS.replace("padding=half", "padding=half, padding_mode=replicate")
    file = tmp_path / "toy.yaml"  # type: ignore[operator]
    file.write_text(text)
    loaded = archspec.load(file)
    network = loaded.compile().double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(1)
        value = network(torch.ones(1, 5, 12, 12, dtype=torch.float64))
    assert neuron_paths(loaded.program) == pytest.approx(log10(value[0, 0].item()), abs=1e-9)


def test_a_window_of_a_pooling_counts() -> None:
    made = archspec.load("lenet5_modern").program
    # conv 5x5 of 1, pool 2x2, conv 5x5 of 6, pool 2x2, then 400, 120 and 84 units.
    assert neuron_paths(made) == pytest.approx(log10(25 * 4 * 150 * 4 * 400 * 120 * 84))


def test_a_network_without_a_path_has_a_profile() -> None:
    from tests.program.build import Table

    body = Body("net", image=4)
    body.add("fc", Dense(out=4), body.add("table", Table(size=4)))
    found = path_profile(program(body.module()))
    assert (found.count, found.lengths, found.mean, found.neurons, found.width) == (0, (), None, None, 0)
    assert found.cut_points == ()


def test_a_hostile_spec_ends_quickly() -> None:
    """Numbers near the bound that are multiplied again and again, where no place is one that all go through."""
    small = Body("small", x=4)
    value = small.x
    for step in range(2000):
        value = small.add(f"s{step}", Sum(), value, value)
    modules = {"small": small.module()}
    body = Body("net", modules, x=4)
    left = right = body.x
    for step in range(5_000):
        left = body.add(f"l{step}", "small", left)
        right = body.add(f"r{step}", "small", right)
    body.add("end", Sum(), left, right)
    found = path_profile(program(*modules.values(), body.module()), limit=1000)
    assert found.count is None
    assert found.log10 == pytest.approx(10_000_000 * log10(2) + log10(2))
    assert found.cut_points is None
