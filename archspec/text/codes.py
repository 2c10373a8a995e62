"""Every diagnostic code, for `archspec explain CODE`.

The first digit pair is the stage: 00 files and the command, 01 YAML text, 02 the structure of a spec
and its expressions, 03 elaboration, 04 expectations, 05 backends and output files, 06 the verifier, 07 weights.
"""

from __future__ import annotations

from archspec.text.codes_language import ELABORATION, FIGURES, STRUCTURE
from archspec.text.explanation import Explanation


def explain(code: str) -> str | None:
    """The page that `archspec explain` prints, or None for a code that does not exist."""
    found = CODES.get(code.upper())
    if found is None:
        return None
    parts = [f"{code.upper()}: {found.title}", found.text]
    for heading, example in (("Wrong:", found.wrong), ("Right:", found.right)):
        if example:
            indented = "\n".join(f"    {line}".rstrip() for line in example.splitlines())
            parts.append(f"{heading}\n\n{indented}")
    return "\n\n".join(parts)


_FILES = {
    "A0001": Explanation(
        "no such file",
        "A file that the command or a spec names does not exist. Names inside a spec are relative to the file "
        "they stand in.",
    ),
    "A0002": Explanation(
        "a file cannot be read",
        "The name belongs to a folder, or the operating system does not let this user read it.",
    ),
    "A0003": Explanation(
        "a file is too big",
        "A spec is a page or two of text. A bound keeps a stranger's file from exhausting memory; "
        "`--limit file_bytes=N` raises it.",
    ),
    "A0004": Explanation(
        "a file is not UTF-8",
        "Specs are UTF-8 text, with or without a byte order mark. Another encoding would read differently on "
        "another machine.",
    ),
}

_YAML = {
    "A0101": Explanation(
        "malformed YAML",
        "The text breaks a rule of YAML for which archspec has no words of its own; the message is the YAML parser's.",
        "...",
        "name: lenet",
    ),
    "A0102": Explanation(
        "a tab indents",
        "YAML indents with spaces only, because editors disagree about the width of a tab.",
        "graph:\n\t- relu",
        "graph:\n  - relu",
    ),
    "A0103": Explanation(
        "no space after a colon",
        "`key:value` is one word for YAML; a colon makes a key only before a space or the end of the line.",
        "name:resnet\ntitle: ResNet",
        "name: resnet\ntitle: ResNet",
    ),
    "A0104": Explanation(
        "brackets do not match",
        "A list in `[…]` or a mapping in `{…}` is not closed, or its entries are not separated by commas. "
        "Text in it ends at the next comma or bracket, so an expression that holds either must be quoted.",
        "image: [3, 224, 224",
        "image: [3, 224, 224]",
    ),
    "A0105": Explanation(
        "a quote is not closed, or holds an unknown escape",
        "Double quotes know escapes such as `\\n`; single quotes take everything as it is and write a quote as two.",
        "title: 'ResNet",
        "title: 'ResNet'",
    ),
    "A0106": Explanation(
        "a bare `${…}` in brackets",
        "Inside `[…]` and `{…}` a brace begins a mapping, so a template must be quoted there. In block form "
        "it need not be.",
        "{repeat: unit, as: ${j}}",
        '{repeat: unit, as: "${j}"}',
    ),
    "A0107": Explanation(
        "two colons in one entry",
        "A mapping that is the value of a key goes on lines of its own, or into braces. Text with `: ` in it "
        "is quoted.",
        "defaults: conv: bias",
        "defaults: {conv: {bias: false}}",
    ),
    "A0108": Explanation(
        "indentation that does not fit",
        "Keys of one mapping and items of one list stand in one column. A line that is deeper or shallower belongs to "
        "neither its neighbour nor its parent.",
        "graph:\n    - relu\n  - relu",
        "graph:\n  - relu\n  - relu",
    ),
    "A0109": Explanation(
        "a value that must be quoted",
        "Some characters mean something to YAML at the start of a value: `@ % > | * &` and the backquote.",
        "expect: {mads: >= 1G}",
        'expect: {mads: ">= 1G"}',
    ),
    "A0110": Explanation(
        "a key stands twice",
        "YAML parsers commonly keep the last and say nothing; then one of two settings is lost without a word.",
        "name: a\nname: b",
        "name: a\ntitle: b",
    ),
    "A0111": Explanation(
        "a key is not text",
        "Keys are names. A list or a mapping cannot be one, and neither can nothing.",
        "[a, b]: chunk(2)",
        "a, b: chunk(2)",
    ),
    "A0112": Explanation(
        "a tag",
        "A YAML tag (`!name`) asks the reader to build something. archspec builds nothing that a file names.",
        "when: !first",
        "when: not first",
    ),
    "A0113": Explanation(
        "a merge key",
        "`<<` is an extension of YAML 1.1 that hides where a key comes from. Share whole values with an alias.",
        "a: &a {x: 1}\nb: {<<: *a}",
        "a: &a {x: 1}\nb: *a",
    ),
    "A0114": Explanation(
        "more than one document, or a directive",
        "A file holds one spec, written in YAML 1.2.",
        "a: 1\n---\nb: 2",
        "a: 1",
    ),
    "A0115": Explanation("no YAML", "The file is empty, or holds comments only.", "# to be written", "name: lenet"),
    "A0116": Explanation(
        "a forbidden character",
        "Control characters cannot stand in YAML text; most often the file is not text at all.",
        "name: a\x07",
        'name: "a\\a"',
    ),
    "A0117": Explanation(
        "an alias without an anchor",
        "`*name` repeats the value marked `&name` before it. A value cannot hold itself.",
        "a: *x",
        "b: &x 1\na: *x",
    ),
    "A0118": Explanation(
        "nested too deep, or a number too long",
        "No spec needs this, and it would exhaust the stack. `--limit yaml_depth=N` raises the bound on nesting.",
        "[" * 70,
        "[[[]]]",
    ),
    "A0119": Explanation(
        "too many values",
        "A few lines of aliases can stand for billions of values. They are counted as what they stand for; "
        "`--limit yaml_nodes=N` raises the bound.",
        "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]),
        "a0: &a0 [x, x]\na1: [*a0, *a0]",
    ),
    "A0120": Explanation(
        "brackets cut a call in pieces",
        "A list in `[…]` and a mapping in `{…}` end their entries at every comma, also inside parentheses: "
        "`[unit(2, 3)]` would be the two texts `unit(2` and `3)`.",
        "steps: [unit(1), unit(2, 3)]",
        "steps:\n  - unit(1)\n  - unit(2, 3)",
    ),
}

