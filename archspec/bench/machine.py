"""What a figure was measured on: without it a figure of time says nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path


def machine(device: str) -> dict[str, object]:
    """Processor, cores that this process may use, operating system, and the accelerator if one is measured."""
    found: dict[str, object] = {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    if device == "cuda":
        import torch

        found["accelerator"] = torch.cuda.get_device_name()
    return found


def processor() -> str:
    """Its name in words, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Of Python, archspec and the packages, those left out that are not installed."""
    from importlib.metadata import PackageNotFoundError, version

    from archspec.version import __version__

    found = {"python": platform.python_version(), "archspec": __version__}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
