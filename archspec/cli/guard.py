"""Files of other people are not overwritten."""

from __future__ import annotations

from pathlib import Path


def guard(target: Path, mark: str) -> None:
    """Refuse to overwrite what archspec did not write: a file without the mark in its head. Raises `SpecError`.

    An archive has the mark in its comment, which stands at its end. Upper and lower case, and how the mark is
    spread over lines, do not matter.
    """
    from archspec.text.diagnostics import fault

    if not target.is_file():
        return  # nothing is lost, or writing says what is wrong
    try:
        with target.open("rb") as file:
            head = file.read(2000)
            if head.startswith(b"PK"):
                file.seek(-min(2000, target.stat().st_size), 2)
                head = file.read()
        text = head.decode("utf-8", "replace")
    except OSError:
        text = "unreadable"
    if text.strip() and mark not in " ".join(text.lower().split()):
        raise fault(
            "A0501", f"`{target}` exists and was not written by archspec", help="give another name, or pass `--force`"
        )
