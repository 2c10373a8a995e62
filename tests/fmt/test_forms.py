"""Steps in long and short form."""

from __future__ import annotations

import pytest

from tests.fmt.tools import HEAD, formatted, program

PAIRS = {
    "a construction": ("- c: conv(4, 3, stride=2)", "- c: {op: conv, out: 4, kernel: 3, stride: 2}"),
    "no arguments": ("- relu", "- {op: relu}"),
    "a name alone": ("- act: relu", "- act: {op: relu}"),
    "comments beside": ("- c: conv(4)  # why\n  # below", "- c: {op: conv, out: 4}  # why\n  # below"),
    "expressions": ("- conv(2 * x.channels, 3)", "- {op: conv, out: 2 * x.channels, kernel: 3}"),
    "numbers": (
        "- batch_norm(eps=1e-3, momentum=null)\n  - softmax(axis=-1)",
        "- {op: batch_norm, eps: 1e-3, momentum: null}\n  - {op: softmax, axis: -1}",
    ),
    "truth": ("- conv(4, bias=false)", "- {op: conv, out: 4, bias: false}"),
    "words": ("- conv(4, 3, padding=half)", "- {op: conv, out: 4, kernel: 3, padding: half}"),
    "lists": ("- conv(4, [3, 1])", "- {op: conv, out: 4, kernel: [3, 1]}"),
    "lists in lists": (
        "- pad([[0, 1], [0, 1]])",
        "- {op: pad, amounts: [[0, 1], [0, 1]]}",
    ),
    "commas are quoted": ("- conv(max(4, 2), 3)", '- {op: conv, out: "max(4, 2)", kernel: 3}'),
    "calls of initialisers": ("- conv(4, init=normal(0.1))", "- {op: conv, out: 4, init: normal(0.1)}"),
    "applied": (
        "- a: relu\n  - conv(4)(x)\n  - flatten",
        "- a: {op: relu}\n  - {op: conv, out: 4, from: x}\n  - {op: flatten}",
    ),
    "applied without arguments": (
        "- a: relu\n  - b: sigmoid(x)\n  - concat(a, b)",
        "- a: {op: relu}\n  - b: {op: sigmoid, from: x}\n  - {op: concat, from: [a, b]}",
    ),
    "constructed and joined": (
        "- a: relu\n  - concat(axis=1)(a, x)",
        "- a: {op: relu}\n  - {op: concat, axis: 1, from: [a, x]}",
    ),
    "several outputs": (
        "- p, q: chunk(2)\n  - r: chunk(2)\n    from: x\n  - relu(r[1])",
        '- p, q: {op: chunk, parts: 2}\n  - r: {op: chunk, parts: 2}\n    from: x\n  - {op: relu, from: "r[1]"}',
    ),
    "words beside": (
        "- a: relu\n  - b: conv(8)\n    from: x\n    when: x.channels > 1",
        "- a: {op: relu}\n  - b: {op: conv, out: 8}\n    from: x\n    when: x.channels > 1",
    ),
    "do in flow": (
        '- {do: "conv(8, 1)", when: x.channels > 1}',
        "- {op: conv, out: 8, kernel: 1, when: x.channels > 1}",
    ),
    "do in a block": (
        "- do: conv(8, 1)  # why\n    when: x.channels > 1",
        "- op: conv\n    out: 8\n    kernel: 1  # why\n    when: x.channels > 1",
    ),
    "do under a name": ("- c: {do: conv(8), when: true}", "- c: {op: conv, out: 8, when: true}"),
    "copies": (
        "- c: {repeat: conv(8), times: 2}\n  - d: {repeat: relu, times: 2}",
        "- c: {repeat: {op: conv, out: 8}, times: 2}\n  - d: {repeat: {op: relu}, times: 2}",
    ),
    "loops": (
        "- for: n in [1, 2]\n    do: conv(n)\n  - for: n in [1, 2]\n    do:\n      - c${i}: conv(n)",
        "- for: n in [1, 2]\n    do: {op: conv, out: n}\n"
        "  - for: n in [1, 2]\n    do:\n      - c${i}: {op: conv, out: n}",
    ),
    "branches": (
        "- branches:\n      a: conv(4)\n      b: relu\n    join: concat",
        "- branches:\n      a: {op: conv, out: 4}\n      b: {op: relu}\n    join: concat",
    ),
    "nested": ("- a:\n      - conv(4)\n      - relu", "- a:\n      - {op: conv, out: 4}\n      - {op: relu}"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name: str) -> None:
    short, long = (f"{HEAD}graph:\n  {text}\n" for text in PAIRS[name])
    assert formatted(short) == short
    assert formatted(short, "long") == long
    assert formatted(long, "short") == short
    assert formatted(long, "long") == long
    assert formatted(short, "short") == short
    assert program(short) == program(long)


SHORTENED = {
    "by name until required": ("{op: max_pool, stride: 2, kernel: 3}", "max_pool(3, stride=2)"),
    "a gap": ("{op: dropout, p: 0.1}", "dropout(p=0.1)"),
    "YAML's numbers": ("{op: conv, out: 010, kernel: 0o3}", "conv(10, 0o3)"),
    "a block": ("\n      op: conv\n      out: 4", "conv(4)"),
    "a tuple": ('{op: conv, out: 4, kernel: "3, 1"}', "conv(4, (3, 1))"),
    "an alternative": ("{op: conv, out: 4 if true else 2, kernel: 3}", "conv(4 if true else 2, 3)"),
}


@pytest.mark.parametrize("name", SHORTENED)
def test_shortened(name: str) -> None:
    long, short = SHORTENED[name]
    text = f"{HEAD}graph:\n  - c: {long}\n"
    assert formatted(text, "short") == f"{HEAD}graph:\n  - c: {short}\n"
    assert program(text) == program(formatted(text, "short"))


KEPT_LONG = {
    "a comment inside": "- {op: conv, # why\n     out: 4}",
    "an anchor inside": "- {op: conv, out: &n 4}\n  - {op: conv, out: *n}",
    "a step that is an anchor": "- &c {op: conv, out: 4}\n  - *c",
    "words between": "- op: conv\n    when: true\n    out: 4",
}


@pytest.mark.parametrize("name", KEPT_LONG)
def test_what_stays_long(name: str) -> None:
    text = f"{HEAD}graph:\n  {KEPT_LONG[name]}\n"
    assert formatted(text, "short") == text


KEPT_SHORT = {
    "a pipe": "- conv(4) >> conv(2)",
    "a join": "- a: relu >> relu\n  - a + x",
    "an operand that is built": "- relu(conv(4)(x))",
    "what it reads is asked": "- a: relu >> relu\n  - conv(it.channels)(a)",
    "skipped, it stands for another node": "- a: relu >> relu\n  - do: conv(8)(x)\n    when: false",
    "a shared instance": "- steps:\n      - e(x)\n      - e\n    shared: {e: conv(8)}",
    "named inputs": "- relu(input=x)",
    "a choice": "- relu if true else sigmoid",
    "an anchor": "- &r conv(4)\n  - *r",
    "several lines": "- >-\n      conv(4)",
}


@pytest.mark.parametrize("name", KEPT_SHORT)
def test_what_stays_short(name: str) -> None:
    text = f"{HEAD}graph:\n  {KEPT_SHORT[name]}\n"
    assert formatted(text, "long") == text
    program(text)


def test_modules() -> None:
    text = (
        f"{HEAD}modules:\n  unit:\n    params: {{width: int, kernel: 1, act: {{type: op, default: relu}}}}\n"
        "    steps:\n      - conv(width, kernel)\n      - act\n"
        "graph:\n  - unit(4, 3)\n  - a: unit(2, act=sigmoid)\n  - b: unit(2)(x)\n"
    )
    long = formatted(text, "long")
    assert "- {op: unit, width: 4, kernel: 3}" in long
    assert "- a: {op: unit, width: 2, act: sigmoid}" in long
    assert "- b: {op: unit, width: 2, from: x}" in long
    assert program(long) == program(text)
    assert formatted(long, "short") == text


def test_a_name_that_may_be_a_node_or_a_word_is_left() -> None:
    """`tanh` is a word of gelu here, and would be a node after a step of that name."""
    text = f"{HEAD}graph:\n  - gelu(tanh)\n  - tanh: tanh >> relu\n"
    assert formatted(text, "long") == text


def test_modules_of_another_file_take_names_only() -> None:
    text = "archspec: 1\nname: test\nuse: [common]\ninputs: {x: [8]}\ngraph:\n  - unit(4)\n  - unit(width=4)\n"
    assert formatted(text, "long").endswith("  - unit(4)\n  - {op: unit, width: 4}\n")


def test_what_is_inherited_counts_as_unknown() -> None:
    text = "extends: base.yaml\nname: test\nmodules:\n  m:\n    - concat(a)\n    - conv(4)\n"
    assert formatted(text, "long").endswith("    - concat(a)\n    - {op: conv, out: 4}\n")
