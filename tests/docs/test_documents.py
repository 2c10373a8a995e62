"""The documentation is true: its commands are run, and what they print is what it prints.

In README.md and docs/*.md, a fenced block

    console           runs each `$ command` and compares its output; `...` stands for anything
    console exit=1    likewise, and the last command ends with that exit status
    pycon             is a session of Python, checked by doctest
    yaml file=NAME    writes a file for the commands after it (so does python file=NAME)
    yaml check        is a spec that is right; a list of steps stands for a graph over an image [64, 32, 32]

The blocks of one document share one folder, which holds the specs of the library under specs/.
`UPDATE_DOCS=1 pytest tests/docs` writes the real output into the documents; read the diff before you commit it.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import archspec
import tests.oracles  # noqa: F401 (the documents import torchvision, which may need help)

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(?P<head>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
UPDATE = bool(os.environ.get("UPDATE_DOCS"))


@dataclass(frozen=True)
class Block:
    language: str
    options: dict[str, str]
    body: str
    line: int
    span: tuple[int, int]
    """of the body, in the document's text"""


def blocks(text: str) -> list[Block]:
    found = []
    for match in FENCE.finditer(text):
        language, *words = match["head"].split() or [""]
        options = {name: value for name, _, value in (word.partition("=") for word in words)}
        found.append(
            Block(language, options, match["body"], text.count("\n", 0, match.start()) + 1, match.span("body"))
        )
    return found


def commands(body: str) -> list[tuple[str, str]]:
    """The commands of a console block (a backslash at the end of a line goes on), each with the output printed."""
    pairs: list[tuple[str, str]] = []
    going_on = False
    for line in body.splitlines(keepends=True):
        if line.startswith("$ ") or going_on:
            text = line if going_on else line[2:]
            pairs = [*pairs[:-1], (pairs[-1][0] + text, "")] if going_on else [*pairs, (text, "")]
            going_on = line.endswith("\\\n")
        else:
            assert pairs, f"a console block starts with a command, not with {line!r}"
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + line)
    return pairs


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the library's specs, and with the command `archspec` of this checkout in bin/."""
    shutil.copytree(ROOT / "specs", tmp_path / "desk" / "specs")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "archspec"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nsys.argv[0] = 'archspec'\n"
                       "from archspec.cli import main\nmain()\n")  # fmt: skip
    program.chmod(0o755)
    return tmp_path / "desk"


def shell(command: str, desk: Path) -> tuple[int, str]:
    path = os.pathsep.join([str(desk.parent / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    plain = {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    kept = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "CI", "GITHUB_ACTIONS")}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=desk, env=kept | plain, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    return done.returncode, "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def agrees(want: str, got: str) -> bool:
    """Whether output is as printed, where `...` stands for anything and blank lines at the end for nothing."""
    return doctest.OutputChecker().check_output(want.rstrip() + "\n", got.rstrip() + "\n", doctest.ELLIPSIS)


def run_console(block: Block, desk: Path, where: str) -> str:
    """Runs the commands. Returns the block as it should have been, or fails where it is not."""
    actual, status = "", 0
    for command, want in commands(block.body):
        status, got = shell(command, desk)
        if not UPDATE and not agrees(want, got):
            pytest.fail(f"{where}: $ {command}--- printed\n{want}--- real\n{got}", pytrace=False)
        actual += f"$ {command}{want if agrees(want, got) else got}"
    expected = int(block.options.get("exit", "0"))
    if UPDATE and status != expected:
        return block.body  # never write a failure into a document
    assert status == expected, f"{where}: exit status {status}\n{actual}"
    return actual


HEADER = "archspec: 1\nname: example\ninputs: {image: [64, 32, 32]}\n"


def check(body: str, file: Path, where: str) -> None:
    """A spec in a document is right, or what is missing of one is added: header, and the key of the graph."""
    if body.lstrip().startswith("-"):
        body = "graph:\n" + "".join(f"  {line}" for line in body.splitlines(keepends=True))
    file.write_text(body if "archspec:" in body else HEADER + body, encoding="utf-8")
    try:
        archspec.check(file)
    except archspec.SpecError as error:
        pytest.fail(f"{where}:\n{error}", pytrace=False)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_document(document: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = document.read_text("utf-8")
    monkeypatch.chdir(desk)
    renewed, at, names = "", 0, dict[str, object]()
    for block in blocks(text):
        where = f"{document.name}:{block.line}"
        body = block.body
        if "file" in block.options:
            (desk / block.options["file"]).write_text(body, encoding="utf-8")
        elif "check" in block.options:
            check(body, desk / "example.yaml", where)
        elif block.language == "console":
            body = run_console(block, desk, where)
        elif block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(body, names, where, str(document), block.line)
            results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
            names = test.globs
            assert UPDATE or not results.failed
        renewed += text[at : block.span[0]] + body
        at = block.span[1]
    if UPDATE and renewed + text[at:] != text:
        document.write_text(renewed + text[at:], encoding="utf-8")


LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]*))?\)")


@pytest.mark.parametrize(
    "document",
    [*DOCUMENTS, *(ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"))],
    ids=lambda path: path.name,
)
def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.finditer(FENCE.sub("", document.read_text("utf-8"))):
        target = document.parent / link["path"] if link["path"] else document
        assert target.exists(), f"{document.name} links to {link['path']}"
        if link["anchor"]:
            assert link["anchor"] in anchors(target), f"{document.name} links to #{link['anchor']} of {target.name}"


def anchors(document: Path) -> set[str]:
    """The names that headings of a document go by in links."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.skipif(UPDATE, reason="nothing is compared")
def test_a_wrong_output_is_noticed(desk: Path) -> None:
    (block,) = blocks("```console\n$ echo one\ntwo\n```\n")
    with pytest.raises(pytest.fail.Exception, match="--- real\none"):
        run_console(block, desk, "here")


def test_ellipsis_stands_for_anything(desk: Path) -> None:
    (block,) = blocks(
        "```console exit=3\n$ echo it took 12 ms \\\n    and a bit; exit 3\nit took ... ms and a bit\n```\n"
    )
    run_console(block, desk, "here")
