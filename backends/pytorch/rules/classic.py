"""Rules of LeNet-5's own layers."""

from __future__ import annotations

from archspec.backends.pytorch.rules.base import Arg, Layer, Lowering, arguments, brief, rule
from archspec.backends.pytorch.rules.helpers import RBF, TABLE_CONV
from archspec.ops.base import Tensor
from archspec.ops.classic import Rbf, TableConv
from archspec.ops.geometry import per_axis


@rule(TableConv)
def table_conv(op: TableConv, x: Tensor) -> Lowering:
    args = arguments(
        Arg("table", op.table, "table", positional=True),
        Arg("kernel_size", brief(per_axis("kernel", op.kernel, 2)), "kernel", positional=True),
        (Arg("bias", op.bias, "bias"), True),
    )
    return Lowering(Layer("TableConv2d", args), helpers=(TABLE_CONV,), overwritable=True)


@rule(Rbf)
def rbf(op: Rbf, x: Tensor) -> Lowering:
    """A line of a bitmap travels as one integer: no text of a spec reaches source."""
    bitmaps = op.rows()
    bits = tuple(tuple(int(line.replace("#", "1").replace(".", "0"), 2) for line in lines) for lines in bitmaps)
    args = (
        Arg("bitmaps", bits, "bitmaps", positional=True),
        Arg("width", len(bitmaps[0][0]), "width", positional=False),
    )
    return Lowering(Layer("RBF", args), helpers=(RBF,), overwritable=True)
