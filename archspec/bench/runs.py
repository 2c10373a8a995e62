"""What is timed: one forward pass, or one step of training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archspec.bench.measure import Run
from archspec.bench.subjects import Subject

if TYPE_CHECKING:
    import torch

    from archspec.program.model import Program

LEARNING_RATE = 1e-6
"""so small that a thousand steps on one batch do not leave the numbers that arithmetic is fast with"""


def inputs(program: Program, batch: int, device: str, dtype: str) -> tuple[torch.Tensor, ...]:
    """Random images, or zeros where a network takes integers; the same each time."""
    import torch

    generator = torch.Generator().manual_seed(0)
    made = []
    for port in program.graph.inputs:
        kind: torch.dtype = getattr(torch, port.type.dtype)
        shape = (batch, *port.type.shape)
        if kind.is_floating_point:
            made.append(torch.randn(shape, generator=generator).to(device=device, dtype=getattr(torch, dtype)))
        else:
            made.append(torch.zeros(shape, dtype=kind, device=device))
    return tuple(made)


def forward(subject: Subject, values: tuple[torch.Tensor, ...]) -> Run:
    """A forward pass in evaluation, without autograd."""
    import torch

    call, given = subject.call, subject.inputs(values)
    if subject.module is not None:
        subject.module.eval()

    def run() -> object:
        with torch.inference_mode():
            return call(*given)

    return run


def step(subject: Subject, values: tuple[torch.Tensor, ...]) -> Run:
    """Forward, backward from the mean square of every output, and a step of SGD with momentum."""
    import torch

    assert subject.module is not None
    call, given, module = subject.call, subject.inputs(values), subject.module.train()
    optimiser = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE, momentum=0.9)

    def run() -> object:
        optimiser.zero_grad(set_to_none=True)
        losses = [one.float().square().mean() for one in tensors(call(*given)) if one.is_floating_point()]
        torch.autograd.backward(torch.stack(losses).sum())
        optimiser.step()
        return None

    return run


def tensors(outputs: Any) -> Iterator[torch.Tensor]:
    """Every tensor of what a network gives: one, or several in a tuple or dictionary."""
    import torch

    if isinstance(outputs, torch.Tensor):
        yield outputs
    elif isinstance(outputs, dict | tuple | list):
        for one in outputs.values() if isinstance(outputs, dict) else outputs:
            yield from tensors(one)


def off(found: Any, expected: Any) -> float | None:
    """The largest difference of outputs, relative to the largest value; None if their shapes differ."""
    ours, theirs = [*tensors(found)], [*tensors(expected)]
    if [one.shape for one in ours] != [one.shape for one in theirs]:
        return None
    pairs = [(one.double().cpu(), other.double().cpu()) for one, other in zip(ours, theirs, strict=True)]
    return max(float((a - b).abs().max() / b.abs().max().clamp(min=1e-12)) for a, b in pairs)
