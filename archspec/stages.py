"""A network on several devices, one after the other: the plan, the stages as programs, and as modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from archspec.analysis.cost import Count, cost
from archspec.analysis.cuts import Cuts, Value
from archspec.analysis.memory import WIDTHS, Dtype, Memory, memory
from archspec.analysis.plan import SLACK, Block, By, choose, in_the_way, loads
from archspec.ops.base import Tensor
from archspec.passes.split import Path, split
from archspec.program.model import INPUT, Program
from archspec.program.read import type_of
from archspec.program.weights import Weights
from archspec.text.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    import torch

    from archspec.architecture import Architecture


class Stage(NamedTuple):
    """What one device runs."""

    first: str
    """the step that it begins with: as large a part of the network as lies in it whole"""
    last: str
    program: Program
    counted: Count
    memory: Memory
    sends: tuple[Value, ...]
    """tensors that go to the next stage, by the names of the steps that made them; nothing from the last"""
    sent: int
    """bytes of that for one sample"""
    differentiable: tuple[bool, ...]
    """of each input, whether gradients go back through it: not through what the network itself was given"""

    @property
    def training(self) -> int:
        """Bytes that training with Adam holds: weights, gradients, two moments, and what is kept for backward."""
        return self.memory.weights + 3 * self.memory.gradients + self.memory.training

    def examples(self, batch: int, dtype: Dtype = "float32") -> dict[str, tuple[torch.Tensor, ...]]:
        """Tensors without content that show what the stage takes and gives for a micro-batch of that size: the
        arguments `input_args` and `output_args` of `torch.distributed.pipelining.PipelineStage`. Heads that the
        last stage has in training are among the latter.

        >>> import archspec
        >>> first, second = plan(archspec.load("lenet5_modern").program, 2).stages
        >>> [tuple(one.shape) for one in second.examples(4)["input_args"]]
        [(4, 6, 14, 14)]
        """
        import torch

        main = self.program.graph

        def hollow(type: Tensor, differentiable: bool) -> torch.Tensor:
            number = getattr(torch, dtype if type.dtype == "float32" else type.dtype)
            return torch.empty((batch, *type.shape), dtype=number, device="meta", requires_grad=differentiable)

        inputs = [hollow(port.type, back) for port, back in zip(main.inputs, self.differentiable, strict=True)]
        outputs = [
            hollow(type_of(main, output.ref), back)
            for output, back in zip(main.outputs, gives_back(self.program, self.differentiable), strict=True)
        ]
        return {"input_args": tuple(inputs), "output_args": tuple(outputs)}


@dataclass(frozen=True, slots=True)
class Plan:
    """Stages in the order in which they run; together they are the network."""

    stages: tuple[Stage, ...]
    by: By
    block: Block | None
    """what an even division would divide, and no cut can"""

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the multiply-adds in inference."""
        total = sum(stage.counted.mads for stage in self.stages)
        return tuple(stage.counted.mads / total if total else 1 / len(self.stages) for stage in self.stages)

    @property
    def excess(self) -> float:
        """How much more than an even share the largest stage has, of what the plan shares out."""
        figures = [stage.counted.mads if self.by == "mads" else stage.training for stage in self.stages]
        return max(figures) * len(figures) / sum(figures) - 1 if sum(figures) else 0.0


def plan(
    program: Program,
    devices: int,
    *,
    by: By = "mads",
    slack: float = SLACK,
    batch: int = 1,
    dtype: Dtype = "float32",
    limit: int = DEFAULT_LIMITS.nodes,
) -> Plan:
    """Share a network out among devices that run one after the other (a pipeline).

    `by`: what is shared out evenly, multiply-adds or the memory of training. `slack`: by how much of an even share
    the largest stage may exceed it, if less crosses the cuts for it. `limit`: ops that the flat graph may have.
    Raises `ValueError` if the network cannot be cut so often, and `SpecError` (A0602) beyond the limit.

    >>> import archspec
    >>> found = plan(archspec.load("vgg16").program, 2)
    >>> [(stage.first, stage.last, stage.sent) for stage in found.stages]
    [('features.0', 'features.13', 3211264), ('features.14', 'classifier', 0)]
    >>> round(found.excess, 3)
    0.032
    """
    cuts = Cuts(program, limit)
    carried = loads(cuts, batch, dtype)
    places = choose(cuts, carried, devices, by, slack)
    stages: list[Stage] = []
    back: tuple[bool, ...] = (False,) * len(program.graph.inputs)
    for number, ((first, end), part) in enumerate(
        zip(pairwise((0, *places, len(cuts))), parts(program, [cuts.path(place) for place in places]), strict=True)
    ):
        sends = tuple(cuts.crossing(end)) if number + 1 < devices else ()
        sent = sum(value.type.elements for value in sends) * WIDTHS[dtype]
        held = memory(part, batch, dtype)
        names = cuts.name(first, end), cuts.name_back(end - 1, first)
        stages.append(Stage(*names, part, cost(part).total, held, sends, sent, back))
        back = gives_back(part, back)
    return Plan(tuple(stages), by, in_the_way(cuts, getattr(carried, by), devices))


def gives_back(program: Program, differentiable: Sequence[bool]) -> tuple[bool, ...]:
    """Of each output of a stage, whether gradients come back through it: not if it is an input without any."""
    refs = [output.ref for output in program.graph.outputs]
    return tuple(differentiable[ref.output] if ref.node == INPUT else True for ref in refs)


def parts(program: Program, places: Sequence[Path]) -> list[Program]:
    """The stages between places, named "densenet121_stage1" and so on."""
    found, rest = [], program
    for place in reversed(places):
        rest, part = split(rest, place)
        found.append(part)
    return [
        part._replace(name=f"{program.name}_stage{number}", title=_title(program.title or program.name, number))
        for number, part in enumerate([rest, *reversed(found)], 1)
    ]


def _title(title: str, number: int) -> str:
    """
    >>> _title("GoogLeNet (Inception v1)", 2), _title("LeNet-5, modern form", 1)
    ('GoogLeNet stage 2 (Inception v1)', 'LeNet-5 stage 1, modern form')
    """
    end = next((at for at, sign in enumerate(title) if sign in ",(:"), len(title))
    name, rest = title[:end], title[end:]
    return f"{name.rstrip()} stage {number}{' ' * name.endswith(' ')}{rest}"


def architectures(whole: Architecture, stages: int | Plan) -> tuple[Architecture, ...]:
    """The stages as architectures, which compile to source of their own. Raises as `plan` does."""
    found = plan(whole.program, stages, limit=whole.limits.nodes) if isinstance(stages, int) else stages
    return tuple(replace(whole, title=stage.program.title, program=stage.program, expect={}) for stage in found.stages)


def modules(
    whole: Architecture, network: torch.nn.Module, stages: int | Plan, device: str | None = None
) -> tuple[torch.nn.Module, ...]:
    """The stages as modules, with the weights of `network`, which is the whole.

    Raises as `plan` does, and `ValueError` if the plan is that of a network with other weights.
    """
    state = network.state_dict()
    if isinstance(stages, Plan):
        held = {one.key for stage in stages.stages for one in Weights(stage.program).all()}
        if held != state.keys():
            raise ValueError("the plan is that of another network")
    trained = any(weight.requires_grad for weight in network.parameters())
    made = []
    for stage in architectures(whole, stages):
        part = stage.compile(device=device, weights={one.key: state[one.key] for one in Weights(stage.program).all()})
        made.append(part.train(network.training).requires_grad_(trained))
    return tuple(made)
