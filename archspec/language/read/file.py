"""The top level of a file."""

from __future__ import annotations

from typing import Any, get_args

from archspec.language.read.body import BodyReader
from archspec.language.read.figures import FIGURES, read_figure
from archspec.language.read.params import read_param
from archspec.language.read.shape import (
    BODY_WORDS,
    STEP_WORDS,
    clash,
    items,
    mapping,
    model,
    name,
    need,
    number,
    only_keys,
    scalar,
    table,
    text,
    unknown_key,
    word,
    wrong,
)
from archspec.language.records import ErrorRate, Loss, Named, Reference, Train, WeightSource
from archspec.language.spec import (
    LANGUAGE_VERSIONS,
    Argument,
    Body,
    Dtype,
    Figure,
    FileModule,
    Head,
    Input,
    ModuleDef,
    ParamDef,
    Spec,
    Step,
    Variant,
)
from archspec.ops.registry import OPS
from archspec.text.diagnostics import Reporter, fault
from archspec.text.document import Entry, Items, Mapping, Scalar, Yaml
from archspec.text.limits import Limits

FILE_KEYS = (
    *("archspec", "name", "title", "source", "notes", "family", "extends", "use", "inputs", "params", "defaults"),
    *("modules", "graph", "heads", "outputs", "expect", "variants", "train", "weights", "error"),
)
VARIANT_KEYS = ("params", "expect", "title", "source", "notes", "weights", "error")
DTYPES: tuple[Dtype, ...] = get_args(Dtype)


def read_spec(tree: Yaml, limits: Limits) -> Spec:
    """The models of a file. Raises `SpecError` with every mistake that reading can find."""
    return FileReader(mapping(tree, "a spec"), limits).read()


