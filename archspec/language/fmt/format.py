"""The stages of formatting, each from text to text, and the check that nothing was lost."""

from __future__ import annotations

from typing import Literal

from archspec.language.fmt.edits import apply_edits
from archspec.language.fmt.forms import lengthen, shorten
from archspec.language.fmt.layout import lay_out
from archspec.language.fmt.spacing import space_expressions
from archspec.language.read import read_spec
from archspec.language.read.shape import mapping
from archspec.language.spec import Spec
from archspec.text.document import Entry, Items, Mapping, Scalar, Yaml
from archspec.text.limits import DEFAULT_LIMITS, Limits
from archspec.text.parse import parse
from archspec.text.source import Source

Style = Literal["keep", "long", "short"]


def format_text(source: Source, style: Style = "keep", limits: Limits = DEFAULT_LIMITS) -> str:
    """The text of a spec, formatted: lines end in a line feed, blocks stand two columns in, blanks in expressions are
    PEP 8's. A run of blanks after a comma or a colon stays, because it aligns columns.

    `long` writes constructions as mappings, `short` as expressions; the network stays the same.
    Raises `SpecError` for a file that cannot be read.

    >>> text = "archspec: 1\\nname: a\\ninputs: {x: [8]}\\ngraph:\\n- fc: linear( 2*4 )  # why\\n"
    >>> print(format_text(Source("a.yaml", text), "long"), end="")
    archspec: 1
    name: a
    inputs: {x: [8]}
    graph:
      - fc: {op: linear, out: 2 * 4}  # why
    """
    before = _tree(source, limits)
    _spec(before, limits)
    laid = _again(source, lay_out(source.text))
    text = apply_edits(laid.text, space_expressions(_spec(_tree(laid, limits), limits), limits))
    after = _tree(_again(source, text), limits)
    if not _same(before, after):
        raise AssertionError("formatting would change the spec")
    if style == "keep":
        return text
    change = lengthen if style == "long" else shorten
    text = apply_edits(text, change(after, limits))
    _spec(_tree(_again(source, text), limits), limits)
    return text


def _again(source: Source, text: str) -> Source:
    return Source(source.name, text)


def _tree(source: Source, limits: Limits) -> Mapping:
    return mapping(parse(source, limits), "a spec")


def _spec(tree: Mapping, limits: Limits) -> Spec:
    """The models of this file alone: what it inherits is not looked up, and stands for nothing."""
    if "extends" in tree:
        missing = [Entry(_word(key, tree), Items((), tree.span)) for key in ("graph",) if key not in tree]
        missing += [Entry(_word(key, tree), Mapping((), tree.span)) for key in ("inputs",) if key not in tree]
        if "archspec" not in tree:
            version = Scalar(1, "1", tree.span, range(2))
            missing.append(Entry(_word("archspec", tree), version))
        tree = Mapping((*tree.entries, *missing), tree.span)
    return read_spec(tree, limits)


def _word(text: str, tree: Mapping) -> Scalar:
    return Scalar(text, text, tree.span, range(len(text) + 1))


def _same(before: Yaml, after: Yaml) -> bool:
    """Equal but for white space inside values."""
    match before, after:
        case Scalar(), Scalar():
            return type(before.value) is type(after.value) and _bare(before) == _bare(after)
        case Items(), Items():
            return len(before) == len(after) and all(map(_same, before, after))
        case Mapping(), Mapping():
            pairs = zip(before, after, strict=False)
            return len(before) == len(after) and all(
                _same(one.key, other.key) and _same(one.value, other.value) for one, other in pairs
            )
    return False


def _bare(value: Scalar) -> str:
    return "".join(value.text.split())
