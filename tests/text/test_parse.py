from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archspec.text.diagnostics import SpecError
from archspec.text.document import Items, Mapping, Scalar, Yaml
from archspec.text.parse import parse
from archspec.text.source import Source
from tests.text.tools import complaint, diagnostics, plain, tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2024-01-02", "2024-01-02"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("+3", 3),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("5.", 5.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'3'", "3"),
        ('"true"', "true"),
        ("0b1", "0b1"),
        ("1e", "1e"),
        (".", "."),
    ],
)
def test_scalars_mean_what_the_core_schema_of_yaml_1_2_says(text: str, value: object) -> None:
    found = plain(tree(f"x: {text}"))
    assert found == {"x": value}
    assert type(found["x"]) is type(value)


def test_not_a_number_is_one_too() -> None:
    assert math.isnan(plain(tree(".nan")))


def test_keys_are_text_whatever_they_look_like() -> None:
    assert plain(tree("1: a\ntrue: b\n010: c\n'x y': d\nblock${i + 1}: e")) == {
        "1": "a",
        "true": "b",
        "010": "c",
        "x y": "d",
        "block${i + 1}": "e",
    }


def test_spans_end_with_the_text_and_not_with_the_blank_lines_after_it() -> None:
    source = "graph:\n  - a: relu\n\n# comment\nname: x\n"
    document = tree(source)
    assert isinstance(document, Mapping)
    assert document["graph"].span.text == "- a: relu"
    assert document.span.text == source.strip()


def test_an_alias_repeats_its_anchor() -> None:
    assert plain(tree("a: &x {k: [1, 2]}\nb: *x\nc: &y z\n*y : w")) == {
        "a": {"k": [1, 2]},
        "b": {"k": [1, 2]},
        "c": "z",
        "z": "w",
    }


def test_a_byte_order_mark_is_dropped() -> None:
    document = tree("\ufeffname: x\ntitle: y")
    assert isinstance(document, Mapping)
    assert document["title"].span.text == "y"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a:1\nb: 2", [("A0103", ":")]),
        ("a: 1\nb:2\nc: 3", [("A0103", ":")]),
        ("a:1\r\nb: 2", [("A0103", ":")]),
        ("a: 1\nb\nc: 3", [("A0103", "b")]),
        ("a:\n\t- b", [("A0102", "\t")]),
        ("a: [1, 2", [("A0104", "[")]),
        ("a: {b: 1\nc: 2", [("A0104", "{")]),
        ("a: [unit(kernel=[1, 3])]", [("A0104", "[")]),
        ("a: ]", [("A0104", "]")]),
        ("a: {b: c}}", [("A0104", "}")]),
        ("a: 'x", [("A0105", "'")]),
        ('a: "x\ny: 2\n', [("A0105", '"')]),
        ('a: "x\\q"', [("A0105", "\\")]),
        ("a: {as: ${j}}", [("A0106", "${j}")]),
        ("a: [x${i}]", [("A0106", "${i}")]),
        ("a: b: c", [("A0107", ":")]),
        ("a: {conv: bias: no}", [("A0107", ":")]),
        ("- x: y\n    from: z", [("A0108", "from")]),
        ("a:\n    b: 1\n  c: 2", [("A0108", "c: 2")]),
        ("- a\nb: 1", [("A0108", "b: 1")]),
        ("a: - b", [("A0108", "-")]),
        ("a: 'x' y", [("A0108", "y")]),
        ("a: [1] + 2", [("A0108", "+")]),
        ("a: @x", [("A0109", "@")]),
        ("a: `x`", [("A0109", "`")]),
        ("a: >= 1", [("A0109", ">")]),
        ("a: {m: >= 1G}", [("A0109", ">")]),
        ("a: * x", [("A0109", "*")]),
        ("a: 1\na: 2", [("A0110", "a")]),
        ("[a]: 1", [("A0111", "[a]")]),
        ("? {a: 1}\n: 2", [("A0111", "{a: 1}")]),
        (": x", [("A0111", ":")]),
        ("a: !first", [("A0112", "!first")]),
        ("a: !!int 3", [("A0112", "!!int")]),
        (
            "a: !<tag:yaml.org,2002:python/object:os.system> []",
            [("A0112", "!<tag:yaml.org,2002:python/object:os.system>")],
        ),
        ("<<: {a: 1}", [("A0113", "<<")]),
        ("a: 1\n---\nb: 2", [("A0114", "---")]),
        ("a: *b", [("A0117", "*b")]),
        ("a: &a [*a]", [("A0117", "*a")]),
        ("a: [unit(1), unit(2, 3)]", [("A0120", "unit(2, 3)")]),
        ("{repeat: unit(8, 3), times: 2}", [("A0120", "unit(8, 3)")]),
        ("{a: [concat(f(1, 2), 3)], b: g(1, 2)}", [("A0120", "concat(f(1, 2), 3)"), ("A0120", "g(1, 2)")]),
        ("a: !x 1\na: 2\nb: [f(1, 2)]\nc: 'x", [("A0112", "!x"), ("A0120", "f(1, 2)"), ("A0105", "'")]),
    ],
)
def test_mistakes_are_told_at_their_place(text: str, found: list[tuple[str, str]]) -> None:
    with pytest.raises(SpecError) as caught:
        tree(text)
    assert diagnostics(caught.value) == found


