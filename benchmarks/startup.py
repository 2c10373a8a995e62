"""Start-up: the whole process of `archspec stats` against one that only imports its libraries.

Criterion: `archspec stats specs/densenet121.yaml` takes less than 1.5 × the time of
`python -c "import yaml, pydantic, typer"` plus 150 ms. The two alternate, so that both see the same machine. Both run
from byte code, as installed packages do, whatever the shell says about writing it; it is kept in a folder of its own.

    python benchmarks/startup.py [PAIRS]
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parents[1]
STATS = [sys.executable, "-c", "from archspec.cli import main; main()", "stats", "specs/densenet121.yaml"]
IMPORTS = [sys.executable, "-c", "import yaml, pydantic, typer"]


def seconds(command: list[str], env: dict[str, str]) -> float:
    """Wall-clock time of one process, from start to end."""
    start = perf_counter()
    subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - start


def main(pairs: int = 15) -> int:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as folder:
        env["PYTHONPYCACHEPREFIX"] = folder
        seconds(STATS, env), seconds(IMPORTS, env)  # warm the disk cache and write byte code
        runs = [(seconds(STATS, env), seconds(IMPORTS, env)) for _ in range(pairs)]
    stats, imports = (median(column) for column in zip(*runs, strict=True))
    allowed = 1.5 * imports + 0.150
    print(f"archspec stats     {1000 * stats:6.0f} ms   median of {pairs} paired runs")
    print(f"imports alone      {1000 * imports:6.0f} ms")
    print(f"allowed            {1000 * allowed:6.0f} ms   1.5 × imports + 150 ms")
    print(f"verdict            {'holds' if stats < allowed else 'FAILS'}")
    return 0 if stats < allowed else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
