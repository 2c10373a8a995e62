"""Networks for weights that are there already: made without first ones, whose drawing takes most of the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from threading import Lock, get_ident
from typing import Any

import torch
from torch import nn

INITIALISERS = (
    "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_",
    "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
)  # fmt: skip
"""what fills a tensor in `torch.nn.init`"""
_TURN = Lock()
"""for who replaces functions of a library: one at a time"""


@contextmanager
def hollow() -> Iterator[None]:
    """In it, modules that this thread constructs leave their weights as memory was: `fill` must follow.

    The initialisers of `torch.nn.init` do nothing. The meta device, or a mode of torch, would have them called with
    nothing to fill, which for a network of many small layers takes as long as to draw. Other threads see no change.
    """
    here = get_ident()

    def idle(own: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(own)
        def leave(tensor: torch.Tensor, *args: Any, **settings: Any) -> Any:
            return tensor if get_ident() == here else own(tensor, *args, **settings)

        return leave

    with _TURN:
        kept = {name: getattr(nn.init, name) for name in INITIALISERS}
        try:
            for name, own in kept.items():
                setattr(nn.init, name, idle(own))
            yield
        finally:
            for name, own in kept.items():
                setattr(nn.init, name, own)


def fill(network: nn.Module, weights: Mapping[str, Any]) -> None:
    """Make tensors, or arrays, the network's own: `load_state_dict` for who has just constructed it.

    They are not copied where they have the dtype and device of what they replace, and no other tensor's memory. Tied
    tensors stay one. Raises `ValueError`, and changes nothing, unless there is one of the right shape for each key.
    """
    slots = [*_slots(network)]
    keys = {key for key, *_ in slots}
    if keys != weights.keys():
        wrong = sorted(keys ^ weights.keys())
        raise ValueError(f"other names than the network's: {', '.join(wrong[:6])}")
    last = {id(own): key for key, _, _, own in slots}  # of keys that are one tensor, as load_state_dict has it
    taken: set[int] = set()
    tensors = {id(own): own for _, _, _, own in slots}
    new = {at: _like(own, last[at], weights[last[at]], taken) for at, own in tensors.items()}
    for _, home, name, own in slots:
        home[name] = new[id(own)]


def _slots(network: nn.Module) -> Iterator[tuple[str, dict[str, Any], str, torch.Tensor]]:
    """Every entry of the state dict: its key, where it is held, under which name, and what stands there."""
    for path, module in network.named_modules(remove_duplicate=False):
        prefix = f"{path}." if path else ""
        for name, own in module._parameters.items():
            if own is not None:
                yield prefix + name, module._parameters, name, own
        for name, own in module._buffers.items():
            if own is not None and name not in module._non_persistent_buffers_set:
                yield prefix + name, module._buffers, name, own


def _like(own: torch.Tensor, key: str, given: Any, taken: set[int]) -> torch.Tensor:
    """The tensor that takes the place of `own`. `taken`: where those lie that are in use."""
    tensor = given.detach() if isinstance(given, torch.Tensor) else torch.as_tensor(given, device="cpu")
    if tensor.shape != own.shape:
        raise ValueError(f"`{key}` has shape {list(tensor.shape)}, not {list(own.shape)}")
    # What stands on the meta device has no place of its own.
    tensor = tensor.to(device=None if own.is_meta else own.device, dtype=own.dtype).contiguous()
    if tensor.data_ptr() in taken:
        tensor = tensor.clone()
    taken.add(tensor.data_ptr())
    return nn.Parameter(tensor, own.requires_grad) if isinstance(own, nn.Parameter) else tensor
