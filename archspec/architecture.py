"""A loaded network: what it says of itself, and what one can make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from archspec.expectations import budgets, unmet
from archspec.language.records import ErrorRate, Reference, WeightSource
from archspec.language.spec import Figure, Spec
from archspec.program.model import Program
from archspec.text.diagnostics import Diagnostic
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.source import Source

if TYPE_CHECKING:
    import torch

    from archspec.analysis.cost import Cost
    from archspec.passes.rewrite import Rewritten
    from archspec.pictures import Picture

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


def architecture_of(module: torch.nn.Module) -> Architecture | None:
    """What a module was compiled from, if archspec compiled it in this process (a copy of it is not known)."""
    return _ARCHITECTURES.get(module)
