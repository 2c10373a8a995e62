"""What an op says when it cannot take its inputs."""

from __future__ import annotations

import pytest

from archspec.ops.base import OpError, Tensor
from tests.ops.calls import read

IMAGE = Tensor((6, 8, 8))
TOKENS = Tensor((5, 12))
ROW = Tensor((10,))
WORDS = Tensor((10,), "int64")


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("conv(8, groups=4)", (IMAGE,), "4 groups do not divide 6 input channels"),
        ("conv(8, groups=3)", (IMAGE,), "3 groups do not divide 8 output channels"),
        ("conv(8, 9)", (IMAGE,), "a kernel of 9 does not fit an input of size 8"),
        (
            "conv(8, 5, dilation=3, padding=1)",
            (IMAGE,),
            "a kernel of 5 with dilation 3 (extent 13) does not fit an input of size 8 plus padding 1 and 1",
        ),
        ("conv(8, [3, 3, 3])", (IMAGE,), "kernel has 3 entries, but the input has 2 spatial axes"),
        ("conv(8)", (ROW,), "`conv` takes channels and 1 to 3 spatial axes, not an input of shape [10]"),
        ("conv(8)", (Tensor((5, 5), "int64"),), "`conv` takes float32 values, not int64"),
        (
            "conv(8, 3, padding=8, padding_mode=reflect)",
            (IMAGE,),
            "reflect padding of 8 is too much for an input of size 8",
        ),
        (
            "conv_transpose(8, 3, output_padding=1)",
            (IMAGE,),
            "output_padding 1 must be below the stride 1 or the dilation 1",
        ),
        ("conv_transpose(8, padding=4)", (IMAGE,), "padding 4 leaves nothing of the output"),
        ("linear(8)", (Tensor(()),), "`linear` takes an input of at least 1 axis, not 0"),
        ("linear(8)", (WORDS,), "`linear` takes float32 values, not int64"),
        ("batch_norm", (Tensor((2, 2, 2, 2, 2)),), "`batch_norm` takes an input of 1 to 4 axes, not 5"),
        ("layer_norm(4)", (IMAGE,), "`layer_norm` over 4 axes of an input that has 3"),
        ("group_norm(4)", (IMAGE,), "4 groups do not divide 6 channels"),
        (
            "instance_norm",
            (Tensor((6, 1, 1)),),
            "`instance_norm` needs more than one element a channel, not shape [6, 1, 1]",
        ),
        ("softmax(axis=3)", (IMAGE,), "`softmax` has no axis 3 in an input of 3 axes"),
        ("softmax(axis=1)", (ROW,), "`softmax` has no axis 1 in an input of 1 axis"),
        ("max_pool(2, padding=2)", (IMAGE,), "padding 2 is more than half of the kernel"),
        (
            "max_pool(3, 2, padding=same, ceil=true)",
            (IMAGE,),
            "`ceil` needs the same padding before and after each axis, at most half of the kernel",
        ),
        ("max_pool(9)", (IMAGE,), "a kernel of 9 does not fit an input of size 8"),
        ("add", (IMAGE, Tensor((6, 8, 7))), "cannot add tensors of different shapes"),
        ("sub", (IMAGE, ROW), "cannot subtract tensors of different shapes"),
        ("mul", (IMAGE, ROW), "cannot multiply tensors of different shapes"),
        ("concat", (IMAGE, Tensor((6, 8, 7))), "cannot concatenate along axis 0: the other axes differ"),
        ("concat", (IMAGE, ROW), "cannot concatenate tensors of different rank"),
        ("concat", (ROW, WORDS), "cannot concatenate tensors of different dtypes"),
        ("gate", (IMAGE, ROW), "cannot gate [6, 8, 8] by [10]"),
        ("lerp", (IMAGE, TOKENS, IMAGE), "cannot mix tensors of different shapes"),
        ("flatten(2, 1)", (IMAGE,), "`flatten` starts at axis 2, behind its end 1"),
        ("reshape([5, -1])", (IMAGE,), "cannot reshape [6, 8, 8] of 384 elements to [5, -1]"),
        ("reshape([-1, -1])", (IMAGE,), "shape must hold positive integers and at most one -1"),
        ("permute([0, 1, 1])", (IMAGE,), "axes must name each of the 3 axes of the input once"),
        ("select([6])", (IMAGE,), "no channel 6 in an input of 6 channels"),
        ("slice(6)", (IMAGE,), "this slice takes nothing of an axis of size 6"),
        ("split([2, 3])", (IMAGE,), "sizes add up to 5, but the axis has 6"),
        ("chunk(4)", (IMAGE,), "4 parts do not divide an axis of 6"),
        ("pad(9, mode=circular)", (IMAGE,), "circular padding of 9 is too much for an input of size 8"),
        ("pad(1, mode=reflect, value=1)", (IMAGE,), "`value` does not go with mode `reflect`"),
        ("crop(9)", (IMAGE,), "cannot crop [6, 8, 8] so much"),
        ("crop", (IMAGE,), "`crop` takes either `size` or `margins`"),
        ("upsample(2, size=4)", (IMAGE,), "`upsample` takes either `scale` or `size`"),
        ("upsample(2, mode=linear)", (IMAGE,), "mode `linear` takes 1 spatial axis, not 2"),
        ("upsample(0.01)", (IMAGE,), "nothing is left of [6, 8, 8] at this scale"),
        ("pixel_shuffle(2)", (IMAGE,), "2 * 2 does not divide 6 channels"),
        ("pixel_shuffle(2)", (TOKENS,), "`pixel_shuffle` takes an input of 3 axes, not 2"),
        ("pixel_unshuffle(3)", (IMAGE,), "3 does not divide the size 8 x 8"),
        ("channel_shuffle(4)", (IMAGE,), "4 groups do not divide 6 channels"),
    ],
)
def test_refused(text: str, inputs: tuple[Tensor, ...], message: str) -> None:
    with pytest.raises(OpError) as caught:
        read(text).infer(*inputs)
    assert caught.value.message == message
    assert not caught.value.help.endswith(".")


def test_a_clash_is_marked() -> None:
    for text in ("add", "concat", "maximum"):
        with pytest.raises(OpError) as caught:
            read(text).infer(IMAGE, Tensor((5, 3, 8)))
        assert caught.value.clash
