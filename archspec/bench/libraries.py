"""Networks that other libraries have, by the call that makes one: `densenet121`, `googlenet(aux_logits=False)`."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from archspec.text.extras import need
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    import torch


def network(library: str, call: str) -> torch.nn.Module:
    """The network with random weights, on the CPU.

    Raises `SpecError` (A0505) without the library and `ValueError` for a network or setting that it does not have.
    """
    name, settings = parse(call)
    names, make = LIBRARIES[library]()
    if name not in names:
        near = suggest(name, names)
        raise ValueError(f"{library} has no network `{name}`" + (f"; did you mean `{near}`?" if near else ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own defaults, which the call may change
        try:
            made: torch.nn.Module = make(name, **settings)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{library} cannot make `{call}`: {error}") from None
    return made


def parse(call: str) -> tuple[str, dict[str, Any]]:
    """
    >>> parse("googlenet(aux_logits=False)")
    ('googlenet', {'aux_logits': False})
    >>> parse("hf-hub.model_a")
    ('hf-hub.model_a', {})
    """
    name, bracket, _ = call.partition("(")
    if not bracket:
        return name, {}
    try:
        tree = ast.parse(f"_{call[len(name) :]}", mode="eval").body
        assert isinstance(tree, ast.Call)
        assert not tree.args
        return name, {str(one.arg): ast.literal_eval(one.value) for one in tree.keywords}
    except (AssertionError, SyntaxError, ValueError):
        raise ValueError(f"a network with settings is written `NAME(setting=value)`, not `{call}`") from None


Library = tuple[list[str], Callable[..., Any]]
"""the names of its networks, and what makes one"""


def _torchvision() -> Library:
    models = need("torchvision", "a network of torchvision").models

    def make(name: str, **settings: Any) -> Any:
        if name in ("googlenet", "inception_v3"):
            settings = {"init_weights": False} | settings  # it takes minutes, and the weights do not matter
        return models.get_model(name, weights=None, **settings)

    return models.list_models(module=models), make


def _timm() -> Library:
    timm = need("timm", "a network of timm")
    return timm.list_models(), timm.create_model


LIBRARIES: Mapping[str, Callable[[], Library]] = MappingProxyType({"torchvision": _torchvision, "timm": _timm})
