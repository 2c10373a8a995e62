"""Which tensor of a file is which of a network: by name, by a key map, by order, or by structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from archspec.program.keys import clashes, rename

Shapes = Mapping[str, tuple[int, ...]]
"""shape by key, in order"""
By = Literal["name", "order", "structure"]

WRAPPERS = ("module.", "model.", "_orig_mod.", "net.", "backbone.")
"""what data parallelism, compilers and training scripts put in front of every name"""
COUNTER = "num_batches_tracked"
"""files of before torch 0.4.1 lack it, and nothing depends on it but `momentum=None`"""


@dataclass(frozen=True, slots=True)
class Match:
    """What fits what. `fits` leads from our key to theirs."""

    how: str
    """in words: "by name", "by the names of timm", "by order" """
    fits: Mapping[str, str]
    missing: tuple[str, ...]
    """ours that the file lacks"""
    extra: tuple[str, ...]
    """theirs that the network lacks"""
    misshapen: tuple[tuple[str, str], ...]
    """ours and theirs, of one name and two shapes"""

    @property
    def whole(self) -> bool:
        """Every tensor of the network is there and nothing else is; counters of batches do not matter."""
        return not (self.misshapen or self.extra) and all(key.endswith(COUNTER) for key in self.missing)


def match(ours: Shapes, theirs: Shapes, maps: Mapping[str, Mapping[str, str]], by: By | None = None) -> Match:
    """The best match. `maps`: key maps by the name of the library whose names they translate.

    By name: as they are, through each map, and without a wrapper's prefix, whichever fits most. Without
    `by`, weights that do not fit by name are matched by order if all shapes agree in order.

    >>> ours = {"conv.weight": (8, 3, 3, 3), "fc.bias": (10,)}
    >>> match(ours, {"module.conv.weight": (8, 3, 3, 3), "module.fc.bias": (10,)}, {}).how
    'by name, without `module.`'
    >>> match(ours, {"0": (8, 3, 3, 3), "1": (10,)}, {}).fits
    {'conv.weight': '0', 'fc.bias': '1'}
    """
    if by == "order":
        return _by_order(ours, theirs)
    if by == "structure":
        return _by_structure(ours, theirs)
    named = max(_by_names(ours, theirs, maps), key=lambda found: (found.whole, len(found.fits)))
    if by is None and not named.whole:
        ordered = _by_order(ours, theirs)
        # A network can have shapes in the same order by chance; all of them is no chance.
        if ordered.whole:
            return ordered
    return named


def _by_names(ours: Shapes, theirs: Shapes, maps: Mapping[str, Mapping[str, str]]) -> Iterable[Match]:
    yield _named("by name", ours, {key: key for key in theirs}, theirs)
    for prefix in WRAPPERS:
        if theirs and all(key.startswith(prefix) for key in theirs):
            yield _named(
                f"by name, without `{prefix}`", ours, {key.removeprefix(prefix): key for key in theirs}, theirs
            )
    for library, keys in maps.items():
        if keys and not clashes(theirs, keys):
            yield _named(f"by the names of {library}", ours, {rename(key, keys): key for key in theirs}, theirs)


def _named(how: str, ours: Shapes, names: Mapping[str, str], theirs: Shapes) -> Match:
    """`names`: their keys, by what they are called here."""
    fits, missing, misshapen = {}, [], []
    for key, shape in ours.items():
        other = names.get(key)
        if other is None:
            missing.append(key)
        elif theirs[other] == shape:
            fits[key] = other
        else:
            misshapen.append((key, other))
    extra = tuple(other for name, other in names.items() if name not in ours)
    return Match(how, fits, tuple(missing), extra, tuple(misshapen))


def _by_order(ours: Shapes, theirs: Shapes) -> Match:
    """The n-th is the n-th; counters of batches are set aside, since old files lack them."""
    mine = [key for key in ours if not key.endswith(COUNTER)]
    other = [key for key in theirs if not key.endswith(COUNTER)]
    fits, misshapen = {}, []
    for key, name in zip(mine, other, strict=False):
        if ours[key] == theirs[name]:
            fits[key] = name
        else:
            misshapen.append((key, name))
    counters = tuple(key for key in ours if key.endswith(COUNTER))
    return Match("by order", fits, (*mine[len(other) :], *counters), tuple(other[len(mine) :]), tuple(misshapen))


def _by_structure(ours: Shapes, theirs: Shapes) -> Match:
    """What is equal in both, by the longest common runs of layers: for weights of a network that has changed.

    A layer is the tensors of one owner; two are equal if their tensors have the same names and shapes.
    """
    mine, other = _layers(ours), _layers(theirs)
    runs = SequenceMatcher(None, [one[1] for one in mine], [one[1] for one in other], autojunk=False)
    fits: dict[str, str] = {}
    for block in runs.get_matching_blocks():
        for at in range(block.size):
            here, there = mine[block.a + at][0], other[block.b + at][0]
            fits.update(zip(here, there, strict=True))
    used = set(fits.values())
    missing = tuple(key for key in ours if key not in fits)
    return Match("by structure", fits, missing, tuple(key for key in theirs if key not in used), ())


Layer = tuple[tuple[str, ...], tuple[tuple[str, tuple[int, ...]], ...]]


def _layers(shapes: Shapes) -> Sequence[Layer]:
    """Keys of each layer, and what makes it equal to another: last names and shapes."""
    groups: dict[str, list[str]] = {}
    for key in shapes:
        if not key.endswith(COUNTER):
            groups.setdefault(key.rpartition(".")[0], []).append(key)
    return [(tuple(keys), tuple((key.rpartition(".")[2], shapes[key]) for key in keys)) for keys in groups.values()]
