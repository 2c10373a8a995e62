"""What a file says of its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Stored(NamedTuple):
    """A tensor in a file."""

    shape: tuple[int, ...]
    dtype: str
    """as torch calls it: "float32" """


Header = Mapping[str, Stored]
"""tensors by name, in the order in which the file has them"""
