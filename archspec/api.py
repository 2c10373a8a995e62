"""The façade: what one can do with a spec. The command line and `import archspec` call it; nothing below knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakKeyDictionary

from archspec.expectations import budgets, unmet
from archspec.language import library as _library
from archspec.language.elaborate import elaborate
from archspec.language.files import Files
from archspec.language.records import ErrorRate, Reference, WeightSource
from archspec.language.spec import Figure, Spec
from archspec.program.model import Program
from archspec.program.verify import verify
from archspec.text.collector import collector_paused
from archspec.text.diagnostics import Diagnostic, SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.source import Source

if TYPE_CHECKING:
    import torch

    from archspec.analysis.cost import Cost
    from archspec.passes.rewrite import Rewritten
    from archspec.pictures import Picture
    from archspec.stages import Plan


_ARCHITECTURES: WeakKeyDictionary[Any, Architecture] = WeakKeyDictionary()
"""what each living module was compiled from"""
ENGINES = {"onnxruntime": "onnx"}
"""what can run a network besides torch → the backend that writes what it runs"""


@dataclass(frozen=True, eq=False)
class Architecture:
    """A spec with values for its params: checked, made concrete, ready to be counted, drawn and compiled.

    >>> import archspec
    >>> archspec.load("densenet121").stats().total.params
    7978856
    """

    name: str
    title: str
    spec: Spec
    source: Reference | None
    origin: Source
    program: Program
    expect: Mapping[str, Figure]
    warnings: tuple[Diagnostic, ...]
    error: ErrorRate | None
    weights: Mapping[str, WeightSource]
    """where trained weights exist, by library"""
    changed: bool
    """some param differs from what the file or variant says, so that of its `expect` only budgets apply"""
    limits: Limits = DEFAULT_LIMITS
    """the bounds that it was loaded with, which what is made of it keeps to"""

    @cached_property
    def _cost(self) -> Cost:
        from archspec.analysis.cost import cost

        return cost(self.program)

    @cached_property
    def _python(self) -> str:
        return str(self.emit("pytorch"))

    def stats(self) -> Cost:
        """Exact params, buffers and multiply-adds, in all and by module. Imports no torch."""
        return self._cost

    def summary(self) -> dict[str, Any]:
        """The figures of `archspec stats --format json`."""
        from archspec.analysis.summary import summary

        return summary(self.program, self._cost)

    def unmet(self) -> list[Diagnostic]:
        """What `expect` says and the network does not meet; only its budgets if params were changed."""
        return unmet(self.program, budgets(self.expect) if self.changed else self.expect)

    def python(self) -> str:
        """The source that it compiles to."""
        return self._python

    def emit(self, backend: str, *, weights: Mapping[str, Any] | None = None, seed: int | None = None) -> str | bytes:
        """What a backend writes of it: source, or the content of a model file.

        `weights`: arrays or tensors by the keys of the state dict; without them a model file holds such as `seed`
        makes. Raises `SpecError`: A0504 for an unknown backend, A0503 for an op that it cannot lower, A0602 for
        more nodes in a flat graph than `limits` allows.
        """
        from archspec.backend import find_backend

        chosen, limit = find_backend(backend), self.limits.nodes
        return chosen.emit(self.program, self.header(), weights=weights, seed=seed, limit=limit)

    def export(
        self,
        to: str | Path,
        *,
        backend: str | None = None,
        weights: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> tuple[Path, ...]:
        """Write it to the file `to` by a backend, by default the one whose suffix the name has; the files written.

        `weights` and `seed` as in `emit`, and errors likewise; A0502 if the file cannot be written.
        """
        from archspec.backend import backend_of, find_backend, save

        path = Path(to)
        chosen = find_backend(backend or backend_of(path.suffix))
        limit = self.limits.nodes
        return save(chosen, self.program, self.header(), path, weights=weights, seed=seed, limit=limit)

    def optimise(self, passes: str = "inference", backend: str = "pytorch") -> tuple[Architecture, Rewritten]:
        """What computes the same in evaluation for less, and how its weights follow from those of this one.

        `passes`: a set of passes, or one (`archspec passes`); of a set those are applied that help `backend`.
        Raises `ValueError` if there is none of that name.

        >>> import archspec
        >>> optimised, _ = archspec.load("densenet121").optimise()
        >>> optimised.stats().mads
        2602950656
        """
        from archspec.passes.table import optimise

        rewritten = optimise(self.program, passes, backend)
        return replace(self, program=rewritten.program, expect={}, weights={}), rewritten

    def key_maps(self) -> dict[str, Mapping[str, str]]:
        """By library: how its names of weights become those of the network."""
        return {library: source.keys for library, source in self.weights.items()}

    def compile(
        self,
        *,
        device: str | None = None,
        seed: int | None = None,
        optimize: str | None = None,
        weights: str | Path | Mapping[str, Any] | None = None,
    ) -> torch.nn.Module:
        """An `nn.Module` made of that very source. `seed` makes its initial weights reproducible.

        `weights`, a file or a dictionary as in `archspec.load_weights`, take the place of initial ones, which are
        not drawn then: that is several times as fast. The tensors of a dictionary become the network's own, uncopied,
        as `load_state_dict(assign=True)` has it; `archspec.load_weights` copies them.

        `optimize` names passes that make it faster in evaluation (see `archspec.optimize`): with the same seed
        or weights it computes what the module without them does.

        It is made where torch makes tensors now (the CPU, or what a `torch.device` block says), and
        moved to `device` if one is given, so that a seed means the same weights on every device.
        """
        if optimize is not None:
            state = self._build(seed, None).state_dict() if weights is None else self._taken(weights)
            made, rewritten = self.optimise(optimize)
            module = made._build(None, rewritten.convert(state)).eval().requires_grad_(False)
        else:
            module = self._build(seed, None if weights is None else self._taken(weights))
        return module if device is None else module.to(device)

    def _build(self, seed: int | None, state: Mapping[str, Any] | None) -> torch.nn.Module:
        from archspec.backend import find_backend

        backend = find_backend("pytorch")
        module: torch.nn.Module = backend.build(self.program, self.python(), seed=seed, weights=state)
        _ARCHITECTURES[module] = self
        return module

    def _taken(self, weights: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
        """Weights by the keys of the network. Raises `SpecError` (A0701, A0702)."""
        from archspec.checkpoints.numbers import fitting

        return fitting(self.program, self.key_maps(), weights).state

    def engine(self, name: str, *, weights: Mapping[str, Any] | None = None, seed: int | None = None) -> Any:
        """What runs it by another engine than torch, with the interface of the module (see `archspec.compile`).

        `weights` and `seed` as in `emit`. Raises `ValueError` for an unknown engine, and `SpecError` (A0505) if it
        is not installed.
        """
        from archspec.backend import find_backend

        if name not in ENGINES:
            raise ValueError(f"no engine is called `{name}`: there is torch, {', '.join(ENGINES)}")
        backend = find_backend(ENGINES[name])
        content = self.emit(ENGINES[name], weights=weights, seed=seed)
        network = backend.build(self.program, content, seed=seed)
        _ARCHITECTURES[network] = self
        return network

    def header(self) -> Any:
        """What the head of a generated file says."""
        from archspec.backend import Header
        from archspec.version import __version__

        figures = self.summary()
        return Header(
            title=self.title or self.name,
            source=str(self.source) if self.source is not None else "",
            spec=self.name,
            params=figures["params"],
            mads=figures["mads"],
            depth=figures["depth"],
            version=__version__,
        )

    def draw(
        self, to: str | Path | None = None, *, theme: str = "light", transparent: bool = False, **options: Any
    ) -> Picture:
        """Its picture, which a notebook shows; written to the file `to` if there is one, whose suffix says the kind.

        `options`: size, focus, fold, unfold, direction, detail, rows and title, as those of `archspec draw`.
        Raises `ValueError` for what is not there or does not fit, and `SpecError` if the file cannot be made.

        >>> import archspec
        >>> archspec.load("resnet50").draw(focus="layer1.1", size="half")
        <picture of Bottleneck, 480 x 540 pt>
        """
        from archspec.pictures import Picture, insides, picture, request, theme_of

        wanted = request(**options)
        scene = picture(self, wanted)
        drawn = Picture(scene, theme_of(theme), transparent, lambda: insides(self, scene, wanted))
        if to is not None:
            drawn.save(to)
        return drawn

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """What a notebook shows: the picture, or the line of text where there is none."""
        try:
            return {**self.draw()._repr_mimebundle_(), "text/plain": repr(self)}
        except ValueError:
            return {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<archspec {self.name}: {self._cost.total.params:,} params>"


@collector_paused()
def load(
    spec: str | Path,
    params: Mapping[str, object] | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    files: Files | None = None,
) -> Architecture:
    """The architecture that a name or a path means, with `params` set.

    A name is an id of the library (`densenet121`, `densenet169`) or `FILE.yaml@variant`. `expect` is not
    checked here (see `check`). `files` keeps what was read, for who asks for several variants of a file.
    Raises `SpecError`.
    """
    found = _library.find(spec, limits)
    unit, variant = (files or Files(limits)).unit(found, params or {})
    name = variant.name if variant is not None else unit.spec.name
    title = (variant.title if variant is not None else None) or unit.spec.title
    program, warnings = elaborate(unit, limits, name=name, title=title)
    expect, weights = unit.spec.expect, dict(unit.spec.weights)
    if variant is not None:
        expect = variant.expect or {}
        weights = {
            library: _variant_weights(source, weights.get(library)) for library, source in variant.weights.items()
        }
    return Architecture(
        name=name,
        title=title,
        spec=unit.spec,
        source=(variant.source if variant is not None else None) or unit.spec.source,
        origin=found.source,
        program=verify(program),
        expect=expect,
        warnings=warnings,
        error=variant.error if variant is not None else unit.spec.error,
        weights=weights,
        changed=bool(params),
        limits=limits,
    )


def _variant_weights(own: WeightSource, base: WeightSource | None) -> WeightSource:
    """A variant's network has the names of the base's, unless it says otherwise."""
    return own if own.keys or base is None else own.model_copy(update={"keys": base.keys})


def check(
    spec: str | Path,
    params: Mapping[str, object] | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    files: Files | None = None,
) -> Architecture:
    """`load`, and hold the network against its `expect`. Raises `SpecError`."""
    architecture = load(spec, params, limits=limits, files=files)
    problems = architecture.unmet()
    if problems:
        raise SpecError([*problems, *architecture.warnings])
    return architecture


def networks(spec: str | Path, *, limits: Limits = DEFAULT_LIMITS, files: Files | None = None) -> tuple[str, ...]:
    """Every network of a file, by the names that `load` takes: the file itself and its variants.

    A variant stands for itself alone; a file of modules for others to `use` has none. Raises `SpecError`.
    """
    found = _library.find(spec, limits)
    read, _ = (files or Files(limits)).spec(found)
    if read.graph is None:
        return ()
    if found.variant is not None:
        return (str(spec),)
    return (str(spec), *(f"{spec}@{variant}" for variant in read.variants))


def stats(spec: str | Path, **params: object) -> Cost:
    """Exact params, buffers and multiply-adds of a spec. Imports no torch."""
    return load(spec, params).stats()


def sweep(
    spec: str | Path,
    /,
    *,
    columns: Sequence[str] = ("params", "buffers", "mads", "depth", "paths"),
    **values: Iterable[object],
) -> list[dict[str, Any]]:
    """A record for each combination of values of params: the params, the figures and `error`.

    A variant that is wrong has no figures, and `error` says why. `columns`: any figures of `summary`, dotted
    where they lie deeper; path counts are integers here. Imports no torch.

    >>> import archspec
    >>> [record["params"] for record in archspec.sweep("densenet121", growth=[12, 24, 32])]
    [1448376, 4743180, 7978856]
    """
    from archspec.analysis.sweep import Sweep

    return list(Sweep(spec, values, columns))


@overload
def compile(spec: str | Path, /, *, stages: None = None, **options: Any) -> torch.nn.Module: ...
@overload
def compile(spec: str | Path, /, *, stages: int | Plan, **options: Any) -> tuple[torch.nn.Module, ...]: ...
def compile(
    spec: str | Path,
    /,
    *,
    device: str | None = None,
    seed: int | None = None,
    optimize: str | None = None,
    engine: str = "torch",
    weights: str | Path | Mapping[str, Any] | None = None,
    stages: int | Plan | None = None,
    **params: object,
) -> torch.nn.Module | tuple[torch.nn.Module, ...]:
    """Check a spec and its `expect`, and make the PyTorch module of it, for evaluation only if `optimize` names
    passes ("inference").

    With `weights`, a file, a dictionary or a name as in `archspec.load_weights`, no first weights are drawn, which
    makes it several times as fast. The tensors of a dictionary become the network's own, uncopied: give it copies of
    those of a network that is trained on. Raises `SpecError` if they cannot be read (A0701) or do not fit (A0702).

    With `engine="onnxruntime"` it is no module, but has its interface: it computes in evaluation, on the CPU, with
    arrays of numpy or tensors of torch, and `load_weights`, `optimize` and `export` take it. Its first weights follow
    from `seed` too, but are others than torch's.

    With `stages`, a number or a plan of `archspec.stages`, it is a tuple of modules that run one after the other,
    each on a device of its own: together they are the network that there is without, of the same weights.

    >>> import archspec
    >>> network = archspec.compile("lenet5_modern", classes=7)
    >>> sum(weight.numel() for weight in network.parameters())
    61451
    """
    architecture = check(spec, params)
    if stages is not None:
        from archspec.stages import modules

        if engine != "torch":
            raise ValueError(f"stages are modules of torch, not of `{engine}`")
        whole = architecture.compile(seed=seed, optimize=optimize, weights=weights)
        return modules(architecture_of(whole) or architecture, whole, stages, device)
    if engine == "torch":
        return architecture.compile(device=device, seed=seed, optimize=optimize, weights=weights)
    if device not in (None, "cpu"):
        raise ValueError(f"the engine `{engine}` runs on the CPU, not on `{device}`")
    state = None
    if weights is not None:
        from archspec.checkpoints.numbers import fitting

        state, _ = fitting(architecture.program, architecture.key_maps(), weights, arrays=True)
    network: torch.nn.Module = architecture.engine(engine, weights=state, seed=seed)
    return network if optimize is None else _optimised(architecture, network, optimize)


def export(
    network: str | Path | torch.nn.Module,
    to: str | Path,
    *,
    backend: str | None = None,
    seed: int | None = None,
    **params: object,
) -> tuple[Path, ...]:
    """Write a network to a file: `net.onnx`, a `torch.export` program `net.pt2`, or source `net.py`; the files written.

    A module that archspec compiled is written with the weights that it has, a spec with such as `seed` makes.
    `backend` says what to write whatever the suffix ("aoti": a package of AOTInductor). The batch may have any size;
    heads for training are left out. Raises `SpecError` as `Architecture.export` does, and `ValueError` if archspec
    did not compile the module in this process.

    >>> import archspec, tempfile
    >>> network = archspec.compile("lenet5_modern")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in archspec.export(network, f"{folder}/lenet.onnx")]
    ['lenet.onnx']
    """
    if isinstance(network, (str, Path)):
        return check(network, params).export(to, backend=backend, seed=seed)
    architecture = architecture_of(network)
    if architecture is None:
        raise ValueError("archspec did not compile this module; pass what `archspec.compile` gave")
    return architecture.export(to, backend=backend, weights=network.state_dict())


def optimize(module: torch.nn.Module, passes: str = "inference") -> torch.nn.Module:
    """A new module, for evaluation only, that computes what a trained one does for less.

    Norms are folded into convolutions, what only training needs is gone, and so on: `archspec passes` lists it.
    Its weights are made of those of `module`, of the same dtype, on the same device, and share no memory with
    them. Raises `ValueError` if archspec did not compile the module in this process, or it has changed since.

    >>> import archspec, torch
    >>> network = archspec.compile("resnet20_cifar").eval()
    >>> image = torch.randn(2, 3, 32, 32)
    >>> torch.allclose(archspec.optimize(network)(image), network(image), atol=1e-4)
    True
    """
    architecture = architecture_of(module)
    if architecture is None:
        raise ValueError("archspec did not compile this module; pass what `archspec.compile` gave")
    return _optimised(architecture, module, passes)


def _optimised(architecture: Architecture, module: torch.nn.Module, passes: str) -> torch.nn.Module:
    from archspec.program.weights import Weights

    state = module.state_dict()
    wanted = {weight.key: weight.type.shape for weight in Weights(architecture.program).all()}
    if {key: tuple(value.shape) for key, value in state.items()} != wanted:
        raise ValueError("the module has other weights than the spec that it was compiled from")
    engine = getattr(module, "engine", "torch")
    made, rewritten = architecture.optimise(passes, ENGINES.get(engine, "pytorch"))
    if engine != "torch":
        network: torch.nn.Module = made.engine(engine, weights=rewritten.convert(state))
        return network
    network = made._build(None, {key: value.clone() for key, value in rewritten.convert(state).items()})
    sample = next((value for value in state.values() if value.is_floating_point()), None)
    if sample is not None:
        network = network.to(sample.device, sample.dtype)
    return network.eval().requires_grad_(False)


def architecture_of(module: torch.nn.Module) -> Architecture | None:
    """What a module was compiled from, if archspec compiled it in this process (a copy of it is not known)."""
    return _ARCHITECTURES.get(module)


def library() -> tuple[str, ...]:
    """Every id of the shipped library."""
    return _library.names()
