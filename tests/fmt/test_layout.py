"""White space outside values, on whole texts."""

from __future__ import annotations

import textwrap

import pytest

from archspec.language.fmt.layout import lay_out
from archspec.text.document import Items, Mapping, Yaml
from archspec.text.parse import parse
from archspec.text.source import Source


def plain(value: Yaml) -> object:
    match value:
        case Items():
            return [plain(one) for one in value]
        case Mapping():
            return [(entry.key.text, plain(entry.value)) for entry in value]
        case _:
            return value.value


PAIRS = {
    "a list under a key": ("a:\n- b\n- c\nd: 1\n", "a:\n  - b\n  - c\nd: 1\n"),
    "four columns": ("a:\n    b:\n        c: 1\n    d: 2\n", "a:\n  b:\n    c: 1\n  d: 2\n"),
    "wide dashes": ("a:\n-   b: 1\n    c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
    "lists in lists": ("- - a\n  -   b\n-\n    - c\n", "- - a\n  - b\n-\n  - c\n"),
    "flow": ("a: { b : 1 ,c: [ 1,2 ,3 ] }\n", "a: {b: 1, c: [1, 2, 3]}\n"),
    "aligned flow": ("a: {b: 1,   c:   2}\n", "a: {b: 1,   c:   2}\n"),
    "json": ('a: {"b":1,"c":[1]}\n', 'a: {"b": 1, "c": [1]}\n'),
    "ends of lines": ("a: 1  \r\n\r\nb: 2\t\r\n\n\n", "a: 1\n\nb: 2\n"),
    "no last line end": ("a: 1", "a: 1\n"),
    "tabs between tokens": ("a:\t1\t# why\n", "a: 1 # why\n"),
    "comments go along": (
        "a:\n# of b\n- b\n    # far\n- c # beside\n# last\n",
        "a:\n  # of b\n  - b\n      # far\n  - c # beside\n# last\n",
    ),
    "comments at the end of a block": (
        "a:\n    b: 1\n    # of a\n# of all\nc: 1\n",
        "a:\n  b: 1\n  # of a\n# of all\nc: 1\n",
    ),
    "flow over lines": ("a:\n- {b: 1,\n   c: 2}\n- d\n", "a:\n  - {b: 1,\n     c: 2}\n  - d\n"),
    "a literal block": ("a:\n- |\n    one  \n      two\n\n- b\n", "a:\n  - |\n      one  \n        two\n\n  - b\n"),
    "a folded block": (
        "a:\n    b: >-\n        one\n        two\n    c: 1\n",
        "a:\n  b: >-\n      one\n      two\n  c: 1\n",
    ),
    "a block that counts its columns": ("a:\n    b: |1\n      one\n", "a:\n    b: |1\n      one\n"),
    "a block that keeps its end": ("a: |+\n  one\n\n\n", "a: |+\n  one\n\n\n"),
    "plain text over lines": ("a:\n- one\n    two\n- b\n", "a:\n  - one\n      two\n  - b\n"),
    "an escaped blank": ('a: "one\\ \n  two"\n', 'a: "one\\ \n  two"\n'),
    "anchors": ("a:\n    b: &x {c: 1}\n    d: *x\n", "a:\n  b: &x {c: 1}\n  d: *x\n"),
    "words with breaks of Unicode": ("a: 'x\u2028y'  \nb: 1\n", None),
    "a document start": ("---\na:\n    - b\n", "---\na:\n  - b\n"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_examples(name: str) -> None:
    given, wanted = PAIRS[name]
    laid = lay_out(given)
    if wanted is not None:
        assert laid == wanted
    assert lay_out(laid) == laid
    assert plain(parse(Source("x", laid))) == plain(parse(Source("x", given)))


def test_docs_style_is_kept() -> None:
    text = textwrap.dedent(
        """\
        graph:
          - features:
              steps:
                - conv0: conv(64, 7)   # why
                - for: n in layers
                  do:
                    - a: b
                      when: not last
        """
    )
    assert lay_out(text) == text
