"""What users install: the wheel works from any folder, and the sdist holds all that the tests need."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.xdist_group("packaging")  # one worker builds for all


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel made out of that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def environment(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel in it; dependencies come from the tests' own environment."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True, symlinks=os.name != "nt")
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    (wheel,) = distributions.glob("*.whl")
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run([programs / "python", *install], check=True)
    (site,) = home.glob("lib/python*/site-packages") if os.name != "nt" else home.glob("Lib/site-packages")
    # addsitedir would read the .pth files there, and with them an editable archspec; a plain path does not.
    dependencies = [entry for entry in sys.path if entry.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(dependencies))
    return programs


def run(*command: str | Path, folder: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_is_one_package_with_backends_and_specs_inside(distributions: Path) -> None:
    (wheel,) = distributions.glob("archspec_nn-*.whl")
    names = contents(wheel)
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"archspec"}
    assert {"archspec/py.typed", "archspec/specs/densenet121.yaml", "archspec/backends/pytorch/__init__.py"} <= {*names}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or "tests" in name]


def test_wheel_uses_no_file_name_of_the_other_archspec(distributions: Path) -> None:
    (wheel,) = distributions.glob("archspec_nn-*.whl")
    theirs = {f"archspec/{name}" for name in ("__main__.py", "cli.py", "cpu/", "json/", "vendor/")}
    assert not [name for name in contents(wheel) if name.startswith(tuple(theirs))]


def test_sdist_holds_the_sources_and_what_tests_need(distributions: Path) -> None:
    (sdist,) = distributions.glob("archspec_nn-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml", "constraints.txt", "Makefile", ".ci/run", ".ci/system", ".ci/tree", "README.md", "LICENSE",
        "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "archspec/__init__.py", "specs/densenet121.yaml",
        "backends/pytorch/__init__.py", "tests/conftest.py", "docs/language.md", "benchmarks/startup.py",
    } <= names  # fmt: skip
    assert not [name for name in names if "__pycache__" in name or name.startswith((".venv/", "build/", ".git/"))]


def test_installed_package_is_the_one_in_the_wheel(environment: Path, tmp_path: Path) -> None:
    code = "import archspec, archspec.backends.pytorch as p; print(archspec.__file__); print(p.__file__)"
    for file in run(environment / "python", "-c", code, folder=tmp_path).split():
        assert Path(file).is_relative_to(environment.parent)


def test_installed_command_finds_shipped_specs_from_any_folder(environment: Path, tmp_path: Path) -> None:
    assert "densenet121" in run(environment / "archspec", "list", folder=tmp_path)
    assert "7,978,856" in run(environment / "archspec", "stats", "densenet121", folder=tmp_path)


def test_installed_command_compiles(environment: Path, tmp_path: Path) -> None:
    run(environment / "archspec", "compile", "lenet5_modern", "-o", "net.py", folder=tmp_path)
    assert "import torch" in (tmp_path / "net.py").read_text("utf-8")
    run(environment / "python", "-c", "import net", folder=tmp_path)
