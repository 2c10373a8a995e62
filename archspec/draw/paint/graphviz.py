"""PDF and PNG, painted by Graphviz's `neato` from DOT text with positions."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.draw.paint.dot import dot
from archspec.draw.scene import Scene
from archspec.draw.theme import Theme


def pdf(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    return run(["neato", "-n2", "-Tpdf:cairo", "-Gdpi=72"], dot(scenes[0], theme, transparent))


def png(scenes: Sequence[Scene], theme: Theme, transparent: bool = False) -> bytes:
    """Two pixels a point: 1920 × 1080 for a slide of 960 × 540 points."""
    return run(["neato", "-n2", "-Tpng:cairo", "-Gdpi=144"], dot(scenes[0], theme, transparent))


def run(command: Sequence[str], text: str) -> bytes:
    """What a program of Graphviz makes of DOT text. Raises `SpecError` (A0505) if it is not installed or fails."""
    import subprocess

    from archspec.text.diagnostics import fault

    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=120)
    except FileNotFoundError:
        raise fault(
            "A0505",
            f"Graphviz's program `{command[0]}` is not installed here",
            help=f"install it: {installation()}; `.svg` and `.dot` work without it",
        ) from None
    except subprocess.TimeoutExpired:
        raise fault("A0505", f"Graphviz's `{command[0]}` took longer than two minutes") from None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if not done.stdout or (done.returncode and any("error" in line.lower() for line in said)):
        raise fault("A0505", f"Graphviz's `{command[0]}` failed: {said[0] if said else 'it said nothing'}")
    return done.stdout


def installation() -> str:
    """The command that installs Graphviz on this system."""
    import platform
    import shutil

    for tool, command in (
        ("apt-get", "`sudo apt-get install graphviz`"),
        ("dnf", "`sudo dnf install graphviz`"),
        ("pacman", "`sudo pacman -S graphviz`"),
        ("apk", "`sudo apk add graphviz`"),
        ("zypper", "`sudo zypper install graphviz`"),
        ("brew", "`brew install graphviz`"),
        ("conda", "`conda install -c conda-forge graphviz`"),
        ("winget", "`winget install graphviz`"),
        ("choco", "`choco install graphviz`"),
    ):
        if shutil.which(tool):
            return command
    return "https://graphviz.org/download/" if platform.system() != "Darwin" else "`brew install graphviz`"
