"""Every op, by name, family by family: the order of `archspec ops`. To add an op: its class, and its name here.

A family's file is imported when one of its ops is first asked for: building the classes of all
families would cost each start 40 ms, and a network uses a few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from archspec.ops.base import Op

FAMILIES: Mapping[str, str] = {
    "conv": "conv conv_transpose",
    "dirac": "dirac_conv",
    "linear": "linear",
    "norm": "batch_norm layer_norm group_norm instance_norm local_response_norm",
    "activation": "relu relu6 leaky_relu prelu elu selu gelu silu sigmoid tanh hard_sigmoid hard_swish softplus "
    "softmax log_softmax",
    "pool": "max_pool avg_pool adaptive_avg_pool adaptive_max_pool global_avg_pool global_max_pool",
    "regularise": "dropout dropout_channels drop_path",
    "merge": "add sub mul maximum concat gate lerp",
    "shape": "flatten reshape permute pixel_shuffle pixel_unshuffle channel_shuffle",
    "cut": "select slice split chunk crop",
    "resize": "pad pad_channels upsample",
    "tensor": "scale bias parameter identity multiply",
    "classic": "table_conv rbf",
}
"""file of `archspec/ops/` → the ops that it defines"""
MADE: Mapping[str, str] = {"fused": "fused_conv clamp_channels banded_response_norm scaled_batch_norm"}
"""likewise, those that no spec can name: passes make them"""


class _Ops(Mapping[str, type[Op]]):
    """name → class; looking at the names imports nothing."""

    def __init__(self, families: Mapping[str, str]):
        self._family = {name: family for family, names in families.items() for name in names.split()}

    def __getitem__(self, name: str) -> type[Op]:
        return _classes(self._family[name])[name]

    def __contains__(self, name: object) -> bool:
        return name in self._family

    def __iter__(self) -> Iterator[str]:
        return iter(self._family)

    def __len__(self) -> int:
        return len(self._family)


@cache
def _classes(family: str) -> Mapping[str, type[Op]]:
    """The ops that a family's file defines, by name."""
    module = import_module(f"archspec.ops.{family}")
    kinds = (kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Op))
    return {kind.op: kind for kind in kinds if kind.__module__ == module.__name__ and "op" in vars(kind)}


OPS: Mapping[str, type[Op]] = _Ops(FAMILIES)
"""name → class"""
ALL: Mapping[str, type[Op]] = _Ops({**FAMILIES, **MADE})
"""likewise, with those that passes make: what a backend must know"""


def find(name: str) -> type[Op] | None:
    """The op of that name, or None.

    >>> find("conv").__name__
    'Conv'
    """
    return OPS.get(name)