_EXPRESSIONS = {
    "A0220": Explanation(
        "malformed expression",
        "Expressions follow Python's grammar on one line: an operator or comma is missing, something stands twice, or "
        "the text ends too early.",
        "4 width",
        "4 * width",
    ),
    "A0221": Explanation(
        "a bracket or string is not closed",
        "Each `(`, `[`, and quote has its partner in the same expression.",
        "conv(64, 3",
        "conv(64, 3)",
    ),
    "A0222": Explanation(
        "an operator of another language",
        "The operators are Python's: `and`, `or`, `not`, `==`, `**`, `a if c else b`.",
        "stride > 1 && j == 0",
        "stride > 1 and j == 0",
    ),
    "A0223": Explanation(
        "not part of the language",
        "Python knows it, archspec does not: expressions are numbers, conditions, lists and calls, and are "
        "never executed.",
        "[n * 2 for n in layers]",
        "layers",
    ),
    "A0224": Explanation(
        "a name that may not be used", "Names that begin with two underscores belong to Python.", "__class__", "width"
    ),
    "A0225": Explanation(
        "an expression beyond the bounds",
        "Length, nesting and the size of numbers are bounded, so that no text can exhaust the compiler. The message "
        "names the bound; `--limit NAME=N` raises it.",
        "(" * 70 + "1" + ")" * 70,
        "((1))",
    ),
    "A0226": Explanation(
        "a broken template",
        "A name may hold expressions as `${…}`. Each hole is closed and holds an expression.",
        "block${i + 1",
        "block${i + 1}",
    ),
}

