"""What `--format` may say, for the commands that print tables. A command with a format of its own has its own list."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


class Brief(StrEnum):
    """For what is no table of like rows."""

    table = "table"
    json = "json"
