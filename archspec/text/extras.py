"""Optional packages: what a feature needs beyond what archspec always installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

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
        return _imported(package)
    except ImportError:
        name = f"'archspec-nn[{EXTRAS[package]}]'" if package in EXTRAS else package
        raise fault(
            "A0505",
            f"{feature} needs the package `{package}`, which is not installed",
            help=f"install it with `pip install {name}`",
        ) from None


def _imported(package: str) -> ModuleType:
    try:
        return import_module(package)
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        # torchvision's compiled operators do not fit this build of torch, and its shape rules for two of them, of
        # detection, find no operator. Neither classifiers nor timm need them: a declaration will do.
        import torch

        library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT.append(library)
        return import_module(package)


_KEPT: list[object] = []
"""declarations last as long as what made them"""


@contextmanager
def without_numpy() -> Iterator[None]:
    """Import torch in it: torch works without numpy, as archspec does, but warns at import that it is missing."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy", category=UserWarning)
        yield
