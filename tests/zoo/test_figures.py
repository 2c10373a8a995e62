"""Every network of the library has exactly the figures of the paper's reference implementation."""

from __future__ import annotations

from typing import Any

import pytest

from archspec.api import library
from tests.zoo.reference import FIRST_ZOO, known, loaded, reference

FIGURES = ("params", "buffers", "mads", "depth", "depth_ops", "paths", "paths_ops")


def test_the_reference_covers_the_first_zoo() -> None:
    assert set(FIRST_ZOO) <= set(known())


@pytest.mark.parametrize("id", library())
def test_a_spec_meets_its_expect_without_a_warning(id: str) -> None:
    architecture = loaded(id)
    assert architecture.unmet() == []
    assert architecture.warnings == ()
    assert architecture.name == id


@pytest.mark.parametrize("id", library())
def test_a_spec_says_where_it_comes_from_and_what_to_expect(id: str) -> None:
    architecture = loaded(id)
    assert architecture.title
    assert architecture.spec.family
    assert architecture.source is not None
    assert architecture.source.title
    assert architecture.source.year
    assert architecture.source.where
    exact = {key for key, figure in architecture.expect.items() if figure.relation == "==" and not figure.slack}
    assert exact >= {"params", "mads", "depth", "paths", "output"}


@pytest.mark.parametrize("id", known())
def test_figures_equal_the_reference(id: str) -> None:
    expected = reference()[id]
    found = loaded(id).summary()
    assert _figures(found) == {**_figures(found), **{key: expected[key] for key in FIGURES if key in expected}}
    assert [*found["inputs"].values()] == [{"shape": expected["input"], "dtype": "float32"}]
    assert found["output"] == expected["output"]


def _figures(summary: dict[str, Any]) -> dict[str, int]:
    return {key: int(summary[key]) for key in FIGURES}
