"""Readable PyTorch: a program becomes one source file, and the network is that very source, executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archspec.backends.pytorch.source import class_name, emit
from archspec.program.model import Program

if TYPE_CHECKING:
    from torch import nn

__all__ = ["build", "emit"]


def build(program: Program, source: str, *, seed: int | None = None) -> nn.Module:
    """The `nn.Module` that `source`, made of `program` by `emit`, defines. Imports torch."""
    from archspec.backends.pytorch.execute import build_module

    return build_module(source, class_name(program), seed)
