"""The JSON Schema of spec files, for editors that complete and check while one types.

It is made of the tables that the reader itself uses, so it knows every op, argument and key. It is
draft 7, which every editor reads. What only elaboration can know (shapes, names) it leaves alone:
wherever a number stands, an expression may stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

from archspec.language.read.body import JOINS, MODES, WIRES
from archspec.language.read.figures import FIGURES
from archspec.language.read.file import DTYPES, FILE_KEYS, VARIANT_KEYS
from archspec.language.read.params import PARAM_TYPES
from archspec.language.read.shape import STEP_WORDS
from archspec.language.records import ErrorRate, Reference, Train, WeightSource
from archspec.language.spec import LANGUAGE_VERSIONS
from archspec.ops.base import Op
from archspec.ops.registry import OPS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_BOOLEAN: Schema = {"type": "boolean"}
_EXPRESSION: Schema = {"type": ["string", "number", "boolean"]}
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_ARGUMENT = re.compile(r"^(\w+)  +(\S.*(?:\n {2,}\S.*)*)", re.MULTILINE)


def json_schema() -> Schema:
    """The schema, ready for `json.dump`.

    >>> schema = json_schema()
    >>> schema["definitions"]["arguments.conv"]["properties"]["stride"]["description"]
    'step of the window'
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archspec",
        "description": "A neural network as a graph: modules, steps, and what the paper says of it.",
        **_mapping(_described(_file_keys(), FILE_KEYS), required=["name"]),
        "anyOf": [{"required": ["extends"]}, {"required": ["archspec", "inputs", "graph"]}, _modules_alone()],
        "definitions": _definitions(),
    }


def _modules_alone() -> Schema:
    """A file of modules for others to `use`."""
    return {"required": ["archspec", "modules"], "not": {"anyOf": [{"required": [k]} for k in ("graph", "inputs")]}}


_KEYS = {
    "archspec": "the version of the language",
    "name": "what the network is called: an identifier",
    "title": "what people call it",
    "source": "the paper or code it comes from",
    "notes": "anything worth saying",
    "family": "the family of networks it belongs to",
    "extends": "another spec, whose keys this one overrides",
    "use": "files whose modules may be called here",
    "inputs": "name → shape without the batch, such as [3, 224, 224]",
    "params": "the knobs of the network, name → default; `--set NAME=VALUE` changes one",
    "defaults": "op → arguments that it has in this file unless a step says otherwise",
    "modules": "reusable parts: name → steps, or a mapping with params, inputs and steps or branches",
    "graph": "the network: a list of steps, or a mapping with steps or branches",
    "heads": "side outputs hanging off a named node, such as auxiliary classifiers",
    "outputs": "output name → node; left out, it is the last step",
    "expect": "what the paper says of the network, checked at every compile",
    "variants": "named overrides of params, expect, title, source",
    "train": "the recipe that belongs to the architecture",
    "weights": "where trained weights exist, by library",
    "error": "the published test error in percent",
    "params.type": "required, of this type",
    "from": "read this node, or these, instead of the step before",
    "when": "a condition; if it is false the step stands for its own input",
    "only": "exists in this mode alone",
    "with": "side inputs by name",
    "tie": "own weight → key of the weight that it is",
    "inline": "a helper module whose steps stand here, with no level in the keys",
    "do": "the expression of a step that has words beside it",
    "op": "an op or a module, its arguments beside it",
    "repeat": "a module to copy, each copy in its own scope",
    "times": "how many copies",
    "as": 'the name of copy j, such as "layer${j + 1}"',
    "wire": "how the copies are connected",
    "branches": "parallel paths over one input",
    "join": "how parallel paths come together",
    "steps": "steps in order, each reading the one before",
    "shared": "name → construction: one instance, applied wherever it is called",
    "out": "what it gives back: a node, or several",
    "checkpoint": "a condition; if true, training keeps its inputs alone and computes the rest again for backward",
    "for": "a loop spliced into the steps around it, such as `n in layers`",
}
"""what an editor shows beside a key"""


