"""Random arguments: an op either refuses, or torch runs it and gives exactly the inferred shape."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from archspec.ops.base import Op, OpError, Tensor
from archspec.ops.registry import OPS
from tests.ops.calls import as_function, as_layer, batched

small = st.integers(1, 4)
amount = st.integers(0, 3)


def an_axis(values: st.SearchStrategy[int], axes: int) -> st.SearchStrategy[Any]:
    return values | st.tuples(*[values] * axes)


def around(axes: int) -> st.SearchStrategy[Any]:
    pairs = st.tuples(*[st.tuples(amount, amount)] * axes)
    return an_axis(amount, axes) | pairs | st.sampled_from(["half", "same", "valid"])


@st.composite
def images(draw: st.DrawFn, channels: st.SearchStrategy[int] = small, largest: int = 9) -> Tensor:
    axes = draw(st.integers(1, 3))
    return Tensor((draw(channels), *draw(st.tuples(*[st.integers(1, largest)] * axes))))


def agrees(op: Op, *inputs: Tensor) -> None:
    """Torch gives the inferred shapes, parameters and buffers; where we refuse there is nothing to compare."""
    try:
        expected = op.infer(*inputs)
    except OpError:
        return
    assert all(size > 0 for output in expected for size in output.shape)
    layer = as_layer(op, inputs)
    for run in (layer, as_function(op, inputs)):
        if run is None:
            continue
        with torch.no_grad():
            result = run(*map(batched, inputs))
        outputs = result if isinstance(result, tuple) else (result,)
        assert [tuple(output.shape[1:]) for output in outputs] == [output.shape for output in expected]
    if isinstance(layer, nn.Module):
        assert {name: tuple(weight.shape) for name, weight in layer.named_parameters()} == {
            name: weight.shape for name, weight in op.weights(*inputs).items()
        }


@given(st.data(), images(st.sampled_from([1, 2, 4, 6])))
def test_conv(data: st.DataObject, x: Tensor) -> None:
    axes = len(x.spatial)
    agrees(
        OPS["conv"](
            out=data.draw(st.sampled_from([1, 2, 4])),
            kernel=data.draw(an_axis(small, axes)),
            stride=data.draw(an_axis(small, axes)),
            padding=data.draw(around(axes)),
            dilation=data.draw(an_axis(st.integers(1, 2), axes)),
            groups=data.draw(st.integers(1, 2)),
            bias=data.draw(st.booleans()),
            padding_mode=data.draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        ),
        x,
    )


@given(st.data(), images(st.sampled_from([1, 2, 4])))
def test_conv_transpose(data: st.DataObject, x: Tensor) -> None:
    axes = len(x.spatial)
    agrees(
        OPS["conv_transpose"](
            out=data.draw(st.sampled_from([1, 2, 4])),
            kernel=data.draw(an_axis(small, axes)),
            stride=data.draw(an_axis(small, axes)),
            padding=data.draw(an_axis(amount, axes) | st.just("half")),
            output_padding=data.draw(an_axis(amount, axes)),
            dilation=data.draw(an_axis(small, axes)),
            groups=data.draw(st.integers(1, 2)),
        ),
        x,
    )


@given(
    st.data(), images(st.sampled_from([1, 2, 4])), st.sampled_from(["conv", "conv_transpose", "max_pool", "avg_pool"])
)
def test_what_is_refused_is_refused_by_torch(data: st.DataObject, x: Tensor, name: str) -> None:
    axes = len(x.spatial)
    words = {
        "kernel": small,
        "stride": small,
        "padding": amount,
        "dilation": small,
        "groups": small,
        "ceil": st.booleans(),
    }
    torch_words = {"kernel": "kernel_size", "ceil": "ceil_mode", "out": "out_channels"}
    kind = OPS[name]
    given = {word: data.draw(values) for word, values in words.items() if word in kind.model_fields}
    given |= {"out": data.draw(small)} if "out" in kind.model_fields else {}
    try:
        kind(**given).infer(x)
    except OpError:
        cls = getattr(nn, "".join(part.title() for part in name.split("_")) + f"{axes}d")
        given |= {"in_channels": x.channels} if "out" in given else {}
        with pytest.raises((RuntimeError, ValueError)):
            cls(**{torch_words.get(word, word): value for word, value in given.items()})(batched(x))


@given(st.data(), images())
def test_max_pool(data: st.DataObject, x: Tensor) -> None:
    axes = len(x.spatial)
    agrees(
        OPS["max_pool"](
            kernel=data.draw(an_axis(small, axes)),
            stride=data.draw(st.none() | an_axis(small, axes)),
            padding=data.draw(around(axes)),
            dilation=data.draw(an_axis(st.integers(1, 2), axes)),
            ceil=data.draw(st.booleans()),
        ),
        x,
    )


@given(st.data(), images())
def test_avg_pool(data: st.DataObject, x: Tensor) -> None:
    axes = len(x.spatial)
    agrees(
        OPS["avg_pool"](
            kernel=data.draw(an_axis(small, axes)),
            stride=data.draw(st.none() | an_axis(small, axes)),
            padding=data.draw(around(axes)),
            ceil=data.draw(st.booleans()),
            count_include_pad=data.draw(st.booleans()),
        ),
        x,
    )


@given(st.data(), images(), st.sampled_from(["adaptive_avg_pool", "adaptive_max_pool"]))
def test_adaptive_pools(data: st.DataObject, x: Tensor, name: str) -> None:
    agrees(OPS[name](size=data.draw(an_axis(small, len(x.spatial)))), x)


@given(st.data(), images())
def test_pad(data: st.DataObject, x: Tensor) -> None:
    axes = len(x.spatial)
    agrees(
        OPS["pad"](
            amounts=data.draw(an_axis(amount, axes) | st.tuples(*[st.tuples(amount, amount)] * axes)),
            mode=data.draw(st.sampled_from(["constant", "reflect", "replicate", "circular"])),
            value=data.draw(st.sampled_from([0.0, 1.5, -2])),
        ),
        x,
    )


@given(st.data(), images())
def test_crop(data: st.DataObject, x: Tensor) -> None:
    axes = len(x.spatial)
    agrees(OPS["crop"](size=data.draw(st.none() | an_axis(small, axes)), margins=data.draw(st.none() | amount)), x)


@given(st.data(), images())
def test_upsample(data: st.DataObject, x: Tensor) -> None:
    scale = st.sampled_from([1, 2, 3, 0.5, 1.3, 2.7])
    agrees(
        OPS["upsample"](
            scale=data.draw(st.none() | scale | st.tuples(*[scale] * len(x.spatial))),
            size=data.draw(st.none() | an_axis(small, len(x.spatial))),
            mode=data.draw(st.sampled_from(["nearest", "linear", "bilinear", "bicubic", "trilinear"])),
            align_corners=data.draw(st.booleans()),
        ),
        x,
    )


@given(images(st.integers(1, 12)), small)
def test_shuffles(x: Tensor, count: int) -> None:
    agrees(OPS["channel_shuffle"](groups=count), x)
    agrees(OPS["pixel_shuffle"](factor=count), x)
    agrees(OPS["pixel_unshuffle"](factor=count), x)


@given(st.data(), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_reshaping(data: st.DataObject, shape: list[int]) -> None:
    x = Tensor(tuple(shape))
    axis = st.integers(-5, 4)
    bound = st.integers(-8, 8)
    agrees(OPS["flatten"](start=data.draw(axis), end=data.draw(axis)), x)
    agrees(OPS["reshape"](shape=tuple(data.draw(st.permutations(shape)))), x)
    agrees(OPS["reshape"](shape=(data.draw(small), -1)), x)
    agrees(OPS["permute"](axes=tuple(data.draw(st.permutations(range(len(shape)))))), x)
    agrees(OPS["select"](channels=tuple(data.draw(st.lists(bound, min_size=1, max_size=4)))), x)
    agrees(
        OPS["slice"](
            start=data.draw(bound), stop=data.draw(st.none() | bound), step=data.draw(small), axis=data.draw(axis)
        ),
        x,
    )
    agrees(OPS["chunk"](parts=data.draw(small), axis=data.draw(axis)), x)
    agrees(OPS["split"](sizes=data.draw(small | st.tuples(small, small)), axis=data.draw(axis)), x)


@given(st.data(), st.lists(st.integers(1, 3), min_size=1, max_size=3), st.sampled_from(["add", "mul", "maximum"]))
def test_elementwise(data: st.DataObject, shape: list[int], name: str) -> None:
    """Ranks align right without the batch, whatever torch would make of the batch axis."""

    def shrink(sizes: list[int]) -> Tensor:
        kept = [data.draw(st.sampled_from([size, 1])) for size in sizes]
        return Tensor(tuple(kept[data.draw(st.integers(0, len(kept) - 1)) :]))

    inputs = [shrink(shape) for _ in range(data.draw(small))]
    op = OPS[name]()
    function = as_function(op, tuple(inputs))
    assert function is not None
    values = [batched(x) for x in inputs]
    result = function(*values)
    (output,) = op.infer(*inputs)
    assert tuple(result.shape) == (2, *output.shape)
    single = as_function(op, tuple(inputs), frozenset(range(len(inputs))))
    assert single is not None
    for sample in range(2):
        expected = single(*(value[sample] for value in values))
        torch.testing.assert_close(result[sample], expected, rtol=0, atol=0)


@given(st.data(), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_steered(data: st.DataObject, shape: list[int]) -> None:
    """A gate aligns left: axes that it lacks at the end are 1."""
    x = Tensor(tuple(shape))
    steer = Tensor(tuple(shape[: data.draw(st.integers(1, len(shape)))]))
    given = [batched(x), batched(x), batched(steer)]
    wide = given[2].reshape(2, *steer.shape, *[1] * (len(shape) - len(steer.shape)))
    gate = as_function(OPS["gate"](), (x, steer))
    lerp = as_function(OPS["lerp"](), (x, x, steer))
    assert gate is not None
    assert lerp is not None
    torch.testing.assert_close(gate(given[0], given[2]), given[0] * wide)
    torch.testing.assert_close(lerp(*given), wide * given[1] + (1 - wide) * given[0])


@given(st.data(), st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(-3, 2), small)
@settings(max_examples=50)
def test_concat(data: st.DataObject, shape: list[int], axis: int, count: int) -> None:
    inputs = []
    for _ in range(count):
        sizes = list(shape)
        if -len(sizes) <= axis < len(sizes):
            sizes[axis] = data.draw(small)
        inputs.append(Tensor(tuple(sizes)))
    agrees(OPS["concat"](axis=axis), *inputs)
