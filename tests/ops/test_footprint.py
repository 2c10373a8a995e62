"""What ops say they keep, need and write over is what torch does, example by example."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from archspec.ops.base import Example, Op, Tensor
from archspec.ops.footprint import Extra
from archspec.ops.norm import BatchNorm
from archspec.ops.registry import ALL, MADE
from tests.analysis.allocations import LiveStorages, address, saved_by, weights
from tests.ops.calls import as_function, as_layer, batched, lower, read

BATCH = 2
WIDTHS = {"float32": 4, "int64": 8, "bool": 1}
CASES = [(kind, example) for kind in ALL.values() for example in kind.examples if example.inputs]
Run = Callable[..., object]
SMALL = 600
"""bytes that an example may differ by: factors, indices and statistics of a few elements"""
STEPS = {"dirac_conv": 0.5, "table_conv": 0.2, "tanh": 0.5, "fused_conv": 0.5}
"""ops of several steps, of which one number says the largest only nearly (as a share of all that is alive);
a fused convolution has steps everywhere but on a CPU"""

each_example = pytest.mark.parametrize(
    ("kind", "example"), CASES, ids=[" ".join([case.text, *map(str, case.inputs)]) for _, case in CASES]
)


def size(types: tuple[Tensor, ...], batch: int) -> int:
    return batch * sum(type.elements * WIDTHS[type.dtype] for type in types)


def total(extra: Extra) -> int:
    return size(extra.each, BATCH) + size(extra.once, 1)


def runs(op: Op, example: Example) -> tuple[Run, list[torch.Tensor]]:
    """The op on the meta device, as a layer if torch has one for it, and the layer's weights."""
    with torch.device("meta"):
        layer = as_layer(op, example.inputs)
    if isinstance(layer, nn.Module):
        return layer.train(), weights(layer)
    function = as_function(op, example.inputs)
    assert function is not None
    return function, []


@each_example
def test_what_backward_needs_is_what_autograd_keeps(kind: type[Op], example: Example) -> None:
    if kind.op in MADE["fused"].split():
        return  # made by passes, for networks that are not trained any more
    op = read(example.text)
    run, own = runs(op, example)
    given = [batched(x, BATCH, "meta").requires_grad_() for x in example.inputs]
    inputs = [x * 1.0 for x in given]
    output, saved = saved_by(run, inputs, own)
    kept = op.keeps(*example.inputs)
    alone = op.variadic and len(inputs) == 1
    if op.view or alone:
        assert not saved
        outputs = [output] if isinstance(output, torch.Tensor) else list(output)
        assert {address(x) for x in outputs} == {address(inputs[0])}
        return
    assert isinstance(output, torch.Tensor)
    assert all((address(x) in saved) == (kept.inputs or kept.either) for x in inputs)
    assert (address(output) in saved) == kept.output
    apart = {address(x) for x in [output, *inputs]}
    assert sum(storage for at, storage in saved.items() if at not in apart) == pytest.approx(
        total(kept.aside), rel=0.01, abs=SMALL
    )


@each_example
def test_what_it_needs_at_work_is_what_torch_allocates(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    run, own = runs(op, example)
    if isinstance(run, nn.Module):
        run.eval()
    inputs = [batched(x, BATCH, "meta") for x in example.inputs]
    with torch.no_grad(), LiveStorages(own) as seen:
        output = run(*inputs)
    if op.view or op.idle() or (op.variadic and len(inputs) == 1):
        assert seen.peak in (0, size(example.inputs, BATCH))
        return
    needed = size(example.inputs, BATCH) + size(example.outputs, BATCH) + total(op.scratch(*example.inputs))
    if issubclass(kind, BatchNorm):  # on the meta device it makes the statistics of a batch in inference too
        needed += 2 * example.inputs[0].channels * WIDTHS["float32"]
    assert seen.peak == pytest.approx(needed, rel=STEPS.get(kind.op, 0), abs=0 if kind.op != "rbf" else 32)
    del output


@each_example
def test_an_op_may_write_over_what_the_backend_lets_it(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    lowering = lower(op, example.inputs)
    alone = op.variadic and len(example.inputs) == 1
    assert (op.overwritable and not alone) == lowering.overwritable
    assert op.overwrites == lowering.inplace


OVER = [(kind, example) for kind, example in CASES if kind.overwrites]


@pytest.mark.parametrize(("kind", "example"), OVER, ids=[example.text for _, example in OVER])
def test_what_is_written_over_is_kept_as_said(kind: type[Op], example: Example) -> None:
    """`either` is the output then; who needs the input that is gone has kept a copy of it."""
    op = read(example.text)
    run, own = runs(op, example)
    run.inplace = True  # type: ignore[attr-defined]  # of torch's layers that have such a form
    x = batched(example.inputs[0], BATCH, "meta").requires_grad_() * 1.0
    whole = x.untyped_storage().nbytes()
    output, saved = saved_by(run, [x], own)
    assert isinstance(output, torch.Tensor)
    assert address(output) == address(x)
    kept = op.keeps(*example.inputs)
    assert (address(x) in saved) == (kept.either or kept.output)
    others = sum(storage for at, storage in saved.items() if at != address(x))
    assert others == (whole if kept.inputs else total(kept.aside))
