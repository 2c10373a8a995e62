"""Optional packages: what a feature needs beyond what archspec always installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

from archspec.text.diagnostics import fault

EXTRAS = {
    "matplotlib": "charts",
    "pptx": "slides",
    "pyarrow": "parquet",
    "safetensors": "weights",
    "huggingface_hub": "weights",
    "onnx": "onnx",
    "onnxruntime": "onnx",
}
"""package → the extra that installs it, as in pyproject.toml; others are installed by their own name"""


def need(package: str, feature: str) -> ModuleType:
    """Import an optional package. Raises `SpecError` (A0505), which says how to install it, where it is missing.

    `feature` starts the sentence: "a chart", "a PowerPoint file".
    """
    try:
        return import_module(package)
    except ImportError:
        name = f"'archspec-nn[{EXTRAS[package]}]'" if package in EXTRAS else package
        raise fault(
            "A0505",
            f"{feature} needs the package `{package}`, which is not installed",
            help=f"install it with `pip install {name}`",
        ) from None


@contextmanager
def without_numpy() -> Iterator[None]:
    """Import torch in it: torch works without numpy, as archspec does, but warns at import that it is missing."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy", category=UserWarning)
        yield
