"""A0701: names and shapes are read from files that torch and safetensors wrote, and nothing in a file is run."""

from __future__ import annotations

import io
import json
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from archspec.checkpoints.header import read_header
from archspec.checkpoints.pickled import tensors
from archspec.checkpoints.stored import Stored
from archspec.text.diagnostics import SpecError

STATE = {
    "conv.weight": torch.zeros(8, 3, 3, 3),
    "conv.bias": torch.zeros(8, dtype=torch.float16),
    "norm.num_batches_tracked": torch.tensor(3),
    "scale": torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)),
}
EXPECTED = {
    "conv.weight": Stored((8, 3, 3, 3), "float32"),
    "conv.bias": Stored((8,), "float16"),
    "norm.num_batches_tracked": Stored((), "int64"),
    "scale": Stored((2,), "bfloat16"),
}


def test_an_archive_of_torch(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "state.pt")
    assert read_header(tmp_path / "state.pt") == EXPECTED
    assert list(read_header(tmp_path / "state.pt")) == list(EXPECTED)


def test_a_safetensors_file(tmp_path: Path) -> None:
    save_file({key: value.detach() for key, value in STATE.items()}, tmp_path / "state.safetensors")
    assert read_header(tmp_path / "state.safetensors") == EXPECTED


def test_what_a_training_script_saves(tmp_path: Path) -> None:
    network = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.zeros(1, 3)).sum().backward()
    optimizer.step()
    saved = {"epoch": 3, "best": 0.7, "state_dict": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(saved, tmp_path / "checkpoint.pt")
    assert read_header(tmp_path / "checkpoint.pt") == {
        "weight": Stored((2, 3), "float32"),
        "bias": Stored((2,), "float32"),
    }


def refused(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_header(path)
    assert [each.code for each in caught.value.diagnostics] == ["A0701"]
    return str(caught.value)


def test_a0701_a_pickled_module_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    assert "it names `torch.nn.modules.linear.Linear`" in refused(tmp_path / "module.pt")


class Evil:
    def __reduce__(self) -> Any:
        return (exec, ("open('proof', 'w').close()",))


def test_code_in_a_pickle_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("evil.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weight": Evil()}))
    assert "exec" in refused(Path("evil.pt"))
    assert not Path("proof").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither safetensors nor an archive of torch"),
        (b"# a readme, no weights\n", "neither safetensors nor an archive of torch"),
        (pickle.dumps({"a": 1}, 2), "a bare pickle"),
        (struct.pack("<Q", 1 << 40) + b"{", "neither"),
        (struct.pack("<Q", 4) + b"{{{{", "cannot read weights"),
        (struct.pack("<Q", 12) + b'{"a": {"b":1', "cannot read weights"),
        (struct.pack("<Q", 16) + b'{"a": {"b": 1}} ', "cannot read weights"),
        (b"PK\x03\x04 and no more", "cannot read weights"),
    ],
)
def test_damaged_files(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert words in refused(tmp_path / "file")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"A0001"):
        read_header(tmp_path / "nothing.pt")


def test_a_safetensors_header_with_strange_shapes(tmp_path: Path) -> None:
    for shape in ([-1], ["x"], 3, [1.5]):
        text = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]}}).encode()
        (tmp_path / "file").write_bytes(struct.pack("<Q", len(text)) + text)
        refused(tmp_path / "file")


def pickled() -> bytes:
    file = io.BytesIO()
    torch.save(STATE, file)
    with zipfile.ZipFile(file) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))


PICKLE = pickled()


@given(st.lists(st.tuples(st.integers(0, len(PICKLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_damage_of_a_table_gives_tensors_or_an_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(PICKLE)
    for place, value in changes:
        data[place] = value
    try:
        found = tensors(bytes(data))
    except ValueError:
        return
    assert all(isinstance(stored, Stored) for stored in found.values())


def test_headers_need_no_torch(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "state.pt")
    program = (
        "import sys; from archspec.checkpoints.header import read_header; read_header(sys.argv[1]); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, tmp_path / "state.pt"]).returncode == 0
