"""Knobs: `width: int`, `stride: 1`, `{type: int, default: 1, min: 1, choices: [...]}`."""

from __future__ import annotations

from typing import Any, get_args

from archspec.language.read.shape import among, describe, name, need, number, only_keys, plain, word
from archspec.language.spec import ParamDef, ParamType
from archspec.text.diagnostics import fault
from archspec.text.document import Entry, Items, Mapping, Scalar, Yaml
from archspec.text.functions import real
from archspec.text.source import Span

PARAM_TYPES: tuple[ParamType, ...] = get_args(ParamType)
_KEYS = ("type", "default", "min", "max", "choices")
YAML_11_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""truth values of YAML 1.1, which are words here, and what to write instead"""
_NOUNS: dict[ParamType, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "sizes": "a whole number, or a list of them",
    "op": "the name of an op or a module",
}


def read_param(entry: Entry, *, bare_types: bool) -> ParamDef:
    """`bare_types`: `width: int` means a required int (a module's param); a file's knob has a default."""
    key = name(entry.key, "a param")
    value = entry.value
    if isinstance(value, Mapping):
        return _long(key, value, entry.key.span)
    kind = among(value.text, PARAM_TYPES) if bare_types and isinstance(value, Scalar) else None
    if kind is not None:
        return ParamDef(name=key, type=kind, required=True, span=entry.key.span)
    return ParamDef(name=key, type=kind_of(value), required=False, default=freeze(plain(value)), span=entry.key.span)


def _long(key: str, value: Mapping, span: Span) -> ParamDef:
    only_keys(value, _KEYS, f"the param `{key}`")
    default = value.get("default")
    if "type" in value:
        kind = word(value["type"], "the type of a param", PARAM_TYPES)
    elif default is not None:
        kind = kind_of(default)
    else:
        kind = word(need(value, "type", f"the param `{key}`", span), "the type of a param", PARAM_TYPES)
    choices = value.get("choices")
    if choices is not None and not isinstance(choices, Items):
        raise fault("A0207", f"expected a list for the choices of a param, found {describe(choices)}", choices.span)
    for bound in ("min", "max"):
        if bound in value and kind not in ("int", "float"):
            raise fault("A0207", f"`{bound}` bounds numbers, and `{key}` is not one", value.entry(bound).key.span)
    result = ParamDef(
        name=key,
        type=kind,
        required=default is None,
        default=None if default is None else freeze(plain(default)),
        min=number(value["min"], "min") if "min" in value else None,
        max=number(value["max"], "max") if "max" in value else None,
        choices=None if choices is None else tuple(freeze(plain(choice)) for choice in choices),
        span=span,
    )
    if default is not None:
        check_param(result, result.default, default.span)
    return result


def kind_of(value: Yaml) -> ParamType:
    match value:
        case Items():
            return "list"
        case Scalar(value=bool()):
            return "bool"
        case Scalar(value=int()):
            return "int"
        case Scalar(value=float()):
            return "float"
        case Scalar(value=str()):
            return "str"
    raise fault("A0207", f"a param cannot default to {describe(value)}", value.span, help="give it a default or a type")


def freeze(value: Any) -> Any:
    """Lists become tuples, all the way down: values of params are compared and hashed."""
    return tuple(freeze(item) for item in value) if isinstance(value, list | tuple) else value


def check_param(param: ParamDef, value: Any, span: Span | None) -> Any:
    """The value as the param takes it (an int becomes the float it stands for). Raises A0324."""
    accepted = {
        "int": _whole(value),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "str": isinstance(value, str),
        "list": isinstance(value, tuple),
        "sizes": _whole(value) or (isinstance(value, tuple) and bool(value) and all(map(_whole, value))),
        "op": isinstance(value, str),
    }[param.type]
    if not accepted:
        shown = "the text" if isinstance(value, str) else "the list" if isinstance(value, tuple) else ""
        help = "write `//` for whole division" if param.type == "int" and isinstance(value, float) else ""
        if param.type == "bool" and isinstance(value, str) and value in YAML_11_WORDS:
            help = f"write `{YAML_11_WORDS[value]}`"
        noun = _NOUNS[param.type]
        raise fault(
            "A0324", f"`{param.name}` takes {noun}, not {shown} `{show(value)}`".replace("  ", " "), span, help=help
        )
    if param.choices is not None and value not in param.choices:
        listing = ", ".join(f"`{show(choice)}`" for choice in param.choices)
        raise fault("A0324", f"`{param.name}` cannot be `{show(value)}`", span, help=f"it is one of {listing}")
    if (param.min is not None and value < param.min) or (param.max is not None and value > param.max):
        bounds = f"at least {param.min}" if param.min is not None and value < param.min else f"at most {param.max}"
        raise fault("A0324", f"`{param.name}` must be {bounds}, not {show(value)}", span)
    return real(value) if param.type == "float" else value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def show(value: Any) -> str:
    """A value as one writes it in a spec."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(show(item) for item in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
