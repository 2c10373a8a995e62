"""A block that two networks have: its words with what they were before, "64 → 128", and what it adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from archspec.draw.picture import Block, Body, Label, Mark
from archspec.program.read import literal


def both(old: Block, new: Block, body: Body | None) -> Block:
    """The second of two blocks with a mark if it differs from the first; `body` is both insides as one.

    Its costs are what it adds to those of the first.
    """
    params, mads = new.params - old.params, new.mads - old.mads
    if body is not None:
        inside = any(block.mark for block in body.blocks)
        after, before = _riders(old.after, new.after), _riders(old.before, new.before)
        mark: Mark = "changed" if inside or after != new.after or before != new.before else ""
        return replace(new, body=body, mark=mark, params=params, mads=mads, after=after, before=before)
    label = changed(old.label, new.label)
    after, before = _riders(old.after, new.after), _riders(old.before, new.before)
    differs = label != new.label or after != new.after or before != new.before
    other = _other(old, new)
    if other and not differs:
        label = replace(label, notes=(*label.notes, other))
    return replace(
        new,
        label=label,
        after=after,
        before=before,
        params=params,
        mads=mads,
        mark="changed" if differs or other else "",
        was=old.output.channels if old.label.out != new.label.out and old.label.out.isdecimal() else 0,
        code=f"{old.code} → {new.code}" if other or label != new.label else new.code,
    )


def _other(old: Block, new: Block) -> str:
    """What two ops differ in, as a note: "padding half → 0"; how their weights start is left out."""
    one, two = old.op, new.op
    if one is None or two is None or type(one) is not type(two):
        return f"{one.op if one else ''} → {two.op if two else ''}"
    for name in type(one).model_fields:
        before, after = getattr(one, name), getattr(two, name)
        if before != after and "init" not in name:
            return f"{name} {literal(before)} → {literal(after)}"
    return ""


def _riders(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """
    >>> _riders(("ReLU",), ("BN", "ReLU")), _riders(("BN", "ReLU"), ("BN",))
    (('+BN', 'ReLU'), ('BN', '−ReLU'))
    """
    if tuple(old) == tuple(new):
        return tuple(new)
    found: list[str] = []
    for tag, i, ii, j, jj in SequenceMatcher(None, list(old), list(new), autojunk=False).get_opcodes():
        if tag == "equal":
            found += new[j:jj]
        else:
            found += [f"−{word}" for word in old[i:ii]] + [f"+{word}" for word in new[j:jj]]
    return tuple(found)


_PLAIN = {"/": "/1", "groups": "1 group", "dilation": "dilation 1"}
"""what a note says where nothing is said of its kind"""


def changed(old: Label, new: Label) -> Label:
    """The words of a box with what they were before.

    >>> changed(Label("conv", "1×1", "64"), Label("conv", "1×1", "128")).text
    '1×1 conv, 64 → 128'
    >>> changed(Label("conv", "3×3", "64", ("/2",)), Label("conv", "3×3", "128", ("32 groups",))).text
    '3×3 conv, 64 → 128, stride 2 → 1, 1 → 32 groups'
    >>> changed(Label("max pool", "3×3"), Label("avg pool", "5×5")).text
    '3×3 → 5×5 max → avg pool'
    """
    if old == new:
        return new
    word = new.word
    if old.word != new.word:
        first, _, tail = new.word.rpartition(" ")
        start, _, end = old.word.rpartition(" ")
        word = f"{start} → {first} {tail}" if tail == end and start and first else f"{old.word} → {new.word}"
    return Label(
        word,
        _arrow(old.kernel, new.kernel),
        _arrow(old.out, new.out),
        _notes(old.notes, new.notes),
    )


def _arrow(old: str, new: str) -> str:
    return new if old == new or not old else f"{old} → {new}" if new else ""


def _notes(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    before, after = ({_kind(note): note for note in notes} for notes in (old, new))
    found = []
    for kind in {**before, **after}:
        one, two = before.get(kind, _PLAIN.get(kind, "")), after.get(kind, _PLAIN.get(kind, ""))
        if one == two:
            found.append(two)
        elif kind == "/":
            found.append(f"stride {one[1:]} → {two[1:]}")
        elif kind == "groups":
            found.append(f"{one.split()[0]} → {two}")
        else:
            found.append(_arrow(one, two) or f"no {one}")
    return tuple(found)


def _kind(note: str) -> str:
    return "/" if note.startswith("/") else re.sub(r"[\d×., ]+", "", note)
