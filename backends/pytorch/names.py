"""Names in generated source: identifiers made of checked text, never clashing with anything."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

RESERVED = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "torch", "nn", "F", "Tensor", "self", "forward", "math"}
)
"""never the name of a class, a variable or a constructor argument"""
ENDINGS = ("block", "cell", "head", "layer", "module", "net", "stage", "stem", "unit")
CONTAINERS = frozenset(
    "append children clear copy extend forward insert items keys modules named_children named_modules pop "
    "popitem setdefault training update values".split()
)
"""attributes of torch's containers that a child may not hide"""
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")


def is_identifier(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)


def checked_key(key: str) -> str:
    """A dotted key whose segments are plain words. Raises `ValueError`: a checked spec has no other."""
    if not all(SEGMENT.fullmatch(part) for part in key.removeprefix("^").split(".")):
        raise ValueError(f"not allowed as a name in generated source: {key!r}")
    return key


def words(text: str) -> list[str]:
    return [word for word in re.split(r"[^A-Za-z0-9]+", text) if word]


def camel(text: str) -> str:
    """A class name: "dense_layer" and "denseblock" become DenseLayer and DenseBlock.

    >>> camel("DenseNet-121"), camel("se_resnet50"), camel("denseblock"), camel("3d")
    ('DenseNet121', 'SeResnet50', 'DenseBlock', 'Net3d')
    """
    parts = []
    for word in words(text):
        ending = next((end for end in ENDINGS if word.endswith(end) and word != end and word.islower()), "")
        stem = word.removesuffix(ending) if ending else word
        parts.append(stem[:1].upper() + stem[1:] + ending.capitalize())
    name = "".join(parts)
    return name if name and not name[0].isdigit() else f"Net{name}"


def snake(text: str) -> str:
    """A variable name.

    >>> snake("block1-0"), snake("class"), snake("Out")
    ('block1_0', 'class_', 'out')
    """
    name = "_".join(words(text)).lower() or "value"
    return free(f"_{name}" if name[0].isdigit() else name, RESERVED, suffix="_")


def free(wanted: str, taken: Iterable[str], suffix: str = "") -> str:
    """`wanted`, with a number (or `suffix`) after it if something is called so already."""
    taken = frozenset(taken)
    if wanted not in taken:
        return wanted
    if suffix and wanted + suffix not in taken:
        return wanted + suffix
    number = 2
    while f"{wanted}{number}" in taken:
        number += 1
    return f"{wanted}{number}"
