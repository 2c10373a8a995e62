"""The file: classes in the order that they need each other, what they need of torch, and a head of where it is from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archspec.backend import MARK, Header
from archspec.backends.pytorch import checkpointing, hints
from archspec.backends.pytorch.align import Shape, shape_of, unite
from archspec.backends.pytorch.classes import ClassWriter, Written
from archspec.backends.pytorch.construct import Construction
from archspec.backends.pytorch.fit import Unfit
from archspec.backends.pytorch.layout import lay_out
from archspec.backends.pytorch.names import RESERVED, camel, free
from archspec.backends.pytorch.rules import UnsupportedError, init_statement
from archspec.backends.pytorch.rules.base import Helper
from archspec.backends.pytorch.trees import Mismatch
from archspec.ops.init import Init
from archspec.program.model import Call, Module, Program
from archspec.text.diagnostics import fault

LINE = 88


def emit(program: Program, header: Header) -> str:
    """The program as one file of readable PyTorch, torch its only import. Raises `SpecError` (A0503)."""
    return "\n".join(_lines(program, header)) + "\n"


def class_name(program: Program) -> str:
    """The class of the network itself: DenseNet121 for "DenseNet-121"."""
    short = re.split(r"[,(:]", program.title)[0].strip() if program.title else ""
    wanted = (
        camel(short) if short.isascii() and re.search("[A-Za-z]", short) and len(short) <= 40 else camel(program.name)
    )
    return free(wanted, RESERVED, suffix="_")


def _lines(program: Program, header: Header) -> Iterator[str]:
    writer = FileWriter(program)
    classes = writer.classes()
    code = [line for one in classes for line in ("", "", *_laid_out(one.lines))]
    own = writer.helpers()
    helpers = [line for helper in own for line in ("", "", *helper.source.rstrip().split("\n"))]
    text = "\n".join([*helpers, *code])
    yield from _docstring(header)
    yield ""
    if standard := sorted({name for helper in own for name in helper.imports}):
        yield from (f"import {name}" for name in standard)
        yield ""
    yield "import torch"
    yield "from torch import nn"
    if re.search(r"\bF[.,]", text):
        yield "from torch.nn import functional as F"
    if "checkpoint(" in text:
        yield checkpointing.IMPORT
    yield from helpers
    yield from code


def _laid_out(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from lay_out(line) if line else [""]


def _docstring(header: Header) -> Iterator[str]:
    """The head. Text of the spec is reduced to what cannot end a docstring or hide in it."""
    figures = f"{header.params:,} parameters, {header.mads:,} multiply-adds (batch 1, inference), depth {header.depth}."
    yield f'"""{_plain(header.title)}.'
    yield ""
    if header.source:
        yield from _wrapped(f"Source: {_plain(header.source)}.")
    yield from _wrapped(figures)
    yield ""
    made = f"{MARK[0].upper()}{MARK[1:]} {_plain(header.version)} from {_plain(header.spec)}"
    yield from _wrapped(f"{made}: edit the spec, not this file.")
    yield '"""'


def _plain(text: str) -> str:
    kept = "".join(sign if sign.isprintable() and sign not in '"\\' else " " for sign in text)
    return " ".join(kept.split()).rstrip(".")[:300] or "A network"


def _wrapped(text: str) -> Iterator[str]:
    from textwrap import wrap

    yield from wrap(text, LINE, break_long_words=False, break_on_hyphens=False)


