"""Which spec a name means: a file, a variant of one, or a network of the shipped library."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archspec.text.diagnostics import SpecError, fault
from archspec.text.limits import Limits
from archspec.text.read import read_source
from archspec.text.source import Source, Span
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIANTS = re.compile(r"^variants:[^\n]*\n((?:[ \t]+[^\n]*\n|[ \t]*(?:#[^\n]*)?\n)*)", re.MULTILINE)
_NETWORK = re.compile(r"^(?:graph|extends):", re.MULTILINE)


class Found(NamedTuple):
    """A spec's text, and the variant that was asked for."""

    source: Source
    variant: str | None
    folder: Path | None
    """where relative names in it are looked up; None for a spec of the library"""


@cache
def shipped() -> dict[str, Traversable]:
    """The library's files by id."""
    from importlib.resources import files

    entries = sorted(files("archspec.specs").iterdir(), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".yaml"): entry for entry in entries if entry.name.endswith(".yaml")}


@cache
def variants() -> dict[str, str]:
    """The library's variants: id → id of the file that has it.

    Found in the text, without parsing every file: the names one level under `variants:`.
    """
    found: dict[str, str] = {}
    for id, entry in shipped().items():
        block = _VARIANTS.search(entry.read_text(encoding="utf-8") + "\n")
        if block is not None:
            lines = [line for line in block[1].splitlines() if line.strip() and not line.lstrip().startswith("#")]
            indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
            for line in lines:
                name = re.match(rf"[ \t]{{{indent}}}([A-Za-z_]\w*):", line)
                if name is not None:
                    found[name[1]] = id
    return found


def names() -> tuple[str, ...]:
    """Every network of the library, files first, each with its variants after it.

    A file of modules for others to `use` has no graph and is no network.
    """
    networks = (id for id, entry in shipped().items() if _NETWORK.search(entry.read_text(encoding="utf-8")))
    return tuple(
        name for id in networks for name in (id, *(variant for variant, file in variants().items() if file == id))
    )


def find(name: str | Path, limits: Limits, *, beside: Path | None = None, asked: Span | None = None) -> Found:
    """The spec that `name` means: `FILE.yaml`, `FILE.yaml@variant`, an id of the library, or `id@variant`.

    `beside`: the folder of the file that names it, tried before the library. Raises A0001 to A0004.
    """
    text = str(name)
    base, _, variant = text.partition("@")
    if _ID.fullmatch(base):
        local = beside / f"{base}.yaml" if beside is not None else None
        if local is not None and local.is_file():
            return Found(read_source(local, limits, span=asked), variant or None, local.parent)
        if base in shipped():
            return Found(read_shipped(base), variant or None, None)
        if base in variants():
            return Found(read_shipped(variants()[base]), base, None)
        raise _unknown(base, asked)
    path = Path(base)
    if beside is not None:
        path = beside / path
    elif asked is not None:
        shipped_id = base.removesuffix(".yaml")
        if shipped_id in shipped():
            return Found(read_shipped(shipped_id), variant or None, None)
    return Found(read_source(path, limits, span=asked), variant or None, path.parent)


def _unknown(name: str, asked: Span | None) -> SpecError:
    path = Path(f"{name}.yaml")
    near = suggest(name, names())
    helps = [f"did you mean `{near}`?"] if near else ["`archspec list` shows the library"]
    if asked is None and path.is_file():
        helps.insert(0, f"there is a file here: `{path}`")
    return fault("A0001", f"no spec is called `{name[:80]}`", asked, help=helps)


def read_shipped(id: str) -> Source:
    return Source(f"{id}.yaml", shipped()[id].read_text(encoding="utf-8"))
