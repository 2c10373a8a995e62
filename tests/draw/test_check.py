"""The geometry checker finds what it is for, and nothing in a good scene."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archspec.draw.check import problems
from archspec.draw.parts import arrow, cards, say
from archspec.draw.scene import Bounds, Circle, Element, Point, Rect, Scene, Text

BOX = Rect(Bounds(20, 40, 100, 40), "conv", "conv.fill", label=(say("3×3 conv", 16),))
OTHER = replace(BOX, at=Bounds(220, 40, 100, 40))
EDGE = arrow(Point(120, 60), Point(220, 60))


def scene(*elements: Element) -> Scene:
    return Scene.of(400, 200, elements)


def test_a_good_scene_has_no_problems() -> None:
    words = Text(Point(170, 60), say("64", 13), plate=True)
    assert problems(scene(BOX, OTHER, EDGE, words, *cards(OTHER))) == []


@pytest.mark.parametrize(
    ("elements", "problem"),
    [
        ((replace(BOX, at=Bounds(-5, 40, 100, 40)),), "outside the canvas"),
        ((Text(Point(390, 60), say("too far right", 13)),), "outside the canvas"),
        ((arrow(Point(120, 60), Point(420, 60), loose=["start", "end"]),), "outside the canvas"),
        ((replace(BOX, label=(say("small", 11),)),), "type of 11 pt"),
        ((replace(BOX, label=(say("a depthwise convolution", 16),)),), "pt wide in 100"),
        ((replace(BOX, label=(say("a", 16), say("b", 16), say("c", 16))),), "pt high in 40"),
        ((BOX, replace(BOX, at=Bounds(100, 60, 100, 40))), "overlap"),
        ((BOX, Circle(Point(120, 60), 18, "merge", "merge.fill")), "overlap"),
        ((Text(Point(60, 20), say("one", 13)), Text(Point(66, 22), say("two", 13))), "overlap"),
        ((BOX, Text(Point(110, 60), say("beside", 13))), "lies on"),
        (
            (replace(BOX, group="a"), *cards(replace(BOX, group="a")), Text(Point(123, 50), say("x", 13), "start")),
            "lies on a card",
        ),
        ((BOX, Rect(Bounds(60, 20, 200, 150), "module", "", "frame")), "crosses"),
        ((BOX, OTHER, arrow(Point(10, 60), Point(220, 60), loose=["start"])), "runs through box"),
        ((EDGE, BOX, OTHER, Text(Point(170, 60), say("64", 13))), "runs through text"),
        ((BOX, arrow(Point(120, 60), Point(180, 60))), "its end 180,60 touches nothing"),
        ((BOX, arrow(Point(180, 60), Point(120, 60))), "its start 180,60 touches nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_breach_is_found(elements: tuple[Element, ...], problem: str) -> None:
    found = problems(scene(*elements))
    assert len(found) == 1, found
    assert problem in found[0]
