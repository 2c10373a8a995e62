"""Figures of `expect`: exact, rounded (`2.83G`), powers (`2**58`), budgets (`<= 1.5G`)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from archspec.language.read.shape import plain, wrong
from archspec.language.spec import Figure
from archspec.text.diagnostics import fault
from archspec.text.document import Items, Scalar, Yaml

FIGURES = (
    "params",
    "buffers",
    "mads",
    "depth",
    "depth_min",
    "depth_ops",
    "paths",
    "paths_ops",
    "output",
)
_SUFFIX = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_NUMBER = re.compile(r"(?P<digits>\d{1,400}(?:\.(?P<fraction>\d{1,40}))?)\s?(?P<suffix>[KMGT]?)")
_POWER = re.compile(r"(?P<factor>\d{1,9}\s*\*\s*)?(?P<base>\d{1,9})\s*\*\*\s*(?P<exponent>\d{1,5})")
_RELATION = re.compile(r"\s*(?P<relation><=|>=|<|>|==)?\s*(?P<rest>.*?)\s*", re.DOTALL)


def read_figure(key: str, value: Yaml) -> Figure:
    """One line of `expect`. `output` is a shape, or a list of shapes where there are several outputs."""
    if key == "output":
        return Figure(value=_shape(value), text=value.span.text.strip(), span=value.span)
    if not isinstance(value, Scalar) or value.value is None or isinstance(value.value, bool):
        raise wrong(value, "a figure such as 7978856, 2.83G, 2**58 or `<= 1.5G`")
    match = _RELATION.fullmatch(value.text)
    assert match is not None  # every part of the pattern may be empty
    relation = match["relation"] or "=="
    number, slack = _number(match["rest"], value)
    return Figure(
        value=number,
        text=value.text,
        relation=relation,  # type: ignore[arg-type]
        slack=slack if relation == "==" else 0,
        span=value.span,
    )


def _number(text: str, place: Scalar) -> tuple[Fraction, Fraction]:
    if power := _POWER.fullmatch(text):
        base, exponent = int(power["base"]), int(power["exponent"])
        factor = int(power["factor"].rstrip("* ")) if power["factor"] else 1
        if exponent * base.bit_length() <= 100_000:
            return Fraction(factor * base**exponent), Fraction(0)
    elif found := _NUMBER.fullmatch(text):
        scale = _SUFFIX[found["suffix"]]
        rounded = bool(found["suffix"] or found["fraction"])
        digit = Fraction(1, 10 ** len(found["fraction"] or "")) * scale
        return Fraction(Decimal(found["digits"])) * scale, digit / 2 if rounded else Fraction(0)
    raise fault(
        "A0209",
        f"`{place.text[:40]}` is not a figure",
        place.span,
        help="write 7978856, 2.83G (K M G T are powers of 1000), 2**58, or a budget such as `<= 1.5G`",
    )


def _shape(value: Yaml) -> tuple[object, ...]:
    sizes = plain(value) if isinstance(value, Items) else None
    nested = isinstance(sizes, list) and bool(sizes) and all(isinstance(one, list) for one in sizes)
    for one in (sizes if nested else [sizes]) if sizes is not None else [None]:
        if not isinstance(one, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in one):
            raise wrong(value, "a shape such as [1000] or [64, 56, 56]")
    assert sizes is not None
    return tuple(tuple(one) for one in sizes) if nested else tuple(sizes)
