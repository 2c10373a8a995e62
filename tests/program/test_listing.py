from __future__ import annotations

from archspec.program.listing import applications, listing
from tests.program.build import Act, Body, Both, Dense, Sum, program, residual

FOLDED = """\
net(image: [3])
  stem        dense(8)(image)    [8]   32
  blocks      net.blocks(stem)   [8]
  classifier  dense(10)(blocks)  [10]  90

net.blocks(x: [8])
  0            block(x)          [8]
  add0         sum(0, x)         [8]
  1 … 4        4 x block(add0)   [8]
  add1 … add4  4 x sum(1, add0)  [8]

block(x: [8])  applied 5 times
  fc1  dense(8)(x)    [8]  72
  act  act(fc1)       [8]
  fc2  dense(8)(act)  [8]  72
"""


def test_a_block_a_module_with_equal_copies_folded() -> None:
    assert listing(residual(5), origins=False) == FOLDED


def test_unfolded_every_copy_has_its_line() -> None:
    text = listing(residual(5), unfold=True, origins=False)
    assert "\n  add3  sum(3, add2)  [8]\n" in text
    assert " … " not in text


def test_origins_name_file_and_line() -> None:
    lines = listing(residual(5)).splitlines()
    assert lines[1] == "  stem        dense(8)(image)    [8]   32  toy.yaml:2"
    without = [line.removesuffix("toy.yaml:2").rstrip() for line in lines]
    assert "\n".join(without) + "\n" == FOLDED


def test_what_is_special_about_a_node_is_said() -> None:
    body = Body("net", image=4)
    a = body.add("a", Dense(out=4), body.x)
    b = body.add("b", Dense(out=4), a, key="a")
    skipped = body.add("skip", Dense(out=4), b, skipped=True)
    both = body.add("both", Both(), skipped)
    tied = body.add("tied", Dense(out=4), both._replace(output=1), ties={"weight": "a.weight"})
    aux = body.add("aux", Act(), tied, only="training")
    body.out("main", body.add("sum", Sum(), tied, both))
    body.out("aux", aux, only="training")
    assert (
        listing(program(body.module()), origins=False)
        == """\
net(image: [4])
  a     dense(4)(image)                          [4]       20
  b     dense(4)(a)  # weights of a              [4]
  skip  b, since its condition is false          [4]
  both  both(skip)                               [4], [4]
  tied  dense(4)(both[1])  # weight is a.weight  [4]        4
  aux   act(tied)  # training only               [4]
  sum   sum(tied, both[0])                       [4]
  gives main = sum [4], aux = aux [4] in training only
"""
    )


def test_applications_are_exact_and_unused_modules_are_left_out() -> None:
    made = residual(7)
    assert applications(made) == {"block": 7, "net.blocks": 1, "net": 1}
    spare = Body("spare", x=2)
    spare.add("act", Act(), spare.x)
    assert "spare" not in listing(program(spare.module(), *made.modules.values()))
