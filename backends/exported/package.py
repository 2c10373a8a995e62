"""A package of AOTInductor: the network as machine code for this kind of machine, which needs a C++ compiler."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archspec.backend import Header
from archspec.backends.exported.mark import marked
from archspec.backends.exported.trace import trace
from archspec.program.model import Program
from archspec.text.diagnostics import fault
from archspec.text.limits import DEFAULT_LIMITS

SUFFIX = ".pt2"
HOLDS_WEIGHTS = True
COMPILERS = ("g++", "clang++", "cl")


def emit(
    program: Program,
    header: Header,
    *,
    weights: Mapping[str, Any] | None = None,
    seed: int | None = None,
    limit: int = DEFAULT_LIMITS.nodes,
) -> bytes:
    """The content of the package. Raises `SpecError`: A0503, and A0506 if there is no C++ compiler."""
    if not any(map(shutil.which, filter(None, (os.environ.get("CXX"), *COMPILERS)))):
        raise fault(
            "A0506",
            "AOTInductor needs a C++ compiler, and there is none here",
            help=("install one, or name it in the environment variable `CXX`", "`--backend pt2` needs none"),
        )
    import torch

    exported = trace(program, header, weights, seed)
    with TemporaryDirectory() as folder, torch.no_grad():
        path = torch._inductor.aoti_compile_and_package(exported, package_path=f"{folder}/{program.name}.pt2")
        return marked(Path(path).read_bytes(), header)


def build(program: Program, source: bytes, *, seed: int | None = None, weights: Mapping[str, Any] | None = None) -> Any:
    """What runs the machine code of the package, which holds the weights."""
    import torch

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{program.name}.pt2"
        path.write_bytes(source)
        return torch._inductor.aoti_load_package(str(path))
