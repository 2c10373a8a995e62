"""Backends: what one must offer, and how it is found by name without importing any other."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from archspec.program.model import Program
from archspec.text.diagnostics import fault
from archspec.text.suggest import suggest

ENTRY_POINTS = "archspec.backends"
"""the group in which another distribution registers a backend of its own"""


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of a generated file says. Text of a spec: a backend must not let it out of its comment."""

    title: str
    source: str
    spec: str
    params: int
    mads: int
    depth: int
    version: str


class Backend(Protocol):
    """A package in `backends/`, or one that an entry point names."""

    def emit(self, program: Program, header: Header) -> str:
        """The program as source. Raises `SpecError` (A0503) for an op that the backend cannot lower."""
        ...

    def build(self, program: Program, source: str, *, seed: int | None = None) -> Any:
        """What runs, made of that very source; `seed` makes its initial weights reproducible."""
        ...


def find_backend(name: str) -> Backend:
    """The backend of that name. Raises A0504 if there is none.

    >>> find_backend("pytorch").__name__
    'archspec.backends.pytorch'
    """
    if name.isidentifier() and find_spec(f"archspec.backends.{name}") is not None:
        return cast(Backend, import_module(f"archspec.backends.{name}"))
    # Reading entry points costs 40 ms, so only when the name is not one of ours.
    from importlib.metadata import entry_points

    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name in found:
        return cast(Backend, found[name].load())
    known = (*shipped(), *found)
    near = suggest(name, known)
    help = f"did you mean `{near}`?" if near else "there is " + ", ".join(f"`{one}`" for one in known)
    raise fault("A0504", f"no backend is called `{name[:80]}`", help=help)


def shipped() -> tuple[str, ...]:
    """Names of the backends that come with archspec."""
    from pkgutil import iter_modules

    return tuple(module.name for module in iter_modules(import_module("archspec.backends").__path__))
