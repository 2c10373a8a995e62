"""The language by example: each spec in `cases/` and the concrete program that it means.

After a change that is meant: `UPDATE=1 python -m pytest tests/language`, and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import archspec
from archspec.program.listing import listing
from archspec.program.weights import Weights

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_program_is_as_written(path: Path) -> None:
    architecture = archspec.check(path)
    weights = Weights(architecture.program).all()
    keys = "".join(f"{weight.key} {list(weight.type.shape)}{' tied' * weight.tied}\n" for weight in weights)
    warnings = "".join(f"warning: {warning.message}\n" for warning in architecture.warnings)
    text = listing(architecture.program, origins=False).rstrip() + "\n\n" + keys + warnings
    expected = path.with_suffix(".txt")
    if os.environ.get("UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
