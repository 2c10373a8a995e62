"""Weights that somebody trained, put into a network: from a file, a dictionary, or a library that has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.checkpoints.match import By, Match, match
from archspec.checkpoints.numbers import Fitting, fitting, misfit, shapes, tensors_of

if TYPE_CHECKING:
    import torch

    from archspec.architecture import Architecture
    from archspec.checkpoints.stored import Header


def load_weights(
    module: torch.nn.Module,
    source: str | Path | Mapping[str, torch.Tensor],
    *,
    by: By | None = None,
    partial: bool = False,
) -> Match:
    """Fill a network with weights, in place, and say what went where. Who has no network yet gets one faster by
    `archspec.compile(SPEC, weights=source)`, which draws no first weights.

    `source`: a safetensors file, an archive of `torch.save` (read as numbers only, never as code), a state dict,
    or `torchvision:NAME`, `timm:NAME`, `hf:OWNER/REPO[/FILE]` through those libraries. Names are matched as they
    are, by the key maps of the network's spec, without wrappers' prefixes, or else by order if all shapes agree;
    `by` asks for one way: "name", "order", or "structure" for the weights of a network that has changed since.

    Raises `SpecError` and changes nothing if something is missing, left over or of another shape (A0702), unless
    `partial` (or `by="structure"`, which never fills all) takes what fits; and if the source cannot be read (A0701).

    >>> import archspec
    >>> old, new = archspec.compile("lenet5_modern", seed=1), archspec.compile("lenet5_modern", seed=2)
    >>> archspec.load_weights(new, old.state_dict()).how
    'by name'
    """
    ours = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    tensors = dict(source) if isinstance(source, Mapping) else tensors_of(source)
    found = match(ours, {name: tuple(value.shape) for name, value in tensors.items()}, _maps(module), by)
    if not found.whole and not partial and by != "structure":
        raise misfit(found, "" if isinstance(source, Mapping) else str(source))
    # What stands on the meta device has no numbers to copy to: it becomes the tensors themselves.
    hollow = any(getattr(value, "is_meta", False) for value in module.state_dict().values())
    state = {key: tensors[name] for key, name in found.fits.items()}
    module.load_state_dict(state, strict=False, assign=hollow)
    return found


def read_weights(architecture: Architecture, source: str | Path) -> Fitting:
    """The tensors of a file or a library by the keys of the network's state dict, and how they were matched.

    `source` as in `load_weights`, and errors likewise. A safetensors file of dtypes that numpy has comes as arrays
    of numpy, without torch; all else as tensors of torch. Counters of batches that an old file lacks are 0.
    """
    return fitting(architecture.program, architecture.key_maps(), source, arrays=True)


def compare(architecture: Architecture, header: Header, by: By | None = None) -> Match:
    """What a file's tensors are to a network. Imports no torch."""
    theirs = {name: stored.shape for name, stored in header.items()}
    return match(shapes(architecture.program), theirs, architecture.key_maps(), by)


def _maps(module: torch.nn.Module) -> Mapping[str, Mapping[str, str]]:
    from archspec.architecture import architecture_of

    architecture = architecture_of(module)
    return {} if architecture is None else architecture.key_maps()
