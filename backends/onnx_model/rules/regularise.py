"""Rules of dropout and its kin: in inference they do nothing, or multiply by the chance of survival."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import Site, Value, rule
from archspec.ops.regularise import Dropout, DropoutChannels, DropPath


@rule(Dropout, DropoutChannels)
def dropout(site: Site, op: Dropout | DropoutChannels, x: Value) -> str:
    return x.name


@rule(DropPath)
def drop_path(site: Site, op: DropPath, x: Value) -> str:
    return x.name if op.idle() else site.node("Mul", x.name, site.scalar(1 - op.p))
