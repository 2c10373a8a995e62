"""What `--format` and `--theme` may say, for several commands. A command with a format of its own has its own list."""

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


class ThemeName(StrEnum):
    """The themes of pictures and charts."""

    light = "light"
    dark = "dark"
    mono = "mono"
