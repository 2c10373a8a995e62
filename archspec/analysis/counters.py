"""What each counting tool adds to the multiply-adds of an op, and what it leaves out: one table a tool.

Read off the sources of fvcore 0.1.5, thop 0.1.1, ptflops 0.7.5 and torchinfo 1.8.0, and held against what they print
by `tests/analysis/test_conventions.py`. fvcore traces ATen operators, so it sees every op however it is written. thop
and ptflops hook modules of exactly torch's classes, so what they say depends on how the code is written: see `Use.own`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import NamedTuple

from archspec.ops.base import Op, Tensor
from archspec.ops.pool import Pool


class Use(NamedTuple):
    """One application of an op, batch 1."""

    op: Op
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    own: bool
    """written as a function (`F.relu(x)`) or as a class of the author's own, not as a module of torch"""

    @property
    def read(self) -> int:
        return self.inputs[0].elements

    @property
    def made(self) -> int:
        return self.outputs[0].elements

    def flag(self, name: str) -> bool:
        return bool(getattr(self.op, name, False))


class Part(NamedTuple):
    """A term of a total: its name, why the tool has it, the ops it concerns, and its amount for one of them."""

    term: str
    why: str
    ops: frozenset[str]
    amount: Callable[[Use], int]


def _ops(names: str) -> frozenset[str]:
    return frozenset(names.split())


CONVS = _ops("conv conv_transpose dirac_conv table_conv")
NORMS = _ops("batch_norm instance_norm layer_norm group_norm")
ADAPTIVE = _ops("adaptive_avg_pool global_avg_pool")
POOLS = ADAPTIVE | _ops("max_pool avg_pool adaptive_max_pool global_max_pool")
HOMEMADE = _ops("dirac_conv table_conv rbf")
"""torch has no module for them, so that whoever needs one writes a class"""


def _positions(x: Tensor) -> int:
    return prod(x.spatial)


def _read_padded(use: Use) -> int:
    """A function is given the input after `same` padding, a module pads inside."""
    op, x = use.op, use.inputs[0]
    if use.own and isinstance(op, Pool) and op.padding == "same":
        pads = op.grid(x)[3]
        return x.channels * prod(size + sum(pair) for size, pair in zip(x.spatial, pads, strict=True))
    return x.elements


def _tensors(use: Use, *names: str) -> int:
    return sum(tensor.elements for name, tensor in use.op.weights(*use.inputs).items() if name in names)


def _bias_everywhere(use: Use) -> int:
    """One addition at each value that a bias is added to."""
    return use.made if _tensors(use, "bias") else 0


def _unseen(use: Use) -> int:
    return -use.op.mads(*use.inputs) if use.own else 0


def _transposed(use: Use) -> int:
    """What counting at the positions of the output adds to a transposed convolution, which works at the input's."""
    return _tensors(use, "weight") * (_positions(use.outputs[0]) - _positions(use.inputs[0]))


# fvcore


def _fvcore_norm(use: Use) -> int:
    if use.op.op == "batch_norm" and use.flag("track"):
        return use.read * (2 if use.flag("affine") else 1)
    return use.read * (5 if use.flag("affine") else 4)


def _fvcore_upsample(use: Use) -> int:
    if len(use.inputs[0].spatial) != 2:
        return 0
    return {"nearest": 1, "bilinear": 4}.get(getattr(use.op, "mode", ""), 0) * use.made


FVCORE = (
    Part(
        "norm",
        "2 an element of a batch norm with running statistics (1 if not affine); 5 of other norms (4 if not affine)",
        NORMS,
        _fvcore_norm,
    ),
    Part(
        "adaptive pool",
        "1 an element read by adaptive average pooling of images; no other pooling",
        ADAPTIVE,
        lambda use: use.read if len(use.inputs[0].spatial) == 2 else 0,
    ),
    Part("upsample", "1 (nearest) or 4 (bilinear) an element made", _ops("upsample"), _fvcore_upsample),
)

# thop


def _thop_norm(use: Use) -> int:
    return 0 if use.own else use.read * (4 if use.flag("affine") else 2)


def _thop_pool(use: Use) -> int:
    if use.own:
        return 0
    if use.op.op == "avg_pool":
        return use.made
    x, y = use.inputs[0], use.outputs[0]
    sizes = y.spatial or (1,) * len(x.spatial)
    # In floating point, as thop reckons, so that rounding is the same.
    return int((prod(i / o for i, o in zip(x.spatial, sizes, strict=True)) + 1) * y.elements)


def _thop_softmax(use: Use) -> int:
    features = use.inputs[0].shape[getattr(use.op, "axis", -1)]
    return 0 if use.own else use.read // features * (3 * features - 1)


def _thop_upsample(use: Use) -> int:
    cost = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}
    return 0 if use.own else cost.get(getattr(use.op, "mode", ""), 0) * use.made


THOP = (
    Part(
        "norm", "4 an element of a norm (2 if not affine); group norm is not seen", NORMS - {"group_norm"}, _thop_norm
    ),
    Part(
        "average pool",
        "1 an element made; adaptive pooling: one more than the size of its window",
        ADAPTIVE | {"avg_pool"},
        _thop_pool,
    ),
    Part("prelu", "1 an element", _ops("prelu"), lambda use: use.read),
    Part("softmax", "3 an element less one a row", _ops("softmax"), _thop_softmax),
    Part("upsample", "1, 5, 11 or 259 an element made: nearest to bicubic", _ops("upsample"), _thop_upsample),
    Part(
        "transposed conv",
        "counted at the positions of the output, not of the input",
        _ops("conv_transpose"),
        _transposed,
    ),
    Part("not seen", "layers of a class that is not torch's own have no hook", CONVS | HOMEMADE, _unseen),
)