def _file_keys() -> Mapping[str, Schema]:
    return {
        "archspec": {"enum": list(LANGUAGE_VERSIONS)},
        "name": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
        **dict.fromkeys(("title", "notes", "family", "extends"), _TEXT),
        "source": _ref("Reference"),
        "use": _list(_TEXT),
        "inputs": _table(_ref("input")),
        "params": _table(_ref("param")),
        "defaults": _mapping({name: _ref(f"arguments.{name}") for name in OPS}),
        "modules": _table(_ref("module")),
        "graph": _ref("graph"),
        "heads": _table(_ref("head")),
        "outputs": _table(_TEXT),
        "expect": _ref("expect"),
        "variants": _table(_ref("variant")),
        "train": _ref("Train"),
        "weights": _table({"anyOf": [_TEXT, _ref("WeightSource")]}),
        "error": _ref("ErrorRate"),
    }


def _definitions() -> dict[str, Schema]:
    keys = _file_keys()
    words = _step_words()
    body = _described(_body_keys())
    action = {
        "do": {"anyOf": [_TEXT, _ref("long"), _ref("steps")]},
        "repeat": {"anyOf": [_TEXT, _ref("long"), _ref("body")]},
        "times": _EXPRESSION,
        "as": {"type": ["string", "integer"]},
        "wire": {
            "anyOf": [
                {"enum": list(WIRES)},
                {"type": "string", "pattern": r"^last\([0-9]+\)$"},
            ]
        },
    }
    structure = {**_described(action), **body, **words}
    variant = {**keys, "params": _table({"anyOf": [_SCALAR, _list({})]})}
    head = {"from": words["from"], "do": {"anyOf": [_TEXT, _ref("long"), _ref("body")]}, "weight": _NUMBER}
    found: dict[str, Schema] = {
        "input": {
            "anyOf": [
                _list(_EXPRESSION),
                _mapping({"shape": _list(_EXPRESSION), "dtype": {"enum": list(DTYPES)}}, required=["shape"]),
            ]
        },
        "param": _param(),
        "module.param": {"anyOf": [{"enum": list(PARAM_TYPES), "description": _KEYS["params.type"]}, _param()]},
        "module": {
            "anyOf": [
                _ref("steps"),
                _mapping({"file": _TEXT, "out": body["out"]}, required=["file"]),
                _mapping({"params": _table(_ref("module.param")), "inputs": _list(_TEXT), **body}, one=_BODIES),
            ]
        },
        "graph": {"anyOf": [_ref("steps"), _mapping({k: body[k] for k in body if k != "checkpoint"}, one=_BODIES)]},
        "body": {"anyOf": [_ref("steps"), _mapping(body, one=_BODIES)]},
        "steps": _list(_ref("step")),
        "step": {
            "anyOf": [
                _TEXT,
                _ref("steps"),
                _choice(_ref("loop"), "for", _choice(_ref("long"), "op", _named(structure))),
            ]
        },
        "action": {"anyOf": [_TEXT, _ref("steps"), _choice(_ref("long"), "op", _mapping(structure, one=_ACTIONS))]},
        "loop": _mapping(
            _described({"for": _TEXT, "do": {"anyOf": [_ref("steps"), _ref("step")]}}), required=["for", "do"]
        ),
        "long": _long(words),
        "head": _mapping({**_described(head), "only": words["only"], "when": words["when"]}, required=["from", "do"]),
        "expect": _mapping({key: _figure(key) for key in FIGURES}),
        "variant": _mapping(_described(variant, VARIANT_KEYS)),
    }
    found |= {f"arguments.{name}": _arguments(op) for name, op in OPS.items()}
    for model in (Reference, Train, WeightSource, ErrorRate):
        found |= _model(model)
    for key in ("loss", "optimizer", "schedule"):  # `optimizer: sgd` is short for `{name: sgd}`
        train = found["Train"]["properties"]
        train[key] = {"anyOf": [_TEXT, train[key]]}
    return found


_BODIES = ("steps", "branches")
_ACTIONS = (*_BODIES, "repeat", "do")


def _step_words() -> dict[str, Schema]:
    words: dict[str, Schema] = {
        "from": {"anyOf": [_TEXT, _list(_TEXT)]},
        "when": _EXPRESSION,
        "only": {"enum": list(MODES)},
        "with": _table(_TEXT),
        "tie": _table(_TEXT),
        "inline": _BOOLEAN,
    }
    return _described(words, STEP_WORDS)


def _body_keys() -> dict[str, Schema]:
    return {
        "steps": _ref("steps"),
        "branches": {"anyOf": [_ref("steps"), _table(_ref("action"))]},
        "join": {"enum": list(JOINS)},
        "shared": _table(_TEXT),
        "out": {"anyOf": [_TEXT, _list(_TEXT), _table(_TEXT)]},
        "checkpoint": _EXPRESSION,
    }


