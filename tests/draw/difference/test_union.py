"""Two bodies as one: what stands where, and how it is wired."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

import archspec
from archspec.draw.structure import count, series
from tests.draw.difference.networks import shown, spec, union
from tests.draw.networks import architecture
from tests.strategies import specs

CHAIN = "  - conv: conv(16, 3)\n  - relu\n  - end: conv(8, 1)\n"


def test_what_was_put_in_stands_in_the_line(tmp_path: Path) -> None:
    a = spec(tmp_path, "a", CHAIN)
    b = spec(tmp_path, "b", "  - conv: conv(16, 3)\n  - relu\n  - more: conv(32, 5)\n  - end: conv(8, 1)\n")
    assert shown(union(a, b)) == ["  3×3 conv, 16 ReLU <- x", "+ 5×5 conv, 32 <- 0", "  1×1 conv, 8 <- 1"]


def test_what_was_taken_out_stands_where_it_was(tmp_path: Path) -> None:
    a = spec(tmp_path, "a", "  - conv: conv(16, 3)\n  - relu\n  - more: conv(32, 5)\n  - end: conv(8, 1)\n")
    b = spec(tmp_path, "b", CHAIN)
    assert shown(union(a, b)) == ["  3×3 conv, 16 ReLU <- x", "- 5×5 conv, 32 <- 0", "  1×1 conv, 8 <- 1"]


def test_what_took_the_place_of_another_follows_it(tmp_path: Path) -> None:
    a = spec(tmp_path, "a", "  - conv: conv(16, 3)\n  - max_pool(2)\n  - end: conv(8, 1)\n")
    b = spec(tmp_path, "b", "  - conv: conv(16, 3)\n  - down: conv(16, 3, stride=2)\n  - end: conv(8, 1)\n")
    assert shown(union(a, b)) == [
        "  3×3 conv, 16 <- x",
        "- 2×2 max pool, /2 <- 0",
        "+ 3×3 conv, 16, /2 <- 1",
        "  1×1 conv, 8 <- 2",
    ]


def test_numbers_that_changed_are_both_said(tmp_path: Path) -> None:
    a = spec(tmp_path, "a", "  - conv: conv(16, 3)\n  - batch_norm\n  - max_pool(2)\n  - end: conv(8, 1)\n")
    b = spec(
        tmp_path, "b", "  - conv: conv(32, 5, groups=4, stride=2)\n  - relu\n  - avg_pool(2)\n  - end: conv(8, 1)\n"
    )
    assert shown(union(a, b)) == [
        "~ 3×3 → 5×5 conv, 16 → 32, stride 1 → 2, 1 → 4 groups −BN +ReLU <- x",
        "~ 2×2 max → avg pool, /2 <- 0",
        "  1×1 conv, 8 <- 1",
    ]


def test_what_no_word_says_has_a_note(tmp_path: Path) -> None:
    a = spec(tmp_path, "a", "  - conv: conv(16, 3, bias=true)\n")
    b = spec(tmp_path, "b", "  - conv: conv(16, 3, bias=false)\n")
    assert shown(union(a, b)) == ["~ 3×3 conv, 16, bias true → false <- x"]


def test_how_weights_start_is_not_to_be_seen(tmp_path: Path) -> None:
    a, b = (spec(tmp_path, name, f"  - conv: conv(16, 3, init={name})\n") for name in ("kaiming", "xavier"))
    assert shown(union(a, b)) == ["  3×3 conv, 16 <- x"]


RESIDUAL = "  - one: conv(16, 3)\n  - two: conv(16, 3)\n"


def test_a_shortcut_that_was_put_in(tmp_path: Path) -> None:
    a, b = spec(tmp_path, "a", RESIDUAL), spec(tmp_path, "b", RESIDUAL + "  - two + x\n")
    assert shown(union(a, b)) == ["  3×3 conv, 16 <- x", "  3×3 conv, 16 <- 0", "+ + <- 1, x"]
    assert shown(union(b, a)) == ["  3×3 conv, 16 <- x", "  3×3 conv, 16 <- 0", "- + <- 1, x"]


def test_a_branch_that_was_taken_out_leads_to_the_concat_still(tmp_path: Path) -> None:
    def branches(*kernels: int) -> str:
        lines = "".join(f"        k{kernel}: conv(8, {kernel})\n" for kernel in kernels)
        return f"  - block:\n      branches:\n{lines}      join: concat\n"

    a, b = spec(tmp_path, "a", branches(1, 3, 5)), spec(tmp_path, "b", branches(1, 3, 7))
    body = union(a, b)
    assert shown(body) == [
        "  1×1 conv, 8 <- x",
        "  3×3 conv, 8 <- x",
        "~ 5×5 → 7×7 conv, 8 <- x",
        "  concat <- 0, 1, 2",
    ]
    fewer = union(a, spec(tmp_path, "c", branches(1, 3)))
    assert shown(fewer)[2:] == ["- 5×5 conv, 8 <- x", "  concat <- 0, 1, 2"]
    assert series(fewer) is not None


def test_copies_are_counted_before_and_after() -> None:
    body = union(architecture("densenet121"), architecture("densenet169"))
    blocks = {block.name.rsplit(".", 1)[-1]: block.body for block in body.blocks if block.body is not None}
    counts = [count(inside) for name, inside in blocks.items() if name.startswith("denseblock")]
    assert counts == ["6", "12", "24 → 32", "16 → 32"]


PAIRS = [("resnet50", "se_resnet50"), ("vgg16", "vgg19"), ("googlenet", "bn_inception"), ("resnet18", "plain18")]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_the_other_way_round_what_was_added_was_removed(a: str, b: str) -> None:
    there, back = union(architecture(a), architecture(b)), union(architecture(b), architecture(a))
    one = Counter(block.mark for block in there.blocks)
    two = Counter(block.mark for block in back.blocks)
    assert (one["added"], one["removed"]) == (two["removed"], two["added"])


@pytest.mark.parametrize("name", ["densenet121", "googlenet_aux", "nasnet_a_mobile", "dpn92"])
def test_a_network_is_not_different_from_itself(name: str) -> None:
    body = union(architecture(name), architecture(name))
    waiting = [body]
    while waiting:
        here = waiting.pop()
        assert {(block.mark, block.params, block.mads) for block in here.blocks} == {("", 0, 0)}
        waiting += [block.body for block in here.blocks if block.body is not None]


@given(one=specs(), two=specs())
@settings(max_examples=30, deadline=None)
def test_all_of_the_second_network_is_there(tmp_path_factory: pytest.TempPathFactory, one: str, two: str) -> None:
    folder = tmp_path_factory.mktemp("pair")
    for name, text in (("a", one), ("b", two)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    a, b = (archspec.load(folder / f"{name}.yaml") for name in "ab")
    body, alone = union(a, b), union(b, b)
    names = Counter(block.name for block in body.blocks if block.mark != "removed")
    assert names == Counter(block.name for block in alone.blocks)
    assert all(ref.node < number for number, block in enumerate(body.blocks) for ref in block.args)
    assert [out.name for out in body.outputs][: len(alone.outputs)] == [out.name for out in alone.outputs]
