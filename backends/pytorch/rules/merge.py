"""Rules of ops with several inputs. An input in `learned` has no batch axis."""

from __future__ import annotations

from archspec.backends.pytorch.rules.activation import batch_axis
from archspec.backends.pytorch.rules.base import Arg, Functional, Layer, Lowering, Precedence, UnsupportedError, rule
from archspec.ops import merge as ops
from archspec.ops.base import Tensor

NONE: frozenset[int] = frozenset()


@rule(ops.Add, merges=True)
def add(op: ops.Add, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    return _infix("+", Precedence.ADD, inputs, learned)


@rule(ops.Sub, merges=True)
def sub(op: ops.Sub, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    return _infix("-", Precedence.ADD, inputs, learned)


@rule(ops.Mul, merges=True)
def mul(op: ops.Mul, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    return _infix("*", Precedence.MUL, inputs, learned)


@rule(ops.Maximum, merges=True)
def maximum(op: ops.Maximum, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    first, *others = _right(inputs, learned)
    template = first
    for other in others:
        template = f"torch.maximum({template}, {other})"
    return _formula(Functional(template, operands=_brackets(template)), inputs, learned)


@rule(ops.Gate, merges=True)
def gate(op: ops.Gate, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    return _formula(Functional(" * ".join(_left(inputs)), (), Precedence.MUL, Precedence.MUL), inputs, learned)


@rule(ops.Lerp, merges=True)
def lerp(op: ops.Lerp, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    template = f"torch.lerp({', '.join(_left(inputs))})"
    return _formula(Functional(template, operands=_brackets(template)), inputs, learned)


@rule(ops.Concat, merges=True)
def concat(op: ops.Concat, *inputs: Tensor, learned: frozenset[int] = NONE) -> Lowering:
    if len(inputs) == 1:
        return Lowering(Layer("nn.Identity"), Functional("{0}"), batchless=bool(learned))
    axis = Arg("dim", batch_axis(op.axis), "axis")
    if not learned:
        return Lowering(None, Functional("torch.cat([{inputs}], dim={dim})", (axis,)), overwritable=True)
    batched = next((number for number in range(len(inputs)) if number not in learned), None)
    if batched is None:
        raise UnsupportedError("pytorch cannot concatenate learned tensors alone")
    parts = [
        f"{{{number}}}.expand({{{batched}}}.shape[0], {', '.join(['-1'] * len(x.shape))})"
        if number in learned
        else f"{{{number}}}"
        for number, x in enumerate(inputs)
    ]
    template = f"torch.cat([{', '.join(parts)}], dim={{dim}})"
    return Lowering(None, Functional(template, (axis,), operands=Precedence.ATOM), overwritable=True)


def _infix(sign: str, binds: Precedence, inputs: tuple[Tensor, ...], learned: frozenset[int]) -> Lowering:
    template = f" {sign} ".join(_right(inputs, learned))
    operands = Precedence.ATOM if "[" in template else binds
    return _formula(Functional(template, (), binds, operands), inputs, learned)


def _formula(functional: Functional, inputs: tuple[Tensor, ...], learned: frozenset[int]) -> Lowering:
    alone = len(inputs) == 1
    return Lowering(
        Layer("nn.Identity") if alone else None,
        Functional("{0}") if alone else functional,
        batchless=len(learned) == len(inputs),
        overwritable=not alone,
    )


def _right(inputs: tuple[Tensor, ...], learned: frozenset[int]) -> list[str]:
    """Inputs so that ranks align right: a batched one of fewer axes gets them behind its batch."""
    rank = max(len(x.shape) for x in inputs)
    return [
        f"{{{number}}}"
        if number in learned or len(x.shape) == rank
        else f"{{{number}}}[:{', None' * (rank - len(x.shape))}]"
        for number, x in enumerate(inputs)
    ]


def _left(inputs: tuple[Tensor, ...]) -> list[str]:
    """Inputs so that the last, which steers, aligns left with the others: it gets axes at its end."""
    missing = len(inputs[0].shape) - len(inputs[-1].shape)
    *data, steer = (f"{{{number}}}" for number in range(len(inputs)))
    return [*data, f"{steer}[...{', None' * missing}]" if missing else steer]


def _brackets(template: str) -> Precedence:
    """An input that is indexed must be an atom; else it stands between commas."""
    return Precedence.ATOM if "[" in template else Precedence.LOOSE
