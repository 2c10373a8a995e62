"""What can be timed: the network that a spec compiles to, others, and other forms of each (`FORMS`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from archspec.bench.libraries import LIBRARIES, network
from archspec.text.diagnostics import SpecError

if TYPE_CHECKING:
    import torch

    from archspec.architecture import Architecture

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
    channels_last: bool = False
    """every network of torch, not only the form of that name"""

    def place(self, module: torch.nn.Module) -> torch.nn.Module:
        """On the device, with the type of numbers and the layout that are measured."""
        import torch

        module = module.to(device=self.device, dtype=getattr(torch, self.dtype))
        return _last(module) if self.channels_last else module


class Form(NamedTuple):
    """Another form of a network that is there."""

    make: Callable[[Host, Subject], Subject]
    trains: bool


def own(host: Host) -> Subject:
    """The network of the spec itself, as archspec compiles it."""
    return Subject(host.architecture.name, host.ours, host.ours, channels_last=host.channels_last)


def peer(host: Host, word: str) -> Subject:
    """What `--vs WORD` means: `LIBRARY:NAME`, a spec, or neither (then it is ours); and its forms.

    Raises `ValueError` for what is not there, `SpecError` for a spec that is wrong or a package that is missing.
    """
    whose, forms = split(word)
    library, colon, name = whose.partition(":")
    if not whose:
        subject = own(host)
    elif colon and library in LIBRARIES:
        subject = _library(host, library, name)
    else:
        subject = _spec(host, whose)
    for form in forms:
        subject = replace(FORMS[form].make(host, subject), comparable=subject.comparable)
    return replace(subject, name=word)


def split(word: str) -> tuple[str, list[str]]:
    """Whose network, and which forms of it.

    >>> split("timm:resnet50"), split("channels_last+compile"), split("resnet50+compile")
    (('timm:resnet50', []), ('', ['channels_last', 'compile']), ('resnet50', ['compile']))
    """
    parts, forms = word.split("+"), list[str]()
    while parts and parts[-1] in FORMS:
        forms.insert(0, parts.pop())
    return "+".join(parts), forms


def trains(word: str) -> bool:
    """Whether a peer has a training step."""
    return all(FORMS[form].trains for form in split(word)[1])


def _library(host: Host, library: str, call: str) -> Subject:
    """A network that somebody else wrote; ours gets its weights, if they fit."""
    theirs = host.place(network(library, call))
    return Subject(call, theirs, theirs, _fill(host.ours, theirs), host.channels_last)


def _spec(host: Host, spec: str) -> Subject:
    """The network of another spec, with our weights, if they fit."""
    module = host.place(host.load(spec).compile())
    return Subject(spec, module, module, _fill(module, host.ours), host.channels_last)


def _fill(module: torch.nn.Module, source: torch.nn.Module) -> bool:
    """Whether the weights of `source` fit into `module`, which has them then."""
    from archspec.weights import load_weights

    try:
        load_weights(module, source.state_dict())
    except SpecError:
        return False
    return True


def _compiled(_: Host, subject: Subject) -> Subject:
    """The same network through `torch.compile`, with static shapes."""
    import torch

    module = deepcopy(subject.module)
    if module is None:
        raise ValueError("`compile` takes a network of torch")
    compiled = torch.compile(module, dynamic=False)
    return Subject("", compiled, module, channels_last=subject.channels_last, renew=torch.compiler.reset)


def _channels_last(_: Host, subject: Subject) -> Subject:
    """The same network with images and filters channels last in memory."""
    module = deepcopy(subject.module)
    if module is None or subject.call is not subject.module:
        raise ValueError("`channels_last` takes a network of torch, before it is compiled")
    module = _last(module)
    return Subject("", module, module, channels_last=True)


def _last(module: torch.nn.Module) -> torch.nn.Module:
    import torch

    made: torch.nn.Module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as in api.py
    return made


def _inference(host: Host, subject: Subject) -> Subject:
    """The same network after the passes for inference."""
    from archspec.api import optimize

    if subject.module is not host.ours:
        raise ValueError("`inference` takes the network of the spec that is measured")
    module = host.place(optimize(host.ours))
    return Subject("", module, module, channels_last=host.channels_last)


def _cudagraph(host: Host, subject: Subject) -> Subject:
    """The same network recorded as a CUDA graph."""
    from archspec.bench.graphs import Graphed

    if host.device != "cuda":
        raise ValueError("`cudagraph` is a form for a CUDA device: `--device cuda`")
    if subject.module is None:
        raise ValueError("`cudagraph` takes a network of torch")
    graphed = Graphed(subject.call)
    return Subject("", graphed, subject.module, channels_last=subject.channels_last, renew=graphed.forget)


def _onnxruntime(host: Host, subject: Subject) -> Subject:
    """The same network as an ONNX model, in ONNX Runtime."""
    from archspec.backend import find_backend

    if subject.module is not host.ours:
        raise ValueError("`onnxruntime` takes the network of the spec that is measured")
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


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "channels_last": Form(_channels_last, trains=True),
        "compile": Form(_compiled, trains=True),
        "cudagraph": Form(_cudagraph, trains=False),
        "inference": Form(_inference, trains=False),
        "onnxruntime": Form(_onnxruntime, trains=False),
    }
)
"""what can be made of a network, by the word for it"""
