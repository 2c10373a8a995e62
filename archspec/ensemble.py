"""Lesions and reordering of networks, as Veit, Wilber and Belongie did with residual ones: delete units, or swap
them, without training again ("Residual Networks Behave Like Ensembles of Relatively Shallow Networks", NIPS 2016,
arXiv 1605.06431). Nothing is changed in place: each function gives back a network of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.program.model import Call, Program
from archspec.program.weights import join_key

if TYPE_CHECKING:
    import torch

    from archspec.architecture import Architecture


def drop(architecture: Architecture, *keys: str) -> Architecture:
    """The architecture without the units or layers that stand at `keys` of its state dict.

    What takes their place, and when there is none, stands in `archspec.passes.lesion`. Raises `SpecError` (A0604).

    >>> import archspec
    >>> whole = archspec.load("resnet20_cifar")
    >>> left = drop(whole, "layer1.2")
    >>> whole.summary()["paths"], left.summary()["paths"]
    ('512', '256')
    """
    from archspec.passes.lesion import lesion

    return replace(architecture, program=lesion(architecture.program, keys), changed=True)


def units(program: Program) -> tuple[tuple[str, ...], ...]:
    """Keys of units that may be swapped, in groups: calls of one concrete module that gives what it takes.

    Each group holds at least two, in the order of the network.

    >>> import archspec
    >>> units(archspec.load("resnet20_cifar").program)
    (('layer1.0', 'layer1.1', 'layer1.2'), ('layer2.1', 'layer2.2'), ('layer3.1', 'layer3.2'))
    """
    groups: dict[str, list[str]] = {}
    for key, id in _calls(program, program.main, ""):
        module = program.modules[id]
        given = [port.type for port in module.inputs]
        last = [module.nodes[out.ref.node].types[out.ref.output] for out in module.outputs if out.ref.node >= 0]
        if module.kind == "module" and not module.borrows and len(given) == 1 and given == last:
            keys = groups.setdefault(id, [])
            if key not in keys:
                keys.append(key)
    return tuple(tuple(keys) for keys in groups.values() if len(keys) > 1)


def _calls(program: Program, id: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Every call by its key, with the module that is called, in order of execution."""
    for node in program.modules[id].nodes:
        if isinstance(node.body, Call) and not node.skipped and not node.key.startswith("^"):
            key = join_key(prefix, node.key)
            yield key, node.body.module
            yield from _calls(program, node.body.module, key)


def lesion(network: torch.nn.Module, *keys: str, architecture: Architecture | None = None) -> torch.nn.Module:
    """A copy of a network without the units at `keys`; all other weights are kept.

    It stands on the same device, with the same dtype and mode (training or evaluation). `architecture` is what it
    was compiled from, which a module that `archspec.compile` gave knows itself. Raises `SpecError` (A0604), and
    `ValueError` if the network was not made of the architecture.
    """
    architecture = architecture or _origin(network)
    state = _state(network, architecture)
    return _like(network, drop(architecture, *keys), state)


def shuffle(
    network: torch.nn.Module,
    *,
    architecture: Architecture | None = None,
    swaps: int | None = None,
    seed: int | None = None,
    groups: Sequence[Sequence[str]] | None = None,
) -> torch.nn.Module:
    """A copy of a network in which units have changed places.

    `swaps` random pairs of interchangeable units (`units`) are swapped, one after the other, as in the paper; None:
    each group is put into random order. `groups` are the keys that may change places, if not all that can.
    `architecture` as in `lesion`. Raises `ValueError` if there is nothing to swap, or units that are not
    interchangeable are to be.
    """
    from random import Random

    architecture = architecture or _origin(network)
    known = {key: number for number, group in enumerate(units(architecture.program)) for key in group}
    chosen = units(architecture.program) if groups is None else groups
    for group in chosen:
        kinds = {known.get(key) for key in group}
        if len(kinds) != 1 or None in kinds:
            raise ValueError(f"not interchangeable: {', '.join(group)}")
    chosen = [list(group) for group in chosen if len(group) > 1]
    if not chosen:
        raise ValueError("no two units of this network are interchangeable")
    random = Random(seed)
    comes: dict[str, str] = {key: key for group in chosen for key in group}
    """for each place, whose weights stand there"""
    if swaps is None:
        for group in chosen:
            comes.update(zip(group, random.sample(group, len(group)), strict=True))
    else:
        pairs = [(a, b) for group in chosen for at, a in enumerate(group) for b in group[at + 1 :]]
        for _ in range(swaps):
            a, b = random.choice(pairs)
            comes[a], comes[b] = comes[b], comes[a]
    state = _state(network, architecture)
    moved = dict(state)
    for place, unit in comes.items():
        for key, tensor in state.items():
            if key.startswith(f"{unit}."):
                moved[f"{place}.{key[len(unit) + 1 :]}"] = tensor
    return _like(network, architecture, moved)


def _origin(network: torch.nn.Module) -> Architecture:
    from archspec.architecture import architecture_of

    found = architecture_of(network)
    if found is None:
        raise ValueError("nobody knows what this network was compiled from: say `architecture=`")
    return found


def _state(network: torch.nn.Module, architecture: Architecture) -> dict[str, torch.Tensor]:
    from archspec.program.weights import Weights

    state = dict(network.state_dict())
    if set(state) != {weight.key for weight in Weights(architecture.program).all()}:
        raise ValueError(f"the network was not compiled from `{architecture.name}`: it has other weights")
    return state


def _like(network: torch.nn.Module, architecture: Architecture, state: dict[str, torch.Tensor]) -> torch.nn.Module:
    """A network of an architecture with those weights of a state dict that it has, and the modes of `network`."""
    import torch

    made = architecture.compile()
    wanted = made.state_dict()
    kept = {key: tensor for key, tensor in state.items() if key in wanted}
    first = next(iter(state.values()), None)
    floating = next((tensor for tensor in state.values() if tensor.is_floating_point()), None)
    if first is not None:
        made = made.to(device=first.device)
    if floating is not None:
        made = made.to(dtype=floating.dtype)
    with torch.no_grad():
        made.load_state_dict(kept)
    return made.train(network.training)
