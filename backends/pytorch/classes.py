"""One class of the generated file: its constructor, its forward, and what it takes to construct it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archspec.backends.pytorch import signature
from archspec.backends.pytorch.align import Shape, Step, Wiring
from archspec.backends.pytorch.attributes import Attributes, is_numbered
from archspec.backends.pytorch.construct import Construction
from archspec.backends.pytorch.fit import Expr, Fitter, Points
from archspec.backends.pytorch.forward import Forward, Text
from archspec.backends.pytorch.hints import replayed, room_of
from archspec.backends.pytorch.loops import TENSOR, loop_forward
from archspec.backends.pytorch.names import is_identifier, snake
from archspec.backends.pytorch.render import Flow, Renderer
from archspec.backends.pytorch.rules import init_statement, literal
from archspec.backends.pytorch.rules.base import Precedence
from archspec.backends.pytorch.trees import Chain, Copies, Maybe, New, Slot, Tree, identical, pick
from archspec.program.model import Module, Ref


@dataclass(frozen=True)
class Written:
    """A class as lines of source, and for each of its copies the call that makes it."""

    name: str
    lines: tuple[str, ...]
    calls: tuple[New, ...]


class ClassWriter:
    """Writes one class for several aligned modules of a program."""

    def __init__(self, construction: Construction, name: str, members: Sequence[Module], shape: Shape):
        self.construction, self.name, self.members, self.shape = construction, name, members, shape
        self.fitter = Fitter(members)
        self.renderer = Renderer(self.fitter)
        self.points = Points(tuple(range(len(members))))
        self.attributes = Attributes(shape.steps)
        self.init: list[str] = []

    @property
    def first(self) -> Module:
        return self.members[0]

    def write(self) -> Written:
        """Raises `Unfit` if a loop's numbers follow no rule; then its copies must be written out."""
        match self.shape.form:
            case "numbered":
                base, forward = self._numbered()
            case "named":
                base, forward = self._named()
            case "loop":
                base, forward = self._loop()
            case _:
                base, forward = self._body()
        parameters = self.fitter.parameters
        kept = [f"self.{attribute} = {text}" for attribute, text in self.attributes.kept.items()]
        program = self.construction.program
        if self.first.id == program.main and program.replay:
            base = replayed(base, program.portion)
        lines = [f"class {self.name}({base}):", f"    def __init__({signature.constructor(parameters)}):"]
        body = [*self.init[:1], *kept, *self.init[1:]]
        lines += [f"        {line}" if line else "" for line in body]
        if forward:
            lines += ["", f"    def forward({forward[0]}", *(f"        {line}" for line in forward[1:])]
        calls = tuple(signature.call(self.name, parameters, at, module) for at, module in enumerate(self.members))
        return Written(self.name, tuple(lines), calls)

    def _start(self) -> Flow:
        return Flow(self.fitter.input_channels(0))

    # forms

    def _numbered(self) -> tuple[str, list[str]]:
        """A chain of parts without names: `nn.Sequential` itself."""
        chain = self.shape.tree
        assert isinstance(chain, Chain)
        self.init = [f"super().__init__({self.renderer.parts(chain, self.points, self._start())})"]
        self._initialise("self", chain)
        return "nn.Sequential", []

    def _named(self) -> tuple[str, list[str]]:
        """A chain of named parts: an `nn.Sequential` whose parts are attributes, in order."""
        self.init = ["super().__init__()"]
        flow = self._start()
        for step in self.shape.steps:
            if not step.gone:
                self._attribute(step, flow)
        return "nn.Sequential", []

    def _loop(self) -> tuple[str, list[str]]:
        """A `repeat`: the copies made in a loop, and a forward that goes through them."""
        wiring, loop = self.shape.frame, self.shape.tree
        assert isinstance(wiring, Wiring)
        assert isinstance(loop, Copies)
        made, turn = self.renderer.generator(loop, self.points, self._start()).rsplit(" for ", 1)
        if wiring.pattern.plain:
            base = "nn.ModuleList"
            self.init = [f"super().__init__({made} for {turn})"]
        else:
            base = "nn.Module"
            index = "j" if wiring.pattern.start == 0 else f"j + {wiring.pattern.start}"
            key = f'f"{wiring.pattern.prefix}{{{index}}}{wiring.pattern.suffix}"'
            turn = turn.replace("_ in ", "j in ", 1)
            self.init = ["super().__init__()", f"for {turn}:", f"    self.add_module({key}, {made})"]
        return base, loop_forward(wiring, base, [port.name for port in self.first.inputs], self._room(wiring))

    def _room(self, wiring: Wiring) -> str:
        """How many channels a loop appends, where it has memory for them."""
        if not wiring.room:
            return ""
        sizes = tuple(map(room_of, self.members))
        text = self.renderer.value(Slot(sizes, "channels"), self.points)
        return text if text.isdecimal() else self.attributes.keep("room", text)

    def _body(self) -> tuple[str, list[str]]:
        """Anything: attributes for what has weights or a name, and the rest in forward."""
        self.init = ["super().__init__()"]
        flows: dict[Ref, Expr | None] = {
            Ref(-1, at): self.fitter.input_channels(at) for at in range(len(self.first.inputs))
        }
        made: set[str] = set()
        pieces: dict[str, list[tuple[str, str, str | None, Step]]] = {}
        symbols: dict[str, Expr] = {}
        for at, step in enumerate(self.shape.steps):
            channels = flows.get(step.args[0]) if step.args else None
            flow = Flow(channels, dict(symbols))
            if not step.gone and self.attributes.has(step) and not step.key.startswith("^") and step.key not in made:
                made.add(step.key)
                top, _, part = step.key.partition(".")
                if part:
                    pieces.setdefault(top, []).append((part, *self._construct(step, flow), step))
                    if not self.attributes.parts(top, after=at):
                        self._list(top, pieces.pop(top))
                else:
                    self._attribute(step, flow)
                flows[Ref(at)] = flow.channels
            elif step.gone and step.otherwise is not None:
                flows[Ref(at)] = flows.get(step.otherwise)
            else:
                flows[Ref(at)] = self._unchanged(at, channels)
            result = flows[Ref(at)]
            if result is not None and step.named:
                symbols[f"{step.name}.channels"] = result
        for step in self.shape.steps:
            for own, other in step.ties:
                self.init.append(f'{self.attributes.place(step.key)}.{own} = self.get_parameter("{other}")')
        return "nn.Module", self._forward()

    def _unchanged(self, at: int, channels: Expr | None) -> Expr | None:
        """The channels' expression behind an op that keeps them."""
        step = self.shape.steps[at]
        if channels is None or not step.args or step.outputs != 1:
            return None
        ref = step.args[0]
        for module in self.members:
            source = module.inputs[ref.output].type if ref.node < 0 else module.nodes[ref.node].types[ref.output]
            if source.shape[:1] != module.nodes[at].types[0].shape[:1]:
                return None
        return channels

    def _construct(self, step: Step, flow: Flow) -> tuple[str, str | None]:
        """The source that makes a step's module, and the condition under which it is more than an identity."""
        assert step.layer is not None
        if not step.optional:
            return self.renderer.call(step.layer, self.points, flow), None
        where = [at for at, there in enumerate(step.present.values) if there is True]
        before = Flow(flow.channels, dict(flow.symbols))
        made = self.renderer.call(pick(step.layer, where), self.points.pick(where), flow)
        condition = self.renderer.condition(step.present, self.points, before)
        flow.channels = None
        return f"{made} if {condition} else nn.Identity()", condition

    def _attribute(self, step: Step, flow: Flow) -> None:
        made, condition = self._construct(step, flow)
        place = self.attributes.place(step.key)
        if place.startswith("self."):
            self.init.append(f"{place} = {made}")
        else:
            self.init.append(f'self.add_module("{step.key}", {made})')
        self._initialise_where(place, step, condition)

    def _initialise_where(self, place: str, step: Step, condition: str | None) -> None:
        """The statements that start a step's weights, under the condition that it is there."""
        assert step.layer is not None
        before = len(self.init)
        self._initialise(place, step.layer)
        statements = self.init[before:]
        if condition is not None and statements:
            self.init[before:] = [f"if {condition}:", *(f"    {statement}" for statement in statements)]

    def _list(self, top: str, parts: list[tuple[str, str, str | None, Step]]) -> None:
        """The parts of one step: a list where they go by 0, 1, …, else a dict."""
        if is_numbered(part for part, *_ in parts):
            made = f"nn.ModuleList([{', '.join(text for _, text, *_ in parts)}])"
        else:
            items = ", ".join(f'"{part}": {text}' for part, text, *_ in parts)
            made = f"nn.ModuleDict({{{items}}})"
        if is_identifier(top):
            self.init.append(f"self.{top} = {made}")
        else:
            self.init.append(f'self.add_module("{top}", {made})')
        for part, _, condition, step in parts:
            self._initialise_where(self.attributes.place(f"{top}.{part}"), step, condition)

    def _initialise(self, place: str, tree: Tree) -> None:
        """How the weights of a module start, where the spec says so and not all modules of the class agree."""
        match tree:
            case New(inits=inits):
                for weight, init in inits:
                    target = f"{place}.{weight}" if weight else place
                    self.init.append(init_statement(target, init))
            case Chain(parts=parts):
                for at, part in enumerate(part for part in parts if part is not None):
                    self._initialise(f"{place}[{at}]", part.part if isinstance(part, Maybe) else part)
            case _:
                pass

    # forward

    def _forward(self) -> list[str]:
        module = self.first
        inputs = signature.inputs(module)
        borrowed = [snake(name) for name in module.borrows]
        forward = Forward(
            self.shape.steps,
            module.nodes,
            module.outputs,
            inputs,
            self._operation,
            self._decides,
            named=module.kind == "graph",
            sent=module.kind == "stage",
        )
        lines = forward.write()
        arguments = [f"{name}: {TENSOR}" for name in inputs] + [f"{name}: nn.Module" for name in borrowed]
        return [f"self, {', '.join(arguments)}) -> {signature.returns(module)}:", *lines]

    def _operation(self, at: int, operands: Sequence[Text]) -> Text:
        """The source of one step for the sources of what it reads."""
        step = self.shape.steps[at]
        constant = step.lowering is not None and step.lowering.constant
        if step.layer is not None and (self.attributes.has(step) or step.key.startswith("^")):
            place = self.attributes.place(step.key)
            if constant:
                return place, Precedence.ATOM
            arguments = [text for text, _ in operands]
            arguments += [f"{snake(own)}={self.attributes.place(key)}" for own, key in step.lends]
            return f"{place}({', '.join(arguments)})", Precedence.ATOM
        assert step.functional is not None
        assert step.formula is not None
        names = {}
        for item in step.formula.items:
            if isinstance(item.value, Slot):
                names[item.name] = self._known(step, item.name, item.value)
        text = step.functional.render(list(operands), names)
        if step.inplace and text.endswith(")"):
            text = f"{text[:-1]}, inplace=True)"
        return text, step.functional.precedence

    def _known(self, step: Step, name: str, slot: Slot) -> str:
        """A number in forward: itself if it is the same for all copies, else kept by the constructor."""
        present = slot.present
        if all(identical(value, present[0]) for value in present):
            return literal(present[0])
        return self.attributes.keep(snake(name), self.renderer.value(Slot(slot.values, name, slot.hint), self.points))

    def _decides(self, at: int) -> str | None:
        """What decides in forward whether a step is there; None if an identity stands for it where it is not."""
        step = self.shape.steps[at]
        if not step.optional or (self.attributes.has(step) and step.args[:1] == (step.otherwise,)):
            return None
        text = self.renderer.condition(step.present, self.points, Flow())
        wanted = text if is_identifier(text) else f"with_{snake(step.present.field or 'step')}"
        return self.attributes.keep(wanted, text)