class FileReader:
    def __init__(self, tree: Mapping, limits: Limits):
        self.tree = tree
        self.reporter = Reporter()
        self.bodies = BodyReader(self.reporter, limits)

    def read(self) -> Spec:
        tree, catch = self.tree, self.reporter.catch
        self.version()
        with catch():
            only_keys(tree, FILE_KEYS, "a spec")
        values: dict[str, Any] = {"archspec": LANGUAGE_VERSIONS[-1], "span": tree.span, "name": ""}
        with catch():
            given = need(tree, "name", "a spec")
            text(given, "the name of the network")
            values["name"] = name(scalar(given, "a name"), "a network")
        for key, what in (("title", "a title"), ("notes", "notes"), ("family", "the name of a family")):
            if key in tree:
                with catch():
                    values[key] = text(tree[key], what)
        if "source" in tree:
            with catch():
                values["source"] = model(Reference, tree["source"], "`source`")
        if "use" in tree:
            with catch():
                values["use"] = tuple(self.file(item) for item in items(tree["use"], "`use`"))
        values["params"] = table(tree.get("params"), "`params`", self.knob, self.reporter)
        values["defaults"] = table(tree.get("defaults"), "`defaults`", self.default, self.reporter)
        values["modules"] = table(tree.get("modules"), "`modules`", self.module, self.reporter)
        values["inputs"] = tuple(table(tree.get("inputs"), "`inputs`", self.input, self.reporter).values())
        if "graph" in tree:
            with catch():
                values["graph"] = self.graph(tree["graph"])
            if "inputs" not in tree:
                with catch():
                    need(tree, "inputs", "a spec")
        elif "modules" not in tree or "inputs" in tree:
            with catch():
                need(tree, "graph", "a spec")
        values["heads"] = tuple(table(tree.get("heads"), "`heads`", self.head, self.reporter).values())
        if "outputs" in tree:
            with catch():
                values["outputs"] = self.bodies.out(mapping(tree["outputs"], "`outputs`"))
        values["expect"] = self.expect(tree.get("expect"))
        values["variants"] = table(tree.get("variants"), "`variants`", self.variant, self.reporter)
        values["weights"] = table(tree.get("weights"), "`weights`", self.weights, self.reporter)
        if "error" in tree:
            with catch():
                values["error"] = model(ErrorRate, tree["error"], "`error`")
        if "train" in tree:
            with catch():
                values["train"] = self.train(tree["train"])
        with catch():
            self.clashes(values["params"], values["modules"])
        self.reporter.check()
        return Spec(**values)

    def graph(self, value: Yaml) -> Body:
        if isinstance(value, Mapping) and "checkpoint" in value:
            place = value.entry("checkpoint").key.span
            help = "computing all of it again would save nothing; mark modules inside"
            raise fault("A0208", "the network itself cannot be checkpointed", place, help=help)
        return self.bodies.body(value, "the graph")

    def version(self) -> None:
        """Another language version is told first and alone: nothing else can be judged."""
        given = need(self.tree, "archspec", "a spec")
        found = scalar(given, "the version of the language")
        if found.value not in LANGUAGE_VERSIONS or isinstance(found.value, bool | float):
            raise fault(
                "A0206",
                f"this build does not read version {found.text[:20]} of the language",
                found.span,
                help="it reads " + ", ".join(f"`archspec: {version}`" for version in LANGUAGE_VERSIONS),
            )

    def file(self, value: Yaml) -> Scalar:
        text(value, "the name of a file")
        return scalar(value, "the name of a file")

    def knob(self, entry: Entry) -> ParamDef:
        return read_param(entry, bare_types=False)

    def clashes(self, params: dict[str, ParamDef], modules: dict[str, ModuleDef]) -> None:
        reporter = Reporter()
        for key in params.keys() & modules.keys():
            with reporter.catch():
                raise clash(f"`{key}` is a module and a param", modules[key].span, params[key].span)
        reporter.check()

    def default(self, entry: Entry) -> dict[str, Argument]:
        op = OPS.get(entry.key.text)
        if op is None:
            raise unknown_key(entry, OPS, "`defaults`, which holds ops")
        found = mapping(entry.value, f"the defaults of `{entry.key.text}`")
        only_keys(found, op.model_fields, f"the defaults of `{entry.key.text}`")
        return {one.key.text: self.bodies.argument(one.value) for one in found}

    def module(self, entry: Entry) -> ModuleDef | FileModule:
        key = name(entry.key, "a module")
        if key in OPS:
            raise fault("A0205", f"`{key}` is an op; a module needs a name of its own", entry.key.span)
        value, what = entry.value, f"the module `{key}`"
        if isinstance(value, Mapping) and "file" in value:
            only_keys(value, ("file", "out"), what)
            out = self.bodies.out(value["out"]) if "out" in value else None
            return FileModule(name=key, file=self.file(value["file"]), out=out, span=entry.key.span)
        if isinstance(value, Items):
            return ModuleDef(name=key, body=self.bodies.body(value, what), span=entry.key.span)
        found = mapping(value, what)
        only_keys(found, ("params", "inputs", *BODY_WORDS), what)
        params = table(found.get("params"), f"the params of `{key}`", self.module_param, self.reporter)
        inputs: tuple[str, ...] = ("input",)
        if "inputs" in found:
            given = items(found["inputs"], f"the inputs of `{key}`")
            inputs = tuple(self.port(item) for item in given)
            if len(set(inputs)) < len(inputs):
                raise fault("A0205", "an input stands twice", given.span)
            if not inputs:
                raise fault("A0203", "a module has at least one input", given.span)
        for port in inputs:
            if port in params:
                raise clash(f"`{port}` is an input and a param", found["inputs"].span, params[port].span)
        body = self.bodies.body_of(found, what)
        return ModuleDef(name=key, params=params, inputs=inputs, body=body, span=entry.key.span)

    def module_param(self, entry: Entry) -> ParamDef:
        return read_param(entry, bare_types=True)

    def port(self, value: Yaml) -> str:
        given = text(value, "the name of an input")
        return given if given == "input" else name(scalar(value, "the name of an input"), "an input")

    def input(self, entry: Entry) -> Input:
        key = entry.key.text if entry.key.text == "input" else name(entry.key, "an input")
        value = entry.value
        dtype: Dtype = "float32"
        if isinstance(value, Mapping):
            only_keys(value, ("shape", "dtype"), f"the input `{key}`")
            if "dtype" in value:
                dtype = word(value["dtype"], "`dtype`", DTYPES)
            value = need(value, "shape", f"the input `{key}`", entry.key.span)
        if not isinstance(value, Items):
            raise wrong(value, "a shape such as [3, 224, 224]", help="sizes stand without the batch axis")
        shape = tuple(self.bodies.argument(item) for item in value)
        return Input(name=key, shape=shape, dtype=dtype, span=entry.key.span)

    def head(self, entry: Entry) -> Head:
        key = name(entry.key, "a head")
        found = mapping(entry.value, f"the head `{key}`")
        only_keys(found, ("from", "do", "only", "when", "weight"), f"the head `{key}`")
        need(found, "from", f"the head `{key}`", entry.key.span)
        need(found, "do", f"the head `{key}`", entry.key.span)
        inner = Mapping(tuple(one for one in found if one.key.text in ("do", *STEP_WORDS)), found.span)
        step: Step = self.bodies.step(inner)
        named = step._replace(names=self.bodies.names(entry.key), only=None, span=entry.key.span)
        return Head(
            name=key,
            step=named,
            only=step.only,
            weight=float(number(found["weight"], "`weight`")) if "weight" in found else None,
            span=entry.key.span,
        )

    def expect(self, value: Yaml | None) -> dict[str, Figure]:
        if value is not None and isinstance(value, Mapping):
            with self.reporter.catch():
                only_keys(value, FIGURES, "`expect`")
        return table(value, "`expect`", lambda entry: read_figure(entry.key.text, entry.value), self.reporter)

    def variant(self, entry: Entry) -> Variant:
        key = name(entry.key, "a variant")
        found = mapping(entry.value, f"the variant `{key}`")
        only_keys(found, VARIANT_KEYS, f"the variant `{key}`")
        params = mapping(found["params"], "`params`") if "params" in found else None
        return Variant(
            name=key,
            params={one.key.text: one.value for one in params} if params else {},
            expect=self.expect(found["expect"]) if "expect" in found else None,
            title=text(found["title"], "a title") if "title" in found else None,
            source=model(Reference, found["source"], "`source`") if "source" in found else None,
            notes=text(found["notes"], "notes") if "notes" in found else None,
            weights=table(found.get("weights"), "`weights`", self.weights, self.reporter),
            error=model(ErrorRate, found["error"], "`error`") if "error" in found else None,
            span=entry.key.span,
        )

    def weights(self, entry: Entry) -> WeightSource:
        """`timm: resnet50` is short for `timm: {model: resnet50}`: the same names there as here."""
        if isinstance(entry.value, Scalar):
            return WeightSource(model=text(entry.value, "the name of a network"))
        return model(WeightSource, entry.value, f"the weights of `{entry.key.text}`")

    def train(self, value: Yaml) -> Train:
        found = mapping(value, "`train`")
        only_keys(found, Train.model_fields, "`train`")
        parts: dict[str, object] = {}
        plain_part = Mapping(tuple(e for e in found if e.key.text not in {"loss", "optimizer", "schedule"}), found.span)
        for key, cls in (("loss", Loss), ("optimizer", Named), ("schedule", Named)):
            if key in found:
                parts[key] = self.recipe(cls, found.entry(key))
        return model(Train, plain_part, "`train`").model_copy(update=parts)

    def recipe(self, cls: type[Loss] | type[Named], entry: Entry) -> Loss | Named:
        """`optimizer: sgd` is short for `optimizer: {name: sgd}`."""
        if isinstance(entry.value, Scalar):
            return cls(name=text(entry.value, f"the name of the {entry.key.text}"))
        return model(cls, entry.value, f"`{entry.key.text}`")
