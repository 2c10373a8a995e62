"""A sweep gives what elaborating each variant in full gives, by traces where it can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec.analysis.sweep import Sweep, told
from archspec.analysis.sweep_axes import parse_axis
from archspec.analysis.sweep_variants import Variants
from archspec.api import load
from archspec.language.files import Files
from archspec.language.library import find, shipped
from archspec.language.trace import traceable
from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits

COLUMNS = ("params", "training_only", "buffers", "mads", "depth", "depth_min", "paths", "paths_ops", "output")


def in_full(
    spec: str | Path, values: dict[str, Any], files: Files | None = None, limits: Limits = DEFAULT_LIMITS
) -> dict[str, Any]:
    """The figures by way of `load` and `summary`, which know nothing of traces; or the first mistake."""
    try:
        figures = load(spec, values, files=files, limits=limits).summary()
    except SpecError as error:
        return {"error": told(error)}
    found = {name: figures[name] for name in COLUMNS}
    return {**found, "paths": int(found["paths"]), "paths_ops": int(found["paths_ops"]), "error": None}


def check(spec: str | Path, axes: dict[str, list[Any]]) -> Variants:
    """Every variant of the grid against full elaboration."""
    swept, files = Sweep(spec, axes, COLUMNS), Files(DEFAULT_LIMITS)
    for record in swept:
        values = {name: record.pop(name) for name in axes}
        expected = in_full(spec, values, files)
        assert {name: value for name, value in record.items() if value is not None or name == "error"} == expected
    return swept.variants


def test_where_only_numbers_change_one_elaboration_answers_for_all() -> None:
    variants = check("densenet121", {"growth": list(range(4, 49, 11)), "stem": [16, 64], "classes": [2, 1000]})
    assert (variants.elaborated, variants.traced, variants.replayed) == (1, 1, 19)


def test_a_trace_is_made_for_each_structure() -> None:
    layers = [[6, 12, 3, 4], [2, 2, 2, 2], [1, 1, 1, 1]]
    variants = check("densenet121", {"layers": layers, "growth": [8, 12, 16, 24, 32, 40]})
    assert (variants.elaborated, variants.traced, variants.replayed) == (3, 3, 15)


def test_where_every_variant_has_another_structure_no_more_than_one_trace_is_made() -> None:
    variants = check("wrn28_10_cifar", {"n": list(range(1, 9))})
    assert (variants.elaborated, variants.replayed) == (8, 0)
    assert variants.traced <= 1


LIBRARY = archspec.library()
SLOW = ("resnet1202", "nasnet", "dpn", "densenet264", "densenet201", "densenet161", "senet154")
"""beginnings of names: where one elaboration takes long"""


def numbers(spec: str) -> dict[str, Any]:
    """The params of a shipped spec that are numbers, with what they are."""
    unit, _ = Files(DEFAULT_LIMITS).unit(find(spec, DEFAULT_LIMITS), {})
    return {name: value for name, value in unit.params.items() if traceable(value)}


def near(value: Any) -> list[Any]:
    """Values around that of a param: the same trace, its edges, and what is wrong."""
    return [value, 0.5, 1.25] if isinstance(value, float) else [value, value + 1, 2 * value, max(1, value // 2), 0]


@pytest.mark.parametrize("spec", [spec for spec in LIBRARY if spec in shipped() and not spec.startswith(SLOW)])
def test_the_library(spec: str) -> None:
    """Two numeric params of each shipped network (its variants: below), at its own values and at others."""
    given = numbers(spec)
    names = ([name for name in given if name != "classes"] or list(given))[:2]
    variants, files = Variants(spec, names, COLUMNS), Files(DEFAULT_LIMITS)
    for at in (0, 1, 2) if names else ():
        values = {name: near(given[name])[at] for name in names}
        try:
            found = {**variants.figures(values), "error": None}
        except SpecError as error:
            found = {"error": told(error)}
        assert found == in_full(spec, values, files)


@pytest.mark.parametrize("spec", ["resnet18", "densenet40_12_cifar", "mobilenet_v1", "nasnet_a_mobile", "alexnet"])
def test_traces_answer_for_the_library(spec: str) -> None:
    """So the test above compares traces, and not full elaboration with itself."""
    variants, given = Variants(spec, list(numbers(spec)), COLUMNS), numbers(spec)
    variants.figures(given)
    variants.figures({**given, "classes": 7})
    assert (variants.elaborated, variants.replayed) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("spec", LIBRARY)
def test_the_library_with_pairs_of_params(spec: str) -> None:
    found = numbers(spec)
    names = list(found)
    for at, name in enumerate(names):
        check(spec, {name: near(found[name])})
        for other in names[at + 1 :]:
            check(spec, {name: near(found[name]), other: near(found[other])})


# A network whose steps and numbers are drawn: all that a number can decide.

STEPS = (
    "conv({n}, 3, padding=half)",
    "conv({n}, {k}, stride={k}, padding=same, bias=false)",
    "conv({n} * 4, 3, padding=1, groups=4)",
    "conv(it.channels, 3, padding=half, groups=it.channels)",
    "conv(divisible(it.channels * w, 8))",
    "conv(max(8, it.channels // 2 + {n}))",
    "conv(int(it.channels * w) + 1)",
    "conv(round(it.channels * w) + g % 3 + 1)",
    "conv(min(it.channels, 4 * g) if g > {k} else ceil(g * w) + 1)",
    "conv(2 * g if it.height % 2 == 0 else g + 1)",
    "max_pool({k} + 1, stride=2, ceil=true, padding=half)",
    "max_pool(2)",
    "avg_pool(3, stride=1, padding=half)",
    "batch_norm",
    "group_norm(max(1, g // 4))",
    "pad(r)",
    "dropout(min(0.9, w / 4))",
    "upsample(w)",
    "{{do: 'conv({n}) >> relu', when: g > {k} * 2}}",
    "{{do: batch_norm, when: r}}",
    "{{repeat: 'conv(g + j)', times: r}}",
    "{{repeat: 'conv(g, 3, padding=half)', times: '{k}', wire: dense}}",
    "{{repeat: 'conv(it.channels, 3, padding=half)', times: 'g // 8', wire: residual}}",
    "{{repeat: 'block({n})', times: 2}}",
    "block({n})",
    "block(it.channels)",
    "gate(it, se(max(1, it.channels // {k})))",
    "slice(0, g)",
    "pixel_shuffle({k})",
    "{{for: 'c in [g, {n}]', do: ['conv(c)', relu]}}",
    "pad_channels({n} + it.channels)",
)
NUMBERS = "g", "2 * g", "8", "g + 8", "64 // g", "g * r + 1", "int(16 * w)"

SPEC = """
archspec: 1
name: drawn
inputs: {{image: [3, "size", "size"]}}
params: {{g: 8, r: 2, w: 1.0, size: 24}}
modules:
  block:
    params: {{width: int, slim: false}}
    steps:
      - a: conv(width, 3, padding=half, bias=false)
      - b: conv(width * (1 if slim else 2))
      - down: conv(2 * width)
        from: input
        when: input.channels != 2 * width
      - b + down
  se:
    params: {{squeeze: int}}
    steps: [global_avg_pool, linear(squeeze), relu, linear(input.channels), sigmoid]
