"""What the tests on a device share."""

from __future__ import annotations

import torch

DEVICE = "cuda"


def near(found: torch.Tensor, expected: torch.Tensor, off: float = 1e-4) -> None:
    """No further apart than that part of the largest value."""
    assert found.shape == expected.shape
    ours, theirs = found.detach().cpu().double(), expected.detach().cpu().double()
    largest = theirs.abs().max().clamp(min=1e-6)
    assert bool(((ours - theirs).abs() <= off * largest).all()), float((ours - theirs).abs().max() / largest)
