"""An optimised network on a CPU plays the calls of torch that it made before. That must show in nothing but time."""

from __future__ import annotations

import copy
import inspect
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.hooks import RemovableHandle

import archspec
from tests.pytorch.test_optimised import NETS, pair

X = torch.randn(4, 8, 12, 12, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def fast(tmp_path: Path) -> nn.Module:
    """A network that has noted its calls, with a name for each of its parts."""
    network = pair(tmp_path, NETS["named"])[1]
    network(X.flip(0))
    return network


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, fast: nn.Module) -> list[int]:
    """Grows with each call of the network's forward."""
    made: list[int] = []
    forward = type(fast).forward

    def counted(self: nn.Module, *inputs: torch.Tensor) -> object:
        made.append(1)
        return forward(self, *inputs)

    monkeypatch.setattr(type(fast), "forward", counted)
    return made


def slow(fast: nn.Module, x: torch.Tensor = X) -> torch.Tensor:
    """What the layers give, called one by one."""
    with torch.no_grad():
        result: torch.Tensor = type(fast).forward(fast, x)
    return result


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def test_forward_is_called_once_for_inputs_alike(fast: nn.Module, calls: list[int]) -> None:
    assert close(fast(X), slow(fast))
    calls.clear()
    first = fast(X)
    assert torch.equal(fast(X), first)
    assert not torch.equal(fast(X + 1), first)
    assert not calls


def test_each_kind_of_input_has_a_tape_and_the_oldest_go(fast: nn.Module, calls: list[int]) -> None:
    kinds = [X, X[:1], X[:2], X[:3], X.to(memory_format=torch.channels_last)]
    for x in [*kinds, *kinds[1:]]:
        assert close(fast(x), slow(fast, x))
    calls.clear()
    fast(kinds[-1])
    assert not calls
    fast(kinds[0])
    assert len(calls) == 1


def test_a_hook_is_called(fast: nn.Module, calls: list[int]) -> None:
    seen: list[torch.Tensor] = []
    hook = fast.get_submodule("c").register_forward_hook(lambda module, given, result: seen.append(result))
    fast(X)
    assert len(seen) == len(calls) == 1
    hook.remove()
    fast(X)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "register",
    [nn.modules.module.register_module_forward_hook, nn.modules.module.register_module_forward_pre_hook],
    ids=["after", "before"],
)
def test_a_hook_of_all_modules_is_called(
    fast: nn.Module, calls: list[int], register: Callable[[Callable[..., None]], RemovableHandle]
) -> None:
    seen: list[nn.Module] = []
    hook = register(lambda module, *values: seen.append(module))
    fast(X)
    hook.remove()
    assert fast.get_submodule("c") in seen
    fast(X)
    assert len(calls) == 1


def test_a_layer_that_is_replaced_is_used(fast: nn.Module) -> None:
    before = fast(X)
    fast.c = nn.Conv2d(8, 8, 1)
    assert not close(fast(X), before)
    assert close(fast(X), slow(fast))


def test_weights_that_change_count_however_they_do(fast: nn.Module) -> None:
    weight = fast.get_parameter("c.weight")
    for change in (
        lambda: weight.mul_(2),
        lambda: setattr(weight, "data", torch.ones_like(weight)),
        lambda: setattr(fast.get_submodule("c"), "weight", nn.Parameter(weight * 3, requires_grad=False)),
        lambda: fast.load_state_dict({key: value + 1 for key, value in fast.state_dict().items()}),
        lambda: fast.double().float(),
    ):
        fast(X)
        change()
        assert close(fast(X), slow(fast))


@torch.inference_mode()
def test_weights_made_in_inference_mode_count_too(tmp_path: Path) -> None:
    """Torch does not tell when they change."""
    fast = pair(tmp_path, NETS["named"])[1]
    before = fast(X)
    fast.load_state_dict({key: value + 1 for key, value in fast.state_dict().items()})
    assert not close(fast(X), before)
    assert close(fast(X), slow(fast))


def test_a_layer_without_weights_that_is_replaced_is_used(fast: nn.Module) -> None:
    for layer in (nn.Identity(), nn.Tanh()):
        fast.p = layer.eval()
        assert close(fast(X), slow(fast))


