"""Readable PyTorch: a program becomes one source file, and the network is that very source, executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archspec.backend import Header
from archspec.backends.pytorch.source import class_name
from archspec.backends.pytorch.source import emit as _source_of
from archspec.program.model import Program
from archspec.text.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from torch import nn

__all__ = ["HOLDS_WEIGHTS", "SUFFIX", "build", "emit"]
SUFFIX = ".py"
HOLDS_WEIGHTS = False


def emit(
    program: Program,
    header: Header,
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int | None = None,
    limit: int = DEFAULT_LIMITS.nodes,
) -> str:
    """The program as one file of readable PyTorch. It holds no weights and no flat graph: what is said
    of them is left aside. Raises `SpecError`."""
    return _source_of(program, header)


def build(
    program: Program, source: str, *, seed: int | None = None, weights: Mapping[str, Any] | None = None
) -> nn.Module:
    """The `nn.Module` that `source`, made of `program` by `emit`, defines. Imports torch.

    `weights`, by the keys of the state dict, become its own, uncopied where they can: then no first ones are drawn.
    """
    from archspec.backends.pytorch.execute import build_module

    return build_module(source, class_name(program), seed, weights)
