"""The most memory that a run takes beyond what is held before it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate

from archspec.bench.measure import Run


def peak(run: Run, device: str) -> int | None:
    """Bytes of torch's allocator for one more call of a warm run, or None where it allocates nothing with torch.

    On a CPU every allocation is recorded by torch's profiler; what kernels take from the system by themselves is not
    in it. On CUDA it is `max_memory_allocated`.
    """
    return _cuda(run) if device == "cuda" else _cpu(run)


def _cuda(run: Run) -> int | None:
    import torch

    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before or None


def _cpu(run: Run) -> int | None:
    from torch.profiler import ProfilerActivity, profile

    with _quiet(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        run()
    kept = profiled.profiler
    assert kept is not None
    assert kept.kineto_results is not None
    events = [event for event in kept.kineto_results.events() if event.name() == "[memory]"]
    held = accumulate(event.nbytes() for event in sorted(events, key=lambda event: event.start_ns()))
    return max(held, default=0) or None


@contextmanager
def _quiet() -> Iterator[None]:
    """Torch's profiler writes trace lines straight to the file descriptor of standard error."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
