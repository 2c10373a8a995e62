"""What every pass gives back: a new program, and how each of its tensors follows from those of the old one.

A pass looks at each concrete module once, however often it is called; so its recipes hold for every call, and
name tensors relative to the module: "conv1.weight". A tensor without a recipe is the old one of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from archspec.passes.formulas import Array
from archspec.program.model import Call, Program
from archspec.program.read import operand_types
from archspec.program.verify import verify
from archspec.program.weights import Weights, join_key


class Old(NamedTuple):
    """A tensor of the old program, by its dotted key in the module."""

    key: str


class Made(NamedTuple):
    """A formula of `formulas.py`, applied to parts; a part may be absent (None), or a plain number."""

    formula: Callable[..., Array]
    parts: tuple[Recipe | float | None, ...]
    settings: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        """
        >>> from archspec.passes.formulas import scaled
        >>> print(Made(scaled, (Old("conv.weight"), Old("scale.weight"))))
        scaled(conv.weight, scale.weight)
        """
        given = [part.key if isinstance(part, Old) else str(part) for part in self.parts if part is not None]
        return f"{self.formula.__name__}({', '.join([*given, *(f'{k}={v}' for k, v in self.settings.items())])})"


Recipe = Old | Made


class Recipes(NamedTuple):
    """How the tensors of one module follow from those of the old one that stood in its place."""

    tensors: Mapping[str, Recipe] = MappingProxyType({})
    """key in the new module → recipe"""
    moved: Mapping[str, str] = MappingProxyType({})
    """key of an instance in the new module → its key in the old one, where it has another name"""


class Stage(NamedTuple):
    """One pass that changed something: the program that came out, and the recipes of its modules by their id."""

    program: Program
    recipes: Mapping[str, Recipes]


class Rewritten(NamedTuple):
    """A program that computes what another one did, and how to carry the weights over.

    >>> import archspec, numpy
    >>> from archspec.passes.fold_norm import fold_norm
    >>> old = archspec.load("resnet18").program
    >>> new = fold_norm(old)
    >>> state = {w.key: numpy.ones(w.type.shape, "float32") for w in Weights(old).all()}
    >>> len(state), len(new.convert(state))
    (122, 42)
    >>> new.convert(state)["layer1.0.conv1.bias"][:2].round(4).tolist()
    [0.0, 0.0]
    """

    program: Program
    stages: tuple[Stage, ...] = ()

    @classmethod
    def of(cls, program: Program, recipes: Mapping[str, Recipes] = MappingProxyType({})) -> Rewritten:
        """What one pass made. Raises `SpecError` (A0601) if the program is inconsistent."""
        return cls(verify(program), (Stage(program, recipes),))

    def then(self, rewrite: Callable[[Program], Rewritten]) -> Rewritten:
        """Another pass behind this one: the recipes of the two one after the other."""
        after = rewrite(self.program)
        return Rewritten(after.program, self.stages + after.stages)

    def convert(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """The state dict of the new program from one of the old, of numpy's arrays or torch's tensors.

        What is computed is computed in float64 and rounded once, at the end, to the dtype of the tensor that it
        is made of; what no pass touched is the very tensor that was given. Raises `ValueError` if the state dict
        lacks a tensor that is needed.
        """
        held: dict[str, Array] = dict(state)
        dtypes: dict[str, Any] = {}
        for stage in self.stages:
            held, dtypes = _carry(stage, held, dtypes)
        return {key: _as(value, dtypes[key]) if key in dtypes else value for key, value in held.items()}


def _carry(stage: Stage, state: dict[str, Array], dtypes: dict[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors after one pass, and the dtype that each computed one is to have at the end."""
    program, found, wanted = stage.program, {}, {}
    weights, nothing = Weights(program), Recipes()
    stack = [(program.main, "", "")]
    while stack:
        id, new, old = stack.pop()
        recipes = stage.recipes.get(id, nothing)
        for key, (module, node) in weights.instances(program.modules[id]).items():
            if key.startswith("^"):
                continue
            place = recipes.moved.get(key, key)
            if isinstance(node.body, Call):
                stack.append((node.body.module, join_key(new, key), join_key(old, place)))
                continue
            types = operand_types(module, node)
            for name in (*node.body.weights(*types), *node.body.buffers(*types)):
                recipe = recipes.tensors.get(join_key(key, name)) or Old(join_key(place, name))
                mine = join_key(new, join_key(key, name))
                if isinstance(recipe, Old):
                    source = join_key(old, recipe.key)
                    found[mine] = _of(state, source)
                    if source in dtypes:
                        wanted[mine] = dtypes[source]
                else:
                    source = join_key(old, _first(recipe).key)
                    wanted[mine] = dtypes.get(source) or _of(state, source).dtype
                    found[mine] = _computed(recipe, state, old)
    return found, wanted


def _of(state: Mapping[str, Array], key: str) -> Array:
    if key not in state:
        raise ValueError(f"the weights have no `{key}`")
    return state[key]


def _first(recipe: Recipe) -> Old:
    """The tensor that a recipe is mainly made of: its first."""
    while isinstance(recipe, Made):
        recipe = next(part for part in recipe.parts if isinstance(part, (Old, Made)))
    return recipe


def _computed(recipe: Recipe, state: Mapping[str, Array], prefix: str) -> Array:
    """The value of a recipe; a part that several share is computed once. Takes no recursion: recipes nest as deep
    as what was folded into one layer."""
    done: dict[int, Array] = {}
    stack = [recipe]
    while stack:
        top = stack[-1]
        if isinstance(top, Old):
            done[id(top)] = _double(_of(state, join_key(prefix, top.key)))
        else:
            waiting = [part for part in top.parts if isinstance(part, (Old, Made)) and id(part) not in done]
            if waiting:
                stack += waiting
                continue
            parts = [done[id(part)] if isinstance(part, (Old, Made)) else part for part in top.parts]
            library = _library(next(part for part in parts if hasattr(part, "shape")))
            done[id(top)] = top.formula(library, *parts, **top.settings)
        stack.pop()
    return done[id(recipe)]


def _library(array: Array) -> Any:
    if type(array).__module__.partition(".")[0] == "torch":
        import torch

        return torch
    import numpy

    return numpy


def _double(array: Array) -> Array:
    """In float64, and no part of any gradient."""
    return array.detach().double() if hasattr(array, "detach") else array.astype("float64")


def _as(array: Array, dtype: Any) -> Array:
    return array.to(dtype) if hasattr(array, "detach") else array.astype(dtype)
