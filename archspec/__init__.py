"""archspec: neural networks as short YAML graphs, checked, counted and compiled to readable PyTorch.

    import archspec

    network = archspec.load("densenet121")  # by name or path
    print(network.stats().total.params)
    model = archspec.compile("densenet121", growth=24)  # an nn.Module

Each name is imported when it is first used: `import archspec` costs nothing and never imports torch.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from archspec.version import __version__

if TYPE_CHECKING:
    from archspec.api import check, compile, export, library, load, optimize, stats, sweep
    from archspec.architecture import Architecture
    from archspec.ensemble import lesion, shuffle
    from archspec.text.diagnostics import SpecError
    from archspec.weights import load_weights

_HOMES = {
    "Architecture": "architecture",
    "SpecError": "text.diagnostics",
    "check": "api",
    "compile": "api",
    "export": "api",
    "lesion": "ensemble",
    "library": "api",
    "load": "api",
    "load_weights": "weights",
    "optimize": "api",
    "shuffle": "ensemble",
    "stats": "api",
    "sweep": "api",
}
"""each public name, and the module that it comes from"""

__all__ = [
    "Architecture", "SpecError", "__version__", "check", "compile", "export", "lesion", "library", "load",
    "load_weights", "optimize", "shuffle", "stats", "sweep",
]  # fmt: skip

# In a checkout `backends` and `specs` stand beside this folder, in a wheel inside it: one import name for both.
if not os.path.isdir(os.path.join(__path__[0], "backends")):
    __path__.append(os.path.dirname(__path__[0]))


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'archspec' has no attribute {name!r}")
    value: object = getattr(import_module(f"archspec.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