def test_code_of_somebody_else_is_called_each_time(fast: nn.Module, calls: list[int]) -> None:
    class Either(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if float(x.mean()) > 0 else -x

    fast.p = Either().eval()
    for x in (X, -X, X):
        assert close(fast(x), slow(fast, x))
    assert len(calls) == 6


def test_forward_that_looks_at_numbers_is_called_each_time(fast: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody may who goes on writing at the source."""
    monkeypatch.setattr(type(fast), "forward", lambda self, x: self.c(x) if x.mean() > 0 else -self.c(x))
    fast = copy.deepcopy(fast)
    for x in (X + 1, X - 1, X + 1):
        assert close(fast(x), slow(fast, x))


def test_functions_of_all_kinds_are_played(fast: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several results of one call, named ones, numbers drawn, what is written in place, a dictionary at the end."""

    def forward(self: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
        low, high = x.chunk(2, dim=1)
        top, where = torch.stack([high, low]).max(dim=0)
        noise = torch.rand(()) * top
        memory = x.new_zeros(x.shape)
        memory[:, :4] = noise
        memory.mul_(2)
        return {"memory": memory, "where": where, "pair": torch.cat([-low, *high.split(2, dim=1)[:1]], dim=1)[:, :4]}

    monkeypatch.setattr(type(fast), "forward", forward)
    fast = copy.deepcopy(fast)
    fast(X)
    for x in (-X, X * 2):
        torch.manual_seed(0)
        played = fast(x)
        torch.manual_seed(0)
        expected = forward(fast, x)
        assert {key: close(value, expected[key]) for key, value in played.items()} == dict.fromkeys(expected, True)


def test_inputs_may_be_the_same_tensor_or_not(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    head = "archspec: 1\nname: net\ninputs: {x: [8, 6, 6], y: [8, 6, 6]}\n"
    file.write_text(f"{head}graph: [c: 'conv(8, 3, padding=1)(x)', d: 'conv(8)(y)', c + d, relu]\n", "utf-8")
    fast = archspec.compile(file, seed=0, optimize="inference")
    x, y = torch.randn(2, 2, 8, 6, 6)
    for given in ((x, x), (x, y), (y, y)):
        with torch.no_grad():
            expected = type(fast).forward(fast, *given)
        assert close(fast(*given), expected)


def test_in_training_and_under_autocast_layers_are_called(fast: nn.Module, calls: list[int]) -> None:
    fast.train()
    fast(X)
    fast.eval()
    assert len(calls) == 1
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert fast(X).dtype is torch.bfloat16
    assert len(calls) == 2


@torch.no_grad()
def test_what_looks_into_networks_finds_layers(fast: nn.Module) -> None:
    """Tracers and transforms of functions call the forward, whatever was noted before."""
    expected = slow(fast)
    weights = {key: value * 1 for key, value in fast.named_parameters()}
    ensemble = {key: torch.stack([value, value * 2]) for key, value in weights.items()}
    assert close(torch.compile(fast, fullgraph=True, backend="eager")(X), expected)
    assert close(torch.fx.symbolic_trace(fast)(X), expected)
    assert close(torch.func.functional_call(fast, weights, X), expected)
    assert close(torch.func.vmap(fast)(X[:, None])[:, 0], expected)
    several = torch.func.vmap(lambda own: torch.func.functional_call(fast, own, X))(ensemble)
    assert close(several[0], expected)
    assert not close(several[1], expected)
    slopes = torch.func.grad(lambda own: torch.func.functional_call(fast, own, X).sum())(weights)
    assert all(slope.abs().sum() > 0 for slope in slopes.values())


def test_what_counts_operations_sees_them(fast: nn.Module, calls: list[int]) -> None:
    with FlopCounterMode(display=False) as counter:
        fast(X)
    assert len(calls) == 1
    assert counter.get_total_flops() == 2 * 4 * 144 * (8 * 8 * 9 + 8 * 8)


def test_copies_note_their_own_calls(fast: nn.Module) -> None:
    for other in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
        assert torch.equal(other(X), fast(X))
        with torch.no_grad():
            other.get_parameter("c.weight").zero_()
        assert not torch.equal(other(X), fast(X))


def test_layers_may_have_any_name(tmp_path: Path) -> None:
    """Also those of what plays them."""
    words = "state record portion tapes held made_for noted kinds _noted _state fastest finish activation".split()
    plain, fast = pair(tmp_path, "[" + ", ".join(f"{{{word}: 'conv(8, 3, padding=1)'}}, relu" for word in words) + "]")
    for x in (X, -X):
        assert close(fast(x), plain(x))


@pytest.mark.parametrize("word", ["portion", "replay"])
def test_one_pass_alone_makes_source_that_runs(word: str) -> None:
    """Here the constructor ends with how weights start, which a set of passes leaves away."""
    made, _ = archspec.load("resnet20_cifar").optimise(word)
    fast = made.compile(seed=0).eval().requires_grad_(False)
    source = inspect.getsource(type(fast))
    assert "for module in self.modules()" in source
    assert ("portion=" in source) is (word == "portion")
    x = torch.randn(2, 3, 32, 32)
    for images in (x, -x):
        assert close(fast(images), slow(fast, images))


def test_results_belong_to_who_asked(fast: nn.Module) -> None:
    first = fast(X)
    kept = first.clone()
    fast(-X)
    assert torch.equal(first, kept)


def test_memory_of_values_is_freed_while_it_plays(tmp_path: Path) -> None:
    """A chain of layers needs few values at a time, not all."""
    steps = ", ".join(["'conv(64, 3, padding=1)'", "relu"] * 24)
    fast = pair(tmp_path, f"[{steps}]")[1]
    expected = fast(X)
    alive: weakref.WeakSet[torch.Tensor] = weakref.WeakSet()
    most = []

    class Count(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            result = function(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                alive.add(result)
            most.append(len(alive))
            return result

    with Count():
        assert torch.equal(fast(X), expected)
    assert len(most) > 24
    assert max(most) <= 4
