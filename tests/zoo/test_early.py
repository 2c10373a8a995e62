"""The early networks have no oracle in torchvision or timm: each is written here a second time, by hand.

The second writing knows neither the specs nor the ops: plain tensors and torch.nn.functional, weights taken
from the compiled network in order. Where the spec has an op of its own, the paper's formula stands here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as f

import archspec
from tests.zoo.oracle import off, scramble

Weights = Callable[[], Tensor]

# Table I of LeCun et al. 1998, column by column of the printed table: X where a map of C3 (column) reads one of
# S2 (row).
TABLE_I = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""


def lenet5(x: Tensor, weight: Weights, digits: Tensor) -> Tensor:
    def squash(a: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(2 * a / 3)

    def subsample(maps: Tensor) -> Tensor:
        batch, channels, height, width = maps.shape
        total = maps.reshape(batch, channels, height // 2, 2, width // 2, 2).sum((3, 5))
        coefficient, bias = weight(), weight()
        return total * coefficient[:, None, None] + bias[:, None, None]

    x = squash(f.conv2d(x, weight(), weight()))
    x = squash(subsample(x))
    columns = zip(*(row.split() for row in TABLE_I.split("\n") if row), strict=True)
    maps = []
    for column in columns:
        chosen = [number for number, mark in enumerate(column) if mark == "X"]
        kernel, bias = weight(), weight()
        assert kernel.shape == (1, len(chosen), 5, 5)
        total = sum(f.conv2d(x[:, [s2]], kernel[:, [at]]) for at, s2 in enumerate(chosen))
        maps.append(total + bias)
    assert len(maps) == 16
    x = squash(torch.cat(maps, 1))
    x = squash(subsample(x))
    x = squash(f.conv2d(x, weight(), weight()))[:, :, 0, 0]
    x = squash(f.linear(x, weight(), weight()))
    return torch.stack([((x - digit) ** 2).sum(1) for digit in digits], 1)


def response_norm(x: Tensor) -> Tensor:
    """Section 3.3 of Krizhevsky et al. 2012, as printed: the sum is not averaged."""
    k, n, alpha, beta = 2, 5, 1e-4, 0.75
    channels = x.shape[1]
    parts = []
    for i in range(channels):
        near = x[:, max(0, i - n // 2) : min(channels - 1, i + n // 2) + 1]
        parts.append(x[:, i] / (k + alpha * (near**2).sum(1)) ** beta)
    return torch.stack(parts, 1)


def classify(x: Tensor, weight: Weights) -> Tensor:
    x = x.flatten(1)
    x = f.relu(f.linear(x, weight(), weight()))
    x = f.relu(f.linear(x, weight(), weight()))
    return f.linear(x, weight(), weight())


def alexnet(x: Tensor, weight: Weights) -> Tensor:
    """Two columns, one on each GPU, that meet in conv3 and in the linear layers."""

    def apart(columns: list[Tensor], padding: int) -> list[Tensor]:
        kernels, biases = weight().chunk(2), weight().chunk(2)
        return [
            f.relu(f.conv2d(column, kernel, bias, padding=padding))
            for column, kernel, bias in zip(columns, kernels, biases, strict=True)
        ]

    def pool(columns: list[Tensor]) -> list[Tensor]:
        return [f.max_pool2d(column, 3, 2) for column in columns]

    # One normalisation over the maps of both columns, as the reference implementation has it.
    def norm(columns: list[Tensor]) -> list[Tensor]:
        return list(response_norm(torch.cat(columns, 1)).chunk(2, 1))

    columns = list(f.relu(f.conv2d(x, weight(), weight(), stride=4)).chunk(2, 1))
    columns = pool(norm(columns))
    columns = pool(norm(apart(columns, 2)))
    columns = list(f.relu(f.conv2d(torch.cat(columns, 1), weight(), weight(), padding=1)).chunk(2, 1))
    columns = pool(apart(apart(columns, 1), 1))
    return classify(torch.cat(columns, 1), weight)


def zfnet(x: Tensor, weight: Weights) -> Tensor:
    x = f.relu(f.conv2d(x, weight(), weight(), stride=2, padding=1))
    x = response_norm(f.max_pool2d(x, 3, 2, ceil_mode=True))
    x = f.relu(f.conv2d(x, weight(), weight(), stride=2))
    x = response_norm(f.max_pool2d(x, 3, 2, ceil_mode=True))
    for _ in range(3):
        x = f.relu(f.conv2d(x, weight(), weight(), padding=1))
    return classify(f.max_pool2d(x, 3, 2), weight)


def nin_cifar10(x: Tensor, weight: Weights) -> Tensor:
    for padding, pool in ((2, f.max_pool2d), (2, f.avg_pool2d), (1, None)):
        x = f.relu(f.conv2d(x, weight(), weight(), padding=padding))
        for _ in range(2):  # a 1x1 convolution is a matrix product at each position
            x = f.relu(torch.einsum("oi,nihw->nohw", weight()[:, :, 0, 0], x) + weight()[:, None, None])
        if pool is not None:
            x = pool(x, 3, 2, ceil_mode=True)
    return x.mean((2, 3))


def genetic_cnn_fig1(x: Tensor, weight: Weights) -> Tensor:
    """The bits decide: node j of a stage reads node i if its bit is 1."""

    def node(inputs: list[Tensor]) -> Tensor:
        x = f.conv2d(torch.stack(inputs).sum(0), weight(), padding=1)
        scale, shift, mean, var, _ = (weight() for _ in range(5))
        return f.relu(f.batch_norm(x, mean, var, scale, shift))

    for code in ("1-00-111", "0-10-000-0011"):
        bits = ["", *code.split("-")]
        reads = {j: [i for i, bit in enumerate(row) if bit == "1"] for j, row in enumerate(bits)}
        alone = {j for j in reads if not reads[j] and not any(j in row for row in reads.values())}
        first = node([x])
        nodes: dict[int, Tensor] = {}
        for j in sorted(set(reads) - alone):
            nodes[j] = node([nodes[i] for i in reads[j]] or [first])
        last = [nodes[j] for j in nodes if not any(j in row for row in reads.values())]
        x = f.max_pool2d(node(last), 2)
    x = f.relu(f.linear(x.flatten(1), weight(), weight()))
    return f.linear(x, weight(), weight())


def in_order(network: nn.Module) -> tuple[Weights, Iterator[Tensor]]:
    """The tensors of the state dict one after the other, and what is left of them."""
    left = iter(network.state_dict().values())
    return lambda: next(left), left


def image(network: str, batch: int = 2) -> Tensor:
    size = {"alexnet": 227, "zfnet": 224}.get(network, 32)
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(0))


WRITTEN = {"alexnet": alexnet, "zfnet": zfnet, "nin_cifar10": nin_cifar10, "genetic_cnn_fig1": genetic_cnn_fig1}


@pytest.mark.parametrize("id", WRITTEN)
@torch.no_grad()
def test_equals_a_second_writing(id: str) -> None:
    network = scramble(archspec.compile(id)).eval()
    x = image(id)
    weight, left = in_order(network)
    expected = WRITTEN[id](x, weight)
    assert list(left) == []
    assert expected.std() > 0
    assert off(network(x), expected) < 1e-5


@torch.no_grad()
def test_lenet5_equals_a_second_writing() -> None:
    network = archspec.compile("lenet5", seed=3).eval()
    x = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    state = network.state_dict()
    digits = state.pop("OUTPUT.weight")
    left = iter(state.values())
    expected = lenet5(x, lambda: next(left), digits)
    assert list(left) == []
    assert off(network(x), expected) < 1e-5


def test_lenet5_counts_connections_as_printed() -> None:
    """Section II-B: 122,304 in C1, 5,880 in S2, 151,600 in C3, 2,000 in S4, 48,120 in C5, 10,164 in F6; the paper's
    60,000 trainable parameters are the sum of what it prints for the layers."""
    state = archspec.compile("lenet5").state_dict()
    sizes = {name: sum(w.numel() for key, w in state.items() if key.startswith(f"{name}.")) for name in LENET5}
    assert sizes == {name: printed[0] for name, printed in LENET5.items()}
    for name, (weights, connections, positions) in LENET5.items():
        if name[0] in "CF":
            assert weights * positions == connections
        elif name[0] == "S":  # four inputs and a bias for each unit
            assert math.prod((5, weights // 2, positions)) == connections
    assert sum(connections for _, connections, _ in LENET5.values()) + 840 == 340_908


# weights, connections, positions of the window
LENET5 = {
    "C1": (156, 122_304, 28 * 28),
    "S2": (12, 5_880, 14 * 14),
    "C3": (1_516, 151_600, 10 * 10),
    "S4": (32, 2_000, 5 * 5),
    "C5": (48_120, 48_120, 1),
    "F6": (10_164, 10_164, 1),
}


def test_lenet5_knows_a_digit_by_its_bitmap() -> None:
    """Each of the ten is nearest to itself, and no two are alike."""
    digits = archspec.compile("lenet5").state_dict()["OUTPUT.weight"]
    assert digits.shape == (10, 84)
    assert set(digits.unique().tolist()) == {-1.0, 1.0}
    distances = torch.cdist(digits, digits).square()
    assert distances.fill_diagonal_(math.inf).min() >= 4 * 10  # they differ in at least ten pixels


def test_lenet5_learns() -> None:
    """A few steps on four images lower the distance to the right digits: the gradient reaches every weight."""
    network = archspec.compile("lenet5", seed=0)
    x = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([3, 1, 4, 1])
    optimizer = torch.optim.SGD(network.parameters(), lr=5e-4, momentum=0.9)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = network(x)[range(4), target].mean()
        loss.backward()
        assert all(weight.grad is not None and weight.grad.any() for weight in network.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