_NUMBERS = {
    "A0360": Explanation(
        "the wrong kind of value",
        "Arithmetic takes numbers, and true and false are none; text only compares and indexes; an index is a "
        "whole number.",
        "'8' * width",
        "8 * width",
    ),
    "A0361": Explanation(
        "division by zero", "The divisor of `/`, `//` or `%` came to zero.", "width // 0", "width // 2"
    ),
    "A0362": Explanation(
        "no such item",
        "An index counts from 0, or from -1 backwards, and lies inside the list.",
        "[6, 12, 24][3]",
        "[6, 12, 24][2]",
    ),
    "A0363": Explanation(
        "no finite number",
        "The operation has no result for these values, or one that no float can hold.",
        "sqrt(0 - width)",
        "sqrt(width)",
    ),
    "A0364": Explanation(
        "values that do not compare",
        "Numbers compare with numbers and text with text. Two kinds are never equal, so the comparison is a mistake.",
        "width == '64'",
        "width == 64",
    ),
    "A0365": Explanation(
        "a result beyond the bounds",
        "The size of integers and lists is bounded. The message names the bound; `--limit NAME=N` raises it.",
        "9 ** 9 ** 9",
        "9 ** 9",
    ),
    "A0366": Explanation(
        "too much arithmetic",
        "The steps of one elaboration are counted, so that twenty lines cannot keep the compiler busy for an hour. "
        "`--limit operations=N` raises the bound.",
        "[[0] * 100000] * 100000 == [[0] * 100000] * 100000",
        "[0] * 100 == [0] * 100",
    ),
    "A0367": Explanation(
        "no such function, or wrong arguments",
        "The functions are abs ceil divisible enumerate float floor int len log2 max min range reversed round sqrt "
        "sum zip. "
        "They take no named arguments.",
        "maximum(1, 2)",
        "max(1, 2)",
    ),
    "A0368": Explanation(
        "a step where a number is wanted",
        "A pipe or a call of a module makes nodes, not numbers.",
        "relu >> relu",
        "width",
    ),
}

_OUTPUT = {
    "A0501": Explanation(
        "a file that archspec did not write",
        "`compile` and `schema` replace a file only if its head says that archspec wrote it, or with `--force`.",
    ),
    "A0502": Explanation(
        "a file cannot be written",
        "The folder does not exist or the operating system refuses. Nothing was changed: files are written beside "
        "their place and moved there when they are complete.",
    ),
    "A0503": Explanation(
        "a backend cannot lower an op",
        "Every op has its meaning here, but a backend needs a rule for each that it writes. The message names the op "
        "that has none, or the combination of arguments that the framework does not have.",
    ),
    "A0504": Explanation(
        "no such backend",
        "A backend is a package in `backends/`, or one that another distribution registers as an entry point of the "
        "group `archspec.backends`.",
    ),
    "A0505": Explanation(
        "an optional package is missing",
        "Charts, slides and some formats are written by packages that not everybody needs, so they are extras: the "
        "message names the one to install. Nothing else of archspec needs them.",
    ),
    "A0506": Explanation(
        "a tool is missing",
        "Some backends need a program of this machine: AOTInductor compiles C++. The message names what is missing.",
    ),
}

_VERIFIER = {
    "A0601": Explanation(
        "an inconsistent program",
        "Between its stages archspec checks what it made of a spec. This found a contradiction, which is a bug in "
        "archspec or in a pass, never in the spec. Please report it together with the spec.",
    ),
    "A0602": Explanation(
        "the flat graph is too large",
        "A short spec can describe billions of layers. They are counted without being written out one by one, but a "
        "table of every layer or a flat graph needs them all; `--limit nodes=N` raises the bound.",
    ),
    "A0603": Explanation(
        "too many paths to tabulate",
        "How many paths have which length is worked out exactly, which takes millions of digits for thousands of "
        "residual blocks. Beyond that there are still their number, their mean length and its deviation.",
    ),
    "A0604": Explanation(
        "a unit cannot be dropped",
        "`--drop KEY` takes out what stands at a key of the state dict: a branch of a sum, or what has one input of "
        "the shape of its output, or a residual unit down to its shortcut. For anything else nothing could stand in "
        "its place.",
    ),
}

_WEIGHTS = {
    "A0701": Explanation(
        "weights cannot be read",
        "Weights come from safetensors files and from archives that `torch.save` wrote, read as tables of tensors "
        "only: a file that asks for anything else, as pickled models do, is refused. Or from a library by name "
        "(`torchvision:`, `timm:`, `hf:`), which may not know it or not be able to download it.",
    ),
    "A0702": Explanation(
        "weights do not fit",
        "Every tensor of the network must be in the source, with its shape, and nothing may be left over. "
        "`archspec weights SPEC FILE` lists all; `--by structure` finds what a changed network still has in common.",
    ),
}

CODES: dict[str, Explanation] = {
    **_FILES,
    **_YAML,
    **STRUCTURE,
    **_EXPRESSIONS,
    **ELABORATION,
    **_NUMBERS,
    **FIGURES,
    **_OUTPUT,
    **_VERIFIER,
    **_WEIGHTS,
}