def _named(structure: Mapping[str, Schema]) -> Schema:
    """A step under its name, or a structure word without one."""
    return {"type": "object", "properties": dict(structure), "additionalProperties": _ref("action"), "minProperties": 1}


def _long(words: Mapping[str, Schema]) -> Schema:
    """`{op: conv, out: 64}`: what else may stand there depends on the op; a module's params are its own affair."""
    known = [{"const": name, "description": _head(op)} for name, op in OPS.items()]
    cases = [
        {
            "if": {"properties": {"op": {"const": name}}},
            "then": _mapping({"op": {}, **{key: {} for key in words}, **_arguments(op)["properties"]}),
        }
        for name, op in OPS.items()
    ]
    return {
        "type": "object",
        "properties": {"op": {"anyOf": [*known, _TEXT], "description": _KEYS["op"]}, **words},
        "required": ["op"],
        "allOf": cases,
    }


def _arguments(op: type[Op]) -> Schema:
    """The arguments of an op as a mapping. None is required: a default of the file may stand in."""
    fields = op.model_json_schema()["properties"] if op.model_fields else {}
    texts = {key: " ".join(text.split()) for key, text in _ARGUMENT.findall(cleandoc(op.__doc__ or ""))}
    properties = {}
    for key, schema in fields.items():
        properties[key] = _loose({k: v for k, v in schema.items() if k not in ("title", "default")})
        if key in texts:
            properties[key]["description"] = texts[key]
    return {"description": _head(op), **_mapping(properties)}


def _head(op: type[Op]) -> str:
    return cleandoc(op.__doc__ or "").partition("\n")[0]


def _loose(schema: Schema) -> Schema:
    """The same with an expression wherever a value may stand."""
    if "anyOf" in schema:
        options = [part for one in schema["anyOf"] for part in _loose(one).get("anyOf", [_loose(one)])]
        return {"anyOf": [one for at, one in enumerate(options) if one not in options[:at]]}
    if "enum" in schema or "const" in schema:
        return {"anyOf": [schema, _TEXT]}
    if schema.get("type") == "array":
        return {"anyOf": [{**schema, "items": _loose(schema.get("items", {}))}, _TEXT]}
    if "type" in schema and schema["type"] not in ("string", "null"):
        return {**schema, "type": [schema["type"], "string"]}
    return schema


def _param() -> Schema:
    value = {"anyOf": [_SCALAR, _list({})]}
    long: dict[str, Schema] = {
        "type": {"enum": list(PARAM_TYPES)},
        "default": value,
        "min": _NUMBER,
        "max": _NUMBER,
        "choices": _list(_SCALAR),
    }
    return {"anyOf": [_SCALAR, _list({}), _mapping(long)]}


def _figure(key: str) -> Schema:
    if key == "output":
        sizes = _list({"type": "integer"})
        return {"anyOf": [sizes, _list(sizes)]}
    one: Schema = {"type": ["number", "string"]}
    return {"anyOf": [one, {**_list(one), "minItems": 1}]}


def _model(model: type[BaseModel]) -> dict[str, Schema]:
    """pydantic's own schema, and those it refers to, by name."""
    schema = model.model_json_schema(ref_template="#/definitions/{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


# small makers


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _table(values: Schema) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": values}


def _mapping(properties: Mapping[str, Schema], *, required: Iterable[str] = (), one: Iterable[str] = ()) -> Schema:
    """These keys and no others; `one` names keys of which exactly one must stand there."""
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        found["required"] = list(required)
    if one:
        found["oneOf"] = [{"required": [key]} for key in one]
    return found


def _choice(then: Schema, key: str, otherwise: Schema) -> Schema:
    """`then` for a mapping that has the key."""
    return {"if": {"type": "object", "required": [key]}, "then": then, "else": otherwise}


def _described(schemas: Mapping[str, Schema], keys: Iterable[str] | None = None) -> dict[str, Schema]:
    """With what an editor shows. Draft 7 ignores what stands beside a `$ref`, so that goes one level down."""
    found = {}
    for key in schemas if keys is None else keys:
        schema = schemas[key]
        if key in _KEYS:
            schema = {"allOf": [schema]} if "$ref" in schema else schema
            schema = {**schema, "description": _KEYS[key]}
        found[key] = schema
    return found
