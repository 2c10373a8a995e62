"""Generated source becomes a module that runs: executed as a file of its own, so that tracebacks show its lines."""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from archspec.text.collector import collector_paused

if TYPE_CHECKING:
    from torch import nn


def build_module(
    source: str, class_name: str, seed: int | None = None, weights: Mapping[str, Any] | None = None
) -> nn.Module:
    """The network of class `class_name` that `source` defines, with `weights` if they are given.

    The source runs as a Python module of its own, kept in `sys.modules` under a name made of its
    content: so the network can be pickled within the process, and a debugger or a traceback finds
    its lines. The random state outside is left as it was if a seed is given.
    """
    import torch

    module = _module(source)
    create = getattr(module, class_name)
    network: nn.Module
    if weights is not None:
        from archspec.backends.pytorch.hollow import fill, hollow

        with collector_paused():
            with hollow():
                network = create()
            fill(network, weights)
        return network
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        network = create()
    return network


def _module(source: str) -> ModuleType:
    name = f"archspec_generated_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    filename = f"<archspec {name}>"
    # linecache drops entries whose file it cannot see, unless their time is None.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    module = ModuleType(name)
    module.__file__ = filename
    code = compile(source, filename, "exec", dont_inherit=True)
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module