class FileWriter:
    """Decides which modules share a class, and writes the classes, callees first."""

    def __init__(self, program: Program):
        self.program = program
        self.construction = Construction(program)
        self.taken: set[str] = {class_name(program)}
        self.used = _reachable(program)

    def classes(self) -> list[Written]:
        try:
            self.construction.find_shared_inits()
            self.taken |= {helper.name for helper in self.helpers()}
            found: list[Written] = []
            for group in self._groups():
                for alike in checkpointing.apart(group):
                    found += self._write(alike)
        except UnsupportedError as error:
            raise fault("A0503", str(error)) from None
        return found

    def helpers(self) -> list[Helper]:
        """Definitions that torch lacks, each once, in order of first use."""
        found: dict[str, Helper] = {}
        for module in self.program.modules.values():
            if module.id in self.used:
                for at, node in enumerate(module.nodes):
                    if not isinstance(node.body, Call) and not node.skipped:
                        for helper in self.construction.lowering(module.id, at).helpers:
                            found.setdefault(helper.name, helper)
        used = [module for module in self.program.modules.values() if module.id in self.used]
        for helper in hints.helpers(self.program, used):
            found.setdefault(helper.name, helper)
        return [*found.values(), *checkpointing.helpers(used)]

    def _groups(self) -> Iterator[list[Module]]:
        """Modules of one template, callees before callers; one that reaches itself goes alone."""
        needed = [m for m in self.program.modules.values() if m.id in self.used and not self.construction.inline(m.id)]
        by_template: dict[str, list[Module]] = {}
        for module in needed:
            by_template.setdefault(module.template, []).append(module)
        done: set[str] = set()
        recursive = {template for template, group in by_template.items() if self._recursive(template, group)}
        order: list[list[Module]] = []

        def visit(module: Module) -> None:
            group = [module] if module.template in recursive else by_template[module.template]
            if module.id in done:
                return
            done.update(one.id for one in group)
            for one in group:
                for callee in self._callees(one):
                    visit(callee)
            order.append(group)

        for module in needed:
            visit(module)
        yield from order

    def _callees(self, module: Module) -> Iterator[Module]:
        """Modules with a class that a module constructs, through those that need none."""
        for node in module.nodes:
            if isinstance(node.body, Call):
                callee = self.program.modules[node.body.module]
                if self.construction.inline(callee.id):
                    yield from self._callees(callee)
                else:
                    yield callee

    def _recursive(self, template: str, group: Sequence[Module]) -> bool:
        seen: set[str] = set()
        stack = [callee for module in group for callee in self._callees(module)]
        while stack:
            module = stack.pop()
            if module.template == template:
                return True
            if module.id not in seen:
                seen.add(module.id)
                stack += self._callees(module)
        return False

    def _write(self, group: Sequence[Module]) -> list[Written]:
        shapes = [(module, shape_of(self.construction, module)) for module in group]
        found = []
        for members, shape in _partition(shapes):
            name = self._name(members[0])
            try:
                written = ClassWriter(self.construction, name, members, shape).write()
                pairs: list[tuple[Written, Sequence[Module]]] = [(written, members)]
            except Unfit:
                self.taken.discard(name)
                pairs = self._written_out(members)
            for written, own in pairs:
                for module, call in zip(own, written.calls, strict=True):
                    self.construction.calls[module.id] = call
                found.append(checkpointing.decorated(self._finished(written, own[0]), own[0]))
        return found

    def _written_out(self, members: Sequence[Module]) -> list[tuple[Written, Sequence[Module]]]:
        """Loops whose copies follow no rule: every copy a line of its own."""
        shapes = [(module, shape_of(self.construction, module, loops=False)) for module in members]
        pairs: list[tuple[Written, Sequence[Module]]] = []
        for own, shape in _partition(shapes):
            pairs.append((ClassWriter(self.construction, self._name(own[0]), own, shape).write(), own))
        return pairs

    def _name(self, module: Module) -> str:
        if module.id == self.program.main:
            return class_name(self.program)
        segments = [segment for segment in (_words(part) for part in module.template.split(".")) if segment]
        own = [segment for segment in segments if segment != "graph"] or ["part"]
        wanted = camel(own[-1]) if not own[-1].isdigit() else camel("_".join(own[-2:]))
        if module.kind != "module" and wanted in self.taken and len(own) > 1:
            wanted = camel("_".join(own[-2:]))
        name = free(wanted, self.taken | RESERVED)
        self.taken.add(name)
        return name

    def _finished(self, written: Written, module: Module) -> Written:
        """The network's class also starts the weights that all modules of one kind start alike."""
        if module.id != self.program.main or not self.construction.shared_inits:
            return written
        lines = list(written.lines)
        end = next((at for at, line in enumerate(lines) if not line), len(lines))
        loop = ["        for module in self.modules():"]
        alike: dict[tuple[tuple[str, Init], ...], list[str]] = {}
        for cls, inits in self.construction.shared_inits.items():
            if cls.startswith("nn."):  # a padded convolution is one of torch's
                alike.setdefault(tuple(inits.items()), []).append(cls)
        for common, classes in alike.items():
            loop.append(f"            if isinstance(module, {' | '.join(classes)}):")
            for weight, init in common:
                statement = init_statement(f"module.{weight}", init)
                if weight == "bias":
                    loop += ["                if module.bias is not None:", f"                    {statement}"]
                else:
                    loop.append(f"                {statement}")
        return Written(written.name, (*lines[:end], *loop, *lines[end:]), written.calls)


def _words(part: str) -> str:
    """A segment of a template without its holes: "denseblock${i + 1}" is "denseblock"."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", re.sub(r"\$\{[^}]*\}", "", part)).strip("_")


def _partition(shapes: Sequence[tuple[Module, Shape]]) -> list[tuple[list[Module], Shape]]:
    """Modules that fit one class. Usually all of them do, so that is tried first."""
    try:
        return [([module for module, _ in shapes], unite([shape for _, shape in shapes]))]
    except Mismatch:
        pass
    parts: list[tuple[list[Module], list[Shape], Shape]] = []
    for module, shape in shapes:
        for at, (members, own, _) in enumerate(parts):
            try:
                united = unite([*own, shape])
            except Mismatch:
                continue
            parts[at] = ([*members, module], [*own, shape], united)
            break
        else:
            parts.append(([module], [shape], unite([shape])))
    return [(members, united) for members, _, united in parts]


def _reachable(program: Program) -> set[str]:
    found: set[str] = set()
    stack = [program.main]
    while stack:
        id = stack.pop()
        if id not in found:
            found.add(id)
            stack += [node.body.module for node in program.modules[id].nodes if isinstance(node.body, Call)]
    return found