# ptflops, its PyTorch backend, which hooks modules and also replaces functions of torch.nn.functional


def _ptflops_activation(use: Use) -> int:
    """The module's hook, and the function that the module calls."""
    hook = not use.own and use.op.op in ("relu", "relu6", "leaky_relu", "prelu", "elu", "gelu")
    function = use.op.op in ("relu", "prelu", "elu", "gelu", "silu", "softmax") or (use.own and use.op.op == "relu6")
    return (hook + function) * use.read


def _ptflops_norm(use: Use) -> int:
    if use.own:
        return 0
    return use.read * (2 if use.flag("affine") and use.op.op != "layer_norm" else 1)


def _ptflops_lrn(use: Use) -> int:
    """x * x, its mean over the padded channels, times alpha, plus k."""
    x = use.inputs[0]
    return 3 * x.elements + (x.channels + getattr(use.op, "size", 1) - 1) * _positions(x)


PTFLOPS = (
    Part(
        "bias",
        "1 an element made by a conv or linear that has one",
        _ops("conv conv_transpose linear"),
        lambda use: 0 if use.own else _bias_everywhere(use),
    ),
    Part("norm", "2 an element (1 if not affine; layer norm 1)", NORMS, _ptflops_norm),
    Part(
        "local response norm",
        "the functions that it is made of, 4 an element and the padded channels",
        _ops("local_response_norm"),
        _ptflops_lrn,
    ),
    Part(
        "activation",
        "1 an element, counted twice as a module: its hook, and the function that it calls",
        _ops("relu relu6 leaky_relu prelu elu gelu silu softmax"),
        _ptflops_activation,
    ),
    Part(
        "pool",
        "1 an element read, counted twice as a module: its hook, and the function that it calls",
        POOLS,
        lambda use: _read_padded(use) * (1 if use.own else 2),
    ),
    Part(
        "upsample",
        "1 an element made, counted twice as a module",
        _ops("upsample"),
        lambda use: use.made * (1 if use.own else 2),
    ),
    Part("not seen", "layers of a class that is not torch's own have no hook", CONVS | HOMEMADE, _unseen),
)

# torchinfo: elements of each module's tensors called `weight` and `bias`; of a class called …Conv… at each position


def _torchinfo_linear(use: Use) -> int:
    return _tensors(use, "weight", "bias") - use.op.mads(*use.inputs)


def _torchinfo_conv(use: Use) -> int:
    return _tensors(use, "weight") * _positions(use.outputs[0]) - use.op.mads(*use.inputs)


TORCHINFO = (
    Part(
        "conv bias",
        "1 an element made by a conv that has one",
        CONVS,
        lambda use: _tensors(use, "bias") * _positions(use.outputs[0]),
    ),
    Part("linear", "its weight and bias once, over however many rows it is applied", _ops("linear"), _torchinfo_linear),
    Part(
        "norm, scale",
        "their weights and biases once, not at each element",
        NORMS | _ops("scale prelu"),
        lambda use: 0 if use.own else _tensors(use, "weight", "bias"),
    ),
    Part(
        "conv positions",
        "every conv's weight at the positions of the output: too many for a transposed one",
        CONVS,
        _torchinfo_conv,
    ),
)

FLOPS = (
    Part(
        "two operations",
        "a multiply-add is a multiplication and an addition",
        frozenset(),
        lambda use: use.op.mads(*use.inputs),
    ),
)
"""no ops named: all of them"""


class Counter(NamedTuple):
    """A tool: how its name is written, what its total is called, and its parts."""

    title: str
    unit: str
    parts: tuple[Part, ...]


COUNTERS: Mapping[str, Counter] = {
    "archspec": Counter("archspec", "multiply-adds", ()),
    "fvcore": Counter("fvcore (FlopCountAnalysis)", "flops", FVCORE),
    "thop": Counter("thop (profile)", "macs", THOP),
    "ptflops": Counter("ptflops (pytorch backend)", "macs", PTFLOPS),
    "torchinfo": Counter("torchinfo (summary)", "mult-adds", TORCHINFO),
    "flops": Counter("torch.utils.flop_counter", "flops", FLOPS),
}
"""the conventions, archspec's own first"""

_NORMS = ("*:batch_norm",)
"""timm's `BatchNormAct2d`, a class of its own with the activation inside"""
_SQUEEZE = ("!squeeze_excite:global_avg_pool",)
"""timm takes a mean over axes, which no tool counts"""

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "densenet": ("graph:relu", "graph:global_avg_pool"),
    "googlenet_torchvision": ("*:relu",),
    "inception_v3": ("*:relu", "inception_*:avg_pool", "reduction_*:max_pool"),
    "nasnet_a_large": ("graph.conv0:batch_norm",),
    "dpn": _NORMS,
    "inception_resnet_v2": _NORMS,
    "inception_v4": _NORMS,
    "mobilenet_v1": _NORMS,
    "preresnet": _NORMS,
    "se_res": _SQUEEZE,
    "senet": _SQUEEZE,
}
"""by how a network's name begins: what torchvision and timm write as functions or as classes of their own"""


def own_ops(network: str) -> Iterable[str]:
    """Which ops the published code of a network writes otherwise than as modules; see `conventions.convention`."""
    return next((ops for name, ops in PUBLISHED.items() if network.startswith(name)), ())
