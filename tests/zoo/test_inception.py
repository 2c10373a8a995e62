"""The Inception networks that no library has, against a second implementation: plain functions of tensors.

Each takes the weights one after the other as it goes, so that widths come from the spec and everything else (what
follows what, strides, borders, pools, scales) is said twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import pytest
import torch
from torch import Tensor, cat
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, linear, local_response_norm, max_pool2d, relu
from torch.utils.flop_counter import FlopCounterMode

import archspec
from tests.oracles import photograph
from tests.zoo.oracle import off, scramble
from tests.zoo.reference import loaded

Net = Callable[["Layers", Tensor], Tensor]


class Layers:
    """The layers of a state dict, in execution order."""

    def __init__(self, state: dict[str, Tensor], eps: float):
        self.tensors = (value for key, value in state.items() if not key.endswith("num_batches_tracked"))
        self.eps = eps

    def take(self, count: int) -> Iterator[Tensor]:
        return islice(self.tensors, count)

    def biased(self, x: Tensor, stride: int = 1, pad: bool = True) -> Tensor:
        weight, bias = self.take(2)
        return conv2d(x, weight, bias, stride, tuple(size // 2 for size in weight.shape[2:]) if pad else 0)

    def unit(self, x: Tensor, stride: int = 1, pad: bool = True, bias: bool = False) -> Tensor:
        """Convolution, normalisation, ReLU. Without padding: "V" in the figures."""
        (weight,) = self.take(1)
        (shift,) = self.take(1) if bias else (None,)
        x = conv2d(x, weight, shift, stride, tuple(size // 2 for size in weight.shape[2:]) if pad else 0)
        scale, offset, mean, var = self.take(4)
        return relu(batch_norm(x, mean, var, scale, offset, eps=self.eps))

    def units(self, x: Tensor, count: int, stride: int = 1, pad: bool = True, bias: bool = False) -> Tensor:
        """Several; stride and missing padding belong to the last."""
        for _ in range(count - 1):
            x = self.unit(x, bias=bias)
        return self.unit(x, stride, pad, bias)

    def classify(self, x: Tensor) -> Tensor:
        return linear(x.mean((2, 3)), *self.take(2))


def googlenet(layers: Layers, x: Tensor) -> Tensor:
    def unit(x: Tensor, stride: int = 1) -> Tensor:
        return relu(layers.biased(x, stride))

    def inception(x: Tensor) -> Tensor:
        return cat([unit(x), unit(unit(x)), unit(unit(x)), unit(max_pool2d(x, 3, 1, 1))], 1)

    def pool(x: Tensor) -> Tensor:
        return max_pool2d(x, 3, 2, ceil_mode=True)

    x = local_response_norm(pool(unit(x, 2)), 5, 1e-4, 0.75, 1)
    x = pool(local_response_norm(unit(unit(x)), 5, 1e-4, 0.75, 1))
    x = pool(inception(inception(x)))
    for _ in range(5):
        x = inception(x)
    return layers.classify(inception(inception(pool(x))))


def bn_inception(layers: Layers, x: Tensor, *, se: bool = False) -> Tensor:
    bias = not se

    def gated(x: Tensor) -> Tensor:
        if not se:
            return x
        gate = relu(layers.biased(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(layers.biased(gate))

    def inception(x: Tensor, last: bool = False) -> Tensor:
        pooled = max_pool2d(x, 3, 1, 1) if last else avg_pool2d(x, 3, 1, 1)
        return gated(cat([*(layers.units(x, n, bias=bias) for n in (1, 2, 3)), layers.unit(pooled, bias=bias)], 1))

    def reduction(x: Tensor) -> Tensor:
        branches = [layers.units(x, n, 2, bias=bias) for n in (2, 3)]
        return gated(cat([*branches, max_pool2d(x, 3, 2, ceil_mode=True)], 1))

    x = max_pool2d(layers.unit(x, 2, bias=bias), 3, 2, ceil_mode=True)
    x = max_pool2d(layers.units(x, 2, bias=bias), 3, 2, ceil_mode=True)
    x = reduction(inception(inception(x)))
    x = reduction(inception(inception(inception(inception(x)))))
    return layers.classify(inception(inception(x), last=True))


def se_bn_inception(layers: Layers, x: Tensor) -> Tensor:
    return bn_inception(layers, x, se=True)


def inception_v2(layers: Layers, x: Tensor) -> Tensor:
    unit, units = layers.unit, layers.units
    x = unit(unit(unit(x, 2, pad=False), pad=False))
    x = unit(unit(unit(max_pool2d(x, 3, 2), pad=False), 2, pad=False))
    for _ in range(3):
        x = cat([*(units(x, n) for n in (1, 2, 3)), unit(avg_pool2d(x, 3, 1, 1))], 1)
    x = cat([unit(x, 2, pad=False), units(x, 3, 2, pad=False), max_pool2d(x, 3, 2)], 1)
    for _ in range(5):
        x = cat([*(units(x, n) for n in (1, 3, 5)), unit(avg_pool2d(x, 3, 1, 1))], 1)
    x = cat([units(x, 2, 2, pad=False), units(x, 4, 2, pad=False), max_pool2d(x, 3, 2)], 1)
    for _ in range(2):
        x = cat([unit(x), *(split(layers, x, n) for n in (1, 2)), unit(avg_pool2d(x, 3, 1, 1))], 1)
    return layers.classify(x)


def split(layers: Layers, x: Tensor, count: int) -> Tensor:
    """Fig. 7: after `count` units a 1x3 and a 3x1 side by side."""
    x = layers.units(x, count)
    return cat([layers.unit(x), layers.unit(x)], 1)


def inception_resnet(layers: Layers, x: Tensor) -> Tensor:
    """Fig. 15, from the output of the stem."""
    unit, units = layers.unit, layers.units
    for _ in range(5):
        x = relu(x + 0.17 * layers.biased(cat([unit(x), units(x, 2), units(x, 3)], 1)))
    x = cat([unit(x, 2, pad=False), units(x, 3, 2, pad=False), max_pool2d(x, 3, 2)], 1)
    for _ in range(10):
        x = relu(x + 0.1 * layers.biased(cat([unit(x), units(x, 3)], 1)))
    x = cat([*(units(x, n, 2, pad=False) for n in (2, 2, 3)), max_pool2d(x, 3, 2)], 1)
    for _ in range(5):
        x = relu(x + 0.2 * layers.biased(cat([unit(x), units(x, 3)], 1)))
    return layers.classify(x)


def inception_resnet_v1(layers: Layers, x: Tensor) -> Tensor:
    unit = layers.unit
    x = unit(unit(unit(x, 2, pad=False), pad=False))
    x = unit(unit(unit(max_pool2d(x, 3, 2)), pad=False), 2, pad=False)
    return inception_resnet(layers, x)


def inception_resnet_v2_paper(layers: Layers, x: Tensor) -> Tensor:
    unit, units = layers.unit, layers.units
    x = unit(unit(unit(x, 2, pad=False), pad=False))
    x = cat([max_pool2d(x, 3, 2), unit(x, 2, pad=False)], 1)
    x = cat([units(x, 2, pad=False), units(x, 4, pad=False)], 1)
    x = cat([unit(x, 2, pad=False), max_pool2d(x, 3, 2)], 1)
    return inception_resnet(layers, x)


NETS: tuple[tuple[Net, float], ...] = (
    (googlenet, 0.0),
    (bn_inception, 1e-5),
    (se_bn_inception, 1e-5),
    (inception_v2, 1e-3),
    (inception_resnet_v1, 1e-3),
    (inception_resnet_v2_paper, 1e-3),
)


@pytest.mark.parametrize(("net", "eps"), NETS, ids=[net.__name__ for net, _ in NETS])
def test_outputs_on_a_photograph(net: Net, eps: float) -> None:
    id = net.__name__
    with torch.device("meta"):
        network = archspec.compile(id)
    scramble(network).eval()
    (shape,) = (one["shape"] for one in loaded(id).summary()["inputs"].values())
    image = photograph(shape[-1])
    layers = Layers(network.state_dict(), eps)
    with torch.inference_mode():
        found, expected = network(image), net(layers, image)
    assert next(layers.tensors, None) is None
    assert expected.std() > 0
    assert off(found, expected) < 1e-5


def test_the_heads_of_googlenet_cost_nothing_in_inference() -> None:
    """Caffe's deploy.prototxt and train_val.prototxt: 8,372,224 multiply-adds apart."""
    with torch.device("meta"):
        network, image = archspec.compile("googlenet_aux"), torch.empty(1, 3, 224, 224)
    for training, expected in ((False, 1_582_671_872), (True, 1_591_044_096)):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network.train(training)(image)
        assert counter.get_total_flops() == 2 * expected


def test_bn_inception_without_biases_is_caffes() -> None:
    assert archspec.load("bn_inception", {"bias": False}).stats().total.params == 11_285_224
