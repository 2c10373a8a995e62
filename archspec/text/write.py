"""Output files appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from archspec.text.diagnostics import fault
from archspec.text.read import cause


def write_atomically(path: str | Path, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part. Raises `SpecError`.

    Text is written as UTF-8; what is too large for one piece comes in several. A file that exists keeps its mode, a
    link keeps pointing where it points.
    """
    data = content.encode() if isinstance(content, str) else content
    pieces = (data,) if isinstance(data, bytes) else data
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        try:
            _write(beside, pieces, mode)
            os.replace(beside, target)  # the one step that others can see
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except FileNotFoundError:
        raise fault("A0502", f"cannot write {path}: the folder {Path(path).parent} does not exist") from None
    except (OSError, ValueError) as error:
        raise fault("A0502", f"cannot write {path}: {cause(error)}") from None


def _write(path: Path, pieces: Iterable[bytes], mode: int | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(descriptor)
    if mode is not None:
        path.chmod(mode)
