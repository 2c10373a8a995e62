"""What a wrong argument is told: exactly one message, in words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from archspec.ops.base import OpError
from archspec.ops.init import KINDS, Init
from archspec.ops.registry import OPS

SIZES = "must be a positive integer, or one an axis"
PADDING = "padding must be an integer, one integer or pair [before, after] an axis, `half`, `same` or `valid`"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("conv", {"out": True}, "out must be a positive integer"),
        ("conv", {"out": 0}, "out must be a positive integer"),
        ("conv", {"out": 8.0}, "out must be a positive integer"),
        ("conv", {"out": "8"}, "out must be a positive integer"),
        ("conv", {"out": 8, "kernel": (3, 0)}, f"kernel {SIZES}"),
        ("conv", {"out": 8, "kernel": ()}, f"kernel {SIZES}"),
        ("conv", {"out": 8, "stride": None}, f"stride {SIZES}"),
        ("conv", {"out": 8, "padding": -1}, PADDING),
        ("conv", {"out": 8, "padding": "full"}, PADDING),
        ("conv", {"out": 8, "padding": ((0, 1), 1)}, PADDING),
        ("conv", {"out": 8, "bias": "no"}, "bias must be `true` or `false`"),
        ("conv", {"out": 8, "bias": 1}, "bias must be `true` or `false`"),
        (
            "conv",
            {"out": 8, "padding_mode": "same"},
            "padding_mode must be `zeros`, `reflect`, `replicate` or `circular`",
        ),
        ("conv", {"out": 8, "init": "he"}, "no initialiser `he`"),
        ("conv", {"out": 8, "init": True}, "init must be the word of an initialiser, a call of one, or a number"),
        (
            "conv_transpose",
            {"out": 8, "padding": "same"},
            "padding must be an integer, one integer an axis, or `half`",
        ),
        ("batch_norm", {"eps": 0}, "eps must be a number above 0"),
        ("batch_norm", {"eps": float("nan")}, "eps must be a number above 0"),
        ("batch_norm", {"momentum": 2}, "momentum must be a number from 0 to 1, or null for the plain average"),
        ("dropout", {"p": 1.5}, "p must be a probability from 0 to 1"),
        ("drop_path", {"p": 1}, "p must be a probability from 0 up to, not including, 1"),
        ("tanh", {"scale": 10**400}, "scale must be a number"),
        ("leaky_relu", {"slope": float("inf")}, "slope must be a number"),
        ("reshape", {"shape": 3}, "shape must be a list of integers"),
        ("gelu", {"approximate": "erf"}, "approximate must be `none` or `tanh`"),
    ],
)
def test_wrong_value(name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OPS[name](**given)
    assert [error["msg"] for error in caught.value.errors()] == [message]
    assert [error["type"] for error in caught.value.errors()] == ["argument"]


def test_ops_are_frozen_and_hashable_and_equal_by_value() -> None:
    one, two = (OPS["conv"](out=8, kernel=(3, 3), init="kaiming") for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    with pytest.raises(ValidationError):
        one.out = 9  # type: ignore[attr-defined]


def test_integers_are_numbers() -> None:
    assert OPS["dropout"](p=0) == OPS["dropout"](p=0.0)
    assert type(OPS["dropout"](p=0).model_dump()["p"]) is float


def test_init_forms() -> None:
    constant = Init("constant", (("value", 2.0),))
    assert OPS["conv"](out=1, init=2).model_dump()["init"] is not None
    assert OPS["conv"](out=1, init=2) == OPS["conv"](out=1, init=constant)
    assert OPS["conv"](out=1, init="kaiming") == OPS["conv"](out=1, init=Init.make("kaiming"))
    assert Init.make("normal", [0.01]) == Init.make("normal", kwargs={"std": 0.01})
    assert Init.make("kaiming", ["fan_out"])["nonlinearity"] == "relu"


@pytest.mark.parametrize(
    ("kind", "args", "kwargs", "message", "help"),
    [
        ("he", [], {}, "no initialiser `he`", f"one of {', '.join(KINDS)}, or a number"),
        ("normal", [1, 2, 3], {}, "`normal` takes 2 arguments, not 3", ""),
        ("normal", [], {"sigma": 1}, "`normal` takes no argument `sigma`", "it takes `std`, `mean`"),
        ("zeros", [], {"std": 1}, "`zeros` takes no argument `std`", "it takes nothing"),
        ("normal", [1], {"std": 1}, "`std` is given twice", ""),
        ("normal", [-1], {}, "std must not be negative", ""),
        ("normal", ["wide"], {}, "std must be a number", ""),
        ("kaiming", ["fan"], {}, "mode must be one of `fan_in`, `fan_out`", ""),
    ],
)
def test_wrong_init(kind: str, args: list[Any], kwargs: dict[str, Any], message: str, help: str) -> None:
    with pytest.raises(OpError) as caught:
        Init.make(kind, args, kwargs)
    assert (caught.value.message, caught.value.help) == (message, help)
