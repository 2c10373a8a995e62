"""Weights that somebody trained, put into a network: from a file, a dictionary, or a library that has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.checkpoints.match import By, Match, match
from archspec.program.weights import Weights
from archspec.text.diagnostics import SpecError, fault

if TYPE_CHECKING:
    import torch

    from archspec.api import Architecture
    from archspec.checkpoints.header import Header

LIBRARIES = ("torchvision", "timm", "hf")
"""what stands before the colon of a source that is no file"""
SHOWN = 6
"""names that a message lists of each kind"""


def load_weights(
    module: torch.nn.Module,
    source: str | Path | Mapping[str, torch.Tensor],
    *,
    by: By | None = None,
    partial: bool = False,
) -> Match:
    """Fill a network with weights, in place, and say what went where.

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
    tensors = dict(source) if isinstance(source, Mapping) else _tensors(source)
    found = match(ours, {name: tuple(value.shape) for name, value in tensors.items()}, _maps(module), by)
    if not found.whole and not partial and by != "structure":
        raise misfit(found, "" if isinstance(source, Mapping) else str(source))
    # What stands on the meta device has no numbers to copy to: it becomes the tensors themselves.
    hollow = any(getattr(value, "is_meta", False) for value in module.state_dict().values())
    state = {key: tensors[name] for key, name in found.fits.items()}
    module.load_state_dict(state, strict=False, assign=hollow)
    return found


def read_weights(architecture: Architecture, source: str | Path) -> tuple[dict[str, Any], Match]:
    """The tensors of a file or a library by the keys of the network's state dict, and how they were matched.

    `source` as in `load_weights`, and errors likewise. A safetensors file of dtypes that numpy has comes as arrays
    of numpy, without torch; all else as tensors of torch. Counters of batches that an old file lacks are 0.
    """
    tensors = _arrays(source) or _tensors(source)
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    found = match(_shapes(architecture), shapes, _keys(architecture))
    if not found.whole:
        raise misfit(found, str(source))
    counters = dict.fromkeys(found.missing, 0)
    return {key: tensors[name] for key, name in found.fits.items()} | counters, found


def compare(architecture: Architecture, header: Header, by: By | None = None) -> Match:
    """What a file's tensors are to a network. Imports no torch."""
    return match(
        _shapes(architecture), {name: stored.shape for name, stored in header.items()}, _keys(architecture), by
    )


def _shapes(architecture: Architecture) -> Mapping[str, tuple[int, ...]]:
    return {weight.key: weight.type.shape for weight in Weights(architecture.program).all()}


def _keys(architecture: Architecture) -> Mapping[str, Mapping[str, str]]:
    """The key maps of a network by library."""
    return {library: source.keys for library, source in architecture.weights.items()}


def misfit(found: Match, source: str) -> SpecError:
    """A0702, with the first names of each kind."""
    kinds = {
        "missing": [key for key in found.missing if key not in found.fits],
        "left over": list(found.extra),
        "of another shape": [ours for ours, _ in found.misshapen],
    }
    words = [f"{len(names):,} {kind}" for kind, names in kinds.items() if names]
    help = [f"{kind}: {_some(names)}" for kind, names in kinds.items() if names]
    whole = len(found.fits) + len(found.missing) + len(found.misshapen)
    origin = f" of {source}" if source else ""
    message = f"the weights{origin} do not fit: {len(found.fits):,} of {whole:,} do {found.how}, {', '.join(words)}"
    return fault("A0702", message, help=tuple(help))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more


def _maps(module: torch.nn.Module) -> Mapping[str, Mapping[str, str]]:
    from archspec.api import architecture_of

    architecture = architecture_of(module)
    return {} if architecture is None else _keys(architecture)


def _arrays(source: str | Path) -> dict[str, Any]:
    """The tensors of a safetensors file as arrays of numpy; nothing for any other source."""
    from archspec.checkpoints.header import is_safetensors, read_header
    from archspec.text.extras import need

    if not Path(source).exists():
        return {}
    header = read_header(source)
    if not is_safetensors(source) or any(one.dtype.startswith(("bfloat", "float8")) for one in header.values()):
        return {}
    need("safetensors", "a safetensors file")
    from safetensors.numpy import load_file

    return dict(load_file(source))


def _tensors(source: str | Path) -> dict[str, torch.Tensor]:
    library, colon, name = str(source).partition(":")
    if colon and library in LIBRARIES and not Path(source).exists():
        return _published(library, name)
    return _file(Path(source))


def _file(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file whose header has been read, and so is known to hold tensors only."""
    from archspec.checkpoints.header import is_safetensors, read_header, unreadable
    from archspec.checkpoints.pickled import state_dict

    read_header(path)
    if is_safetensors(path):
        from archspec.text.extras import need

        need("safetensors", "a safetensors file")
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    try:
        held = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # whatever torch finds wrong with a stranger's file
        raise unreadable(path, str(error).partition("\n")[0][:200]) from None
    found: dict[str, torch.Tensor] = state_dict(held, torch.Tensor)
    return found


def _published(library: str, name: str) -> dict[str, torch.Tensor]:
    """The state dict of weights that a library knows by name; it downloads them."""
    from archspec.text.extras import need

    try:
        need({"hf": "huggingface_hub"}.get(library, library), f"`{library}:`")
        return {"torchvision": _torchvision, "timm": _timm, "hf": _hub}[library](name)
    except SpecError:
        raise
    except Exception as error:  # the library's own errors: an unknown name, no network
        words = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise fault("A0701", f"cannot get {library}:{name[:80]}: {words}") from None


def _torchvision(name: str) -> dict[str, torch.Tensor]:
    from torchvision.models import get_weight

    state: dict[str, Any] = dict(get_weight(name).get_state_dict(progress=True, check_hash=True))
    return state


def _timm(name: str) -> dict[str, torch.Tensor]:
    from timm import create_model

    return dict(create_model(name, pretrained=True).state_dict())


def _hub(name: str) -> dict[str, torch.Tensor]:
    from huggingface_hub import hf_hub_download

    owner, _, rest = name.partition("/")
    repository, _, file = rest.partition("/")
    return _file(Path(hf_hub_download(f"{owner}/{repository}", file or "model.safetensors")))
