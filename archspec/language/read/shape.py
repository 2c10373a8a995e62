"""What a value in the YAML tree must look like: the small readers that the others are made of."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from archspec.text.diagnostics import Label, Reporter, SpecError, fault
from archspec.text.document import Entry, Items, Mapping, Scalar, Yaml
from archspec.text.source import Span
from archspec.text.suggest import suggest

STEP_WORDS = ("from", "when", "only", "with", "tie", "inline")
ACTION_WORDS = ("do", "op", "repeat", "branches", "steps", "for")
DETAIL_WORDS = ("times", "as", "wire", "join", "shared", "out", "checkpoint")
BODY_WORDS = ("steps", "branches", "join", "shared", "out", "checkpoint")
STRUCTURE_WORDS = frozenset((*STEP_WORDS, *ACTION_WORDS, *DETAIL_WORDS))
OWN_NAMES = frozenset(("input", "it", "i", "j", "first", "last", "true", "false", "null"))
TORCH_NAMES = frozenset(
    [
        "T_destination",
        "_apply",
        "_backward_hooks",
        "_backward_pre_hooks",
        "_buffers",
        "_call_impl",
        "_compiled_call_impl",
        "_forward_hooks",
        "_forward_hooks_always_called",
        "_forward_hooks_with_kwargs",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_get_backward_hooks",
        "_get_backward_pre_hooks",
        "_get_name",
        "_is_full_backward_hook",
        "_load_from_state_dict",
        "_load_state_dict_post_hooks",
        "_load_state_dict_pre_hooks",
        "_maybe_warn_non_full_backward_hook",
        "_modules",
        "_named_members",
        "_non_persistent_buffers_set",
        "_parameters",
        "_register_load_state_dict_pre_hook",
        "_register_state_dict_hook",
        "_replicate_for_data_parallel",
        "_save_to_state_dict",
        "_slow_forward",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
        "_version",
        "_wrapped_call_impl",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
        "self",
        "torch",
        "nn",
        "F",
        "super",
    ]
)
"""What an `nn.Module` calls its own (the parent class wins over an attribute of that name)."""

T = TypeVar("T")
Word = TypeVar("Word", bound=str)
_TAKEN = frozenset(keyword.kwlist) | STRUCTURE_WORDS | OWN_NAMES | TORCH_NAMES
_COPY = re.compile(r"(?!__)[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*")


def describe(value: Yaml) -> str:
    """What a reader sees there, for the end of `expected …, found …`."""
    match value:
        case Mapping():
            return "a mapping"
        case Items():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return f"`{value.text}`, which is a truth value"
        case Scalar(value=str()):
            return "text"
        case _:
            return f"the number {value.text}"


def wrong(value: Yaml, expected: str, help: str = "") -> SpecError:
    return fault("A0203", f"expected {expected}, found {describe(value)}", value.span, help=help)


def mapping(value: Yaml, what: str) -> Mapping:
    if not isinstance(value, Mapping):
        raise wrong(value, f"a mapping for {what}")
    return value


def items(value: Yaml, what: str) -> Items:
    if not isinstance(value, Items):
        raise wrong(value, f"a list for {what}")
    return value


def scalar(value: Yaml, what: str) -> Scalar:
    if not isinstance(value, Scalar) or value.value is None:
        raise wrong(value, what)
    return value


def text(value: Yaml, what: str) -> str:
    found = scalar(value, what)
    if not isinstance(found.value, str):
        raise wrong(value, what, help=f'quote it: "{found.text}"')
    return found.value


def among(given: str, choices: Iterable[Word]) -> Word | None:
    """A text as that of the choices which it is."""
    return next((choice for choice in choices if choice == given), None)


def word(value: Yaml, what: str, choices: Iterable[Word]) -> Word:
    given, known = text(value, what), tuple(choices)
    found = among(given, known)
    if found is None:
        near = suggest(given, known)
        listing = ", ".join(f"`{choice}`" for choice in known)
        raise fault(
            "A0215",
            f"{what} cannot be `{given}`",
            value.span,
            help=[f"did you mean `{near}`?"] if near else [f"it is one of {listing}"],
        )
    return found


def truth(value: Yaml, what: str) -> bool:
    found = scalar(value, what)
    if not isinstance(found.value, bool):
        better = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(found.text.lower())
        raise wrong(value, f"true or false for {what}", help=f"write `{better}`" if better else "")
    return found.value


def number(value: Yaml, what: str) -> int | float:
    found = scalar(value, what)
    if isinstance(found.value, bool) or not isinstance(found.value, int | float):
        raise wrong(value, f"a number for {what}")
    return found.value


def name(key: Scalar, what: str, *, copy: bool = False) -> str:
    """A name that may become a Python attribute and a key of the state dict."""
    check_name(key.text, key.span, what, copy=copy)
    return key.text


def check_name(given: str, span: Span, what: str, *, copy: bool = False) -> None:
    identifier = given.isascii() and given.isidentifier()
    if identifier and given not in _TAKEN and given[:2] != "__":
        return
    if copy and _COPY.fullmatch(given) and not identifier:
        return
    if not identifier:
        raise fault(
            "A0204",
            f"`{_clip(given)}` cannot name {what}",
            span,
            "not an identifier",
            help="names are ASCII letters, digits and underscores, and do not begin with a digit",
        )
    reason = (
        "a Python keyword"
        if keyword.iskeyword(given)
        else "reserved: it begins with `__`"
        if given.startswith("__")
        else "a structure word of the language"
        if given in STRUCTURE_WORDS
        else "a name that the language gives itself"
        if given in OWN_NAMES
        else "a name that PyTorch's modules own"
        if given in TORCH_NAMES
        else ""
    )
    if reason:
        raise fault(
            "A0204", f"`{_clip(given)}` cannot name {what}", span, reason, help=f"call it `{given.strip('_')}_`"
        )


def _clip(given: str) -> str:
    printable = "".join(c if c.isprintable() else "?" for c in given)
    return printable if len(printable) <= 40 else printable[:37] + "..."


def only_keys(found: Mapping, known: Iterable[str], what: str) -> None:
    """Every unknown key is an error of its own, with what it may have been meant to be."""
    allowed = tuple(known)
    reporter = Reporter()
    for entry in found:
        if entry.key.text not in allowed:
            reporter.found.extend(unknown_key(entry, allowed, what).diagnostics)
    reporter.check()


def unknown_key(entry: Entry, known: Iterable[str], what: str) -> SpecError:
    allowed = tuple(known)
    near = suggest(entry.key.text, allowed)
    return fault(
        "A0201",
        f"unknown key `{_clip(entry.key.text)}` in {what}",
        entry.key.span,
        help=f"did you mean `{near}`?" if near else "known keys: " + ", ".join(allowed),
    )


def need(found: Mapping, key: str, what: str, span: Span | None = None) -> Yaml:
    value = found.get(key)
    if value is None:
        raise fault("A0202", f"{what} needs the key `{key}`", span or _head(found))
    return value


def _head(found: Mapping) -> Span:
    return found.entries[0].key.span if found.entries else found.span


def plain(value: Yaml) -> Any:
    """The tree as Python values."""
    match value:
        case Scalar():
            return value.value
        case Items():
            return [plain(item) for item in value]
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in value}


M = TypeVar("M", bound=BaseModel)


def model(cls: type[M], value: Yaml, what: str) -> M:
    """A plain pydantic model from a mapping of plain values; its errors point into the file."""
    found = mapping(value, what)
    if cls.model_config.get("extra") == "forbid":
        only_keys(found, cls.model_fields, what)
    try:
        return cls.model_validate(plain(found))
    except ValidationError as error:
        raise SpecError(_located(error, found, what)) from None


def _located(error: ValidationError, found: Mapping, what: str) -> Iterable[Any]:
    for problem in error.errors(include_url=False):
        at: Yaml = found
        for step in problem["loc"]:
            if isinstance(at, Mapping) and str(step) in at:
                at = at[str(step)]
            elif isinstance(at, Items) and isinstance(step, int) and step < len(at):
                at = at.items[step]
        if problem["type"] == "missing":
            yield from fault("A0202", f"{what} needs the key `{problem['loc'][-1]}`", at.span).diagnostics
        elif problem["type"] == "extra_forbidden":
            yield from fault("A0201", f"unknown key `{problem['loc'][-1]}` in {what}", at.span).diagnostics
        else:
            message = problem["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            yield from fault("A0203", f"expected {message}, found {describe(at)}", at.span).diagnostics


def table(value: Yaml | None, what: str, read: Callable[[Entry], T], reporter: Reporter) -> dict[str, T]:
    """A mapping of named things, each read on its own so that one mistake does not hide the next."""
    result: dict[str, T] = {}
    if value is not None and not (isinstance(value, Scalar) and value.value is None):
        with reporter.catch():
            for entry in mapping(value, what):
                with reporter.catch():
                    result[entry.key.text] = read(entry)
    return result


def clash(what: str, second: Span, first: Span, help: str = "") -> SpecError:
    return fault("A0205", what, second, also=[Label(first, "first here")], help=help)
