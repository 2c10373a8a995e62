"""The command `archspec`. One file a kind of command; each command is a thin function over the façade."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit: 0 all is well, 1 a spec is wrong, 2 wrong usage, 70 a bug in archspec."""
    import gc
    import os
    import sys

    # Start-up is most of the time of a small command. Plugins of pydantic have no say here, and looking for them reads
    # the metadata of every installed package. What a command makes lives until its end: collecting seldom, and not
    # at the end, saves a tenth. One look at all that `stats` makes of a large network would be a tenth again.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(100_000, 20, 20)
    if sys.argv[1:2] == ["stats"]:
        gc.disable()

    from archspec.cli.app import run

    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)
