"""The types of arguments. Each states its form in words, so that a wrong value gives one message and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Annotated, Any

from pydantic_core import PydanticCustomError, core_schema

from archspec.text.functions import real

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler


class Form:
    """What an argument may be: one test, one sentence, one JSON schema, instead of a union's five errors.

    `convert` turns what was written into what the op keeps; it is called only if `accepts` holds.
    """

    def __init__(
        self,
        words: str,
        accepts: Callable[[Any], bool],
        schema: Mapping[str, Any],
        convert: Callable[[Any], Any] | None = None,
    ):
        self.words, self.accepts, self.schema, self.convert = words, accepts, schema, convert

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def check(value: Any, info: core_schema.ValidationInfo) -> Any:
            if not self.accepts(value):
                raise PydanticCustomError("argument", "{field} must be {words}", self._context(info))
            return self.convert(value) if self.convert else value

        return core_schema.with_info_plain_validator_function(check)

    def _context(self, info: core_schema.ValidationInfo) -> dict[str, Any]:
        return {"field": info.field_name, "words": self.words}

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)


def is_int(value: Any, least: int | None = None) -> bool:
    """A true integer (no bool), and not below `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and (least is None or value >= least)


def is_number(value: Any) -> bool:
    """A finite float or an integer that a float can hold."""
    return abs(value) < inf if isinstance(value, float) else is_int(value) and abs(value) < 2**1023


def all_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A tuple, not empty, each item of which passes."""
    return lambda value: isinstance(value, tuple) and len(value) > 0 and all(map(test, value))


def either(*tests: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: any(test(value) for test in tests)


def is_nothing(value: Any) -> bool:
    return value is None


def is_positive(value: Any) -> bool:
    return is_int(value, 1)


def is_natural(value: Any) -> bool:
    return is_int(value, 0)


def is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_natural, value))


def words(*allowed: str) -> Form:
    """One word of a few."""
    quoted = [f"`{word}`" for word in allowed]
    return Form(f"{', '.join(quoted[:-1])} or {quoted[-1]}", lambda value: value in allowed, {"enum": list(allowed)})


_POSITIVE = {"type": "integer", "minimum": 1}
_NATURAL = {"type": "integer", "minimum": 0}
_NUMBER = {"type": "number"}
_NULL = {"type": "null"}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


_PAIRS = _list({"type": "array", "items": _NATURAL, "minItems": 2, "maxItems": 2})
_SIDES = [_NATURAL, _list(_NATURAL), _PAIRS]

Flag = Annotated[bool, Form("`true` or `false`", lambda value: type(value) is bool, {"type": "boolean"})]
Integer = Annotated[int, Form("an integer", is_int, {"type": "integer"})]
Positive = Annotated[int, Form("a positive integer", is_positive, _POSITIVE)]
Natural = Annotated[int, Form("an integer not below 0", is_natural, _NATURAL)]
Number = Annotated[float, Form("a number", is_number, _NUMBER, real)]
PositiveNumber = Annotated[
    float,
    Form(
        "a number above 0",
        lambda value: is_number(value) and value > 0,
        {"type": "number", "exclusiveMinimum": 0},
        real,
    ),
]
Probability = Annotated[
    float,
    Form(
        "a probability from 0 up to, not including, 1",
        lambda value: is_number(value) and 0 <= value < 1,
        {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        real,
    ),
]
Integers = Annotated[
    tuple[int, ...], Form("a list of integers", all_of(is_int), {"type": "array", "items": {"type": "integer"}})
]
Shape = Annotated[tuple[int, ...], Form("a list of positive integers", all_of(is_positive), _list(_POSITIVE))]
Indices = Annotated[
    int | tuple[int, ...],
    Form(
        "an integer or a list of integers",
        either(is_int, all_of(is_int)),
        {"anyOf": [{"type": "integer"}, _list({"type": "integer"})]},
    ),
]
Sizes = Annotated[
    int | tuple[int, ...],
    Form(
        "a positive integer, or one an axis",
        either(is_positive, all_of(is_positive)),
        {"anyOf": [_POSITIVE, _list(_POSITIVE)]},
    ),
]
OptionalSizes = Annotated[
    int | tuple[int, ...] | None,
    Form(
        "a positive integer, or one an axis",
        either(is_nothing, is_positive, all_of(is_positive)),
        {"anyOf": [_POSITIVE, _list(_POSITIVE), _NULL]},
    ),
]
OptionalInteger = Annotated[
    int | None, Form("an integer", either(is_nothing, is_int), {"anyOf": [{"type": "integer"}, _NULL]})
]
Naturals = Annotated[
    int | tuple[int, ...],
    Form(
        "an integer not below 0, or one an axis",
        either(is_natural, all_of(is_natural)),
        {"anyOf": [_NATURAL, _list(_NATURAL)]},
    ),
]
Scales = Annotated[
    float | tuple[float, ...] | None,
    Form(
        "a number above 0, or one an axis",
        either(is_nothing, *(lambda value: is_number(value) and value > 0,), all_of(lambda v: is_number(v) and v > 0)),
        {"anyOf": [_NUMBER, _list(_NUMBER), _NULL]},
    ),
]

Sides = int | tuple[int, ...] | tuple[tuple[int, int], ...]
Amounts = Annotated[
    Sides,
    Form(
        "an integer, one integer an axis, or one pair [before, after] an axis",
        either(is_natural, all_of(is_natural), all_of(is_pair)),
        {"anyOf": _SIDES},
    ),
]
OptionalAmounts = Annotated[
    Sides | None,
    Form(
        "an integer, one integer an axis, or one pair [before, after] an axis",
        either(is_nothing, is_natural, all_of(is_natural), all_of(is_pair)),
        {"anyOf": [*_SIDES, _NULL]},
    ),
]
Padding = Annotated[
    Sides | str,
    Form(
        "an integer, one integer or pair [before, after] an axis, `half`, `same` or `valid`",
        either(is_natural, all_of(is_natural), all_of(is_pair), lambda value: value in ("half", "same", "valid")),
        {"anyOf": [*_SIDES, {"enum": ["half", "same", "valid"]}]},
    ),
]
EvenPadding = Annotated[
    int | tuple[int, ...] | str,
    Form(
        "an integer, one integer an axis, or `half`",
        either(is_natural, all_of(is_natural), lambda value: value == "half"),
        {"anyOf": [_NATURAL, _list(_NATURAL), {"const": "half"}]},
    ),
]
