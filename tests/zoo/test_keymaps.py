"""The `keys` of a spec turn the names that its weights have in torchvision or timm into ours, each one.

That such weights then compute the same, see `test_oracles`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from archspec.api import library
from archspec.program.keys import clashes, rename
from archspec.program.weights import Weights
from tests.zoo.oracle import published
from tests.zoo.reference import loaded


def mapped(id: str) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Library, name there and key map of each place that has the weights under other names."""
    for other, source in loaded(id).weights.items():
        if source.keys and other in ("torchvision", "timm"):
            yield other, source.model, source.keys


def test_some_specs_have_key_maps() -> None:
    assert sum(1 for id in library() for _ in mapped(id)) >= 4


@pytest.mark.parametrize("id", library())
def test_names_and_shapes(id: str) -> None:
    for other, name, keys in mapped(id):
        theirs = {key: tuple(value.shape) for key, value in published(other, name).state_dict().items()}
        assert not clashes(theirs, keys)
        ours = {weight.key: weight.type.shape for weight in Weights(loaded(id).program).all()}
        assert {rename(key, keys): shape for key, shape in theirs.items()} == ours


@pytest.mark.parametrize("id", library())
def test_every_rule_is_needed(id: str) -> None:
    for other, name, keys in mapped(id):
        names = list(published(other, name).state_dict())
        for rule in keys:
            without = {theirs: ours for theirs, ours in keys.items() if theirs != rule}
            assert [rename(key, without) for key in names] != [rename(key, keys) for key in names], rule
