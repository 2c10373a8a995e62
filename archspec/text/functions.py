"""The functions that an expression may call, each with the arguments it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from archspec.text.limits import Limits

Number = int | float


class Unfit(Exception):
    """A function cannot take its arguments; `argument` is the number of the one to blame (None: the call)."""

    def __init__(self, code: str, message: str, argument: int | None = None, help: str = ""):
        super().__init__(message)
        self.code, self.message, self.argument, self.help = code, message, argument, help


class Function(NamedTuple):
    """`least` to `most` arguments (None: any number); `cost(arguments)` is the steps it takes, known beforehand."""

    call: Callable[..., object]
    least: int
    most: int | None
    signature: str


def kind(value: object) -> str:
    """What a value is, for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return "no plain value"


def is_number(value: object) -> bool:
    """An int or float; true and false are no numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def real(x: Number) -> float:
    """`float(x)`, which of a traced number would ask for its digits."""
    return x / 1


def _number(value: object, argument: int) -> Number:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Unfit("A0360", f"a number is wanted here, not {kind(value)}", argument)


def _integer(value: object, argument: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float):
        raise Unfit(
            "A0360", f"a whole number is wanted here, not {value!r}", argument, "divide with `//`, or use `int`"
        )
    raise Unfit("A0360", f"a whole number is wanted here, not {kind(value)}", argument)


def _list(value: object, argument: int) -> Sequence[object]:
    if isinstance(value, list | tuple):
        return value
    raise Unfit("A0360", f"a list is wanted here, not {kind(value)}", argument)


def _numbers(arguments: tuple[object, ...]) -> list[Number]:
    """The numbers of `max(a, b, …)` or `max(list)`."""
    if len(arguments) == 1:
        return [_item(value) for value in _list(arguments[0], 0)]
    return [_number(value, at) for at, value in enumerate(arguments)]


def _item(value: object) -> Number:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Unfit("A0360", f"a list of numbers is wanted here, and an item is {kind(value)}", 0)


def divisible(x: Number, divisor: int) -> int:
    """The nearest multiple of `divisor`, at least `divisor`, never below 90 % of `x`.

    The rule that rounds the channels of MobileNetV2 and its successors (arXiv 1801.04381, reference code).

    >>> divisible(33, 8), divisible(3, 8), divisible(11, 8)
    (32, 8, 16)
    """
    nearest = max(divisor, math.trunc(x + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * x else nearest


def _divisible(limits: Limits, x: object, divisor: object) -> int:
    number, step = _number(x, 0), _integer(divisor, 1)
    if step < 1:
        raise Unfit("A0363", "the divisor must be at least 1", 1)
    return divisible(number, step)


def _int(limits: Limits, x: object) -> int:
    return int(x) if isinstance(x, bool) else math.trunc(_number(x, 0))


def _float(limits: Limits, x: object) -> float:
    return float(x) if isinstance(x, bool) else real(_number(x, 0))


def _round(limits: Limits, x: object, digits: object = None) -> Number:
    number = _number(x, 0)
    if digits is None:
        return round(number)
    places = _integer(digits, 1)
    if abs(places) > 100:
        raise Unfit("A0363", "more than 100 digits", 1)
    return round(number, places)


def _positive(x: object, least_is_zero: bool) -> Number:
    number = _number(x, 0)
    if number < 0 or (number == 0 and not least_is_zero):
        raise Unfit("A0363", f"no real result for {number}", 0)
    return number


def _length(limits: Limits, x: object) -> int:
    if isinstance(x, str | list | tuple):
        return len(x)
    raise Unfit("A0360", f"a list or text is wanted here, not {kind(x)}", 0)


def _extreme(limits: Limits, pick: Callable[[list[Number]], Number], arguments: tuple[object, ...]) -> Number:
    numbers = _numbers(arguments)
    if not numbers:
        raise Unfit("A0363", "the list is empty", 0)
    return pick(numbers)


def _range(limits: Limits, *bounds: object) -> list[int]:
    ends = [_integer(bound, at) for at, bound in enumerate(bounds)]
    start, stop = (0, ends[0]) if len(ends) == 1 else (ends[0], ends[1])
    step = ends[2] if len(ends) == 3 else 1
    if step == 0:
        raise Unfit("A0363", "a step of 0 never ends", 2)
    check_items(max(0, -(-(stop - start) // step)), limits)
    return list(range(start, stop, step))


def _enumerate(limits: Limits, items: object, start: object = 0) -> list[tuple[int, object]]:
    return list(enumerate(_list(items, 0), _integer(start, 1)))


def _sum(limits: Limits, items: object, start: object = 0) -> Number:
    return sum([_item(item) for item in _list(items, 0)], _number(start, 1))


def _zip(limits: Limits, *lists: object) -> list[tuple[object, ...]]:
    return list(zip(*(_list(items, at) for at, items in enumerate(lists)), strict=False))


def check_items(count: int, limits: Limits) -> None:
    """Raises `Unfit` if a list of `count` items is too long."""
    if count > limits.list_items:
        size = f"{count:,}" if count < 10**15 else f"more than {10**15:,}"
        raise Unfit(
            "A0365",
            f"a list of {size} items, where {limits.list_items:,} are allowed",
            help="the bound is `list_items`; raise it with `--limit list_items=N`",
        )


FUNCTIONS: dict[str, Function] = {
    "abs": Function(lambda limits, x: abs(_number(x, 0)), 1, 1, "abs(x)"),
    "ceil": Function(lambda limits, x: math.ceil(_number(x, 0)), 1, 1, "ceil(x)"),
    "divisible": Function(_divisible, 2, 2, "divisible(x, divisor)"),
    "enumerate": Function(_enumerate, 1, 2, "enumerate(list, start)"),
    "float": Function(_float, 1, 1, "float(x)"),
    "floor": Function(lambda limits, x: math.floor(_number(x, 0)), 1, 1, "floor(x)"),
    "int": Function(_int, 1, 1, "int(x)"),
    "len": Function(_length, 1, 1, "len(list)"),
    "log2": Function(lambda limits, x: math.log2(_positive(x, False)), 1, 1, "log2(x)"),
    "max": Function(lambda limits, *values: _extreme(limits, max, values), 1, None, "max(a, b, …) or max(list)"),
    "min": Function(lambda limits, *values: _extreme(limits, min, values), 1, None, "min(a, b, …) or min(list)"),
    "range": Function(_range, 1, 3, "range(stop), range(start, stop) or range(start, stop, step)"),
    "reversed": Function(lambda limits, items: list(reversed(_list(items, 0))), 1, 1, "reversed(list)"),
    "round": Function(_round, 1, 2, "round(x) or round(x, digits)"),
    "sqrt": Function(lambda limits, x: math.sqrt(_positive(x, True)), 1, 1, "sqrt(x)"),
    "sum": Function(_sum, 1, 2, "sum(list) or sum(list, start)"),
    "zip": Function(_zip, 1, None, "zip(list, list, …)"),
}
"""by name; each takes the limits before its own arguments"""
