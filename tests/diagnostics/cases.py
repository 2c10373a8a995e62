"""The golden examples: in a folder named after a code, `spec.yaml` is wrong and `expected.txt` says so.

A second example of a code is in `CODE-word`. `python -m tests.diagnostics.cases` writes what is rendered
now; read the difference before it is committed.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from archspec.api import load, networks
from archspec.text.diagnostics import Diagnostic, SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.render import render

HERE = Path(__file__).parent
CASES = {folder.name: folder for folder in sorted(HERE.glob("A*/")) if (folder / "spec.yaml").is_file()}


def diagnose(spec: str | Path, limits: Limits = DEFAULT_LIMITS) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a spec and its variants, or to be warned of."""
    found: dict[Diagnostic, None] = {}
    try:
        for network in networks(spec, limits=limits) or (spec,):
            architecture = load(network, limits=limits)
            found.update(dict.fromkeys((*architecture.unmet(), *architecture.warnings)))
    except SpecError as error:
        found.update(dict.fromkeys(error.diagnostics))
    return tuple(found)


def rendered(folder: Path) -> str:
    """What a user reads who checks the spec of a folder from within it."""
    with contextlib.chdir(folder):
        return render(diagnose("spec.yaml")) + "\n"


def main() -> None:
    for folder in CASES.values():
        (folder / "expected.txt").write_text(rendered(folder))
    print(f"{len(CASES)} written", file=sys.stderr)


if __name__ == "__main__":
    main()
