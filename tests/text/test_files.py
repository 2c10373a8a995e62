from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.read import decode, read_source
from archspec.text.source import Source, Span
from archspec.text.write import write_atomically
from tests.text.tools import only


def test_a_file_becomes_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfname: \xc3\xa9\r\n")
    source = read_source(tmp_path / "a.yaml", name="a.yaml")
    assert (source.name, source.text) == ("a.yaml", "name: é\r\n")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text("x" * 101)
    (tmp_path / "latin.yaml").write_bytes(b"name: x\ntitle: \xe9t\xe9\n")
    place = Span(Source("from.yaml", "extends: other"), 9, 14)
    for name, code, message in (
        ("none.yaml", "A0001", "no such file: none.yaml"),
        (".", "A0002", ". is a folder, not a file"),
        ("big.yaml", "A0003", "big.yaml holds more than 100 bytes"),
        ("latin.yaml", "A0004", "latin.yaml is not UTF-8 text: byte 0xe9 in line 2"),
        ("a\0b", "A0002", "cannot read a\0b: embedded null byte"),
    ):
        with pytest.raises(SpecError) as caught:
            read_source(tmp_path / name, Limits(file_bytes=100), name=name, span=place)
        found = only(caught.value)
        assert (found.code, found.message) == (code, message)
        assert found.labels[0].span is place


def test_bytes_of_standard_input() -> None:
    assert decode(b"a: 1", "<stdin>").name == "<stdin>"
    assert DEFAULT_LIMITS.file_bytes == Limits().file_bytes


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.py"
    write_atomically(target, "é\n")
    assert target.read_bytes() == "é\n".encode()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    target.chmod(0o750)
    write_atomically(str(target), b"\x00")
    assert target.read_bytes() == b"\x00"
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert [file.name for file in tmp_path.iterdir()] == ["out.py"]


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.py").symlink_to("real/out.py")
    write_atomically(tmp_path / "link.py", "x")
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real" / "out.py").read_text() == "x"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.py"
    target.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpecError) as caught:
        write_atomically(target, "new")
    found = only(caught.value)
    assert (found.code, found.message) == ("A0502", f"cannot write {target}: no space left on device")
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.py"]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    for path, cause in (
        (tmp_path, "it is a folder"),
        (tmp_path / "a" / "b", f"the folder {tmp_path / 'a'} does not exist"),
    ):
        with pytest.raises(SpecError) as caught:
            write_atomically(path, "x")
        assert only(caught.value).message == f"cannot write {path}: {cause}"
