"""Small programs for the examples in the docstrings of passes."""

from __future__ import annotations

from archspec.language.elaborate import elaborate
from archspec.language.files import Files
from archspec.language.library import Found
from archspec.program.listing import listing
from archspec.program.model import Program
from archspec.program.verify import verify
from archspec.text.limits import DEFAULT_LIMITS
from archspec.text.source import Source


def network(shape: str, *steps: str) -> Program:
    """A network of an input `x` and the given steps.

    >>> show(network("[3, 8, 8]", "conv(4)", "relu"))
    graph(x: [3, 8, 8])
      0  conv(4)(x)  [4, 8, 8]  16
      1  relu(0)     [4, 8, 8]
    """
    lines = ["archspec: 1", "name: small", f"inputs: {{x: {shape}}}", "graph:", *(f"  - {step}" for step in steps)]
    found = Found(Source("small.yaml", "\n".join(lines) + "\n"), None, None)
    unit, _ = Files(DEFAULT_LIMITS).unit(found, {})
    return verify(elaborate(unit, DEFAULT_LIMITS, name="small", title="")[0])


def show(program: Program) -> None:
    """Print a program, as `archspec expand` does, without where it was written."""
    print(listing(program, origins=False), end="")
