"""Random damage to the shipped specs: the answer is a network or a `SpecError`, never anything else."""

from __future__ import annotations

import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archspec.text.limits import Limits
from archspec.text.render import render
from tests.diagnostics.cases import diagnose

SECONDS = 5
LIMITS = Limits(nodes=2_000, operations=50_000)
JUNK = [
    *("{", "}", "[", "]", "(", ")", ":", ",", "- ", "#", "&a ", "*a", "!!x ", "|", ">", "%", "@", "`", "'", '"'),
    *(
        "\t",
        "\n",
        "\r",
        "  ",
        "\0",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ud7ff",
        "é",
        "\U0001d520",
        "${",
        "${j}",
        "$",
        "\\",
        "<<: ",
        "---\n",
    ),
    *("null", "~", "true", "no", "1e400", "-1", "0", "10**9", "1.5", ".inf", ".nan", "9" * 50, "0x1F", "010", "1_0"),
    *(
        "relu",
        "conv",
        "add(",
        "input",
        "it",
        "i",
        "j",
        "first",
        "__class__",
        "forward",
        "self",
        "lambda x: x",
        "import os",
    ),
    *(
        ">> ",
        "+ ",
        "* ",
        "if ",
        " else ",
        "for: n in ",
        "repeat: ",
        "times: ",
        "steps: ",
        "branches: ",
        "wire: last(2)",
    ),
    *(
        "from: ",
        "when: ",
        "do: ",
        "as: ",
        "out: ",
        "shared: ",
        "only: training",
        "params: ",
        "extends: resnet50\n",
        "op: ",
    ),
]


@cache
def shipped() -> tuple[str, ...]:
    """The shipped specs and the examples of the language's tests, those that are short enough to be checked often."""
    entries = [*files("archspec.specs").iterdir(), *(Path(__file__).parents[1] / "language" / "cases").iterdir()]
    texts = {entry.name: entry.read_text(encoding="utf-8") for entry in entries if entry.name.endswith(".yaml")}
    return tuple(text for _, text in sorted(texts.items()) if len(text) < 6_000)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A shipped spec with a few lines deleted, repeated, moved or indented, tokens swapped, junk put in."""
    text = draw(st.sampled_from(shipped()))
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "repeat", "move", "indent", "swap", "junk", "junk", "cut"])):
            case "delete":
                del lines[at]
            case "repeat":
                lines.insert(other, lines[at])
            case "move":
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = draw(st.sampled_from(["  ", " ", "\t", "- ", "    "])) + lines[at]
            case "swap":
                words, others = lines[at].split(" "), lines[other].split(" ")
                one, two = draw(st.integers(0, len(words) - 1)), draw(st.integers(0, len(others) - 1))
                words[one], others[two] = others[two], words[one]
                lines[at], lines[other] = " ".join(words), " ".join(others)
            case "junk":
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + draw(st.sampled_from(JUNK)) + lines[at][column:]
            case _:
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column]
        text = "\n".join(lines)
    return text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damage_is_told_or_harmless(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        started = time.process_time()
        render(diagnose(path, LIMITS))
        assert time.process_time() - started < SECONDS


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_told(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        path.write_bytes(data)
        assert any(each.severity == "error" for each in diagnose(path))
