"""What the older versions of torch that archspec allows cannot do: tests of it wait for a version that can."""

from __future__ import annotations

import pytest
import torch


def since(version: str, reason: str) -> pytest.MarkDecorator:
    """A mark for tests that need this version of torch; `reason` says what older ones do."""
    return pytest.mark.skipif(torch.__version__ < version, reason=f"before torch {version}: {reason}")


TRAINS_SHUFFLES = since("2.5", "channel_shuffle has no gradient")
