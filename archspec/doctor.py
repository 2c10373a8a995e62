"""Is this machine ready for archspec? Each check looks at one thing and says how to mend it.

Nothing here is needed to compile a spec, and nothing here changes anything.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archspec.text.extras import without_numpy
from archspec.version import __version__

PACKAGES = ("pydantic", "PyYAML", "networkx", "graphviz", "typer", "torch")

# From ID or ID_LIKE of os-release, or platform.system(), to the command that installs Graphviz.
INSTALL_DOT: Mapping[str, str] = {
    "debian": "sudo apt-get install graphviz",
    "ubuntu": "sudo apt-get install graphviz",
    "fedora": "sudo dnf install graphviz",
    "rhel": "sudo dnf install graphviz",
    "arch": "sudo pacman -S graphviz",
    "suse": "sudo zypper install graphviz",
    "alpine": "sudo apk add graphviz",
    "Darwin": "brew install graphviz",
    "Windows": "winget install Graphviz.Graphviz",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `help` says how to mend it and is empty when all is well."""

    check: str
    ok: bool
    detail: str
    help: str = ""
    optional: bool = False
    """most things work without it"""


def examine() -> tuple[Finding, ...]:
    """Every check, in order. Imports torch, which takes seconds."""
    return tuple(finding for check in CHECKS for finding in check())


def interpreter() -> tuple[Finding, ...]:
    """Python itself: archspec needs 3.11."""
    ok = sys.version_info >= (3, 11)
    help = "" if ok else "make a virtual environment with Python 3.11 or newer"
    return (Finding("python", ok, f"{platform.python_version()} at {sys.executable}", help),)


def packages() -> tuple[Finding, ...]:
    """archspec and the packages it is built on, with their versions."""
    from importlib.metadata import PackageNotFoundError, version

    def one(name: str) -> Finding:
        try:
            return Finding(name, True, version(name))
        except PackageNotFoundError:
            return Finding(name, False, "not installed", f"python -m pip install {name}")

    here = Path(__file__).parent
    return (Finding("archspec", True, f"{__version__} at {here}"), *map(one, PACKAGES))


def devices() -> tuple[Finding, ...]:
    """Where a compiled network can run."""
    try:
        with without_numpy():
            import torch
    except ImportError as error:
        return (Finding("devices", False, f"torch does not import: {error}", "python -m pip install torch"),)
    cuda = [f"cuda:{k} ({torch.cuda.get_device_name(k)})" for k in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return (Finding("devices", True, ", ".join(["cpu", *cuda, *mps])),)


def dot() -> tuple[Finding, ...]:
    """Graphviz's `dot`, a system program that drawings need and nothing else does."""
    program = shutil.which("dot")
    if program is None:
        return (Finding("dot", False, "not found (only drawings need it)", dot_help(*system_names()), optional=True),)
    # `dot -V` writes "dot - graphviz version 2.43.0 (0)", on standard error
    answer = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=20, check=False)
    return (Finding("dot", True, f"{(answer.stderr or answer.stdout).strip()} at {program}"),)


def dot_help(*names: str) -> str:
    """How to install Graphviz on a system that goes by these names.

    >>> dot_help("linuxmint", "ubuntu", "debian")
    'sudo apt-get install graphviz'
    """
    for name in names:
        if name in INSTALL_DOT:
            return INSTALL_DOT[name]
    return "install Graphviz with the system's package manager"


def system_names() -> tuple[str, ...]:
    """What this system goes by: a Linux by its ID, then those it is like; another by its name."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return (platform.system(),)
    return (release.get("ID", ""), *release.get("ID_LIKE", "").split())


def namesake() -> tuple[Finding, ...]:
    """The other `archspec`, a library for CPU detection, whose import name and command are ours too."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        other = version("archspec")
    except PackageNotFoundError:
        return (Finding("namesake", True, "no other distribution called archspec in this environment"),)
    home = winner(sys.path)
    whose = "neither" if home is None else f"this one, at {home}" if is_ours(home) else f"the other one, at {home}"
    return (
        Finding(
            "namesake",
            False,
            f"archspec {other} (CPU detection) is installed here too, and both are imported as `archspec`; "
            f"the one that wins is {whose}",
            "give archspec-nn an environment of its own: python -m venv .venv",
        ),
    )


def winner(path: Iterable[str]) -> Path | None:
    """The folder that `import archspec` finds when it looks along `path`."""
    homes = (Path(entry or os.curdir) / "archspec" for entry in path)
    return next((home for home in homes if (home / "__init__.py").is_file()), None)


def is_ours(home: Path) -> bool:
    """Whether the `__init__.py` in a folder is ours: in one folder, the later of two installations overwrote it."""
    return "from archspec.version import" in (home / "__init__.py").read_text("utf-8")


CHECKS: Sequence[Callable[[], tuple[Finding, ...]]] = (interpreter, packages, devices, dot, namesake)
