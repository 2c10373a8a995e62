"""Names, shapes and dtypes of the tensors in a file, without their numbers."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from archspec.checkpoints.stored import Header, Stored
from archspec.text.diagnostics import SpecError, fault
from archspec.text.read import cause

LARGEST = 100_000_000
"""bytes of a header; a file that says more is broken or hostile"""


ZIP = b"PK\x03\x04"
SAFETENSORS = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip


def read_header(path: str | Path) -> Header:
    """The tensors of a safetensors file or of an archive that `torch.save` wrote (a state dict, or one in it).

    Raises `SpecError`: A0001 if there is no such file, A0701 for one that is neither or is damaged.
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(8)
            if start[:4] == ZIP:
                return _torch(path)
            if len(start) == 8 and (header := _safetensors(file, start)) is not None:
                return header
    except FileNotFoundError:
        raise fault("A0001", f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise unreadable(path, cause(error)) from None
    if start[:1] == b"\x80":
        help = "it may be one that torch wrote before version 1.6: load it there and save it again"
        raise unreadable(path, "it is a bare pickle", help)
    raise unreadable(path, "it is neither safetensors nor an archive of torch")


def is_safetensors(path: str | Path) -> bool:
    """Whether a file that `read_header` has read is safetensors and no archive of torch."""
    with Path(path).open("rb") as file:
        return file.read(4) != ZIP


def unreadable(path: str | Path, why: str, help: str = "") -> SpecError:
    return fault("A0701", f"cannot read weights from {path}: {why}", help=help)


def _safetensors(file: BinaryIO, start: bytes) -> Header | None:
    """The header that follows eight bytes with its length; None for another kind of file."""
    (length,) = struct.unpack("<Q", start)
    if not 2 <= length <= LARGEST:
        return None
    text = file.read(length)
    if not text.startswith(b"{"):
        return None
    entries = json.loads(text)
    entries.pop("__metadata__", None)
    found: dict[str, Stored] = {}
    # A safetensors header is sorted as its writer liked; the numbers stand in the order of the offsets.
    for name, entry in sorted(entries.items(), key=lambda item: _start(*item)):
        shape, dtype = entry.get("shape"), entry.get("dtype")
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"`{name[:80]}` has no shape")
        found[name] = Stored(tuple(shape), SAFETENSORS.get(str(dtype), str(dtype)[:20].lower()))
    return found


def _start(name: str, entry: object) -> int:
    """Where the numbers of a tensor begin."""
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or not offsets or type(offsets[0]) is not int:
        raise ValueError(f"`{name[:80]}` has no place")
    return offsets[0]


def _torch(path: str | Path) -> Header:
    from archspec.checkpoints.pickled import tensors

    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [item for item in archive.infolist() if item.filename.endswith("data.pkl")]
            if len(pickles) != 1:
                raise unreadable(path, "it is an archive, but not one that torch.save wrote")
            if pickles[0].file_size > LARGEST:
                raise unreadable(path, f"its table is said to have {pickles[0].file_size:,} bytes")
            return tensors(archive.read(pickles[0]))
    except (zipfile.BadZipFile, EOFError) as error:
        raise unreadable(path, str(error).lower() or "it ends too early") from None
