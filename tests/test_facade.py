"""`import archspec`: a short public surface, each name imported when first used."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import archspec


def test_every_public_name_is_there() -> None:
    for name in archspec.__all__:
        assert getattr(archspec, name) is not None
        assert name in dir(archspec)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(archspec.__file__).read_text("utf-8"))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    names = {alias.name for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert names | {"__version__"} == set(archspec.__all__)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'archspec' has no attribute 'lode'"):
        archspec.lode  # noqa: B018
