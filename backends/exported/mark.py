"""The files are zip archives, so what says that archspec wrote them is the archive's comment, at the end."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

from archspec.backend import MARK, Header


def marked(archive: bytes, header: Header) -> bytes:
    """The archive with a comment that says what it is made of."""
    file = BytesIO(archive)
    with ZipFile(file, "a") as opened:
        opened.comment = f"{MARK} {header.version} from {header.spec}".encode()
    return file.getvalue()
