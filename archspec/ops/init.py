"""How weights start: `init=kaiming`, `init=normal(std=0.01)`, `init=0`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from pydantic_core import PydanticCustomError, core_schema

from archspec.ops.arguments import Form, is_number
from archspec.ops.base import OpError

Setting = float | str
_DISTRIBUTIONS = ("normal", "uniform")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("relu", "leaky_relu", "linear", "tanh", "sigmoid", "selu"),
    "distribution": _DISTRIBUTIONS,
}
KINDS: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {
        "zeros": {},
        "ones": {},
        "constant": {"value": 0.0},
        "normal": {"std": 1.0, "mean": 0.0},
        "uniform": {"low": 0.0, "high": 1.0},
        "truncated_normal": {"std": 1.0, "mean": 0.0, "low": -2.0, "high": 2.0},
        "kaiming": {"mode": "fan_in", "nonlinearity": "relu", "distribution": "normal"},
        "xavier": {"gain": 1.0, "distribution": "uniform"},
        "orthogonal": {"gain": 1.0},
    }
)
"""each initialiser with its settings in positional order and their defaults

kaiming is He et al. 2015 (1502.01852), xavier Glorot and Bengio 2010, orthogonal Saxe et al. 2013
(1312.6120). The bounds of truncated_normal are values, not multiples of std.
"""


@dataclass(frozen=True, slots=True)
class Init:
    """One way to initialise a weight: a kind of `KINDS` with a value for each of its settings."""

    kind: str
    settings: tuple[tuple[str, Setting], ...] = ()

    def __getitem__(self, setting: str) -> Setting:
        return dict(self.settings)[setting]

    @classmethod
    def make(cls, kind: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] = MappingProxyType({})) -> Init:
        """Make it from a call as written; defaults are filled in.

        >>> Init.make("normal", [0.01])
        Init(kind='normal', settings=(('std', 0.01), ('mean', 0.0)))

        Raises `OpError` for an unknown kind, an unknown or repeated setting, or a wrong value.
        """
        defaults = KINDS.get(kind)
        if defaults is None:
            raise OpError(f"no initialiser `{kind}`", help=f"one of {', '.join(KINDS)}, or a number")
        if len(args) > len(defaults):
            raise OpError(f"`{kind}` takes {len(defaults)} arguments, not {len(args)}")
        given = dict(zip(defaults, args, strict=False))
        for name, value in kwargs.items():
            if name not in defaults:
                known = ", ".join(f"`{setting}`" for setting in defaults) or "nothing"
                raise OpError(f"`{kind}` takes no argument `{name}`", help=f"it takes {known}")
            if name in given:
                raise OpError(f"`{name}` is given twice")
            given[name] = value
        return cls(kind, tuple((name, _check(name, given.get(name, default))) for name, default in defaults.items()))


def _check(name: str, value: Any) -> Setting:
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise OpError(f"{name} must be one of {', '.join(f'`{word}`' for word in _WORDS[name])}")
        return str(value)
    if not is_number(value):
        raise OpError(f"{name} must be a number")
    if name == "std" and value < 0:
        raise OpError("std must not be negative")
    return float(value)


class _InitForm(Form):
    """An `Init`, the bare word of one, or a number, which means a constant."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        def check(value: Any, info: core_schema.ValidationInfo) -> Init | None:
            if value is None or isinstance(value, Init):
                return value
            try:
                if isinstance(value, str):
                    return Init.make(value)
                if is_number(value):
                    return Init.make("constant", [value])
            except OpError as error:
                raise PydanticCustomError("argument", "{message}", {"message": error.message}) from None
            raise PydanticCustomError("argument", "{field} must be {words}", self._context(info))

        return core_schema.with_info_plain_validator_function(check)


Initial = Annotated[
    Init | None,
    _InitForm(
        "the word of an initialiser, a call of one, or a number",
        lambda value: True,
        {"anyOf": [{"enum": list(KINDS)}, {"type": "number"}, {"type": "string", "pattern": r"^\w+\(.*\)$"}]},
    ),
]
