"""What can be timed: the network that a spec compiles to, and peers of it. `KINDS` has a line for each kind of peer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from archspec.text.diagnostics import SpecError

if TYPE_CHECKING:
    import torch

    from archspec.api import Architecture

Load = Callable[[str], "Architecture"]


@dataclass(frozen=True, eq=False)
class Subject:
    """Something that takes a network's inputs and gives its outputs."""

    name: str
    call: Callable[..., Any]
    module: torch.nn.Module | None
    """what holds the weights, in training what is trained; None: an engine that only runs"""
    comparable: bool = True
    """it has the weights of the network that it is compared with"""
    channels_last: bool = False
    renew: Callable[[], None] = field(default=lambda: None)
    """forgets what it compiled for other shapes and threads"""

    def inputs(self, values: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """The inputs in the layout that it likes."""
        import torch

        if not self.channels_last:
            return values
        return tuple(one.to(memory_format=torch.channels_last) if one.dim() == 4 else one for one in values)


class Host(NamedTuple):
    """What a peer is made for."""

    architecture: Architecture
    ours: torch.nn.Module
    """the network of the spec; a peer with weights of its own fills it with those"""
    load: Load
    device: str
    dtype: str

    def place(self, module: torch.nn.Module) -> torch.nn.Module:
        """On the device, with the type of numbers that is measured."""
        import torch

        return module.to(device=self.device, dtype=getattr(torch, self.dtype))


class Kind(NamedTuple):
    """A kind of peer."""

    make: Callable[[Host, str], Subject]
    """from what stands after the colon"""
    argument: bool
    """something stands after the colon"""
    trains: bool


def own(host: Host) -> Subject:
    """The network of the spec itself, as archspec compiles it."""
    return Subject(host.architecture.name, host.ours, host.ours)


def peer(host: Host, word: str) -> Subject:
    """What `--vs WORD` means: a kind of `KINDS`, else a spec.

    Raises `ValueError` for what is not there, `SpecError` for a spec that is wrong or a package that is missing.
    """
    kind, argument = split(word)
    made = KINDS[kind].make(host, argument) if kind else _spec(host, word)
    return replace(made, name=word)


def split(word: str) -> tuple[str, str]:
    """
    >>> split("timm:resnet50"), split("compile"), split("densenet121")
    (('timm', 'resnet50'), ('compile', ''), ('', 'densenet121'))
    """
    kind, _, argument = word.partition(":")
    if kind not in KINDS:
        return "", word
    if KINDS[kind].argument != bool(argument):
        raise ValueError(f"`{kind}` is written `{kind}{':NAME' if KINDS[kind].argument else ''}`, not `{word}`")
    return kind, argument


def trains(word: str) -> bool:
    """Whether a peer has a training step."""
    kind, _ = split(word)
    return not kind or KINDS[kind].trains


def _library(library: str, host: Host, call: str) -> Subject:
    """A network that somebody else wrote; ours gets its weights, if they fit."""
    from archspec.bench import libraries

    theirs = host.place(libraries.network(library, call))
    return Subject(call, theirs, theirs, comparable=_fill(host.ours, theirs))


def _spec(host: Host, spec: str) -> Subject:
    """The network of another spec, with our weights, if they fit."""
    module = host.place(host.load(spec).compile())
    return Subject(spec, module, module, comparable=_fill(module, host.ours))


def _fill(module: torch.nn.Module, source: torch.nn.Module) -> bool:
    """Whether the weights of `source` fit into `module`, which has them then."""
    from archspec.weights import load_weights

    try:
        load_weights(module, source.state_dict())
    except SpecError:
        return False
    return True


def _compiled(host: Host, _: str) -> Subject:
    """The same network through `torch.compile`, with static shapes."""
    import torch

    module = deepcopy(host.ours)
    return Subject("", torch.compile(module, dynamic=False), module, renew=torch.compiler.reset)


def _channels_last(host: Host, _: str) -> Subject:
    """The same network with images and filters channels last in memory."""
    import torch

    module = deepcopy(host.ours).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Subject("", module, module, channels_last=True)


def _inference(host: Host, _: str) -> Subject:
    """The same network after the passes for inference."""
    from archspec.api import optimize

    module = optimize(host.ours)
    return Subject("", module, module)


def _onnxruntime(host: Host, _: str) -> Subject:
    """The same network as an ONNX model, in ONNX Runtime."""
    from archspec.backend import find_backend

    if host.device != "cpu" or host.dtype != "float32":
        raise ValueError("`onnxruntime` runs on the CPU, in float32")
    backend = find_backend("onnx")
    content = host.architecture.emit("onnx", weights=host.ours.state_dict())
    engine = _Renewed(lambda: backend.build(host.architecture.program, content))
    return Subject("", engine, None, renew=engine.forget)


class _Renewed:
    """Made at a call, and again after `forget`: an engine keeps the number of threads that torch had."""

    def __init__(self, make: Callable[[], Callable[..., Any]]):
        self._make = make
        self._made: Callable[..., Any] | None = None

    def __call__(self, *inputs: Any) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made(*inputs)

    def forget(self) -> None:
        self._made = None


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "torchvision": Kind(partial(_library, "torchvision"), argument=True, trains=True),
        "timm": Kind(partial(_library, "timm"), argument=True, trains=True),
        "compile": Kind(_compiled, argument=False, trains=True),
        "channels_last": Kind(_channels_last, argument=False, trains=True),
        "inference": Kind(_inference, argument=False, trains=False),
        "onnxruntime": Kind(_onnxruntime, argument=False, trains=False),
    }
)
"""each kind of peer but a spec, by the word before the colon"""
