"""Every pass by name, and the sets that are applied together. Looking at the table imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import NamedTuple, cast

from archspec.passes.rewrite import Rewritten
from archspec.program.model import Program


class Pass(NamedTuple):
    home: str
    """file of this folder, and its function: "fold_norm.fold_norm" """
    about: str
    exact: bool
    """gives the same numbers to the last bit; else they are equal up to rounding"""
    sets: tuple[str, ...] = ()
    backend: str | None = None
    """in a set only where this backend writes the network: others have their own ways, or none"""

    def run(self, program: Program) -> Rewritten:
        file, _, function = self.home.partition(".")
        rewrite = cast(Callable[[Program], Rewritten], getattr(import_module(f"archspec.passes.{file}"), function))
        return rewrite(program)


PASSES: Mapping[str, Pass] = {
    "drop-training": Pass("drop_training.drop_training", "leave heads, dropout, identities", True, ("inference",)),
    "dirac": Pass("dirac.fold_dirac", "dirac_conv becomes conv", False, ("inference",)),
    "fill-table": Pass("fill_table.fill_table", "table_conv becomes conv", False, ("inference",)),
    "group-paths": Pass("group_paths.group_paths", "parallel paths become groups", False, ("inference",)),
    "inline": Pass("inline.inline", "show norms the layer before them", True, ("inference",)),
    "fold-norm": Pass("fold_norm.fold_norm", "conv takes the norm behind it", False, ("inference",)),
    "commute-pool": Pass("commute_pool.commute_pool", "average before 1x1 convs", False, ("inference",)),
    "fold-affine": Pass("fold_affine.fold_affine", "conv takes the norm before it", False, ("inference",)),
    "clamp-norm": Pass("clamp_norm.clamp_norm", "norm and relu become a clamp", False, ("inference",), "pytorch"),
    "fuse-conv": Pass("fuse_conv.fuse_conv", "conv adds and activates", False, ("inference",), "pytorch"),
    "band-norm": Pass("band_norm.band_norm", "response norm by a product", False, ("inference",), "pytorch"),
    "scale-norm": Pass("scale_norm.scale_norm", "norm by a product and a sum", False, ("inference",), "pytorch"),
    "dense-buffer": Pass("dense_buffer.dense_buffer", "room for what is concatenated", True, ("inference",), "pytorch"),
    "portion": Pass("portion.portion", "batches in parts that fit caches", False, ("inference",), "pytorch"),
    "replay": Pass("replay.replay", "calls noted and made again", True, ("inference",), "pytorch"),
    "renumber": Pass("renumber.renumber", "number steps anew", True, ("inference",)),
    "prune": Pass("prune.prune", "leave what nobody reads", True),
    "merge-siblings": Pass("merge_siblings.merge_siblings", "1x1 convs of one value become one", False),
    "split-concat": Pass("split_concat.split_concat", "conv of a concat becomes a sum", False),
}
"""in the order in which a set applies them. All of them keep the function that a network computes in evaluation;
what changes it is in `architecture.py`"""

SETS: tuple[str, ...] = ("inference",)


def members(name: str, backend: str = "pytorch") -> dict[str, Pass]:
    """The passes that a word means: those of a set that help a backend, or one pass. Raises `ValueError`.

    >>> list(members("inference"))[:3], list(members("prune"))
    (['drop-training', 'dirac', 'fill-table'], ['prune'])
    """
    if name in PASSES:
        return {name: PASSES[name]}
    if name not in SETS:
        raise ValueError(f"no pass is called `{name[:80]}`; there are {', '.join((*SETS, *PASSES))}")
    return {one: entry for one, entry in PASSES.items() if name in entry.sets and entry.backend in (None, backend)}


def stages(program: Program, passes: Mapping[str, Pass]) -> Iterator[tuple[str, Rewritten]]:
    """After each pass: its name, and all that has been done so far."""
    done = Rewritten(program)
    for name, one in passes.items():
        done = done.then(one.run)
        yield name, done


def optimise(program: Program, name: str = "inference", backend: str = "pytorch") -> Rewritten:
    """Apply a set of passes, for a backend, or one pass.

    >>> from archspec.passes.example import network, show
    >>> old = network("[8, 6, 6]", "conv(4, bias=false)", "batch_norm", "avg_pool(2)", "dropout")
    >>> show(optimise(old, backend="onnx").program)
    graph(x: [8, 6, 6])
      0  avg_pool(2)(x)  [8, 3, 3]
      1  conv(4)(0)      [4, 3, 3]  36
    """
    done = Rewritten(program)
    for one in members(name, backend).values():
        done = done.then(one.run)
    return done
