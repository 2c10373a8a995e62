"""The body of `forward`: values get names, and expressions that read well stand inside each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from archspec.backends.pytorch.align import Step
from archspec.backends.pytorch.names import RESERVED, free, snake
from archspec.backends.pytorch.rules.base import Precedence
from archspec.ops.base import Category, Op
from archspec.program.model import INPUT, Node, Output, Ref

LONGEST = 64
"""characters of an expression that may still stand inside another"""
DEEPEST = 3
"""calls inside each other on one line: F.relu(self.bn(self.conv(x)))"""
_JOINS = (Category.MERGE, Category.CONCAT)
_AFTERWARDS = (Category.NORM, Category.ACTIVATION)
Text = tuple[str, Precedence]


@dataclass(slots=True)
class Value:
    """What is known of a value while forward is written: its source, and whether that is a variable."""

    text: str
    binds: Precedence = Precedence.ATOM
    depth: int = 0
    variable: bool = False
    parts: tuple[str, ...] = ()
    """for a call with several outputs: a variable for each"""


@dataclass
class Forward:
    """Writes the statements of one `forward`.

    `call` gives the source of a step for the sources of its operands.
    """

    steps: Sequence[Step]
    nodes: Sequence[Node]
    outputs: Sequence[Output]
    inputs: Sequence[str]
    call: Callable[[int, Sequence[Text]], Text]
    condition: Callable[[int], str | None]
    """for a step that some copies skip, unless an identity can stand for it there: what decides it"""
    lines: list[str] = field(default_factory=list)
    values: dict[int, Value] = field(default_factory=dict)
    holds: dict[str, int] = field(default_factory=dict)
    """variable → step whose value it holds (INPUT - k for input k)"""
    left: dict[Ref, int] = field(default_factory=dict)
    """how often each value is still to be read"""
    inside: str = ""

    def write(self) -> list[str]:
        """The statements up to the return, and that too."""
        self.heads = self._heads()
        for ref in self._reads():
            self.left[ref] = self.left.get(ref, 0) + 1
        self.total = dict(self.left)
        for at, name in enumerate(self.inputs):
            self.values[_input(at)] = Value(name, variable=True)
            if self.left.get(Ref(INPUT, at)):
                self.holds[name] = _input(at)
        for at in range(len(self.steps)):
            if at not in self.heads:
                self._step(at)
        self._return()
        return self.lines

    # which steps run only for heads

    def _heads(self) -> frozenset[int]:
        """Steps that nothing but training-only outputs reads."""
        main: set[int] = {output.ref.node for output in self.outputs if output.only != "training"}
        for at in range(len(self.steps) - 1, -1, -1):
            if at in main:
                main.update(ref.node for ref in self.steps[at].args)
        alive: set[int] = {output.ref.node for output in self.outputs}
        for at in range(len(self.steps) - 1, -1, -1):
            if at in alive:
                alive.update(ref.node for ref in self.steps[at].args)
        self.alive = alive
        return frozenset(at for at in range(len(self.steps)) if at not in main and at in alive)

    def _reads(self) -> list[Ref]:
        steps = (step for at, step in enumerate(self.steps) if at in self.alive)
        reads = [self._true(ref) for step in steps if not step.gone for ref in step.args]
        others = [step.otherwise for at, step in enumerate(self.steps) if at in self.alive and self._switched(at)]
        reads += [self._true(ref) for ref in others if ref is not None]
        return reads + [self._true(output.ref) for output in self.outputs]

    def _true(self, ref: Ref) -> Ref:
        """The value itself, past steps that are skipped everywhere."""
        while ref.node >= 0 and self.steps[ref.node].gone:
            ref = self.steps[ref.node].args[0]
        return ref

    def _switched(self, at: int) -> bool:
        """Whether forward itself decides if the step is there, or what it stands for is."""
        step = self.steps[at]
        return not step.gone and step.otherwise is not None and self.condition(at) is not None

    # reading values

    def _read(self, ref: Ref) -> Text:
        ref = self._true(ref)
        self.left[ref] -= 1
        if ref.node == INPUT:
            return self.inputs[ref.output], Precedence.ATOM
        value = self.values[ref.node]
        if value.parts:
            return value.parts[ref.output], Precedence.ATOM
        return value.text, value.binds

    def _depth(self, ref: Ref) -> int:
        ref = self._true(ref)
        value = self.values[_input(ref.output) if ref.node == INPUT else ref.node]
        return 0 if value.variable or value.parts else value.depth

    # one step

    def _step(self, at: int) -> None:
        step = self.steps[at]
        if step.gone or at not in self.alive:
            return
        depth = 1 + max((self._depth(ref) for ref in step.args), default=0)
        before = [self._true(ref) for ref in step.args]
        operands = [self._read(ref) for ref in step.args]
        text, binds = self.call(at, operands)
        if self._switched(at) and step.otherwise is not None:
            condition, (other, _) = self.condition(at), self._read(step.otherwise)
            text, binds = f"{text} if {condition} else {other}", Precedence.LOOSE
        elif step.only is not None and at not in self.heads:
            sides = (text, operands[0][0]) if step.only == "training" else (operands[0][0], text)
            text, binds = f"{sides[0]} if self.training else {sides[1]}", Precedence.LOOSE
        if step.outputs > 1:
            self._unpack(at, text)
            return
        value = Value(text, binds, depth)
        self.values[at] = value
        if not self._stands_inside(at, value) or binds is Precedence.LOOSE:
            self._assign(at, value, before)

    def _stands_inside(self, at: int, value: Value) -> bool:
        """Whether the value is written where it is read, not in a line of its own."""
        ref = Ref(at)
        if value.text.isidentifier() or (value.text.startswith("self.") and value.text.count("(") == 0):
            return True
        if self.total.get(ref, 0) != 1:
            return False
        reader = next((k for k in range(at + 1, len(self.steps)) if self._reads_it(k, ref)), None)
        if reader is None:
            return value.depth <= DEEPEST and (at in self.heads or (at == self._last() and not self.heads))
        between = range(at + 1, reader)
        if (reader in self.heads) != (at in self.heads):
            return False
        category = self._category(reader)
        step = self.steps[reader]
        if category in _JOINS or (category is None and len(step.args) > 1):
            operands = {self._true(ref).node for ref in step.args}
            short = value.depth <= 1 or (value.depth <= 2 and len(value.text) <= LONGEST)
            return short and all(k in operands or self.steps[k].gone or k not in self.alive for k in between)
        if any(not self.steps[k].gone and k in self.alive for k in between):
            return False
        mine = self._category(at)
        if category in _AFTERWARDS and mine is not None:
            return value.depth < DEEPEST and mine is not Category.ACTIVATION and len(value.text) <= LONGEST
        return step.key.partition(".")[0] == self.steps[at].key.partition(".")[0] and "." in self.steps[at].key

    def _reads_it(self, at: int, ref: Ref) -> bool:
        return not self.steps[at].gone and at in self.alive and ref in [self._true(arg) for arg in self.steps[at].args]

    def _category(self, at: int) -> Category | None:
        body = self.nodes[at].body
        return body.category if isinstance(body, Op) else None

    def _last(self) -> int:
        found = [at for at in range(len(self.steps)) if not self.steps[at].gone and at in self.alive]
        return found[-1] if found else -1

    # variables

    def _assign(self, at: int, value: Value, before: Sequence[Ref]) -> None:
        name = self._variable(at)
        if value.text != name:
            self.lines.append(f"{self.inside}{name} = {value.text}")
        self.values[at] = Value(name, variable=True)
        self.holds[name] = at

    def _free(self, name: str) -> bool:
        """Whether nothing will read what the variable holds."""
        holder = self.holds.get(name)
        if holder is None:
            return name not in self.inputs or self._done(_input(self.inputs.index(name)))
        return self._done(holder)

    def _done(self, holder: int) -> bool:
        if holder <= INPUT:
            return not self.left.get(Ref(INPUT, INPUT - holder))
        return not any(count for ref, count in self.left.items() if ref.node == holder and count)

    def _pending(self, name: str, at: int) -> bool:
        """Whether an expression that was not written yet, but for that of step `at`, mentions the variable."""
        mention = re.compile(rf"(?<![\w.]){name}\b")
        return any(
            not value.variable and self.left.get(Ref(other)) and mention.search(value.text)
            for other, value in self.values.items()
            if other >= 0 and other != at and not value.parts
        )

    def _variable(self, at: int) -> str:
        step = self.steps[at]
        uses = self.total.get(Ref(at), 0)
        own = snake(step.name)
        wanted = []
        if step.named and (uses > 1 or not self._read_next(at)):
            wanted.append(own)
        first = self.inputs[0] if len(self.inputs) == 1 else "x"
        wanted += [first, "out"]
        if step.named:
            wanted.append(own)
        for name in wanted:
            if name not in RESERVED and self._free(name) and not self._pending(name, at):
                return name
        return free(own if step.named else "y", {*self.holds, *self.inputs, *RESERVED})

    def _read_next(self, at: int) -> bool:
        """Whether the step after this one is the one that reads it."""
        later = [k for k in range(at + 1, len(self.steps)) if not self.steps[k].gone and k in self.alive]
        return not later or self._reads_it(later[0], Ref(at))

    def _unpack(self, at: int, text: str) -> None:
        step = self.steps[at]
        names = []
        base = snake(step.name) if step.named else "part"
        for k in range(step.outputs):
            if not self.total.get(Ref(at, k)):
                names.append("_")
                continue
            name = free(f"{base}_{k + 1}", {*self.holds, *self.inputs, *RESERVED})
            names.append(name)
            self.holds[name] = at
        self.lines.append(f"{self.inside}{', '.join(names)} = {text}")
        self.values[at] = Value(text, parts=tuple(names))

    # what comes out

    def _return(self) -> None:
        plain = [output for output in self.outputs if output.only is None]
        training = [output for output in self.outputs if output.only == "training"]
        named = self.named
        if training:
            self.lines.append(f"{self.inside}if self.training:")
            self.inside += "    "
            for at in sorted(self.heads):
                self._step(at)
            sides = {output.name: self._read(output.ref)[0] for output in training}
            keep = {output.name: self._read(output.ref)[0] for output in plain}
            self.lines.append(f"{self.inside}return {_dict({**keep, **sides})}")
            self.inside = self.inside[4:]
            texts = list(keep.values())
            self.lines.append(f"{self.inside}return {_dict(keep) if len(keep) > 1 else texts[0]}")
            return
        values = [self._read(output.ref) for output in plain]
        texts = [_contiguous(*value) if self.sent else value[0] for value in values]
        if len(texts) == 1:
            self._return_one(texts[0])
        elif named:
            self.lines.append(f"{self.inside}return {_dict(dict(zip([o.name for o in plain], texts, strict=True)))}")
        else:
            self.lines.append(f"{self.inside}return {', '.join(texts)}")

    named: bool = False
    """several outputs are given by name (the network itself), not as a tuple"""
    sent: bool = False
    """the outputs go to another device, which takes them as they lie in memory"""

    def _return_one(self, text: str) -> None:
        last = self.lines[-1] if self.lines else ""
        if text.isidentifier() and last.startswith(f"{text} = "):
            self.lines[-1] = f"return {last.removeprefix(f'{text} = ')}"
        else:
            self.lines.append(f"return {text}")


def _contiguous(text: str, binds: Precedence) -> str:
    return f"{text}.contiguous()" if binds is Precedence.ATOM else f"({text}).contiguous()"


def _input(at: int) -> int:
    return INPUT - at


def _dict(values: Mapping[str, str]) -> str:
    """Output names are checked identifiers of the spec."""
    assert all(name.isidentifier() and name.isascii() for name in values)
    return "{" + ", ".join(f'"{name}": {text}' for name, text in values.items()) + "}"
