"""`archspec fmt` as a whole: every shipped spec, worked examples, mistakes."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.text.diagnostics import SpecError
from tests.fmt.tools import HEAD, SPECS, formatted, program


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_specs(path: Path) -> None:
    text = path.read_text("utf-8")
    kept, long, short = formatted(text), formatted(text, "long"), formatted(text, "short")
    assert kept == text, "run `archspec fmt` on it"
    assert formatted(long) == long == formatted(long, "long")
    assert formatted(short) == short == formatted(short, "short")
    assert formatted(long, "short") == formatted(formatted(long, "short"), "short")
    comments = re.findall(r"#.*", text)
    assert re.findall(r"#.*", long) == comments == re.findall(r"#.*", short)
    if "\ngraph:" in text:
        wanted = program(text)
        assert program(long) == wanted
        assert program(short) == wanted
        assert program(formatted(long, "short")) == wanted


MESSY = """\
archspec: 1\r
name: test
inputs: { x: [3,8,8] }   \t
params: {width:   8,  deep: false}
modules:
    unit:
        params: { out: int }
        # what it does
        steps:
        - conv( out,3,padding = 1 )   # first
        -   bn: batch_norm


        -   relu
graph:
- stem: unit( 2*width )
- for: n in [1,2]
  do:
  - "b${i+1}": unit(width*2**n)
  # behind the loop's last step
- when: not( deep )and width>4
  do: conv(width)
"""
TIDY = """\
archspec: 1
name: test
inputs: {x: [3, 8, 8]}
params: {width:   8,  deep: false}
modules:
  unit:
    params: {out: int}
    # what it does
    steps:
      - conv(out, 3, padding=1)   # first
      - bn: batch_norm


      - relu
graph:
  - stem: unit(2 * width)
  - for: n in [1, 2]
    do:
      - "b${i + 1}": unit(width * 2**n)
      # behind the loop's last step
  - when: not (deep) and width > 4
    do: conv(width)
"""


def test_a_worked_example() -> None:
    tidy = TIDY.replace("params: {out: int}", "params: {out_: int}").replace("conv(out,", "conv(out_,")
    messy = MESSY.replace("params: { out: int }", "params: { out_: int }").replace("conv( out,", "conv( out_,")
    assert formatted(messy) == tidy
    assert program(messy) == program(tidy)


@pytest.mark.parametrize(
    "text", ["a: [1", "archspec: 1\nname: test\n", HEAD + "graph:\n  - conv(8\n", HEAD + "graph:\n  - {op: [1]}\n"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        formatted(text)


@given(st.sampled_from(SPECS), st.randoms(use_true_random=False))
def test_disorder_is_undone_without_a_change(path: Path, chance: random.Random) -> None:
    text = path.read_text("utf-8")
    messy = disordered(text, chance)
    tidy = formatted(messy)
    assert formatted(tidy) == tidy
    assert not re.search(r"[ \t]+$|\r", tidy, re.MULTILINE)
    assert [line.strip() for line in tidy.splitlines()] == [line.strip() for line in text.splitlines()]
    if all(line.count("[") == line.count("]") and line.count("{") == line.count("}") for line in text.splitlines()):
        assert tidy == text  # a flow collection over several lines moves as a whole


def disordered(text: str, chance: random.Random) -> str:
    """A spec with other indentation and line ends, and with blanks where they say nothing."""
    width = chance.choice([2, 3, 4])
    end = chance.choice(["\n", "\r\n"])
    lines = []
    for line in text.splitlines():
        bare = line.lstrip(" ")
        indent = (len(line) - len(bare)) // 2 * width
        if "#" not in bare:
            bare = re.sub(r" (//|==|!=|>|<|%) ", lambda m: m[1] if chance.random() < 0.5 else f"  {m[1]}  ", bare)
            bare = re.sub(r"\{(?=\w)", lambda m: "{" + " " * chance.randrange(3), bare)
        if bare.startswith("- ") and indent:
            bare = "-" + " " * (width - 1) + bare[2:]
        lines.append(" " * indent + bare + " " * chance.randrange(3))
    return end.join(lines) + end * chance.randrange(1, 3)
