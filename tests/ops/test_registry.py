"""The table of ops names exactly the ops that the families define."""

from __future__ import annotations

from pathlib import Path

from archspec.ops import base, registry

FOUNDATION = {"__init__", "arguments", "base", "footprint", "geometry", "init", "registry", "window"}


def test_every_op_is_in_the_table_once_under_its_family() -> None:
    files = {path.stem for path in Path(base.__file__).parent.glob("*.py")} - FOUNDATION
    families = {**registry.FAMILIES, **registry.MADE}
    assert files == set(families)
    for family, names in families.items():
        assert set(names.split()) == set(registry._classes(family))
    assert len(registry.OPS) == sum(len(names.split()) for names in registry.FAMILIES.values())
