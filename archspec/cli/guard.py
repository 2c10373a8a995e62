"""Files of other people are not overwritten."""

from __future__ import annotations

from pathlib import Path


def guard(target: Path, mark: str) -> None:
    """Refuse to overwrite what archspec did not write: a file without the mark in its head. Raises `SpecError`.

    Upper and lower case, and how the mark is spread over lines, do not matter.
    """
    from archspec.text.diagnostics import fault

    if not target.is_file():
        return  # nothing is lost, or writing says what is wrong
    try:
        with target.open(encoding="utf-8", errors="replace") as file:
            head = file.read(2000)
    except OSError:
        head = "unreadable"
    if head.strip() and mark not in " ".join(head.lower().split()):
        raise fault(
            "A0501", f"`{target}` exists and was not written by archspec", help="give another name, or pass `--force`"
        )
