from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.text.diagnostics import SpecError
from archspec.text.document import Mapping, Scalar
from archspec.text.expression import Expression, parse_expression, parse_template
from archspec.text.limits import Limits
from tests.text.tools import complaint, diagnostics, only, scalar, tree


@pytest.mark.parametrize(
    "text",
    [
        "relu",
        "conv(64, 7, stride=2)",
        "sep(5)(h) + sep(3)(p)",
        "conv(64) >> batch_norm >> relu",
        "2 if j == 0 else 1",
        "0 < a <= b != c and not d or e",
        "layers[1:3][-1]",
        "[1, (2, 3), 'half', null]",
        "resnet.layer1(x, mask=m)",
        "64 * 2**i // (j + 1) % 3 - 1.5e-3 / +2",
        "a in b not in c",
        "a\n  + b",
    ],
)
def test_the_language_is_a_part_of_pythons(text: str) -> None:
    expression = parse_expression(scalar(text))
    wanted = ast.parse(text.replace("\n", " ").replace("null", "None"), mode="eval").body
    assert ast.dump(expression.tree) == ast.dump(wanted)


@pytest.mark.parametrize(
    ("text", "code", "place", "message", "help"),
    [
        ("  ", "A0220", "  ", "an expression is missing here", ""),
        ("a +", "A0220", "+", "the expression ends too early", ""),
        ("a == = b", "A0222", "=", "`=` does not compare", "write `==`"),
        ("width = 4", "A0222", "=", "`=` does not compare", "write `==`, or `width: …` to name a step"),
        ("f(a.b=1)", "A0222", "=", "`=` does not compare", "write `==`"),
        ("4 width", "A0220", "width", "`width` follows `4` without an operator", "a comma or an operator is missing"),
        ("f(a b)", "A0220", "b", "`b` follows `a` without an operator", "a comma or an operator is missing"),
        (
            "2x",
            "A0220",
            "2x",
            "`2x` is neither a number nor a name",
            "a product is written `2 * x`; a name cannot begin with a digit",
        ),
        ("a + 010", "A0220", "010", "`010` begins with a zero", "write `10`"),
        ("1.5.2", "A0220", "1.5.2", "`1.5.2` is neither a number nor a name", ""),
        (
            "conv1:conv(64)",
            "A0220",
            ":",
            "unexpected `:`",
            "a space after the colon makes it a YAML mapping, `name: value`",
        ),
        ("in + 1", "A0220", "in", "`in` is a word of the grammar and cannot stand here", ""),
        ("1 if a", "A0220", "1 if a", "`if` without `else`", "write `a if condition else b`"),
        ("f(a=1, 2)", "A0220", "2", "an argument without a name follows one with a name", "put named arguments last"),
        ("f(a=1, a=2)", "A0220", "a=2", "the argument `a` is given twice", ""),
        ("é + 1", "A0220", "é", "the character `é` cannot stand in an expression", ""),
        ("f(,)", "A0220", ",", "unexpected `,`", ""),
        ("conv(64, 3", "A0221", "(", "`(` is never closed", ""),
        ("64)", "A0221", ")", "`)` closes nothing", ""),
        ("(a]", "A0221", "]", "`]` closes `(`, which wants `)`", ""),
        ("f('abc)", "A0221", "'abc)", "the string is never closed: `'` is missing", ""),
        ("a && b", "A0222", "&&", "`&&` is not part of an expression", "write `and`"),
        ("a || b", "A0222", "||", "`||` is not part of an expression", "write `or`"),
        ("!a", "A0222", "!", "`!` is not part of an expression", "write `not`"),
        ("a ? b : c", "A0222", "?", "`?` is not part of an expression", "write `a if condition else b`"),
        ("a => b", "A0222", "=>", "`=>` is not part of an expression", "write `>=`"),
        ("a += 1", "A0222", "+=", "`+=` is not part of an expression", "write `+`"),
        ("x${i}", "A0222", "$", "`$` is not part of an expression", None),
        ("2 ^ i", "A0222", "^", "`^` is not part of an expression", "a power is written with `**`"),
        ("a @ b", "A0223", "a @ b", "`@` is not part of the language", ""),
        ("a | b", "A0223", "a | b", "`|` is not part of the language", "write `or`"),
        ("~a", "A0223", "~a", "`~` is not part of the language", "write `not`"),
        ("a is b", "A0223", "a is b", "`is` is not part of the language", "write `==`"),
        (
            "lambda x: x",
            "A0223",
            "lambda x: x",
            "a lambda is not part of the language",
            "define a module under `modules`",
        ),
        ("[x for x in y]", "A0223", "[x for x in y]", "a comprehension is not part of the language", None),
        ("(x := 1)", "A0223", "x := 1", "an assignment is not part of the language", None),
        ("f'{x}'", "A0223", "f'{x}'", "a string takes no prefix `f`", ""),
        ("f(*a)", "A0223", "*a", "unpacking with `*` is not part of the language", "write the arguments out"),
        ("f(**a)", "A0223", "**a", "unpacking with `**` is not part of the language", "write the arguments out"),
        ("await x", "A0223", "await x", "`await` is not part of the language", ""),
        ("{a}", "A0223", "{a}", "a set is not part of the language", "write a list: [a, b]"),
        ("{a: 1}", "A0223", "{a: 1}", "a dictionary is not part of the language", "write a list: [a, b]"),
        ("f(...)", "A0223", "...", "`...` is not part of the language", ""),
        ("'a\\d'", "A0223", "\\", "a string of an expression has no escapes", ""),
        ("(a + b)(c)", "A0223", "a + b", "only a name can be called", "multiplication is written with `*`"),
        ("a.__class__", "A0224", "a.__class__", "`__class__` is not a name: it begins with two underscores", ""),
        ("f(__x=1)", "A0224", "__x=1", "`__x` is not a name: it begins with two underscores", ""),
        ("1e999", "A0225", "1e999", "a number too large for a float", ""),
    ],
)
def test_what_is_not_an_expression_is_told_at_its_place(
    text: str, code: str, place: str, message: str, help: str | None
) -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression(scalar(text))
    found = only(caught.value)
    assert (found.code, found.labels[0].span.text, found.message) == (code, place, message)
    if help is not None:
        assert found.help == ((help,) if help else ())


