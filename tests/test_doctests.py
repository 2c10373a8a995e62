"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import archspec

HOME = Path(archspec.__file__).parent
BACKENDS = HOME / "backends" if (HOME / "backends").is_dir() else HOME.parent / "backends"


def modules() -> list[str]:
    """Every module of archspec, and the backends under the name they are imported by."""
    found = []
    for folder, prefix in ((HOME, "archspec"), (BACKENDS, "archspec.backends")):
        for file in folder.rglob("*.py"):
            parts = file.relative_to(folder).with_suffix("").parts
            found.append(".".join((prefix, *parts)).removesuffix(".__init__"))
    return sorted(set(found))


@pytest.mark.parametrize("name", [name for name in modules() if not name.endswith("__main__")])
def test_examples(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
