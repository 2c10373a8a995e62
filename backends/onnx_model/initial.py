"""How weights start where nobody gives any: by the spec's `init`, else as PyTorch's layers do.

Each tensor has a random stream of its own, made of the seed and its key: so a tensor starts alike whatever
else the network holds. The streams are numpy's; torch's, and so its numbers, are others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from archspec.ops.activation import Prelu
from archspec.ops.base import Op, Tensor
from archspec.ops.classic import Rbf
from archspec.ops.dirac import DiracConv
from archspec.ops.init import Init

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

GAINS = {"relu": sqrt(2), "leaky_relu": sqrt(2), "linear": 1.0, "tanh": 5 / 3, "sigmoid": 1.0, "selu": 0.75}
"""of `kaiming`, by the function that follows, as torch.nn.init.calculate_gain has them"""
FIXED = {
    "running_mean": 0.0,
    "running_var": 1.0,
    "num_batches_tracked": 0,
    "alpha": 1.0,
    "beta": 0.1,
    "lower": float("-inf"),
    "upper": float("inf"),
}
"""what starts at a number by its name alone"""
ATTEMPTS = 64
"""draws of a truncated normal before what still lies outside is cut off"""


def initial(op: Op, name: str, weights: Mapping[str, Tensor], key: str, seed: int) -> NDArray[Any]:
    """The tensor `name` among the op's own `weights` (buffers too), as it starts; `key` is its place in the state dict.

    >>> from archspec.ops.linear import Linear
    >>> own = {"weight": Tensor((2, 4)), "bias": Tensor((2,))}
    >>> abs(initial(Linear(out=2), "weight", own, "fc.weight", 0)).max() < 0.5
    np.True_
    """
    type = weights[name]
    if isinstance(op, Rbf):
        signs = [[1.0 if sign == "#" else -1.0 for sign in "".join(lines)] for lines in op.rows()]
        return np.array(signs, np.float32)
    if isinstance(op, Prelu):
        return np.full(type.shape, op.start, np.float32)
    last = name.rpartition(".")[2]
    init = getattr(op, "bias_init" if last == "bias" and hasattr(op, "bias_init") else "init", None)
    if last in FIXED and (last not in ("alpha", "beta") or isinstance(op, DiracConv)):
        return np.full(type.shape, FIXED[last], type.dtype)
    stream = _stream(key, seed)
    if init is not None:
        return np.asarray(draw(init, type.shape, stream), np.float32).reshape(type.shape)
    fan = _read(op, name, weights)
    if fan is None:
        return np.full(type.shape, float(last == "weight"), np.float32)
    # torch's convolutions and linear layers: kaiming_uniform with a = sqrt(5), and biases likewise.
    return stream.uniform(-1 / sqrt(fan), 1 / sqrt(fan), type.shape).astype(np.float32)


def _stream(key: str, seed: int) -> Generator:
    return np.random.default_rng([seed, *key.encode()])


def _read(op: Op, name: str, weights: Mapping[str, Tensor]) -> int | None:
    """How many values each output reads through the weight that `name` belongs to; None if it is a plain factor."""
    weight = weights.get(name[: -len("bias")] + "weight" if name.endswith("bias") else name)
    if weight is None or op.category.value not in ("conv", "linear"):
        return None
    return prod(weight.shape[1:])


def draw(init: Init, shape: tuple[int, ...], stream: Generator) -> NDArray[Any]:
    """Numbers of that shape, as an initialiser makes them.

    >>> draw(Init.make("constant", [0.5]), (2,), np.random.default_rng(0)).tolist()
    [0.5, 0.5]
    """
    return KINDS[init.kind](dict(init.settings), shape, stream)


def _truncated(given: Mapping[str, Any], shape: tuple[int, ...], stream: Generator) -> NDArray[Any]:
    """What falls outside the bounds is drawn again."""
    low, high = given["low"], given["high"]
    numbers = stream.normal(given["mean"], given["std"], shape)
    for _ in range(ATTEMPTS):
        outside = (numbers < low) | (numbers > high)
        if not outside.any():
            break
        numbers[outside] = stream.normal(given["mean"], given["std"], int(outside.sum()))
    return np.clip(numbers, low, high)


def _kaiming(given: Mapping[str, Any], shape: tuple[int, ...], stream: Generator) -> NDArray[Any]:
    fan_in, fan_out = _fans(shape)
    deviation = GAINS[given["nonlinearity"]] / sqrt(fan_in if given["mode"] == "fan_in" else fan_out)
    return _spread(given["distribution"], deviation, shape, stream)


def _xavier(given: Mapping[str, Any], shape: tuple[int, ...], stream: Generator) -> NDArray[Any]:
    return _spread(given["distribution"], given["gain"] * sqrt(2 / sum(_fans(shape))), shape, stream)


def _orthogonal(given: Mapping[str, Any], shape: tuple[int, ...], stream: Generator) -> NDArray[Any]:
    """The unitary factor of a random matrix, unique by the signs of the other factor's diagonal."""
    rows, columns = shape[0], prod(shape[1:])
    unit, triangle = np.linalg.qr(stream.normal(size=(max(rows, columns), min(rows, columns))))
    unit = unit * np.sign(np.diag(triangle))
    matrix = unit if rows >= columns else unit.T
    return np.asarray(given["gain"] * matrix.reshape(shape))


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Values that an output reads, and outputs that read a value."""
    window = prod(shape[2:])
    return (shape[1] if len(shape) > 1 else 1) * window, shape[0] * window


def _spread(distribution: str, deviation: float, shape: tuple[int, ...], stream: Generator) -> NDArray[Any]:
    if distribution == "normal":
        return stream.normal(0.0, deviation, shape)
    return stream.uniform(-sqrt(3) * deviation, sqrt(3) * deviation, shape)


KINDS: Mapping[str, Callable[[Mapping[str, Any], tuple[int, ...], Generator], NDArray[Any]]] = {
    "zeros": lambda given, shape, stream: np.zeros(shape),
    "ones": lambda given, shape, stream: np.ones(shape),
    "constant": lambda given, shape, stream: np.full(shape, given["value"]),
    "normal": lambda given, shape, stream: stream.normal(given["mean"], given["std"], shape),
    "uniform": lambda given, shape, stream: stream.uniform(given["low"], given["high"], shape),
    "truncated_normal": _truncated,
    "kaiming": _kaiming,
    "xavier": _xavier,
    "orthogonal": _orthogonal,
}
"""how each initialiser of `archspec/ops/init.py` draws"""
