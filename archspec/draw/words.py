"""What is written on a box: from an op to its label, from a name to words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archspec.draw.picture import Label, Role
from archspec.ops.base import Category, Op, Tensor

RIDES = (Category.NORM, Category.ACTIVATION, Category.REGULARISE)
"""what has no box of its own where it follows one"""

SHORT: Mapping[str, str] = {
    "batch_norm": "BN",
    "layer_norm": "LN",
    "group_norm": "GN",
    "instance_norm": "IN",
    "local_response_norm": "LRN",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "leaky ReLU",
    "prelu": "PReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "hard_sigmoid": "hard sigmoid",
    "hard_swish": "hard swish",
    "log_softmax": "log softmax",
    "dropout_channels": "dropout",
    "drop_path": "drop path",
    "max_pool": "max pool",
    "avg_pool": "avg pool",
    "adaptive_avg_pool": "avg pool",
    "adaptive_max_pool": "max pool",
    "global_avg_pool": "avg pool",
    "global_max_pool": "max pool",
    "linear": "fc",
    "conv_transpose": "up-conv",
    "dirac_conv": "dirac conv",
    "table_conv": "conv",
    "rbf": "RBF",
    "pad_channels": "zero-pad channels",
    "multiply": "×",
}
SIGNS: Mapping[str, str] = {"add": "+", "sub": "−", "mul": "×", "gate": "×", "maximum": "max", "lerp": "mix"}
_ROLES: Mapping[Category, Role] = {
    Category.CONV: "conv",
    Category.LINEAR: "linear",
    Category.NORM: "norm",
    Category.ACTIVATION: "activation",
    Category.POOL: "pool",
    Category.MERGE: "merge",
    Category.CONCAT: "concat",
    Category.SHAPE: "shape",
    Category.REGULARISE: "norm",
    Category.TENSOR: "shape",
}


def word(op: Op) -> str:
    """The op in a word or two: "BN", "max pool", "conv"."""
    return SHORT.get(op.op) or SIGNS.get(op.op) or op.op.replace("_", " ")


def sizes(value: object, rank: int) -> tuple[int, ...]:
    """An argument that is one number for all axes, or one an axis."""
    if isinstance(value, int):
        return (value,) * max(rank, 1)
    return tuple(value) if isinstance(value, (tuple, list)) else ()


def kernel(op: Op, rank: int) -> tuple[int, ...]:
    """Kernel of a convolution or a pooling window; () of anything else."""
    return sizes(getattr(op, "kernel", None), rank)


def stride(op: Op, rank: int) -> tuple[int, ...]:
    given = getattr(op, "stride", None)
    return kernel(op, rank) if given is None and op.category is Category.POOL else sizes(given, rank)


def times(numbers: Sequence[int]) -> str:
    """
    >>> times((3, 3)), times((1, 7)), times((5,))
    ('3×3', '1×7', '5')
    """
    return "×".join(map(str, numbers))


def role(op: Op, inputs: Sequence[Tensor]) -> Role:
    found = _ROLES[op.category]
    if found == "conv" and inputs and all(size == 1 for size in kernel(op, len(inputs[0].spatial))):
        return "conv1"
    return found


def label(op: Op, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Label:
    """What is written on the box of an op."""
    rank = len(inputs[0].spatial) if inputs else 0
    window, step = kernel(op, rank), stride(op, rank)
    notes: list[str] = []
    if step and any(size > 1 for size in step):
        notes.append(f"/{step[0]}" if len(set(step)) == 1 else f"/{times(step)}")
    if op.category is Category.CONV:
        channels, groups = inputs[0].channels, getattr(op, "groups", 1)
        name = word(op)
        if groups > 1 and groups == channels:
            name = f"dw {name}"
        elif groups > 1:
            notes.append(f"{groups} groups")
        dilation = sizes(getattr(op, "dilation", 1), rank)
        if any(size > 1 for size in dilation):
            notes.append(f"dilation {times(sorted(set(dilation)))}")
        return Label(name, times(window), str(outputs[0].channels), tuple(notes))
    if op.category is Category.LINEAR:
        return Label(word(op), "", str(outputs[0].shape[-1]))
    if op.category is Category.POOL:
        if op.op.startswith("global"):
            return Label(f"global {word(op)}")
        if op.op.startswith("adaptive"):
            size = sizes(getattr(op, "size", None), rank)
            return Label(word(op), "", f"to {times(size)}" if any(part > 1 for part in size) else "")
        return Label(word(op), times(window), "", tuple(notes))
    if op.category in (Category.SHAPE, Category.TENSOR) and op.op in ("split", "select", "slice", "chunk"):
        return Label(word(op), "", " + ".join(str(type.shape[0]) for type in outputs))
    if op.op == "upsample":
        return Label(word(op), "", times(outputs[0].spatial))
    if op.op == "dropout":
        return Label(f"dropout {getattr(op, 'p', 0.5):g}")
    return Label(word(op))


def humanised(name: str) -> str:
    """A name of the spec as people write it.

    >>> humanised("dense_layer"), humanised("inception_a"), humanised("SE"), humanised("features.denseblock1")
    ('Dense layer', 'Inception A', 'SE', 'Denseblock 1')
    """
    last = name.rsplit(".", 1)[-1]
    words = re.sub(r"(?<=[a-z]{3})(?=\d+[a-z]?$)", " ", last.replace("_", " ")).split()
    if not words:
        return name
    words = [part.upper() if len(part) == 1 and place else part for place, part in enumerate(words)]
    head = words[0]
    if head.islower():
        head = head.upper() if head in ("se", "dpn") else head.capitalize()
    return " ".join([head, *words[1:]])


def figure(number: float) -> str:
    """A count as it stands on a slide: three digits and a suffix.

    >>> figure(7978856), figure(2834161664), figure(840), figure(70400), figure(0)
    ('7.98 M', '2.83 G', '840', '70.4 k', '0')
    """
    if number < 0:
        return f"−{figure(-number)}"
    if number < 1000:
        return f"{number:g}"
    value, suffix = number / 1000, 0
    while value >= 999.5 and suffix < 4:
        value, suffix = value / 1000, suffix + 1
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f} {'kMGTP'[suffix]}"


def is_changed(word: str) -> bool:
    """Whether a norm or an activation was put there or taken away: "+BN", "−LRN"."""
    return word[:1] in ("+", "−")


def shape(type: Tensor) -> str:
    """
    >>> shape(Tensor((256, 56, 56)))
    '256 × 56 × 56'
    """
    return " × ".join(map(str, type.shape))


def resolution(spatial: Sequence[int]) -> str:
    """
    >>> resolution((56, 56)), resolution((17, 35)), resolution((8, 8, 8))
    ('56²', '17×35', '8³')
    """
    powers = {2: "²", 3: "³"}
    if len(spatial) in powers and len(set(spatial)) == 1:
        return f"{spatial[0]}{powers[len(spatial)]}"
    return times(spatial)
