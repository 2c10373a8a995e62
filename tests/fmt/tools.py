"""What the tests of formatting share: the programs of spec texts, compared without their places."""

from __future__ import annotations

from pathlib import Path

import archspec
from archspec.language.elaborate import elaborate
from archspec.language.files import Files
from archspec.language.fmt import Style, format_text
from archspec.language.library import Found
from archspec.program.listing import listing
from archspec.text.limits import Limits
from archspec.text.source import Source

SPECS = sorted((Path(archspec.__file__).parent.parent / "specs").glob("*.yaml"))
HEAD = "archspec: 1\nname: test\ninputs: {x: [8, 12, 12]}\n"


def program(text: str) -> str:
    """The concrete program of a text, as `archspec expand` shows it."""
    unit, _ = Files(Limits()).unit(Found(Source("test.yaml", text), None, None), {})
    made, _ = elaborate(unit, Limits(), name=unit.spec.name, title=unit.spec.title)
    return listing(made, origins=False)


def formatted(text: str, style: Style = "keep") -> str:
    return format_text(Source("test.yaml", text), style)
