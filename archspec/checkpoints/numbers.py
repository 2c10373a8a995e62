"""The numbers of trained weights: of a file, of a library that has them, and as those of a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archspec.checkpoints.match import Match, match
from archspec.program.model import Program
from archspec.program.weights import Weights
from archspec.text.diagnostics import SpecError, fault

if TYPE_CHECKING:
    import torch

Maps = Mapping[str, Mapping[str, str]]
"""the key maps of a network by library"""

LIBRARIES = ("torchvision", "timm", "hf")
"""what stands before the colon of a source that is no file"""
SHOWN = 6
"""names that a message lists of each kind"""


class Fitting(NamedTuple):
    """Every tensor of a network's state dict, by its key."""

    state: dict[str, Any]
    """arrays of numpy or tensors of torch; 0 for counters of batches that the source lacks"""
    match: Match


def fitting(program: Program, maps: Maps, source: str | Path | Mapping[str, Any], *, arrays: bool = False) -> Fitting:
    """The numbers of a source by the keys of the network. Those of a dictionary are the very ones in it.

    `source`: a safetensors file, an archive of `torch.save`, `torchvision:NAME`, `timm:NAME`, `hf:OWNER/REPO[/FILE]`,
    or a dictionary. With `arrays` a safetensors file comes as arrays of numpy, without torch, if numpy has its dtypes.
    Raises `SpecError`: A0701 for a source that cannot be read, A0702 for one that does not fit.
    """
    if isinstance(source, Mapping):
        tensors, origin = dict(source), ""
    else:
        tensors, origin = (arrays and _arrays(source)) or tensors_of(source), str(source)
    theirs = {key: tuple(getattr(value, "shape", ())) for key, value in tensors.items()}  # plain numbers have none
    found = match(shapes(program), theirs, maps)
    if not found.whole:
        raise misfit(found, origin)
    state = {key: tensors[name] for key, name in found.fits.items()}
    return Fitting(state | dict.fromkeys(found.missing, 0), found)


def shapes(program: Program) -> dict[str, tuple[int, ...]]:
    """Of every tensor of the state dict."""
    return {weight.key: weight.type.shape for weight in Weights(program).all()}


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


def tensors_of(source: str | Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, or of weights that a library knows. Raises `SpecError` (A0701)."""
    library, colon, name = str(source).partition(":")
    if colon and library in LIBRARIES and not Path(source).exists():
        return _published(library, name)
    return _file(Path(source))


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
