"""Rules of the ops that passes make: their parts one by one, which runtimes put together again."""

from __future__ import annotations

from archspec.backends.onnx_model.rules.base import RULES, Site, Value, rule
from archspec.backends.onnx_model.rules.conv import conv
from archspec.backends.onnx_model.rules.norm import batch_norm, local_response_norm
from archspec.ops.fused import BandedResponseNorm, ClampChannels, FusedConv, ScaledBatchNorm
from archspec.ops.registry import ALL


@rule(FusedConv)
def fused_conv(site: Site, op: FusedConv, x: Value, addend: Value | None = None) -> str:
    made = conv(site, op, x)
    if addend is not None:
        made = site.node("Add", made, addend.name)
    if op.activation == "none":
        return made
    kind = ALL[op.activation]
    return str(RULES[kind](site, kind(), Value(made, op.infer(x.type)[0])))


@rule(ClampChannels)
def clamp_channels(site: Site, op: ClampChannels, x: Value) -> str:
    raised = site.node("Max", x.name, site.weights["lower"])
    return site.node("Min", raised, site.weights["upper"])


@rule(BandedResponseNorm)
def banded_response_norm(site: Site, op: BandedResponseNorm, x: Value) -> str:
    return local_response_norm(site, op, x)


@rule(ScaledBatchNorm)
def scaled_batch_norm(site: Site, op: ScaledBatchNorm, x: Value) -> str:
    return batch_norm(site, op, x)
