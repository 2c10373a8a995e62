"""Where a network can be cut into parts that run one after the other, and what goes from one to the next.

A place k lies before op k of the flat graph, in the order in which the ops run. A place is no cut where both parts
would hold the same weights, or where a value would cross that one device cannot send another as a batch of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from archspec.ops.base import Tensor
from archspec.program.flatten import Flat, flatten
from archspec.program.model import INPUT, Call, Mode, Module, Program, Ref
from archspec.program.weights import join_key
from archspec.text.limits import DEFAULT_LIMITS

Path = tuple[int, ...]
"""numbers of nodes along calls"""


class Held(NamedTuple):
    """Ops `first` to `last` stay together."""

    first: int
    last: int
    why: str


class Value(NamedTuple):
    """What crosses a place."""

    name: str
    type: Tensor


class _Call(NamedTuple):
    key: str
    first: int
    last: int
    only: Mode | None


@dataclass
class _Frame:
    module: Module
    prefix: str
    lent: dict[str, str]
    path: Path
    key: str = ""
    first: int = 0
    only: Mode | None = None
    next: int = 0

    def own(self, key: str) -> str:
        return self.lent[key[1:]] if key.startswith("^") else join_key(self.prefix, key)


@dataclass(eq=False)
class Cuts:
    """Of one program. Takes time in proportion to the ops of the flat graph; raises `SpecError` as `flatten` does.

    >>> import archspec
    >>> cuts = Cuts(archspec.load("resnet18").program)
    >>> len(cuts.flat.nodes), len(cuts.free)
    (68, 67)
    >>> cuts.name(34, 68), cuts.crossing(34)
    ('layer3', [Value(name='layer2.1.6', type=Tensor(shape=(128, 28, 28), dtype='float32'))])
    """

    program: Program
    limit: int = DEFAULT_LIMITS.nodes
    flat: Flat = field(init=False)
    paths: list[Path] = field(init=False, default_factory=list)
    """of each op"""
    _calls: list[_Call] = field(init=False, default_factory=list)
    _ties: list[tuple[str, str, str]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.flat = flatten(self.program, limit=self.limit)
        self._walk()

    def __len__(self) -> int:
        return len(self.flat.nodes)

    def path(self, place: int) -> Path:
        """The place as numbers of nodes along calls: before the outermost node whose first op is op `place`."""
        return self.paths[place][: _common(self.paths[place - 1], self.paths[place]) + 1]

    def name(self, first: int, end: int) -> str:
        """The largest part of the network that begins with op `first` and lies before place `end`."""
        path = self.paths[first]
        depth = _common(self.paths[first - 1], path) + 1 if first else 1
        if end < len(self):
            depth = max(depth, _common(path, self.paths[end]) + 1)
        return self._named(path[:depth])

    def name_back(self, last: int, first: int) -> str:
        """The largest part of the network that ends with op `last` and lies behind place `first`."""
        path = self.paths[last]
        depth = _common(path, self.paths[last + 1]) + 1 if last + 1 < len(self) else 1
        if first > 0:
            depth = max(depth, _common(path, self.paths[first - 1]) + 1)
        return self._named(path[:depth])

    def crossing(self, place: int) -> list[Value]:
        """What the ops from a place on read of what was there before, as it lies in memory."""
        return [
            Value(self._value(ref), self._type(ref)) for ref, last in self._read.items() if ref.node < place <= last
        ]

    @cached_property
    def elements(self) -> list[int]:
        """How many numbers cross each place, for one sample."""
        change = [0] * (len(self) + 2)
        for ref, last in self._read.items():
            size = self._type(ref).elements
            change[max(ref.node, 0) + 1] += size
            change[last + 1] -= size
        found, now = [], 0
        for step in change[: len(self) + 1]:
            now += step
            found.append(now)
        return found

    @cached_property
    def held(self) -> list[Held]:
        """Ops that stay together, and why."""
        return [one for one in (*self._shared(), *self._tied(), *self._unsendable()) if one.first < one.last]

    @cached_property
    def free(self) -> list[int]:
        """Places where the network can be cut, in order."""
        change = [0] * (len(self) + 2)
        for first, last, _ in self.held:
            change[first + 1] += 1
            change[last + 1] -= 1
        found, now = [], 0
        for place in range(1, len(self)):
            now += change[place]
            if not now and self.elements[place]:
                found.append(place)
        return found

    @cached_property
    def training(self) -> set[int]:
        """Ops that exist in training alone."""
        inside = {
            number for call in self._calls if call.only == "training" for number in range(call.first, call.last + 1)
        }
        return inside | {number for number, node in enumerate(self.flat.nodes) if node.node.only == "training"}

    # what stays together

    def _shared(self) -> Iterator[Held]:
        places: dict[str, list[int]] = {}
        for number, node in enumerate(self.flat.nodes):
            for key in node.weights:
                places.setdefault(key, []).append(number)
        for key, numbers in places.items():
            yield Held(numbers[0], numbers[-1], f"`{key}` is shared")
        applied: dict[str, int] = {}
        for call in self._calls:
            applied[call.key] = applied.get(call.key, 0) + 1
        for call in self._calls:
            if applied[call.key] > 1 or call.only:
                yield Held(call.first, call.last, f"`{call.key}` is {'shared' if not call.only else 'one head'}")

    def _tied(self) -> Iterator[Held]:
        if not self._ties:
            return
        places: dict[str, list[int]] = {}
        for number, node in enumerate(self.flat.nodes):
            for key in node.weights:
                places.setdefault(key, []).append(number)
        for own, other, why in self._ties:
            numbers = [*places.get(own, ()), *places.get(other, ())]
            if numbers:
                yield Held(min(numbers), max(numbers), why)

    def _unsendable(self) -> Iterator[Held]:
        nodes = self.flat.nodes
        learned: set[Ref] = set()
        for number, node in enumerate(nodes):
            if all(ref in learned for ref in node.args):
                learned.update(Ref(number, output) for output in range(len(node.types)))
        for ref, last in self._read.items():
            first, name = max(ref.node, 0), self._value(ref)
            if ref in learned:
                yield Held(first, last, f"`{name}` is no batch")
            elif self._type(ref).dtype != "float32":
                yield Held(first, last, f"`{name}` has no gradient")
            elif ref.node != INPUT and (only := nodes[ref.node].node.only) is not None:
                # In the other mode it stands for its first argument.
                if self._type(ref) != self._type(nodes[ref.node].args[0]):
                    yield Held(first, last, f"`{name}` exists in {only} alone")

    # the flat graph

    @cached_property
    def _read(self) -> dict[Ref, int]:
        """Each value that is read, and the last op that reads it; past the end for what the network gives."""
        found: dict[Ref, int] = {}
        for number, node in enumerate(self.flat.nodes):
            for ref in node.args:
                found[ref] = number
        for output in self.flat.outputs:
            found[output.ref] = len(self)
        return found

    def _type(self, ref: Ref) -> Tensor:
        if ref.node == INPUT:
            return self.program.graph.inputs[ref.output].type
        return self.flat.nodes[ref.node].types[ref.output]

    def _value(self, ref: Ref) -> str:
        return self.program.graph.inputs[ref.output].name if ref.node == INPUT else self.flat.nodes[ref.node].name

    def _named(self, path: Path) -> str:
        module, name = self.program.graph, ""
        for number in path:
            node = module.nodes[number]
            name = join_key(name, node.name)
            if isinstance(node.body, Call):
                module = self.program.modules[node.body.module]
        return name

    def _walk(self) -> None:
        """Paths of all ops, calls and ties, in the order in which `flatten` goes."""
        stack = [_Frame(self.program.graph, "", {}, ())]
        while stack:
            frame = stack[-1]
            if frame.next == len(frame.module.nodes):
                stack.pop()
                if stack and len(self.paths) > frame.first:
                    self._calls.append(_Call(frame.key, frame.first, len(self.paths) - 1, frame.only))
                continue
            number = frame.next
            frame.next += 1
            node = frame.module.nodes[number]
            if node.skipped:
                continue
            path, key = (*frame.path, number), frame.own(node.key)
            for own, other in node.ties.items():
                pair = join_key(key, own), frame.own(other)
                self._ties.append((*pair, f"`{pair[0]}` is `{pair[1]}`"))
            if isinstance(node.body, Call):
                lent = {inside: frame.own(here) for inside, here in node.lends.items()}
                callee = self.program.modules[node.body.module]
                stack.append(_Frame(callee, key, lent, path, key, len(self.paths), node.only))
            else:
                self.paths.append(path)


def _common(one: Path, other: Path) -> int:
    """How many numbers two paths begin with alike."""
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    return at
