"""The façade: what one can do with a spec. The command line and `import archspec` call it; nothing below knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from archspec.architecture import ENGINES, Architecture, architecture_of
from archspec.language import library as _library
from archspec.language.elaborate import elaborate
from archspec.language.files import Files
from archspec.language.records import WeightSource
from archspec.program.verify import verify
from archspec.text.collector import collector_paused
from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    import torch

    from archspec.analysis.cost import Cost
    from archspec.stages import Plan


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
    network = made.compile(weights={key: value.clone() for key, value in rewritten.convert(state).items()})
    sample = next((value for value in state.values() if value.is_floating_point()), None)
    if sample is not None:
        network = network.to(sample.device, sample.dtype)
        if sample.is_cuda and sample.itemsize == 2:  # what its matrix units read; on a CPU the source sees to it
            import torch

            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    return network.eval().requires_grad_(False)


def library() -> tuple[str, ...]:
    """Every id of the shipped library."""
    return _library.names()
