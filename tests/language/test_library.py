"""The shipped library: which names are networks."""

from __future__ import annotations

from archspec.language.library import names, shipped


def test_a_file_of_modules_is_no_network() -> None:
    assert "squeeze_excite" in shipped()
    assert "squeeze_excite" not in names()


def test_networks_are_named_once_and_a_file_before_its_variants() -> None:
    found = names()
    assert len(set(found)) == len(found)
    assert found.index("resnet50") < found.index("resnet101") < found.index("resnext50_32x4d")
    assert "wide_resnet50_2" in found
