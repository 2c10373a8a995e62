"""Every op's examples hold: in its own rules, and in torch by the backend's rule."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.backends.pytorch.rules import lower
from archspec.backends.pytorch.rules.base import RULES
from archspec.ops.base import Example, Op, Tensor
from archspec.ops.registry import OPS, find
from tests.ops.calls import DTYPES, as_function, as_layer, batched, read

EXAMPLES = [(kind, example) for kind in OPS.values() for example in kind.examples]
each_example = pytest.mark.parametrize(
    ("kind", "example"), EXAMPLES, ids=[f"{example.text} {example.inputs[:1]}" for _, example in EXAMPLES]
)


def shapes(result: object) -> tuple[tuple[int, ...], ...]:
    several = result if isinstance(result, tuple | list) else (result,)
    return tuple(tuple(output.shape[1:]) for output in several)


@each_example
def test_op_says_what_its_example_says(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    assert type(op) is kind
    assert op.infer(*example.inputs) == example.outputs
    assert sum(weight.elements for weight in op.weights(*example.inputs).values()) == example.params
    assert sum(buffer.elements for buffer in op.buffers(*example.inputs).values()) == example.buffers
    assert op.mads(*example.inputs) == example.mads


@each_example
def test_torch_layer_agrees(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    layer = as_layer(op, example.inputs)
    if layer is None:
        assert not op.weights(*example.inputs)
        pytest.skip("no form as a module")
    if isinstance(layer, nn.Parameter):
        assert {"": Tensor(tuple(layer.shape))} == op.weights(*example.inputs)
        assert lower(op, example.inputs).constant
        return
    assert typed(dict(layer.named_parameters())) == dict(op.weights(*example.inputs))
    assert typed(dict(layer.named_buffers())) == dict(op.buffers(*example.inputs))
    assert shapes(layer(*map(batched, example.inputs))) == tuple(output.shape for output in example.outputs)


@each_example
def test_torch_expression_agrees(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    function = as_function(op, example.inputs)
    if function is None:
        pytest.skip("no form as an expression")
    inputs = [batched(x) for x in example.inputs]
    torch.manual_seed(0)
    result = function(*inputs)
    assert shapes(result) == tuple(output.shape for output in example.outputs)
    layer = as_layer(op, example.inputs)
    if isinstance(layer, nn.Module):
        torch.manual_seed(0)
        torch.testing.assert_close(layer(*inputs), result, rtol=0, atol=0)


@each_example
def test_multiply_adds_equal_the_flop_counter(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    layer = as_layer(op, example.inputs)
    run = layer if isinstance(layer, nn.Module) else as_function(op, example.inputs)
    if run is None:
        pytest.skip("reads nothing")
    if isinstance(run, nn.Module):
        run = run.to("meta").eval()
    with FlopCounterMode(display=False) as counter:
        run(*(batched(x, 1, "meta") for x in example.inputs))
    assert counter.get_total_flops() == 2 * example.mads


@each_example
def test_overwritable_output_may_be_overwritten(kind: type[Op], example: Example) -> None:
    """A following in-place relu changes neither the gradients nor the inputs."""
    op = read(example.text)
    lowering = lower(op, example.inputs)
    if not lowering.overwritable:
        pytest.skip("must not be overwritten")
    layer = as_layer(op, example.inputs)
    run = layer if isinstance(layer, nn.Module) else as_function(op, example.inputs)
    assert run is not None
    given = [batched(x) for x in example.inputs]
    gradients = []
    for inplace in (False, True):
        inputs = [value.clone().requires_grad_() for value in given]
        (output,) = [run(*inputs)]
        torch.nn.functional.relu(output, inplace=inplace).square().sum().backward()
        gradients.append([value.grad for value in inputs])
        for value, original in zip(inputs, given, strict=True):
            assert torch.equal(value, original)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=0)


@each_example
def test_inplace_form_gives_the_same(kind: type[Op], example: Example) -> None:
    op = read(example.text)
    lowering = lower(op, example.inputs)
    if not lowering.inplace:
        pytest.skip("has no in-place form")
    layer = as_layer(op, example.inputs)
    assert isinstance(layer, nn.Module)
    x = batched(example.inputs[0])
    torch.manual_seed(0)
    expected = layer(x)
    layer.inplace = True  # type: ignore[assignment]
    torch.manual_seed(0)
    assert layer(x).data_ptr() == x.data_ptr()
    assert torch.equal(x, expected)


def typed(tensors: dict[str, torch.Tensor]) -> dict[str, Tensor]:
    words = {dtype: word for word, dtype in DTYPES.items()}
    return {name: Tensor(tuple(tensor.shape), words[tensor.dtype]) for name, tensor in tensors.items()}  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", OPS.values(), ids=OPS)
def test_every_op_is_complete(kind: type[Op]) -> None:
    assert find(kind.op) is kind
    assert kind.examples
    assert kind in RULES
    documentation = kind.__doc__ or ""
    missing = [field for field in kind.model_fields if f"{field} " not in documentation]
    assert not missing
    assert kind.model_json_schema()["type"] == "object"


def test_unknown_op() -> None:
    assert find("convolution") is None
