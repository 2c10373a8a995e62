"""Names of weights in other libraries, turned into ours by the `keys` of a spec's `weights`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial


def rename(key: str, keys: Mapping[str, str]) -> str:
    """Our name of the tensor that another library calls `key`.

    The rules apply in order, each wherever its whole dotted segments stand. `*` is any one segment,
    and stands for the same one in the replacement; an empty replacement drops the segments.

    >>> rename("layer0.conv1.weight", {"layer0": ""})
    'conv1.weight'
    >>> rename("layer1.2.se_module.fc1.bias", {"layer*.*.se_module": "layer*.*.se"})
    'layer1.2.se.fc1.bias'
    """
    for theirs, ours in keys.items():
        key = _pattern(theirs).sub(partial(_filled, ours=ours), key)
    return key


def clashes(names: Iterable[str], keys: Mapping[str, str]) -> dict[str, list[str]]:
    """Names of ours that several of theirs would get: a key map must keep names apart.

    >>> clashes(["a.weight", "b.weight"], {"a": "b"})
    {'b.weight': ['a.weight', 'b.weight']}
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(rename(name, keys), []).append(name)
    return {ours: theirs for ours, theirs in found.items() if len(theirs) > 1}


def _pattern(theirs: str) -> re.Pattern[str]:
    body = re.escape(theirs).replace(r"\*", r"([^.]*)")
    return re.compile(rf"(?:(?<=\.)|(?<![^.])){body}(?P<after>\.|$)")


def _filled(match: re.Match[str], ours: str) -> str:
    """The replacement with what each `*` stood for, and the dot after it unless nothing is left."""
    pieces = ours.split("*")
    groups = iter(match.groups()[:-1])
    text = pieces[0] + "".join(next(groups, "*") + piece for piece in pieces[1:])
    return text + match["after"] if text else ""
