"""What passes hint at and source makes of it: room for what is concatenated, and a network that plays its calls."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.backends.pytorch.rules.base import Helper
from archspec.backends.pytorch.rules.tape import REPLAYED, TAPE, TENSORS_IN
from archspec.program.model import Module, Program

GROWING = Helper(
    "Growing",
    '''\
class Growing:
    """A value that others are appended to, in memory with room for their channels."""

    def __init__(self, x, room):
        self.channels = 0
        last = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
        self.memory = torch.empty(
            (x.shape[0], x.shape[1] + room, *x.shape[2:]),
            dtype=x.dtype,
            device=x.device,
            memory_format=torch.channels_last if last else torch.contiguous_format,
        )
        self.append(x)

    @property
    def value(self):
        return self.memory[:, : self.channels]

    def append(self, x):
        start, self.channels = self.channels, self.channels + x.shape[1]
        if x.requires_grad:  # autograd needs what it saw as it was
            self.memory = torch.cat([self.memory[:, :start], x], dim=1)
        else:
            self.memory[:, start : self.channels] = x
''',
)


def helpers(program: Program, modules: Iterable[Module]) -> tuple[Helper, ...]:
    """What the file must define for the hints of a program."""
    room = any(module.loop is not None and module.loop.room for module in modules)
    return ((GROWING,) if room else ()) + ((TENSORS_IN, TAPE, REPLAYED) if program.replay else ())


def replayed(base: str, portion: int | None) -> str:
    """What the network's own class is made of if it is replayed.

    >>> replayed("nn.Sequential", 8)
    'Replayed, nn.Sequential, portion=8'
    """
    others = [] if base == "nn.Module" else [base]
    return ", ".join([REPLAYED.name, *others, *([] if portion is None else [f"portion={portion}"])])


def room_of(module: Module) -> int:
    """How many channels a loop appends in all."""
    return module.nodes[-1].types[0].channels - module.inputs[0].type.channels


def growing(room: str, copies: str, sides: Iterable[str]) -> list[str]:
    """The statements of a loop that appends what each of its copies gives.

    >>> print("\\n".join(growing("32 * 6", "self", [])))
    x = Growing(x, 32 * 6)
    for layer in self:
        x.append(layer(x.value))
    return x.value
    """
    call = f"layer({', '.join(['x.value', *sides])})"
    return [f"x = Growing(x, {room})", f"for layer in {copies}:", f"    x.append({call})", "return x.value"]
