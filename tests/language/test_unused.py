"""What is never used is reported in the file that has it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import archspec

BASE = """\
archspec: 1
name: base
inputs: {image: [3, 8, 8]}
params: {block: {type: op, default: one}, width: 8, depth: 2}
modules:
  one: ["conv(width, 1)"]
  two: [tanh]
  three: [tanh]
graph: [block]
variants:
  other: {params: {block: two}}
"""
HEIR = """\
archspec: 1
name: heir
extends: base
params: {block: {type: op, default: four}, height: 1}
modules:
  four: [sigmoid]
"""


def test_a_module_that_a_variant_names_is_used(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    expected = ["the param `depth` is never read", "the module `three` is never used"]
    assert [one.message for one in archspec.check(tmp_path / "base.yaml").warnings] == expected
    assert [one.message for one in archspec.check(f"{tmp_path / 'base.yaml'}@other").warnings] == expected


def test_what_is_inherited_need_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "heir.yaml").write_text(HEIR, encoding="utf-8")
    assert [one.message for one in archspec.check(tmp_path / "heir.yaml").warnings] == [
        "the param `height` is never read"
    ]
