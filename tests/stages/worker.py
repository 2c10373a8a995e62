"""One of two processes of `test_pipeline.py`: each runs its stage, and compares with the whole network.

python -m tests.stages.worker RANK FOLDER DEVICE
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B, ScheduleGPipe
from torch.nn.functional import cross_entropy

import archspec
from archspec.stages import plan

WORLD = 2
BATCH, PIECES = 4, 2


def main(rank: int, folder: Path, kind: str) -> None:
    warnings.simplefilter("ignore")  # torch's own, of which there are more every version
    torch.set_num_threads(1)
    device = torch.device(kind, rank) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if kind == "cuda" else "gloo"
    store = dist.FileStore(str(folder / "store"), WORLD)
    dist.init_process_group(backend, store=store, rank=rank, world_size=WORLD, timeout=timedelta(seconds=60))
    try:
        spec = folder / "network.yaml"
        for schedule in (ScheduleGPipe, Schedule1F1B):
            train(rank, spec, device, schedule)
        heads(rank, folder / "heads.yaml", device)
        evaluate(rank, spec, device)
        shard(rank, spec, device)
    finally:
        dist.destroy_process_group()
    print("done", flush=True)


def data(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    image = torch.randn(BATCH, 3, 16, 16, generator=generator)
    return image.to(device), torch.randint(0, 5, (BATCH,), generator=generator).to(device)


def train(rank: int, spec: Path, device: torch.device, schedule: Any) -> None:
    """Losses, gradients and statistics of one step are those of the whole network on the same micro-batches."""
    stages = archspec.compile(spec, stages=WORLD, seed=1)
    shapes = plan(archspec.load(spec).program, WORLD).stages[rank].examples(BATCH // PIECES)
    stage = PipelineStage(stages[rank].to(device), rank, WORLD, device, **shapes)
    runs = schedule(stage, n_microbatches=PIECES, loss_fn=cross_entropy)
    image, target = data(device)
    losses: list[torch.Tensor] = []
    if rank == 0:
        runs.step(image)
    else:
        runs.step(target=target, losses=losses)

    whole = archspec.compile(spec, seed=1).to(device)
    expected = []
    for piece, answer in zip(image.chunk(PIECES), target.chunk(PIECES), strict=True):
        loss = cross_entropy(whole(piece), answer)
        (loss / PIECES).backward()
        expected.append(loss.detach())
    if rank == WORLD - 1:
        close([loss.detach() for loss in losses], expected, "losses")
    compare(stages[rank], whole)


class Tuple(nn.Module):
    """A stage whose outputs by name become a tuple, which is what schedules take."""

    def __init__(self, stage: nn.Module):
        super().__init__()
        self.stage = stage

    def forward(self, *values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.stage(*values).values())


def heads(rank: int, spec: Path, device: torch.device) -> None:
    """Heads for training have their part in the loss."""
    stages = archspec.compile(spec, stages=WORLD, seed=1)
    shapes = plan(archspec.load(spec).program, WORLD).stages[rank].examples(BATCH // PIECES)
    part = stages[rank].to(device)
    stage = PipelineStage(Tuple(part) if rank == WORLD - 1 else part, rank, WORLD, device, **shapes)
    image, target = data(device)

    def criterion(outputs: tuple[torch.Tensor, ...], answer: torch.Tensor) -> torch.Tensor:
        return cross_entropy(outputs[0], answer) + 0.3 * cross_entropy(outputs[1], answer)

    runs = ScheduleGPipe(stage, n_microbatches=PIECES, loss_fn=criterion)
    if rank == 0:
        runs.step(image)
    else:
        runs.step(target=target)
    whole = archspec.compile(spec, seed=1).to(device)
    for piece, answer in zip(image.chunk(PIECES), target.chunk(PIECES), strict=True):
        (criterion(tuple(whole(piece).values()), answer) / PIECES).backward()
    compare(part, whole)


def compare(part: nn.Module, whole: nn.Module) -> None:
    gradients = {name: weight.grad for name, weight in whole.named_parameters()}
    for name, weight in part.named_parameters():
        assert weight.grad is not None, name
        close([weight.grad], [gradients[name]], name)
    buffers = dict(whole.named_buffers())
    for name, buffer in part.named_buffers():
        close([buffer], [buffers[name]], name)


def evaluate(rank: int, spec: Path, device: torch.device) -> None:
    """Without a loss a schedule runs forward alone; the last stage puts the micro-batches together again."""
    stages = archspec.compile(spec, stages=WORLD, seed=1)
    shapes = plan(archspec.load(spec).program, WORLD).stages[rank].examples(BATCH // PIECES)
    stage = PipelineStage(stages[rank].to(device).eval(), rank, WORLD, device, **shapes)
    image, _ = data(device)
    with torch.no_grad():
        found = ScheduleGPipe(stage, n_microbatches=PIECES).step(*([image] if rank == 0 else []))
        if rank == WORLD - 1:
            whole = archspec.compile(spec, seed=1).to(device).eval()
            close([found], [torch.cat([whole(piece) for piece in image.chunk(PIECES)])], "outputs")


def shard(rank: int, spec: Path, device: torch.device) -> None:
    """Each block of the network sharded for itself, found by the class that archspec wrote for it."""
    try:
        from torch.distributed.fsdp import fully_shard
    except ImportError:  # before torch 2.6
        return
    whole, network = (archspec.compile(spec, seed=1).to(device) for _ in range(2))
    found = list(blocks(network))
    assert len(found) == 3, found
    for block in found:
        fully_shard(block)
    fully_shard(network)
    image, target = data(device)
    cross_entropy(network(image.chunk(WORLD)[rank]), target.chunk(WORLD)[rank]).backward()
    for piece, answer in zip(image.chunk(WORLD), target.chunk(WORLD), strict=True):
        (cross_entropy(whole(piece), answer) / WORLD).backward()
    expected = {name: weight.grad for name, weight in whole.named_parameters()}
    for name, weight in network.named_parameters():
        gradient: Any = weight.grad
        close([gradient.full_tensor()], [expected[name]], name)


def blocks(network: nn.Module) -> Iterator[nn.Module]:
    return (module for module in network.modules() if type(module).__name__ == "Block")


def close(found: list[Any], expected: list[Any], what: str) -> None:
    assert len(found) == len(expected), what
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6, msg=lambda text: f"{what}: {text}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
