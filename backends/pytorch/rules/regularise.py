"""Rules of dropout and its kin."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, arguments, rule
from archspec.backends.pytorch.rules.helpers import DROP_PATH
from archspec.ops.base import Tensor
from archspec.ops.regularise import Dropout, DropoutChannels, DropPath


@rule(Dropout)
def dropout(op: Dropout, x: Tensor) -> Lowering:
    return _dropout("nn.Dropout", "F.dropout", op.p)


@rule(DropoutChannels)
def dropout_channels(op: DropoutChannels, x: Tensor) -> Lowering:
    axes = len(x.spatial)
    return _dropout(f"nn.Dropout{axes}d", f"F.dropout{axes}d", op.p)


def _dropout(cls: str, function: str, p: float) -> Lowering:
    arg = Arg("p", p, "p")
    return Lowering(
        Layer(cls, arguments((Arg("p", p, "p", positional=True), 0.5))),
        Functional(f"{function}({{0}}, p={{p}}, training=self.training)", (arg,)),
        inplace=True,
    )


@rule(DropPath)
def drop_path(op: DropPath, x: Tensor) -> Lowering:
    args = arguments(Arg("p", op.p, "p", positional=True), (Arg("scale", op.scale, "scale"), "training"))
    return Lowering(Layer("DropPath", args), helpers=(DROP_PATH,))
