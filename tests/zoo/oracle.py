"""The same networks as torchvision and timm build them, with random weights that leave nothing at its default."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from unittest import mock

import torch
from torch import nn

from archspec.program.keys import rename
from tests.oracles import timm, torchvision
from tests.zoo.reference import loaded, reference

Outputs = dict[str, torch.Tensor]
T = TypeVar("T")


def build(id: str, device: str = "meta", **settings: Any) -> nn.Module:
    """What "torchvision googlenet(aux_logits=True)" in the reference says, with more settings if wanted.

    On the meta device, where it takes no time: most tests give it other weights than its first ones.
    """
    library, _, call = reference()[id]["keys"].partition(" ")
    tree = ast.parse(call if "(" in call else f"{call}()", mode="eval").body
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Name)
    settings |= {keyword.arg: ast.literal_eval(keyword.value) for keyword in tree.keywords if keyword.arg}
    return published(library, tree.func.id, *map(ast.literal_eval, tree.args), device=device, **settings)


def published(library: str, name: str, *arguments: Any, device: str = "meta", **settings: Any) -> nn.Module:
    """A network of torchvision or timm by the name it has there."""
    if library == "torchvision" and name in ("googlenet", "inception_v3"):
        settings |= {"init_weights": device != "meta"}
    make = partial(timm.create_model, name) if library == "timm" else getattr(torchvision.models, name)
    with torch.device(device):
        network: nn.Module = make(*arguments, **settings)
    return network


def renamed(id: str, table: Mapping[str, T]) -> dict[str, T]:
    """A table by the oracle's keys as one by ours, where the spec says that they differ (`weights`)."""
    source = loaded(id).weights.get(reference()[id]["keys"].partition(" ")[0])
    keys = source.keys if source is not None else {}
    return {rename(key, keys): value for key, value in table.items()}


@torch.no_grad()
def scramble(network: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights and running statistics. Nothing stays 0 or 1, so that a layer left out would be seen."""
    network.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        own = {*(name for name, _ in module.named_parameters(recurse=False))}
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            assert module.running_mean is not None
            assert module.running_var is not None
            assert module.num_batches_tracked is not None
            module.weight.uniform_(0.5, 1.5, generator=generator)
            module.bias.uniform_(-0.5, 0.5, generator=generator)
            module.running_mean.uniform_(-0.5, 0.5, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
            module.num_batches_tracked.fill_(7)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            bound = (6 / module.weight[0].numel()) ** 0.5
            module.weight.uniform_(-bound, bound, generator=generator)
            if module.bias is not None:
                module.bias.uniform_(-0.1, 0.1, generator=generator)
        else:
            assert not own, f"no random weights for {type(module).__name__}"
    return network


@contextmanager
def without_dropout() -> Iterator[None]:
    """In training too the same input gives the same output, be dropout a module or a function."""
    with mock.patch.object(nn.functional, "dropout", lambda x, *_, **__: x):
        yield


def named(outputs: Any) -> Outputs:
    """Outputs by name: a tensor alone is "output", torchvision's tuple of logits and side outputs a dictionary."""
    if isinstance(outputs, torch.Tensor):
        return {"output": outputs}
    if isinstance(outputs, dict):
        return outputs
    fields = outputs._asdict()
    names = {"logits": "output", "aux_logits": "AuxLogits", "aux_logits1": "aux1", "aux_logits2": "aux2"}
    return {names[field]: value for field, value in fields.items()}


def off(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference, relative to the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())
