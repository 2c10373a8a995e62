"""Nothing from a spec reaches Python source unchecked: hostile specs that are valid give harmless source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.api import load
from archspec.language.read.shape import OWN_NAMES, STRUCTURE_WORDS, TORCH_NAMES, check_name
from archspec.text.diagnostics import SpecError
from archspec.text.source import Source, Span

PAYLOAD = "__import__('pathlib').Path('PWNED').touch()"
TEXTS = (
    f'"""\n{PAYLOAD}\n"""',
    f"'''\n{PAYLOAD}\n'''",
    f'\\"""\n{PAYLOAD}\n\\"""',
    f'""""\n{PAYLOAD}\n#"""',
    f'"\n"\n"\n{PAYLOAD}',
    f"\n{PAYLOAD}\n",
    f"\r{PAYLOAD}\r",
    f"\f{PAYLOAD}",
    f"\x85{PAYLOAD}\u2028{PAYLOAD}\u2029",
    f"{{{PAYLOAD}}} {{0.__class__}} %s %(x)s ${{{PAYLOAD}}}",
    "ends in a backslash \\",
    'ends in quotes """',
    'ends in a quote "',
    "\\N{DIGIT ONE} \\x41 \\u0041 \\ud800 \\",
    "a\0b",
    "\u202ereversed\u202c \u200b \ufeff",
    "coding: utf-7 +AAo-",
    "x" * 20_000,
    "x " * 10_000,
    "\U0001d427et \ufb01 \u00b2 \u0661",
    "class",
    "1 + 1",
    "import os",
    "",
    " ",
    "torch",
    "nn",
    "super",
)
NAMES = (
    *(
        "list",
        "range",
        "len",
        "int",
        "print",
        "object",
        "tuple",
        "dict",
        "zip",
        "enumerate",
        "str",
        "isinstance",
        "open",
    ),
    *(
        "x",
        "y",
        "self_",
        "cls",
        "Tensor",
        "Module",
        "ModuleList",
        "Sequential",
        "functional",
        "torch_",
        "nn_",
        "f",
        "Nn",
    ),
    *("_", "_x", "x_", "x1", "add", "cat", "weight", "input_", "output", "forward_", "branch", "layers"),
    *(
        "match",
        "case",
        "type_",
        "annotations",
        "init",
        "math",
        "OrderedDict",
        "Identity",
        "Parameter",
        "named",
        "chain",
    ),
)
ALLOWED = (
    *(
        ast.Module,
        ast.Import,
        ast.ImportFrom,
        ast.alias,
        ast.ClassDef,
        ast.FunctionDef,
        ast.arguments,
        ast.arg,
        ast.Expr,
    ),
    *(
        ast.Assign,
        ast.AugAssign,
        ast.AnnAssign,
        ast.Return,
        ast.If,
        ast.For,
        ast.IfExp,
        ast.Call,
        ast.keyword,
        ast.Starred,
    ),
    *(
        ast.Attribute,
        ast.Subscript,
        ast.Slice,
        ast.Name,
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Dict,
        ast.Load,
        ast.Store,
    ),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
    *(ast.JoinedStr, ast.FormattedValue, ast.GeneratorExp, ast.ListComp, ast.comprehension, ast.Pass),
)
BUILTINS = {
    "super",
    "range",
    "list",
    "len",
    "enumerate",
    "zip",
    "reversed",
    "max",
    "min",
    "tuple",
    "int",
    "sum",
    "float",
}
NET = """\
archspec: 1
name: {name}
title: {text}
source: {{title: {text}, authors: {text}, where: {text}, url: {text}}}
notes: {text}
inputs: {{{other}: [3, 8, 8]}}
params: {{mode: {text}, width: 4}}
modules:
  {module}:
    params: {{style: {text}, out_: 4}}
    steps:
      - {step}: conv(out_, 3, padding=1)
      - when: style != ''
        do: relu
graph:
  - {step}: {module}(style=mode, out_=width)
  - {{repeat: {module}, times: 3}}
  - global_avg_pool
  - linear(width)
"""


def quoted(text: str) -> str:
    """Text as YAML writes it between double quotes, every unusual character escaped."""
    plain = (c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return '"' + "".join(plain) + '"'


def source(folder: Path, text: str = "title", step: str = "step", module: str = "module", other: str = "image") -> str:
    """The source that a spec compiles to, with hostile words in every place that takes some."""
    path = folder / "spec.yaml"
    name = "net"
    path.write_text(NET.format(name=name, text=quoted(text), step=step, module=module, other=other))
    return load(path).python()


def check_source(text: str) -> ast.Module:
    """Only what the generator means to write: torch alone is imported, and nothing else is called than it and ours."""
    tree = ast.parse(text)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert [type(node) for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef)] == [
        ast.Expr
    ], "a docstring, imports and classes"
    for node in ast.walk(tree):
        assert isinstance(node, ALLOWED), ast.dump(node)
        match node:
            case ast.Import(names=[ast.alias(name=name)]):
                assert name.split(".")[0] in {"torch", "math"}
            case ast.ImportFrom(module=module):
                assert module is not None
                assert module.split(".")[0] in {"torch", "__future__", "collections"}
            case ast.Attribute(attr=attribute):
                assert attribute == "__init__" or not attribute.startswith("__")
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="self"), key]):
                assert isinstance(key, ast.Constant | ast.Name | ast.JoinedStr)  # a copy's name may be a number
            case ast.Call(func=ast.Name(id=called)):
                assert called in classes | BUILTINS
            case ast.Call(func=ast.Attribute(value=value)):
                root = value
                while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                    root = root.func if isinstance(root, ast.Call) else root.value
                assert isinstance(root, ast.Name), ast.dump(node)
            case ast.Constant(value=str()) | ast.Expr(value=ast.Constant()):
                pass
            case ast.Name(id=name):
                assert not name.startswith("__")
    return tree


def run(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    before = set(folder.iterdir())
    exec(compile(text, "generated.py", "exec"), {"__name__": "generated"})
    assert set(folder.iterdir()) == before
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_stays_in_the_docstring(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = source(tmp_path, text)
    check_source(made)
    run(made, tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("name", NAMES)
def test_names_that_shadow_python_and_torch(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    for words in ({"step": name}, {"module": name if name != "add" else "addition"}, {"other": name}):
        made = source(tmp_path, **words)
        check_source(made)
        run(made, tmp_path, monkeypatch, capsys)
        module = load(tmp_path / "spec.yaml").compile()
        assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 4)


def test_no_name_that_a_module_of_torch_owns() -> None:
    """An attribute of that name would change what `nn.Module` does, or be hidden by it."""
    from torch import nn

    span = Span(Source("a.yaml", "a"), 0, 1)
    for name in dir(nn.Module()):
        with pytest.raises(SpecError):
            check_name(name, span, "a step")
    assert not (TORCH_NAMES & (STRUCTURE_WORDS | OWN_NAMES))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all(text: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        check_source(source(Path(folder), text))


def test_the_module_in_memory_is_as_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    for text in TEXTS:
        source(tmp_path, text)
        module = load(tmp_path / "spec.yaml").compile()
        assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 4)
    assert [file.name for file in tmp_path.iterdir()] == ["spec.yaml"]
