"""Files → sources, with a cause in plain words where one cannot be read."""

from __future__ import annotations

from pathlib import Path

from archspec.text.diagnostics import fault
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.source import Source, Span


def read_source(
    path: str | Path, limits: Limits = DEFAULT_LIMITS, *, name: str | None = None, span: Span | None = None
) -> Source:
    """The text of a file, called `name` (default: the path) in messages. Raises `SpecError`.

    `span` is where another file names this one, if one does. A byte order mark is dropped.
    """
    shown = str(path) if name is None else name
    try:
        with Path(path).open("rb") as file:
            data = file.read(limits.file_bytes + 1)
    except FileNotFoundError:
        raise fault("A0001", f"no such file: {shown}", span) from None
    except IsADirectoryError:
        raise fault("A0002", f"{shown} is a folder, not a file", span) from None
    except (OSError, ValueError) as error:
        raise fault("A0002", f"cannot read {shown}: {cause(error)}", span) from None
    if len(data) > limits.file_bytes:
        help = "the bound is `file_bytes`; raise it with `--limit file_bytes=N`"
        raise fault("A0003", f"{shown} holds more than {limits.file_bytes:,} bytes", span, help=help)
    return decode(data, shown, span)


def decode(data: bytes, name: str, span: Span | None = None) -> Source:
    """The source that UTF-8 bytes hold (standard input, a file of an archive). Raises `SpecError`."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        message = f"{name} is not UTF-8 text: byte 0x{byte:02x} in line {line}"
        raise fault("A0004", message, span, help="save the file as UTF-8") from None


def cause(error: OSError | ValueError) -> str:
    """Why the operating system refused, without Python's words."""
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
