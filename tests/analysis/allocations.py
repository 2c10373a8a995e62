"""What torch really holds: the storages that live while a module runs, and those that autograd keeps.

Both are seen on the meta device, where no number is computed: a storage there has a size and no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


class LiveStorages(TorchDispatchMode):
    """Looks after each operation which storages live, those in `apart` left out."""

    def __init__(self, apart: Iterable[torch.Tensor]):
        super().__init__()
        self.apart = {address(tensor) for tensor in apart}
        self.live: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0
        self.peak_at = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.live = {key: one for key, one in self.live.items() if not one[0].expired()}
        for tensor in tensors((args, kwargs, result)):
            key = address(tensor)
            if key not in self.apart and key not in self.live:
                storage = tensor.untyped_storage()
                self.live[key] = (StorageWeakRef(storage), storage.nbytes())
        total = sum(size for _, size in self.live.values())
        if total > self.peak:
            self.peak, self.peak_at = total, str(func)
        return result


def address(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def tensors(tree: object) -> Iterator[torch.Tensor]:
    return (leaf for leaf in tree_iter(tree) if isinstance(leaf, torch.Tensor))


def weights(network: nn.Module) -> list[torch.Tensor]:
    return [*network.parameters(), *network.buffers()]


def inference_peak(network: nn.Module, *inputs: torch.Tensor) -> int:
    """Most bytes of storages that live at once, weights left out, while a network runs in inference."""
    network.eval()
    with torch.no_grad(), LiveStorages(weights(network)) as seen:
        network(*inputs)
    return seen.peak


def saved_by(
    run: Callable[..., Any], inputs: Sequence[torch.Tensor], apart: Iterable[torch.Tensor] = ()
) -> tuple[Any, dict[int, int]]:
    """What `run` gives, and the bytes of each storage that autograd keeps of it, by address; `apart` is left out."""
    others = {address(tensor) for tensor in apart}
    saved: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if address(tensor) not in others:
            saved[address(tensor)] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        outputs = run(*inputs)
    return outputs, {at: storage.nbytes() for at, storage in saved.items()}


def saved_for_backward(network: nn.Module, *inputs: torch.Tensor) -> int:
    """Bytes of the distinct storages that autograd keeps in training, weights left out."""
    network.train()
    _, saved = saved_by(network, inputs, weights(network))
    return sum(saved.values())
