from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from archspec import doctor


def test_this_environment_is_well() -> None:
    findings = {finding.check: finding for finding in doctor.examine()}
    assert findings.keys() == {"python", "archspec", *doctor.PACKAGES, "devices", "dot", "namesake"}
    assert all(finding.ok for name, finding in findings.items() if name not in ("dot", "namesake"))
    assert findings["devices"].detail.startswith("cpu")
    for finding in findings.values():
        assert finding.ok == (not finding.help)


def test_missing_dot_tells_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "nobara", "ID_LIKE": "rhel fedora"})
    (finding,) = doctor.dot()
    assert finding == doctor.Finding(
        "dot", False, "not found (only drawings need it)", "sudo dnf install graphviz", optional=True
    )


def test_dot_tells_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho 'dot - graphviz version 2.43.0 (0)' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert doctor.dot() == (doctor.Finding("dot", True, f"dot - graphviz version 2.43.0 (0) at {program}"),)


@pytest.mark.parametrize(
    ("system", "help"),
    [("Darwin", "brew install graphviz"), ("Windows", "winget install Graphviz.Graphviz"), ("Plan9", None)],
)
def test_systems_that_are_no_linux(monkeypatch: pytest.MonkeyPatch, system: str, help: str | None) -> None:
    def missing() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr("platform.freedesktop_os_release", missing)
    monkeypatch.setattr("platform.system", lambda: system)
    assert doctor.dot_help(*doctor.system_names()) == (help or "install Graphviz with the system's package manager")


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    found = {finding.check: finding for finding in doctor.packages()}
    assert found["torch"] == doctor.Finding("torch", False, "not installed", "python -m pip install torch")


@pytest.mark.parametrize("ours_first", [True, False])
def test_namesake_says_which_of_the_two_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours_first: bool) -> None:
    theirs = tmp_path / "site"
    (theirs / "archspec").mkdir(parents=True)
    (theirs / "archspec" / "__init__.py").write_text('__version__ = "0.2.5"\n')
    information = theirs / "archspec-0.2.5.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: archspec\nVersion: 0.2.5\n")

    ours = Path(doctor.__file__).parents[1]
    order = [str(ours), str(theirs)] if ours_first else [str(theirs), str(ours)]
    monkeypatch.setattr("sys.path", order)
    (finding,) = doctor.namesake()
    assert not finding.ok
    assert "archspec 0.2.5 (CPU detection)" in finding.detail
    wins = f"this one, at {ours / 'archspec'}" if ours_first else f"the other one, at {theirs / 'archspec'}"
    assert finding.detail.endswith(wins)