@pytest.mark.parametrize("text", ["-" * 3000 + "1", "not " * 900 + "1", "2**" * 900 + "2", "f(" * 1500, "9" * 3999])
def test_bounds_are_met_without_python_noticing(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression(scalar(text))
    assert only(caught.value).code == "A0225"


def test_a_raised_bound_still_never_ends_the_stack() -> None:
    wide = Limits(expression_length=10**6, expression_depth=10**6)
    for text in ("-" * 50_000 + "1", "(" * 50_000 + "1" + ")" * 50_000, "2**" * 50_000 + "2", "a." * 50_000 + "a"):
        error = complaint(partial(parse_expression, scalar(text), wide))
        assert error is not None
        assert only(error).code == "A0225"


def test_numbers_of_yaml_are_expressions_as_yaml_reads_them() -> None:
    document = tree("[010, 0o17, .5, ~, TRUE, -3]")
    assert [ast.literal_eval(parse_expression(item).tree) for item in document] == [10, 15, 0.5, None, True, -3]
    with pytest.raises(SpecError, match="not a finite number"):
        parse_expression(tree(".inf"))


@pytest.mark.parametrize("style", ["x: {}", "x: '{}'", 'x: "{}"', "x: >\n  {}\n", "x: |-\n  {}"])
def test_spans_point_into_the_file_through_every_style(style: str) -> None:
    written = "concat(4 * width, h[0].shape, 2 if a else b)"
    document = tree(style.format(written))
    assert isinstance(document, Mapping)
    value = document["x"]
    assert isinstance(value, Scalar)
    expression = parse_expression(value)
    assert expression.span().text == expression.source() == written
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.expr):
            assert expression.span(node).text == expression.source(node) == ast.get_source_segment(written, node)


def test_columns_count_characters_and_not_bytes() -> None:
    expression = parse_expression(scalar("f('é日', width)"))
    assert isinstance(expression.tree, ast.Call)
    assert expression.source(expression.tree.args[1]) == expression.span(expression.tree.args[1]).text == "width"
    with pytest.raises(SpecError) as caught:
        parse_expression(scalar("f('é日', a @ b)"))
    assert diagnostics(caught.value) == [("A0223", "a @ b")]


def test_templates_hold_expressions() -> None:
    template = parse_template(scalar("block${i + 1}-${ j }x${'}'}"))
    assert not template.is_plain
    parts = [part.source() if isinstance(part, Expression) else (part,) for part in template.parts]
    assert parts == [("block",), "i + 1", ("-",), "j", ("x",), "'}'"]
    assert [part.span().text for part in template.parts if isinstance(part, Expression)] == ["i + 1", "j", "'}'"]
    assert parse_template(scalar("cost: $5 {x}")).is_plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a${b", ("A0226", "${b")),
        ("a${ }", ("A0226", "${ }")),
        ("a${2b}c", ("A0220", "2b")),
        ("${a b}", ("A0220", "b")),
    ],
)
def test_broken_templates(text: str, found: tuple[str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_template(scalar(text))
    assert diagnostics(caught.value) == [found]


@given(
    st.lists(
        st.sampled_from(
            "a f 1 2.5 'x' \" ( ) [ ] { } , . : = == + - * ** / // % >> << < > <= and or not if else in is lambda for "
            "await yield async print None True null __a \\ \n é ; # $ ! ? @ & | ^ ~ := -> ... 0x 1e f'".split(" ")
        ),
        max_size=12,
    ),
    st.sampled_from(["", " "]),
)
def test_any_tokens_parse_or_are_told_what_is_wrong(tokens: list[str], between: str) -> None:
    text = between.join(tokens)
    readers: tuple[Callable[[Scalar], object], ...] = (parse_expression, parse_template)
    for reader in readers:
        error = complaint(partial(reader, scalar(text)))
        if error:
            span = only(error).labels[0].span
            assert span.start <= span.end <= len(text)


@given(st.text(max_size=30))
def test_any_unicode_is_an_expression_or_is_told_what_is_wrong(text: str) -> None:
    error = complaint(lambda: parse_expression(scalar(text)))
    assert error is None or str(error)
