"""The command `archspec`. One file a kind of command; each command is a thin function over the façade."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit: 0 all is well, 1 a spec is wrong, 2 wrong usage, 70 a bug in archspec."""
    import sys

    from archspec.cli.app import run

    sys.exit(run(sys.argv[1:]))
