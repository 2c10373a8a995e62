"""Diagnostics that no text of a spec alone can give: files, settings, outputs, and the checks on ourselves."""

from __future__ import annotations

import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from archspec.api import load
from archspec.backend import MARK, find_backend
from archspec.cli.guard import guard
from archspec.program.flatten import flatten
from archspec.program.verify import verify
from archspec.text.diagnostics import SpecError
from archspec.text.extras import need
from archspec.text.limits import Limits
from archspec.text.write import write_atomically

NET = "archspec: 1\nname: net\ninputs: {image: [3, 32, 32]}\ngraph:\n  - relu\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET)


def words(name: str, **settings: object) -> str:
    with pytest.raises(SpecError) as caught:
        load(name, settings)
    return str(caught.value)


def test_a0001_no_such_spec() -> None:
    assert words("resnet5") == ("error[A0001]: no spec is called `resnet5`\n  = help: did you mean `resnet50`?")
    Path("qqqqq.yaml").write_text(NET)
    assert words("qqqqq") == (
        "error[A0001]: no spec is called `qqqqq`\n"
        "  = help: there is a file here: `qqqqq.yaml`\n"
        "  = help: `archspec list` shows the library"
    )


def test_a0002_a_file_that_cannot_be_read() -> None:
    Path("folder.yaml").mkdir()
    assert words("folder.yaml").startswith("error[A0002]: ")
    assert words("a\0b.yaml").startswith("error[A0002]: ")


def test_a0003_a_file_that_is_too_large() -> None:
    with pytest.raises(SpecError) as caught:
        load("net.yaml", limits=Limits(file_bytes=10))
    assert [each.code for each in caught.value.diagnostics] == ["A0003"]
    assert "file_bytes" in str(caught.value)


def test_a0004_a_file_that_is_not_text() -> None:
    Path("net.yaml").write_bytes(b"archspec: 1\nname: \xff\xfe\n")
    assert words("net.yaml").startswith("error[A0004]: ")


def test_a0116_a_character_that_yaml_forbids() -> None:
    Path("net.yaml").write_text("archspec: 1\nname: net\x07\n")
    assert words("net.yaml") == (
        "error[A0116]: the character U+0007 cannot stand in YAML\n"
        " --> net.yaml:2:10\n"
        "  |\n"
        "2 | name: net␇\n"
        "  |          ^"
    )


def test_a0210_no_such_variant() -> None:
    Path("net.yaml").write_text(NET + "variants: {wide: {title: Wide}}\n")
    assert words("net.yaml@wied") == "error[A0210]: `net` has no variant `wied`\n  = help: did you mean `wide`?"


def test_a0324_a_setting_that_the_spec_does_not_have() -> None:
    Path("net.yaml").write_text(NET + "params: {width: 8}\n")
    assert words("net.yaml", widht=9) == ("error[A0324]: `net` has no param `widht`\n  = help: did you mean `width`?")
    assert words("net.yaml", width="wide") == ("error[A0324]: `width` takes a whole number, not the text `wide`")


def test_a0501_a_file_of_somebody_else() -> None:
    Path("mine.py").write_text("print('mine')\n")
    with pytest.raises(SpecError) as caught:
        guard(Path("mine.py"), MARK)
    assert str(caught.value) == (
        "error[A0501]: `mine.py` exists and was not written by archspec\n  = help: give another name, or pass `--force`"
    )


def test_a0502_a_place_that_cannot_be_written() -> None:
    with pytest.raises(SpecError, match=r"error\[A0502\]: cannot write no/net.py: the folder no does not exist"):
        write_atomically("no/net.py", "")


def test_a0503_an_op_that_a_backend_cannot_lower() -> None:
    steps = ["a: parameter([3])", "b: parameter([3])", "c: concat(a, b)", "d: global_avg_pool(image)", "concat(c, d)"]
    Path("net.yaml").write_text(NET.replace("  - relu\n", "".join(f"  - {step}\n" for step in steps)))
    with pytest.raises(SpecError, match=r"error\[A0503\]: pytorch cannot concatenate learned tensors alone"):
        load("net.yaml").python()


def test_a0504_no_such_backend() -> None:
    with pytest.raises(SpecError, match=r"error\[A0504\]: no backend is called `pytorhc`\n.*did you mean `pytorch`\?"):
        find_backend("pytorhc")
    with pytest.raises(SpecError, match=r"error\[A0504\]: no backend is called `os.path`"):
        find_backend("os.path")


def test_a0505_an_optional_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SpecError) as caught:
        need("matplotlib", "a chart")
    assert str(caught.value) == (
        "error[A0505]: a chart needs the package `matplotlib`, which is not installed\n"
        "  = help: install it with `pip install 'archspec-nn[charts]'`"
    )


def test_a0601_an_inconsistent_program() -> None:
    program = load("net.yaml").program
    with pytest.raises(SpecError, match=r"error\[A0601\]: inconsistent program: main module `other` does not exist"):
        verify(program._replace(main="other"))
    empty = program._replace(modules=MappingProxyType({"other": program.graph}), main="other")
    with pytest.raises(SpecError, match=r"error\[A0601\].*is listed as `other`"):
        verify(empty)


def test_a0602_a_flat_graph_beyond_the_bound() -> None:
    with pytest.raises(SpecError, match=r"error\[A0602\]: the flat graph of `net` would have 1 nodes"):
        flatten(load("net.yaml").program, limit=0)
