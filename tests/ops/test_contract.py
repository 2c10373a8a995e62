"""Every op's examples hold: in its own rules, and in torch by the backend's rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.backends.pytorch.rules import Lowering, lower
from archspec.backends.pytorch.rules.base import RULES
from archspec.ops.base import Example, Op, Tensor
from archspec.ops.registry import ALL, find
from tests.ops.calls import DTYPES, as_function, as_layer, batched, read

EXAMPLES = [(kind, example) for kind in ALL.values() for example in kind.examples]
LOWERED = [(kind, example, lower(read(example.text), example.inputs)) for kind, example in EXAMPLES]


def each_example(where: Callable[[Lowering], object]) -> pytest.MarkDecorator:
    """Every example whose rule says so."""
    cases = [(kind, example) for kind, example, lowering in LOWERED if where(lowering)]
    assert cases
    return pytest.mark.parametrize(
        ("kind", "example"), cases, ids=[" ".join([case.text, *map(str, case.inputs)]) for _, case in cases]
    )


def shapes(result: object) -> tuple[tuple[int, ...], ...]:
    several = result if isinstance(result, tuple | list) else (result,)
    return tuple(tuple(output.shape[1:]) for output in several)


@each_example(lambda lowering: True)
def test_op_says_what_its_example_says(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    assert type(op) is kind
    assert op.infer(*example.inputs) == example.outputs
    assert sum(weight.elements for weight in op.weights(*example.inputs).values()) == example.params
    assert sum(buffer.elements for buffer in op.buffers(*example.inputs).values()) == example.buffers
    assert op.mads(*example.inputs) == example.mads


@each_example(lambda lowering: lowering.layer)
def test_torch_layer_agrees(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    layer = as_layer(op, example.inputs)
    if isinstance(layer, nn.Parameter):
        assert {"": Tensor(tuple(layer.shape))} == op.weights(*example.inputs)
        assert lower(op, example.inputs).constant
        return
    assert typed(dict(layer.named_parameters())) == dict(op.weights(*example.inputs))
    assert typed(dict(layer.named_buffers())) == dict(op.buffers(*example.inputs))
    assert shapes(layer(*map(batched, example.inputs))) == tuple(output.shape for output in example.outputs)


@each_example(lambda lowering: lowering.functional)
def test_torch_expression_agrees(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    function = as_function(op, example.inputs)
    assert function is not None
    inputs = [batched(x) for x in example.inputs]
    torch.manual_seed(0)
    result = function(*inputs)
    assert shapes(result) == tuple(output.shape for output in example.outputs)
    layer = as_layer(op, example.inputs)
    if isinstance(layer, nn.Module):
        torch.manual_seed(0)
        torch.testing.assert_close(layer(*inputs), result, rtol=0, atol=0)


@each_example(lambda lowering: not lowering.constant)
def test_multiply_adds_equal_the_flop_counter(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    layer = as_layer(op, example.inputs)
    run = layer if isinstance(layer, nn.Module) else as_function(op, example.inputs)
    assert run is not None
    if isinstance(run, nn.Module):
        run = run.to("meta").eval()
    with FlopCounterMode(display=False) as counter:
        run(*(batched(x, 1, "meta") for x in example.inputs))
    assert counter.get_total_flops() == 2 * example.mads


@each_example(lambda lowering: lowering.overwritable)
def test_overwritable_output_may_be_overwritten(kind: type[Op], example: Example) -> None:
    """A following in-place relu changes neither the gradients nor the inputs."""
    op = read(example.text)
    layer = as_layer(op, example.inputs)
    run = layer if isinstance(layer, nn.Module) else as_function(op, example.inputs)
    assert run is not None
    given = [batched(x) for x in example.inputs]
    gradients = []
    for inplace in (False, True):
        inputs = [value.clone().requires_grad_() for value in given]
        torch.nn.functional.relu(run(*inputs), inplace=inplace).square().sum().backward()
        gradients.append([value.grad for value in inputs])
        for value, original in zip(inputs, given, strict=True):
            assert torch.equal(value, original)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=0)


@each_example(lambda lowering: lowering.inplace)
def test_inplace_form_gives_the_same(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    layer = as_layer(op, example.inputs)
    assert isinstance(layer, nn.Module)
    x = batched(example.inputs[0])
    torch.manual_seed(0)
    expected = layer(x)
    layer.inplace = True
    torch.manual_seed(0)
    assert layer(x).data_ptr() == x.data_ptr()
    assert torch.equal(x, expected)


def typed(tensors: dict[str, torch.Tensor]) -> dict[str, Tensor]:
    words = {dtype: word for word, dtype in DTYPES.items()}
    return {name: Tensor(tuple(tensor.shape), words[tensor.dtype]) for name, tensor in tensors.items()}


@pytest.mark.parametrize("kind", ALL.values(), ids=ALL)
def test_every_op_is_complete(kind: type[Op]) -> None:
    assert ALL[kind.op] is kind
    assert kind.examples
    assert kind in RULES
    documentation = kind.__doc__ or ""
    own = kind.model_fields.keys() - getattr(kind.__base__, "model_fields", {}).keys()
    missing = [field for field in own if f"{field} " not in documentation]
    assert not missing
    assert kind.model_json_schema()["type"] == "object"


def test_unknown_op() -> None:
    assert find("convolution") is None
    assert find("fused_conv") is None, "what passes make is no word of the language"