graph:
{steps}
  - global_avg_pool
  - linear(10 * r)
"""


@st.composite
def specs(draw: st.DrawFn) -> str:
    steps = [
        draw(st.sampled_from(STEPS)).format(n=draw(st.sampled_from(NUMBERS)), k=draw(st.integers(1, 4)))
        for _ in range(draw(st.integers(1, 7)))
    ]
    return SPEC.format(steps="\n".join(f"  - {step}" for step in steps))


POINTS = st.fixed_dictionaries(
    {
        "g": st.integers(0, 40),
        "r": st.integers(0, 3),
        "w": st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 1.3, 2.0]),
        "size": st.integers(1, 40),
    }
)


@settings(max_examples=40)
@given(specs(), st.lists(POINTS, min_size=3, max_size=6))
def test_a_drawn_network(tmp_path_factory: pytest.TempPathFactory, text: str, points: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("drawn") / "drawn.yaml"
    path.write_text(text, encoding="utf-8")
    variants = Variants(path, ("g", "r", "w", "size"), COLUMNS)
    files = Files(DEFAULT_LIMITS)
    for point in points:
        expected = in_full(path, point, files)
        try:
            found = {**variants.figures(point), "error": None}
        except SpecError as error:
            found = {"error": told(error)}
        assert found == expected


def test_values_are_read_as_yaml_and_ranges_counted_exactly() -> None:
    assert parse_axis("g=8..20/4") == ("g", [8, 12, 16, 20])
    assert parse_axis("g=3..1/-1") == ("g", [3, 2, 1])
    assert parse_axis("g=8..19/4, 64") == ("g", [8, 12, 16, 64])
    assert parse_axis("w=0.1..0.5/0.1") == ("w", [0.1, 0.2, 0.3, 0.4, 0.5])
    assert parse_axis("b=[1, [2, 3]], [4]") == ("b", [[1, [2, 3]], [4]])
    assert parse_axis('s="a,b", c') == ("s", ["a,b", "c"])
    assert parse_axis("flag=true,false") == ("flag", [True, False])


@pytest.mark.parametrize("text", ["g", "g=", "=1", "g=1..0", "g=1..2/0", "g=1,,2", "g=0..1000000000", "g=[1"])
def test_what_is_no_axis_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse_axis(text)


def test_the_python_function() -> None:
    records = archspec.sweep("densenet121", growth=[12, 32], columns=("params", "output"))
    assert records == [
        {"growth": 12, "params": 1448376, "output": [1000], "error": None},
        {"growth": 32, "params": 7978856, "output": [1000], "error": None},
    ]
    with pytest.raises(SpecError, match="has no param `grwth`"):
        archspec.sweep("densenet121", grwth=[1])
    with pytest.raises(ValueError, match="no figure is called `parms`"):
        archspec.sweep("densenet121", growth=[12], columns=("parms",))
    with pytest.raises(SpecError, match="a sweep of 4,000,000 variants"):
        archspec.sweep("densenet121", growth=range(2000), stem=range(2000))


def test_bounds_hold_for_variants() -> None:
    limits = Limits(elements=3_000_000)
    swept = Sweep("densenet121", {"growth": range(32, 37)}, limits=limits)
    full = [in_full("densenet121", {"growth": growth}, limits=limits)["error"] for growth in range(32, 37)]
    assert [record["error"] for record in swept] == full


def test_a_list_with_true_is_not_one_with_1(tmp_path: Path) -> None:
    path = tmp_path / "flags.yaml"
    path.write_text(
        "archspec: 1\nname: flags\ninputs: {x: [3, 8, 8]}\nparams: {flags: [true], n: 4}\n"
        "graph:\n  - conv(n)\n  - {do: conv(2 * n), when: 'flags[0] == true'}\n"
    )
    swept = list(Sweep(path, {"flags": [[True], [1], [False]], "n": [1, 2, 3, 4, 5]}))
    for record in swept:
        expected = in_full(path, {"flags": record["flags"], "n": record["n"]})
        assert record["error"] == expected["error"]
        assert record["params"] == expected.get("params")


@pytest.mark.parametrize("bound", ["nodes", "operations"])
def test_near_a_bound_figures_are_still_those_of_full_elaboration(bound: str) -> None:
    """A trace may need more than the bound where the network itself does not: then there is none."""
    for most in (40, 90, 120) if bound == "nodes" else (8_000, 30_000, 60_000):
        limits = Limits(**{bound: most})
        axes = {"widen": [1, 2, 3, 4, 5], "classes": [10, 64]}
        for record in Sweep("resnet18", axes, limits=limits):
            expected = in_full("resnet18", {name: record[name] for name in axes}, Files(limits), limits)
            assert (record["error"], record["params"]) == (expected["error"], expected.get("params"))
