"""Every network of the library compiles, and its module has the weights that the program says."""

from __future__ import annotations

import pytest
import torch

from archspec.api import library
from archspec.program.weights import Weights
from tests.zoo.reference import loaded


@pytest.mark.parametrize("id", library())
def test_state_dict_and_parameters(id: str) -> None:
    architecture = loaded(id)
    with torch.device("meta"):
        network = architecture.compile(device="meta")
    found = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert found == {weight.key: weight.type.shape for weight in Weights(architecture.program).all()}
    assert sum(weight.numel() for weight in network.parameters()) == architecture.stats().total.params
