"""What is said of two networks that differ: changes, one inside the other, and runs of equal ones as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

Kind = Literal["added", "removed", "changed", "resized", "inside"]
"""resized: says the same, but is given other shapes; inside: a module in which something changed"""
BODIES = frozenset({"graph", "steps", "branches", "pipe"})
"""what a nested body is called, which has no template of its own"""
OUT = "(out)"
"""name of a change in what a module gives back, which is no step"""


class Detail(NamedTuple):
    """One thing that changed: an argument, or what a step reads."""

    what: str
    before: str
    after: str
    formula: str = ""
    """the expression of the spec, if both networks have the same: "4 * growth" """


@dataclass(frozen=True, slots=True)
class Change:
    """A step, in its module. `a` and `b` are its names in the two networks, None where it is missing.

    A change that stands for several equal ones in a row has the names of the first, and of the last in `a_last`
    and `b_last`; costs are those of all of them together.
    """

    kind: Kind
    a: str | None
    b: str | None
    before: str
    """what it is: "conv(64, 3)", or a module's template"""
    after: str
    details: tuple[Detail, ...] = ()
    params: int = 0
    """what the change adds to the network's"""
    mads: int = 0
    times: int = 1
    a_last: str | None = None
    b_last: str | None = None
    inside: tuple[Change, ...] = ()

    def same_as(self, other: Change) -> bool:
        """Whether two changes read alike, names and costs aside."""
        return (self.kind, self.before, self.after, self.details, len(self.inside)) == (
            other.kind,
            other.before,
            other.after,
            other.details,
            len(other.inside),
        ) and all(
            one is two or ((one.a, one.b, one.times) == (two.a, two.b, two.times) and one.same_as(two))
            for one, two in zip(self.inside, other.inside, strict=True)
        )

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "kind": self.kind,
            "a": self.a,
            "b": self.b,
            "a_last": self.a_last,
            "b_last": self.b_last,
            "times": self.times,
            "before": self.before,
            "after": self.after,
            "details": [detail._asdict() for detail in self.details],
            "params": self.params,
            "mads": self.mads,
            "inside": [change.record() for change in self.inside],
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """Two networks side by side."""

    a: str
    b: str
    settings: tuple[Detail, ...]
    """params and inputs of the network that differ"""
    changes: tuple[Change, ...]
    """of the network's own steps, in order"""
    costs: Mapping[str, tuple[Any, Any]]
    """params, buffers, mads, depth, depth_min, paths: of a and of b"""

    @property
    def equal(self) -> bool:
        """The two are one network: names of modules and places in files aside."""
        return not self.changes and not any(setting.what.startswith(("input ", "output ")) for setting in self.settings)

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "equal": self.equal,
            "settings": [setting._asdict() for setting in self.settings],
            "costs": {name: {"a": one, "b": two} for name, (one, two) in self.costs.items()},
            "changes": [change.record() for change in self.changes],
        }

    def paths(self, side: Literal["a", "b"]) -> Iterator[tuple[str, Kind]]:
        """Call path and kind of everything that changed in one of the two, the deepest: for a picture.

        Of changes that are one, the first and the last.
        """
        yield from _paths(self.changes, side, "")


def _paths(changes: Sequence[Change], side: str, prefix: str) -> Iterator[tuple[str, Kind]]:
    for change in changes:
        for name in dict.fromkeys((getattr(change, side), getattr(change, f"{side}_last"))):
            if name == OUT:
                continue
            if name is not None and change.inside:
                yield from _paths(change.inside, side, f"{prefix}{name}.")
            elif name is not None:
                yield prefix + name, change.kind


def folded(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Runs of changes that read alike as one; what is only resized and follows another such is one too."""
    found: list[Change] = []
    for change in changes:
        if found and _one_run(found[-1], change):
            found[-1] = _joined(found[-1], change)
        else:
            found.append(change)
    return tuple(found)


def _one_run(last: Change, change: Change) -> bool:
    if last.kind == change.kind == "resized":
        return True
    if change.kind in ("added", "removed") and (change.before or change.after) in BODIES:
        return False  # they say nothing of what is in them
    return last.same_as(change)


def _joined(last: Change, change: Change) -> Change:
    """Two changes as one, the costs of each part added up. Their names are those of the first and the last."""
    return replace(
        last,
        params=last.params + change.params,
        mads=last.mads + change.mads,
        times=last.times + change.times,
        a_last=change.a_last or change.a,
        b_last=change.b_last or change.b,
        before=last.before if last.before == change.before else "",
        after=last.after if last.after == change.after else "",
        inside=tuple(_added(one, two) for one, two in zip(last.inside, change.inside, strict=True)),
    )


def _added(one: Change, two: Change) -> Change:
    inside = tuple(_added(a, b) for a, b in zip(one.inside, two.inside, strict=True))
    return replace(one, params=one.params + two.params, mads=one.mads + two.mads, inside=inside)
