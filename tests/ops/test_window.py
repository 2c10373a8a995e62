"""What each op says it reads, against the gradient that torch gives for its examples."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archspec.ops.base import Category, Example, Op, Tensor
from archspec.ops.registry import ALL
from archspec.ops.window import regrouped
from tests.ops.calls import as_function, as_layer, batched, read
from tests.torch_versions import TRAINS_SHUFFLES

EXAMPLES = [(name, example) for name, kind in ALL.items() for example in kind.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[example.text for _, example in EXAMPLES])
def test_each_output_says_of_each_input_what_it_reads(name: str, example: Example) -> None:
    op = read(example.text)
    reach = op.reach(*example.inputs)
    assert len(reach) == len(example.outputs)
    for output, views in zip(example.outputs, reach, strict=True):
        assert len(views) == len(example.inputs)
        for x, ways in zip(example.inputs, views, strict=True):
            assert len(ways) == len(x.shape)
            axes = [way[0] for way in ways if way is not None]
            assert len(set(axes)) == len(axes)
            assert set(axes) <= set(range(len(output.shape)))


def small(example: Example) -> bool:
    return all(x.elements < 60_000 and x.dtype == "float32" for x in (*example.inputs, *example.outputs))


def divides_by_statistics(op: Op) -> bool:
    return op.category is Category.NORM or op.op in ("softmax", "log_softmax")


SMALL = [
    example
    for _, example in EXAMPLES
    if small(example) and example.inputs and not divides_by_statistics(read(example.text))
]


@pytest.mark.parametrize(
    "example",
    [pytest.param(one, marks=TRAINS_SHUFFLES if "channel_shuffle" in one.text else ()) for one in SMALL],
    ids=[one.text for one in SMALL],
)
def test_nothing_else_is_read(example: Example) -> None:
    """The gradient of a value in the middle lies in the windows, along every axis that has one."""
    op = read(example.text)
    run = as_layer(op, example.inputs)
    run = run.eval() if isinstance(run, nn.Module) else as_function(op, example.inputs)
    assert run is not None
    given = [batched(x, batch=1).requires_grad_() for x in example.inputs]
    result = run(*given)
    outputs = result if isinstance(result, tuple) else (result,)
    for y, output, views in zip(outputs, example.outputs, op.reach(*example.inputs), strict=True):
        middle = tuple(size // 2 for size in output.shape)
        for gradient, x, ways in zip(
            torch.autograd.grad(y[(0, *middle)], given, retain_graph=True, allow_unused=True),
            example.inputs,
            views,
            strict=True,
        ):
            if gradient is not None:
                inside(gradient[0], x, ways, middle)


def inside(gradient: torch.Tensor, x: Tensor, ways: object, middle: tuple[int, ...]) -> None:
    assert isinstance(ways, tuple)
    for axis, way in enumerate(ways):
        found = gradient.movedim(axis, 0).reshape(x.shape[axis], -1).abs().amax(1).nonzero().flatten().tolist()
        if way is not None and found:
            span = way[1].span(middle[way[0]])
            assert span is not None
            assert span[0] <= found[0]
            assert found[-1] <= span[1], f"axis {axis} of {x}"


def test_axes_that_stay_whole_when_others_are_regrouped() -> None:
    def places(given: tuple[int, ...], shape: tuple[int, ...]) -> list[int | None]:
        return [way and way[0] for way in regrouped(given, shape)]

    assert places((12, 7, 7), (3, 4, 7, 7)) == [None, 2, 3]
    assert places((12, 7, 7), (12, 49)) == [0, None, None]
    assert places((12, 1, 7), (12, 7)) == [0, None, 1]
    assert places((6, 4), (4, 6)) == [None, None]
    assert places((5,), (1, 5, 1)) == [1]
