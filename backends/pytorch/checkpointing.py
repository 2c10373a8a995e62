"""Checkpointed modules: a decorator on their classes, and what it takes for running statistics to stay right.

torch runs a checkpointed forward a second time in backward (Chen et al. 2016, arXiv 1604.06174). It draws the same
random numbers then, but a norm would count its batch twice; so the second run works on copies of the buffers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from archspec.backends.pytorch.classes import Written
from archspec.backends.pytorch.rules.base import Helper
from archspec.program.model import Module

IMPORT = "from torch.utils.checkpoint import checkpoint"

SCRATCH_BUFFERS = Helper(
    "ScratchBuffers",
    '''\
class ScratchBuffers:
    """Inside, modules work on copies of their buffers: computing a norm again for
    backward must not update its running statistics a second time."""

    def __init__(self, *modules):
        self.modules = modules

    def __enter__(self):
        self.own = [
            (part, name, buffer)
            for module in self.modules
            for part in module.modules()
            for name, buffer in part.named_buffers(recurse=False)
        ]
        for part, name, buffer in self.own:
            setattr(part, name, buffer.clone())

    def __exit__(self, *error):
        for part, name, buffer in self.own:
            setattr(part, name, buffer)
''',
)

CHECKPOINTED = Helper(
    "checkpointed",
    '''\
def checkpointed(cls):
    """Training keeps only the inputs of such a module, and computes the rest again."""
    plain_forward = cls.forward

    def forward(self, *inputs, **shared):
        def compute(*inputs):
            return plain_forward(self, *inputs, **shared)

        def contexts():
            return ScratchBuffers(), ScratchBuffers(self, *shared.values())

        if not (self.training and torch.is_grad_enabled()):
            return compute(*inputs)
        if torch.compiler.is_compiling():  # the compiler itself updates them once
            return checkpoint(compute, *inputs, use_reentrant=False)
        return checkpoint(compute, *inputs, use_reentrant=False, context_fn=contexts)

    cls.forward = forward
    return cls
''',
)


def helpers(modules: Iterable[Module]) -> Sequence[Helper]:
    """What the file must define if one of its modules is checkpointed."""
    return (SCRATCH_BUFFERS, CHECKPOINTED) if any(module.checkpointed for module in modules) else ()


def apart(group: Sequence[Module]) -> Iterator[Sequence[Module]]:
    """Modules of one template that may share a class: a class is checkpointed or it is not."""
    for flag in (False, True):
        alike = [module for module in group if module.checkpointed == flag]
        if alike:
            yield alike


def decorated(written: Written, module: Module) -> Written:
    """The class of a module, marked if it is checkpointed."""
    return replace(written, lines=("@checkpointed", *written.lines)) if module.checkpointed else written
