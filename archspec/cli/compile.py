"""`archspec compile`: a spec becomes a network that runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archspec.cli.options import Limit, Set, Spec, load
from archspec.cli.terminal import BOLD, grouped, human, paint, shape

if TYPE_CHECKING:
    from archspec.api import Architecture


def compile(
    spec: Spec,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write; `-`: standard output.")
    ] = None,
    set: Set = None,
    device: Annotated[str, typer.Option("--device", metavar="cpu|cuda", help="Where to run the network once.")] = "cpu",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that archspec did not write.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Makes the first weights reproducible.")] = None,
    backend: Annotated[str, typer.Option("--backend", help="Who writes the source.")] = "pytorch",
    limit: Limit = None,
) -> None:
    """Check a spec, write it as readable source, build that source and run it once."""
    architecture = load(spec, set, limit)
    source = architecture.source(backend=backend)
    if output == Path("-"):
        typer.echo(source, nl=False)
        return
    target = output or Path(f"{architecture.name}.py")
    if target.is_dir():
        target = target / f"{architecture.name}.py"
    if not force:
        _guard(target)
    shapes = architecture.run(device=device, seed=seed, backend=backend)

    from archspec.text.write import write_atomically

    write_atomically(target, source)
    for line in _report(architecture, shapes, device):
        typer.echo(line)
    typer.echo(f"  {'wrote':<8}{target} ({source.count(chr(10))} lines)")


def _guard(target: Path) -> None:
    """Refuse to overwrite what archspec did not write: a file whose head does not say so. Raises `SpecError`."""
    from archspec.text.diagnostics import fault

    try:
        with target.open(encoding="utf-8", errors="replace") as file:
            head = file.read(2000)
    except FileNotFoundError:
        return
    if head.strip() and "archspec" not in head:
        raise fault(
            "A0501", f"`{target}` exists and was not written by archspec", help="give another name, or pass `--force`"
        )


def _report(architecture: Architecture, shapes: dict[str, tuple[int, ...]], device: str) -> list[str]:
    from archspec.analysis.cost import cost

    counted = cost(architecture.program)
    outputs = ", ".join(f"{name} {shape(sizes)}" for name, sizes in shapes.items())
    return [
        paint(architecture.program.title or architecture.name, BOLD),
        f"  {'params':<8}{grouped(counted.params)}  {human(counted.params)}",
        f"  {'MADs':<8}{grouped(counted.mads)}  {human(counted.mads)}",
        f"  {'ran':<8}{outputs} on {device}",
    ]
