"""Files and how they hang together: `extends`, `use`, variants, modules out of other specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

from archspec.language.library import Found, find
from archspec.language.read import read_spec
from archspec.language.read.params import check_param, freeze
from archspec.language.read.shape import plain, text
from archspec.language.spec import Argument, FileModule, ModuleDef, Spec, Variant
from archspec.ops.base import Op
from archspec.ops.registry import OPS
from archspec.text.diagnostics import Reporter, fault
from archspec.text.document import Entry, Items, Scalar, Yaml
from archspec.text.document import Mapping as YamlMapping
from archspec.text.limits import Limits
from archspec.text.parse import parse
from archspec.text.source import Source, Span
from archspec.text.suggest import suggest

if TYPE_CHECKING:
    from archspec.language.elaborate.scope import Scope

_MERGED = ("params", "defaults", "modules", "heads", "inputs")
_OWN = ("name", "title", "expect", "variants", "notes", "weights", "error")


@dataclass(eq=False)
class Unit:
    """One file with the values of its params: what names mean in it."""

    spec: Spec
    params: Mapping[str, object]
    used_units: tuple[Unit, ...]
    files: Files
    folder: Path | None
    used: set[str] = field(default_factory=set)
    """params that something looked up"""
    called: set[str] = field(default_factory=set)
    """modules that something named"""

    @property
    def defaults(self) -> Mapping[str, Mapping[str, Argument]]:
        return self.spec.defaults

    def target(self, name: str) -> tuple[Unit, type[Op] | ModuleDef | FileModule] | None:
        """What a name of an op or module means here; a file's own module before those of `use`."""
        if name in self.spec.modules:
            self.called.add(name)
            return self, self.spec.modules[name]
        for unit in self.used_units:
            found = unit.target(name) if name in unit.spec.modules else None
            if found is not None:
                return found
        return (self, OPS[name]) if name in OPS else None

    def has_target(self, name: str) -> bool:
        return name in OPS or name in self.spec.modules or any(name in unit.spec.modules for unit in self.used_units)

    def targets(self) -> Iterator[str]:
        yield from self.spec.modules
        for unit in self.used_units:
            yield from unit.spec.modules
        yield from OPS

    def kind_of(self, name: str) -> str:
        return "an op" if name in OPS else "a module"

    def file_module(self, module: FileModule) -> Unit:
        """The file behind `{file: resnet50.yaml}`."""
        return self.files.module(self, module)

    def with_params(self, values: Mapping[str, object]) -> Unit:
        """The same file with other values for its knobs."""
        return Unit(
            self.spec, MappingProxyType(dict(values)), self.used_units, self.files, self.folder, self.used, self.called
        )

    def scope(self, around: Scope) -> Scope:
        """Where the defaults of the file are evaluated: its params alone."""
        from archspec.language.elaborate.scope import Scope

        return Scope(self, around.builder, {})


