"""Random valid specs, as text: DAGs over every op, with modules, loops, copies, branches and shared instances.

A spec is written while its types are inferred op by op, so that it is valid by construction; the
elaborator has to agree. Every node is read or is an output.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from archspec.language.fmt.quote import scalar
from archspec.ops.base import Op, OpError, Tensor
from archspec.ops.registry import OPS

LARGEST = 1500
"""elements of a tensor"""
PARAMS = {"width": 4, "small": 2, "rate": 0.25, "on": True}
"""the knobs of every random spec"""

Draw = st.DrawFn
Arguments = dict[str, Any]


def _size(draw: Draw, x: Tensor, low: int = 1, high: int = 3) -> Any:
    """One number, or one an axis."""
    one = st.integers(low, high)
    axes = len(x.spatial)
    return draw(one | st.tuples(*[one] * axes)) if axes else draw(one)


def _padding(draw: Draw, x: Tensor) -> Any:
    return draw(st.sampled_from([0, 1, "half", "same", "valid"]))


def _groups(draw: Draw, x: Tensor, out: int) -> int:
    return draw(st.sampled_from([n for n in (1, 2, x.channels) if x.channels % n == 0 and out % n == 0]))


def _conv(draw: Draw, x: Tensor) -> Arguments:
    out = draw(st.sampled_from([1, 2, 4, x.channels]))
    given = {"out": out, "kernel": _size(draw, x), "stride": _size(draw, x, 1, 2), "padding": _padding(draw, x)}
    more = {"dilation": draw(st.integers(1, 2)), "groups": _groups(draw, x, out), "bias": draw(st.booleans())}
    return given | _some(draw, more)


def _conv_transpose(draw: Draw, x: Tensor) -> Arguments:
    out = draw(st.sampled_from([1, 2, 4]))
    given = {"out": out, "kernel": _size(draw, x, 1, 3), "stride": draw(st.integers(1, 2))}
    more = {"padding": draw(st.integers(0, 1)), "groups": _groups(draw, x, out), "bias": draw(st.booleans())}
    return given | _some(draw, more)


def _pool(draw: Draw, x: Tensor) -> Arguments:
    more = {"stride": _size(draw, x, 1, 2), "padding": draw(st.sampled_from([0, 1, "same"])), "ceil": True}
    return {"kernel": _size(draw, x, 1, 3)} | _some(draw, more)


def _some(draw: Draw, values: Arguments) -> dict[str, Any]:
    return {key: value for key, value in values.items() if draw(st.booleans())}


def _axis(draw: Draw, x: Tensor) -> int:
    return draw(st.integers(-len(x.shape), len(x.shape) - 1))


def _divisor(draw: Draw, count: int) -> int:
    return draw(st.sampled_from([n for n in range(1, count + 1) if count % n == 0]))


def _norm(draw: Draw, x: Tensor) -> Arguments:
    return _some(draw, {"eps": 1e-3, "affine": draw(st.booleans())})


def _slice(draw: Draw, x: Tensor) -> Arguments:
    axis = _axis(draw, x)
    stop = draw(st.integers(1, x.shape[axis]))
    return {"start": draw(st.integers(0, stop - 1)), "stop": stop, "axis": axis}


def _split(draw: Draw, x: Tensor) -> Arguments:
    axis = _axis(draw, x)
    first = draw(st.integers(1, max(1, x.shape[axis] - 1)))
    return {"sizes": (first, x.shape[axis] - first), "axis": axis}


def _chunk(draw: Draw, x: Tensor) -> Arguments:
    axis = _axis(draw, x)
    return {"parts": _divisor(draw, x.shape[axis]), "axis": axis}


def _probability(draw: Draw, x: Tensor) -> Arguments:
    return {"p": draw(st.sampled_from([0.0, 0.25, 0.5]))}


ARGUMENTS: Mapping[str, Callable[[Draw, Tensor], Arguments]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "dirac_conv": lambda draw, x: {"out": x.channels, "kernel": draw(st.sampled_from([1, 3]))},
    "pad_channels": lambda draw, x: {"out": x.channels + draw(st.integers(0, 3))},
    "linear": lambda draw, x: {"out": draw(st.integers(1, 6))} | _some(draw, {"bias": False}),
    "batch_norm": lambda draw, x: _some(draw, {"eps": 1e-3, "momentum": 0.01, "affine": False, "track": False}),
    "instance_norm": _norm,
    "layer_norm": lambda draw, x: {"axes": draw(st.integers(1, len(x.shape)))} | _norm(draw, x),
    "group_norm": lambda draw, x: {"groups": _divisor(draw, x.channels)} | _norm(draw, x),
    # Torch's own function fails on 3-D images whose axes were permuted; size 0 is refused, so that relu stands there.
    "local_response_norm": lambda draw, x: {"size": draw(st.integers(1, 4)) if len(x.shape) < 4 else 0},
    "leaky_relu": lambda draw, x: _some(draw, {"slope": 0.2}),
    "prelu": lambda draw, x: _some(draw, {"per_channel": True}),
    "elu": lambda draw, x: _some(draw, {"alpha": 0.5}),
    "gelu": lambda draw, x: _some(draw, {"approximate": "tanh"}),
    "tanh": lambda draw, x: _some(draw, {"scale": 1.7159, "input_scale": 0.5}),
    "softplus": lambda draw, x: _some(draw, {"beta": 2.0}),
    "softmax": lambda draw, x: {"axis": _axis(draw, x)},
    "log_softmax": lambda draw, x: {"axis": _axis(draw, x)},
    "max_pool": _pool,
    "avg_pool": lambda draw, x: {**_pool(draw, x), **_some(draw, {"count_include_pad": False})},
    "adaptive_avg_pool": lambda draw, x: {"size": _size(draw, x)},
    "adaptive_max_pool": lambda draw, x: {"size": _size(draw, x)},
    "global_avg_pool": lambda draw, x: _some(draw, {"keepdim": True}),
    "global_max_pool": lambda draw, x: _some(draw, {"keepdim": True}),
    "dropout": _probability,
    "dropout_channels": _probability,
    "drop_path": _probability,
    "flatten": lambda draw, x: _some(draw, {"start": draw(st.integers(0, len(x.shape) - 1))}),
    "reshape": lambda draw, x: {"shape": (_divisor(draw, x.elements), -1)},
    "permute": lambda draw, x: {"axes": tuple(draw(st.permutations(range(len(x.shape)))))},
    "select": lambda draw, x: {
        "channels": tuple(draw(st.lists(st.integers(0, x.channels - 1), min_size=1, max_size=3)))
    },
    "slice": _slice,
    "split": _split,
    "chunk": _chunk,
    "pad": lambda draw, x: {"amounts": _size(draw, x, 0, 2)},
    "crop": lambda draw, x: draw(st.sampled_from([{"size": 1}, {"margins": 1}])),
    "upsample": lambda draw, x: {"scale": 2} | _some(draw, {"align_corners": False}),
    "pixel_shuffle": lambda draw, x: {"factor": 2},
    "pixel_unshuffle": lambda draw, x: {"factor": 2},
    "channel_shuffle": lambda draw, x: {"groups": _divisor(draw, x.channels)},
    "multiply": lambda draw, x: {"factor": draw(st.sampled_from([0.5, 2.0]))},
    "scale": lambda draw, x: _some(draw, {"bias": True, "init": 0.5}),
    "bias": lambda draw, x: _some(draw, {"init": 1}),
}
"""an op of one input → random arguments that it probably takes; ops without arguments need no line"""

ALONE = tuple(
    name
    for name, kind in OPS.items()
    if kind.inputs and len(kind.inputs) - len(kind.optional) == 1 and not kind.variadic
)
"""ops that read one node"""


@dataclass(frozen=True)
class Construction:
    """An op or module with arguments, and what it makes of its input."""

    name: str
    arguments: Arguments
    required: int
    """arguments that stand first, and may stand by place"""
    types: tuple[Tensor, ...]

    def short(self, draw: Draw) -> str:
        placed = draw(st.integers(0, self.required)) if self.required else 0
        parts = [
            text if at < placed else f"{key}={text}"
            for at, (key, text) in enumerate((key, written(draw, value)) for key, value in self.arguments.items())
        ]
        return f"{self.name}({', '.join(parts)})" if parts or draw(st.integers(0, 9)) == 0 else self.name

    def long(self, draw: Draw, **words: str) -> str:
        arguments = (f"{key}: {scalar(written(draw, value))}" for key, value in self.arguments.items())
        return "{" + ", ".join([f"op: {self.name}", *arguments, *(f"{k}: {v}" for k, v in words.items())]) + "}"


def written(draw: Draw, value: Any) -> str:
    """A value as an expression: a literal, a param of that value, or a little arithmetic."""
    if isinstance(value, tuple):
        return "[" + ", ".join(written(draw, one) for one in value) + "]"
    if isinstance(value, str):
        return value
    known = [name for name, one in PARAMS.items() if type(one) is type(value) and one == value]
    if known and draw(st.booleans()):
        return known[0]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value > 1 and draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from([f"{value - 1} + 1", f"{2 * value} // 2", f"max({value}, 1)"]))
    return repr(value)


@dataclass(frozen=True)
class Part:
    """A module of the spec: what it takes, and what it gives for a value of its param."""

    name: str
    input: Tensor
    param: str | None
    gives: Callable[[int], tuple[Tensor, ...]]
    inputs: int = 1


@dataclass
class Writer:
    """Writes one spec."""

    draw: Draw
    counter: int = 0
    modules: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def fresh(self, stem: str = "n") -> str:
        self.counter += 1
        return f"{stem}{self.counter}"

    def chance(self, one_in: int = 2) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    # constructions

    def construct(self, x: Tensor, names: tuple[str, ...] = ALONE) -> Construction:
        """Some op that takes `x`; relu if the arguments drawn do not fit."""
        name = self.draw(st.sampled_from(names))
        made = attempt(name, ARGUMENTS.get(name, lambda draw, x: {})(self.draw, x), (x,))
        return made or Construction("relu", {}, 0, (x,))

    def single(self, x: Tensor) -> Construction:
        """Likewise, with one output."""
        made = self.construct(x, tuple(name for name in ALONE if name not in ("split", "chunk")))
        assert len(made.types) == 1
        return made

    def preserving(self, x: Tensor) -> Construction:
        """An op whose output is like its input."""
        if len(x.shape) > 1 and self.chance():
            return Construction("conv", {"out": x.channels, "kernel": 3, "padding": "half"}, 2, (x,))
        if len(x.shape) == 1 and self.chance():
            return Construction("linear", {"out": x.channels}, 1, (x,))
        made = self.construct(x, ("relu", "sigmoid", "batch_norm", "scale", "bias", "prelu", "dropout", "group_norm"))
        return made if made.types == (x,) else Construction("relu", {}, 0, (x,))

    def widening(self, x: Tensor) -> Construction:
        """An op that changes the channels alone."""
        out = self.draw(st.integers(1, 4))
        if len(x.shape) == 1:
            return Construction("linear", {"out": out}, 1, (Tensor((out,)),))
        return Construction("conv", {"out": out, "kernel": 1}, 2, (Tensor((out, *x.spatial)),))

    # bodies

    def body(self, x: Tensor, depth: int, nodes: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        """Steps in which each reads the one before, and may read earlier ones too."""
        lines: list[str] = []
        known = dict(nodes)
        for _ in range(self.draw(st.integers(1, 3))):
            name = self.fresh()
            step, x = self.step(name, x, depth, known)
            lines += step
            if any(line.startswith(f"- {name}:") for line in step):
                known[name] = x
        return lines, x

    def step(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        kinds: list[Callable[[str, Tensor, int, Mapping[str, Tensor]], tuple[list[str], Tensor]]] = [
            self.plain,
            self.plain,
            self.plain,
            self.join,
            self.join,
            self.pipe,
            self.conditional,
            self.learned,
            self.loop,
            self.copies,
            self.call,
        ]
        if depth > 0:
            kinds += [self.nested, self.branches, self.shared]
        return self.draw(st.sampled_from(kinds))(name, x, depth, known)

    def label(self, name: str) -> str:
        """`- name: `, or `- ` for a step without one."""
        return f"- {name}: " if self.chance() else "- "

    def plain(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        made = self.construct(x)
        if len(made.types) == 1:
            text = made.short(self.draw) if self.chance() else made.long(self.draw)
            return [self.label(name) + text], made.types[0]
        names = [f"{name}_{at}" for at in range(len(made.types))]
        axis = made.arguments["axis"]
        joined = attempt("concat", {"axis": axis}, made.types)
        assert joined is not None
        return [
            f"- {', '.join(names)}: {made.short(self.draw)}",
            f"- concat(axis={axis})({', '.join(names)})",
        ], joined.types[0]

    def join(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        others = [other for other, type in known.items() if type == x]
        fitting = [o for o, type in known.items() if type.spatial == x.spatial and len(type.shape) == len(x.shape)]
        label = self.label(name)
        if others and self.chance():
            other = self.draw(st.sampled_from(others))
            forms = [f"it + {other}", f"{other} - it", f"it * {other}", f"maximum(it, {other})", f"add(it, {other})"]
            forms += [f"gate(it, {other})", f"lerp(it, {other}, {other})", f"0.5 * {other} + it"]
            forms.append(f"{self.preserving(x).short(self.draw)}(it) + {other}")
            text = self.draw(st.sampled_from(forms))
            return [label + text], x
        if fitting:
            other = self.draw(st.sampled_from(fitting))
            joined = Tensor((x.channels + known[other].channels, *x.spatial))
            if joined.elements <= LARGEST:
                return [label + f"concat({other}, it)"], joined
        return [label + "relu"], x

    def pipe(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        first = self.single(x)
        second = self.single(first.types[0])
        return [self.label(name) + f"{first.short(self.draw)} >> {second.short(self.draw)}"], second.types[0]

    def conditional(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        made = self.single(x)
        bound = self.draw(st.integers(0, 4))
        condition = f"it.shape[0] > {bound}"
        result = made.types[0] if x.shape[0] > bound else x
        match self.draw(st.integers(0, 2)):
            case 0:
                return [f"- {name}: {made.short(self.draw)}", f"  when: {condition}"], result
            case 1:
                return ["- " + made.long(self.draw, when=scalar(condition))], result
            case _:
                return [f"- do: {made.short(self.draw)}", f"  when: {condition}"], result

    def learned(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        shape = [x.channels, *(1 for _ in x.spatial)]
        return [
            f"- {name}_x: identity",
            f"- {name}_w: parameter({shape}, init=1e-3)",
            f"- {name}: {name}_x * {name}_w",
        ], x

    def loop(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        counts = self.draw(st.lists(st.integers(1, 4), max_size=3))
        op = "conv(n, 1)" if len(x.shape) > 1 else "linear(n)"
        x = Tensor((counts[-1], *x.spatial)) if counts else x
        lines = [f"- for: n in {counts}", "  do:", f"    - {name}_${{i}}: {op}"]
        if self.chance():
            lines += ["    - do: relu", "      when: not last"]
        return lines, x

    def copies(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        times = self.draw(st.integers(0, 3))
        wire = self.draw(st.sampled_from(["", "chain", "residual", "dense", "parallel", "last(2)"]))
        keys = [f"times: {times}"]
        naming = self.draw(st.sampled_from(["", "${j}", "copy${j + 1}"]))
        if naming:
            keys.append(f"as: {scalar(naming)}")
        if wire:
            keys.append(f"wire: {wire}")
        what = self.preserving(x)
        after: list[str] = []
        match wire:
            case "dense":
                what = self.widening(x)
                x = Tensor((x.channels + times * what.types[0].channels, *x.spatial))
            case "parallel":
                keys[0] = f"times: {times or 1}"
                join = self.draw(st.sampled_from(["add", "concat", "mul", "maximum"]))
                keys.append(f"join: {join}")
                if join == "concat":
                    x = Tensor((x.channels * (times or 1), *x.spatial))
            case "last(2)":
                what = Construction("add", {}, 0, (x,))
                after = ["- relu"]
        keys += self.checkpoint()
        text = what.long(self.draw) if self.chance() else scalar(what.short(self.draw))
        return ["- " + f"{name}: {{repeat: {text}, {', '.join(keys)}}}", *after], x

    def call(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        parts = [part for part in self.parts if part.input == x]
        if not parts:
            return self.plain(name, x, depth, known)
        part = self.draw(st.sampled_from(parts))
        width = self.draw(st.integers(1, 4))
        arguments = {part.param: width} if part.param else {}
        types = part.gives(width)
        made = Construction(part.name, arguments, len(arguments), types)
        if part.inputs == 2:
            return [self.label(name) + f"{made.short(self.draw)}(it, it)".replace("()(", "(")], types[0]
        if len(types) == 2:
            return [f"- {name}_a, {name}_b: {made.short(self.draw)}", f"- {name}_a + {name}_b"], types[0]
        text = made.short(self.draw) if self.chance() else made.long(self.draw)
        return [self.label(name) + text], types[0]

    def nested(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        lines, out = self.body(x, depth - 1, known)
        if words := self.checkpoint():
            lines = [*words, "steps:", *(f"  {line}" for line in lines)]
        return [f"- {name}:", *(f"    {line}" for line in lines)], out

    def checkpoint(self) -> list[str]:
        """Perhaps the word that has a body computed again in backward."""
        return ["checkpoint: on"] if self.chance(4) else []

    def branches(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        join = self.draw(st.sampled_from(["add", "concat", "mul", "maximum"]))
        made = [
            self.widening(x) if join == "concat" else self.preserving(x) for _ in range(self.draw(st.integers(1, 3)))
        ]
        lines = [f"- {name}:", "    branches:"]
        for at, one in enumerate(made):
            text = one.short(self.draw) if self.chance() else one.long(self.draw)
            lines.append(f"      {name}_{at}: {text}")
        out = x
        if join == "concat":
            out = Tensor((sum(one.types[0].channels for one in made), *x.spatial))
        return [*lines, f"    join: {join}", *(f"    {line}" for line in self.checkpoint())], out

    def shared(self, name: str, x: Tensor, depth: int, known: Mapping[str, Tensor]) -> tuple[list[str], Tensor]:
        made = self.preserving(x)
        instance = f"{name}_s"
        return [
            f"- {name}:",
            f"    shared: {{{instance}: {scalar(made.short(self.draw))}}}",
            "    steps:",
            f"      - {instance}",
            f"      - {name}_o: {instance}",
            f"      - {instance}({name}_o) + {name}_o",
        ], x

    # modules and the graph

    def module(self, x: Tensor) -> None:
        """A module for inputs like `x`: plain, with a param, of two inputs, or of two outputs."""
        name = self.fresh("m")
        kind = self.draw(st.integers(0, 3))
        if kind == 3:
            one, other = self.preserving(x), self.preserving(x)
            steps = [f"- a: {one.short(self.draw)}", f"- b: {other.short(self.draw)}(input)".replace("()(", "(")]
            self.write(name, {}, steps, out="[a, b]")
            self.parts.append(Part(name, x, None, lambda _: (x, x)))
            return
        if kind == 2:
            self.write(name, {}, [f"- {self.preserving(x).short(self.draw)}", "- it + other"], inputs="[one, other]")
            self.parts.append(Part(name, x, None, lambda _: (x,), 2))
            return
        lines, out = self.body(x, 1, {"input": x})
        if kind == 1:
            lines.append("- conv(ch, 1)" if len(out.shape) > 1 else "- linear(ch)")
        self.write(name, {"ch": "int"} if kind == 1 else {}, lines)
        self.parts.append(
            Part(name, x, "ch", lambda n: (Tensor((n, *out.spatial)),))
            if kind == 1
            else Part(name, x, None, lambda _: (out,))
        )

    def write(self, name: str, params: Mapping[str, str], steps: list[str], **keys: str) -> None:
        lines = [f"{name}:"]
        if params:
            lines.append("  params: {" + ", ".join(f"{key}: {value}" for key, value in params.items()) + "}")
        lines += [f"  {line}" for line in (*(f"{key}: {value}" for key, value in keys.items()), *self.checkpoint())]
        self.modules += [*lines, "  steps:", *(f"    {line}" for line in steps)]

    def graph(self, x: Tensor) -> tuple[list[str], dict[str, str]]:
        """The steps, and the outputs: the last node and every one that nothing reads."""
        lines: list[str] = []
        known = {"x": x}
        ends: list[str] = []
        at = "x"
        for _ in range(self.draw(st.integers(1, 5))):
            if len(known) > 1 and self.chance(4):
                at = self.jump(lines, known, ends, at)
            name = self.fresh("g")
            step, out = self.step(self.fresh(), known[at], 2, known)
            lines += step
            lines.append(f"- {name}: identity")
            known[name] = out
            at = name
        ends.append(at)
        return lines, {f"out{number}": end for number, end in enumerate(dict.fromkeys(ends))}

    def jump(self, lines: list[str], known: dict[str, Tensor], ends: list[str], at: str) -> str:
        """Go on from an earlier node; the last one becomes an output."""
        start = self.draw(st.sampled_from(sorted(known)))
        made = self.single(known[start])
        name = self.fresh("g")
        match self.draw(st.integers(0, 2)):
            case 0:
                applied = f"{made.short(self.draw)}({start})".replace("()(", "(")
                lines.append(f"- {name}: {applied}")
            case 1:
                lines += [f"- {name}: {made.short(self.draw)}", f"  from: {start}"]
            case _:
                lines.append(f"- {name}: {made.long(self.draw, **{'from': start})}")
        ends.append(at)
        known[name] = made.types[0]
        return name


def attempt(name: str, arguments: Arguments, inputs: tuple[Tensor, ...]) -> Construction | None:
    """The op, if it takes the arguments and inputs, and its outputs are small."""
    try:
        op: Op = OPS[name](**arguments)
        types = op.infer(*inputs)
    except (OpError, ValidationError):
        return None
    if any(type.elements > LARGEST for type in types):
        return None
    fields = list(OPS[name].model_fields)
    lead = 0
    while lead < len(arguments) and list(arguments)[lead] == fields[lead]:
        lead += 1
    return Construction(name, arguments, lead, types)


@st.composite
def specs(draw: Draw) -> str:
    """The text of a valid spec."""
    writer = Writer(draw)
    rank = draw(st.integers(1, 4))
    x = Tensor((draw(st.sampled_from([1, 2, 3, 4, 8])), *(draw(st.integers(3, 6)) for _ in range(rank - 1))))
    for _ in range(draw(st.integers(0, 2))):
        writer.module(x)
    steps, outputs = writer.graph(x)
    lines = ["archspec: 1", "name: random", f"inputs: {{x: {list(x.shape)}}}"]
    lines.append("params: {" + ", ".join(f"{key}: {str(value).lower()}" for key, value in PARAMS.items()) + "}")
    if writer.modules:
        lines += ["modules:", *(f"  {line}" for line in writer.modules)]
    lines += ["graph:", *(f"  {line}" for line in steps)]
    if len(outputs) > 1 or draw(st.booleans()):
        lines.append("outputs: {" + ", ".join(f"{name}: {node}" for name, node in outputs.items()) + "}")
    return textwrap.dedent("\n".join(lines)) + "\n"