def test_calls_in_brackets_may_be_quoted_or_without_commas() -> None:
    assert plain(tree('[unit(1), "unit(2, 3)", (a), b)]')) == ["unit(1)", "unit(2, 3)", "(a)", "b)"]


def test_parentheses_of_block_text_are_nobodys_business() -> None:
    assert plain(tree("- conv(64, 7)\n- title (\n- )")) == ["conv(64, 7)", "title (", ")"]


@given(st.text(alphabet=st.sampled_from("ab:-[]{},'\"#&*!|>%@ \n\t$(){}1é"), max_size=40))
def test_any_text_parses_or_is_told_what_is_wrong(text: str) -> None:
    error = complaint(lambda: parse(Source("a.yaml", text)))
    for diagnostic in error.diagnostics if error else ():
        assert diagnostic.labels
        assert "\n" not in diagnostic.message


@given(st.text(max_size=60))
def test_any_unicode_parses_or_is_told_what_is_wrong(text: str) -> None:
    error = complaint(lambda: parse(Source("a.yaml", text)))
    assert error is None or str(error)


_WORDS = st.text(alphabet="ab1 :#-?'\"\\\n\té日😀", max_size=12)
_VALUES = st.recursive(
    _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS.filter(bool), inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES, st.sampled_from([None, True, False]), st.sampled_from([None, "'", '"', "|", ">"]), st.integers(10, 80))
def test_what_pyyaml_writes_reads_back_and_every_character_stands_where_it_says(
    value: object, flow: bool | None, style: str | None, width: int
) -> None:
    text = yaml.dump(value, default_flow_style=flow, default_style=style, width=width, allow_unicode=True)
    text = text.replace("!!str ", "")
    error = complaint(lambda: check_places(parse(Source("a.yaml", text)), text))
    assert error is None


def check_places(value: Yaml, text: str) -> None:
    """Each character of each scalar stands in the file where its offset says, escapes and folds apart."""
    if isinstance(value, Items):
        for item in value:
            check_places(item, text)
    elif isinstance(value, Mapping):
        for entry in value:
            check_places(entry.key, text)
            check_places(entry.value, text)
    else:
        check_scalar(value, text)


def check_scalar(value: Scalar, text: str) -> None:
    assert len(value.offsets) == len(value.text) + 1
    assert all(a <= b for a, b in zip(value.offsets, value.offsets[1:], strict=False))
    assert value.offsets[-1] <= len(text)
    for character, at in zip(value.text, value.offsets, strict=False):
        folded = character in " \n" and text[at] in " \t\r\n"
        assert text[at] == character or text[at] == "\\" or folded, (character, at, text)


@pytest.mark.parametrize(
    "text",
    [
        "x: a + b",
        "x: a\n  + b\n\n  + c",
        "x: 'it''s a + b'",
        "x: 'a\n\n   b'",
        'x: "a \\u00e9 + \\x41 \\\n   b\\n"',
        "x: |\n  a\n   b\n\n  c\n",
        "x: |2-\n    a\n   b\n",
        "x: >\n  a\n  b\n\n  c\n   d\n  e\n",
        "x: >+\n  a é\n  b\n\n\n",
        "x: >-\r\n  a\r\n  b\r\n",
        "x: &k 'a b'",
        "é: [日本, 'ü']",
    ],
)
def test_places_inside_every_style_of_scalar(text: str) -> None:
    check_places(tree(text), text)


def test_the_places_of_a_folded_expression() -> None:
    text = "x: >\n  a +\n  width\n"
    document = tree(text)
    assert isinstance(document, Mapping)
    scalar = document["x"]
    assert isinstance(scalar, Scalar)
    assert scalar.text == "a + width\n"
    assert scalar.part(4, 9).text == "width"


SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_places_in_the_shipped_specs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    check_places(tree(text), text)