class Files:
    """Reads files, each once, within the bound on their number."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.reporter = Reporter()
        self._trees: dict[str, YamlMapping] = {}
        self._specs: dict[str, tuple[Spec, tuple[Unit, ...]]] = {}
        self._units: dict[str, Unit] = {}
        self._open: list[str] = []
        self._modules: dict[int, Unit] = {}

    def unit(self, found: Found, settings: Mapping[str, object]) -> tuple[Unit, Variant | None]:
        """The spec that was found, its variant applied, its params set. Raises `SpecError`."""
        spec, used = self.spec(found)
        variant = None
        if found.variant is not None and found.variant != spec.name:
            variant = spec.variants.get(found.variant)
            if variant is None:
                near = suggest(found.variant, spec.variants)
                known = ", ".join(spec.variants) or "none"
                help = f"did you mean `{near}`?" if near else f"its variants: {known}"
                raise fault("A0210", f"`{spec.name}` has no variant `{found.variant[:80]}`", help=help)
        values = {key: param.default for key, param in spec.params.items()}
        reporter = Reporter()
        for key, value in (variant.params if variant is not None else {}).items():
            with reporter.catch():
                values[key] = self.setting(
                    spec, key, freeze(plain(value)), value.span, f"the variant `{found.variant}`"
                )
        for key, given in settings.items():
            with reporter.catch():
                values[key] = self.setting(spec, key, freeze(given), None, "--set")
        reporter.check()
        return self.make(spec, values, used, found.folder), variant

    def make(self, spec: Spec, values: Mapping[str, object], used: tuple[Unit, ...], folder: Path | None) -> Unit:
        from archspec.language.elaborate.values import OpName

        unit = Unit(spec, values, used, self, folder)
        unit.params = MappingProxyType(
            {key: OpName(str(v), unit) if spec.params[key].type == "op" else v for key, v in values.items()}
        )
        return unit

    def setting(self, spec: Spec, key: str, value: object, span: Span | None, what: str) -> object:
        param = spec.params.get(key)
        if param is None:
            near = suggest(key, spec.params)
            known = "its params: " + ", ".join(spec.params) if spec.params else "it has no params"
            help = f"did you mean `{near}`?" if near else known
            raise fault("A0324", f"`{spec.name}` has no param `{key[:80]}`", span, "" if span else what, help=help)
        return check_param(param, value, span)

    def spec(self, found: Found) -> tuple[Spec, tuple[Unit, ...]]:
        """What a file says, and the files that it uses. Read once, however many variants are asked for."""
        key = found.source.name
        if key not in self._specs:
            self._specs[key] = self._read(found)
        return self._specs[key]

    def _read(self, found: Found) -> tuple[Spec, tuple[Unit, ...]]:
        tree = self.tree(found)
        spec = read_spec(tree, self.limits)
        used = tuple(self.used(one, found.folder) for one in spec.use)
        reporter = Reporter()
        for unit in used:
            for name in unit.spec.modules.keys() & spec.modules.keys():
                with reporter.catch():
                    message = f"the module `{name}` stands here and in `{unit.spec.name}`"
                    raise fault("A0205", message, spec.modules[name].span)
        reporter.check()
        return spec, used

    def used(self, name: Scalar, folder: Path | None) -> Unit:
        """A file whose modules may be called."""
        found = self.locate(name, folder)
        key = found.source.name
        if key not in self._units:
            with self.opening(key, name.span):
                spec, used = self.spec(found)
                values = {param: one.default for param, one in spec.params.items()}
                self._units[key] = self.make(spec, values, used, found.folder)
        return self._units[key]

    def module(self, unit: Unit, module: FileModule) -> Unit:
        """The file of a module that is another spec's graph, with that file's own params."""
        if id(module) not in self._modules:
            found = self.locate(module.file, unit.folder)
            with self.opening(found.source.name, module.file.span):
                inner, _ = self.unit(found, {})
            if inner.spec.graph is None:
                raise fault("A0211", f"`{module.file.text}` has no graph", module.file.span)
            self._modules[id(module)] = inner
        return self._modules[id(module)]

    def locate(self, name: Scalar, folder: Path | None) -> Found:
        given = text(name, "the name of a file")
        pure = PurePath(given)
        if pure.is_absolute() or ":" in given or "\\" in given or given.startswith("~"):
            raise fault("A0211", "a file is named relative to this one, or by its id in the library", name.span)
        if not given.partition("@")[0].isidentifier() and pure.suffix.partition("@")[0] not in (".yaml", ".yml"):
            raise fault("A0211", "a spec reads only specs: files whose names end in .yaml or .yml", name.span)
        return find(given, self.limits, beside=folder, asked=name.span)

    def opening(self, key: str, span: Span) -> _Opening:
        return _Opening(self._open, key, span, self.limits)

    def tree(self, found: Found) -> YamlMapping:
        """The YAML of a file with the files that it extends merged in."""
        key = found.source.name
        if key in self._trees:
            return self._trees[key]
        if len(self._trees) >= self.limits.files:
            raise fault(
                "A0211", f"more than {self.limits.files} files are read", help="`--limit files=N` raises the bound"
            )
        parsed = _parsed(found.source.name, found.source.text, self.limits)
        if not isinstance(parsed, YamlMapping):
            from archspec.language.read.shape import mapping

            mapping(parsed, "a spec")
            raise AssertionError
        tree = parsed
        if "extends" in tree:
            name = tree["extends"]
            text(name, "the name of a file")
            assert isinstance(name, Scalar)
            base = self.locate(name, found.folder)
            with self.opening(key, name.span):
                if base.source.name in self._open:
                    raise fault("A0211", f"`{base.source.name}` extends itself", name.span)
                tree = merge(self.tree(base), tree)
        self._trees[key] = tree
        return tree


@dataclass
class _Opening:
    """A file being read: reading it again inside itself is a circle."""

    open: list[str]
    key: str
    span: Span
    limits: Limits

    def __enter__(self) -> None:
        if self.key in self.open:
            raise fault("A0211", f"`{self.key}` reaches itself", self.span, help="files cannot go in a circle")
        if len(self.open) >= self.limits.files:
            raise fault("A0211", f"more than {self.limits.files} files are read", self.span)
        self.open.append(self.key)

    def __exit__(self, *_: object) -> None:
        self.open.pop()


@lru_cache(maxsize=256)
def _parsed(name: str, text: str, limits: Limits) -> Yaml:
    """The tree of a text, made once in a process: many specs extend or use the same few files."""
    return parse(Source(name, text), limits)


def merge(base: YamlMapping, own: YamlMapping) -> YamlMapping:
    """A spec laid over the one it extends: tables by name, everything else whole.

    What belongs to one network alone (name, title, expect, variants, notes, weights, error) is not inherited.
    """
    entries = {entry.key.text: entry for entry in base if entry.key.text not in (*_OWN, "extends")}
    for entry in own:
        key = entry.key.text
        below = entries.get(key)
        if (
            key in _MERGED
            and below is not None
            and isinstance(below.value, YamlMapping)
            and isinstance(entry.value, YamlMapping)
        ):
            deep = key == "defaults"
            entries[key] = Entry(entry.key, _merged(below.value, entry.value, deep))
        elif key != "extends":
            entries[key] = entry
    return YamlMapping(tuple(entries.values()), own.span)


def _merged(base: YamlMapping, own: YamlMapping, deep: bool) -> YamlMapping:
    entries = {entry.key.text: entry for entry in base}
    for entry in own:
        below = entries.get(entry.key.text)
        if deep and below is not None and isinstance(below.value, YamlMapping) and isinstance(entry.value, YamlMapping):
            entry = Entry(entry.key, _merged(below.value, entry.value, False))
        entries[entry.key.text] = entry
    return YamlMapping(tuple(entries.values()), own.span)


def parse_setting(text: str, limits: Limits) -> tuple[str, object]:
    """`growth=24` as a name and a plain value, read as YAML. Raises A0324."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise fault("A0324", f"`--set {text[:60]}` is not `name=value`", help="such as `--set growth=24`")
    tree: Yaml = parse(Source("--set", value.strip()), limits)
    if not isinstance(tree, Scalar | Items):
        raise fault("A0324", f"`--set {text[:60]}`: a param is a number, a word or a list")
    return key.strip(), plain(tree)
