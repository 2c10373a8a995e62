"""A stranger's text ends in an answer, soon, and not in Python's stack."""

from __future__ import annotations

import time

import pytest

from archspec.text.diagnostics import SpecError
from archspec.text.limits import DEFAULT_LIMITS, Limits
from tests.text.tools import only, plain, tree

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
DEEP_ALIASES = "- &a0 [x]\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, 100))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "A0119"),
        (DEEP_ALIASES, "A0118"),
        ("[" * 100_000, "A0118"),
        ("{a: " * 100_000, "A0118"),
        ("- " * 100_000 + "x", "A0118"),
        ("? " * 1_000 + "x", "A0118"),
        ("\n".join(" " * n + "a:" for n in range(1_000)), "A0118"),
        ("9" * 1_000_000, "A0118"),
    ],
)
def test_yaml_beyond_the_bounds(text: str, code: str) -> None:
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        tree(text)
    assert only(caught.value).code == code
    assert time.process_time() - start < 5  # well under a second; the rest is for a busy machine


def test_nodes_are_counted_after_aliases_are_expanded() -> None:
    text = "- &a [1, 2]\n- *a\n- *a\n"
    assert plain(tree(text, Limits(yaml_nodes=10))) == [[1, 2]] * 3
    with pytest.raises(SpecError) as caught:
        tree(text, Limits(yaml_nodes=9))
    assert only(caught.value).help == ("the bound is `yaml_nodes`; raise it with `--limit yaml_nodes=N`",)


@pytest.mark.parametrize("depth", [3, DEFAULT_LIMITS.yaml_depth])
def test_nesting_up_to_the_bound(depth: int) -> None:
    limits = Limits(yaml_depth=depth)
    tree("[" * depth + "]" * depth, limits)
    with pytest.raises(SpecError):
        tree("[" * (depth + 1) + "]" * (depth + 1), limits)
