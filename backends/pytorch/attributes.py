"""The attributes of a class: which of its steps have one, and what else its constructor keeps for forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archspec.backends.pytorch.align import Step
from archspec.backends.pytorch.names import free, is_identifier, snake


class Attributes:
    """Those of one class with `steps`, as forward reads them."""

    def __init__(self, steps: Sequence[Step]):
        self.steps = steps
        self.kept: dict[str, str] = {}
        """what the constructor keeps besides modules: attribute → expression"""

    def has(self, step: Step) -> bool:
        """Whether a step is a module that the class holds, or is lent; else it is an expression in forward."""
        if step.layer is None:
            return False
        return step.named or step.functional is None or (step.optional and step.formula is None)

    def parts(self, top: str, after: int = -1) -> list[str]:
        """What the modules of one step are called that is a list or a dict of them; those after a step."""
        return [
            step.key.partition(".")[2]
            for step in self.steps[after + 1 :]
            if step.key.startswith(f"{top}.") and not step.gone and self.has(step)
        ]

    def place(self, key: str) -> str:
        """The attribute of a key."""
        if key.startswith("^"):
            return snake(key[1:])
        top, _, part = key.partition(".")
        place = f"self.{top}" if is_identifier(top) else f'getattr(self, "{top}")'
        if not part:
            return place
        return f"{place}[{part}]" if is_numbered(dict.fromkeys(self.parts(top))) else f'{place}["{part}"]'

    def keep(self, wanted: str, text: str) -> str:
        """The attribute that holds the value of an expression: one called `wanted`, unless some holds it already."""
        attribute = next((known for known, kept in self.kept.items() if kept == text), None)
        if attribute is None:
            attribute = free(wanted, {*self.kept, *(step.key.partition(".")[0] for step in self.steps)})
            self.kept[attribute] = text
        return f"self.{attribute}"


def is_numbered(parts: Iterable[str]) -> bool:
    """They are called 0, 1, … in order, as those of a list are."""
    return all(part == str(at) for at, part in enumerate(parts))
