"""`archspec doctor`: is this machine ready?"""

from __future__ import annotations

import typer


def doctor() -> None:
    """Look at this machine and say what is missing. Imports torch, which takes seconds."""
    from archspec.doctor import examine

    findings = examine()
    wide = max(len(finding.check) for finding in findings)
    for finding in findings:
        mark = "ok" if finding.ok else "--" if finding.optional else "!!"
        typer.echo(f"{mark}  {finding.check:<{wide}}  {finding.detail}")
        if finding.help:
            typer.echo(f"    {'':<{wide}}  {finding.help}")
    if not all(finding.ok or finding.optional for finding in findings):
        raise typer.Exit(1)
