"""The commands together, and what every one of them does with a failure: a message, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

BUG = 70
"""exit code of an internal error (EX_SOFTWARE of sysexits.h)"""

COMMANDS = {
    "check": "check.check",
    "stats": "stats.stats",
    "compare": "compare.compare",
    "diff": "diff.diff",
    "paths": "paths.paths",
    "field": "field.field",
    "memory": "memory.memory",
    "intensity": "intensity.intensity",
    "sweep": "sweep.sweep",
    "fit": "fit.fit",
    "draw": "draw.draw",
    "chart": "chart.chart",
    "compile": "compile.compile",
    "plan": "plan.plan",
    "passes": "passes.passes",
    "rewrite": "rewrite.rewrite",
    "weights": "weights.weights",
    "bench": "bench.bench",
    "list": "library.list_",
    "show": "library.show",
    "expand": "write.expand",
    "fmt": "write.fmt",
    "ops": "library.ops",
    "explain": "check.explain",
    "schema": "write.schema",
    "doctor": "doctor.doctor",
}
"""each command, in the order of the help, and the function that it is: file and name"""


def application(words: Sequence[str] = ()) -> typer.Typer:
    """The commands that the command line `words` may need: the one that it names, else all.

    Typer looks at every function it is given, and each file of commands imports what it needs.
    """
    app = typer.Typer(
        name="archspec",
        help="Neural networks as short YAML graphs: checked, counted, and compiled to readable PyTorch.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(options)
    first = next((word for word in words if not word.startswith("-")), "")
    for name in [first] if first in COMMANDS else COMMANDS:
        file, _, function = COMMANDS[name].partition(".")
        app.command(name)(getattr(import_module(f"archspec.cli.{file}"), function))
    return app


def _version(asked: bool) -> None:
    if asked:
        from archspec.version import __version__

        typer.echo(f"archspec {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    pass


def run(words: Sequence[str]) -> int:
    """Run the command line `words` (without the program's name) and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`archspec list | head`): say nothing, also not at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(words: Sequence[str]) -> int:
    from archspec.text.diagnostics import SpecError

    try:
        application(words)(args=list(words), prog_name="archspec")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except SpecError as error:
        from archspec.cli.terminal import coloured
        from archspec.text.render import render

        _tell(render(error.diagnostics, color=coloured(sys.stderr)))
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"`{error.filename}`: " if error.filename else ""
        _tell(f"error: {place}{(error.strerror or str(error)).lower()}")
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if "--debug" in words:
            raise
        _tell(
            f"internal error: {type(error).__name__}: {error}\n"
            "this is a bug in archspec; please report it together with the spec "
            "(`archspec --debug …` shows the traceback)"
        )
        return BUG
    return 0


def _tell(text: str) -> None:
    print(text.rstrip("\n"), file=sys.stderr)
