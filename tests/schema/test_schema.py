"""The JSON Schema: it takes every shipped and every random spec, and refuses what an editor should underline."""

from __future__ import annotations

import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from archspec.language.fmt import format_text
from archspec.language.read.file import FILE_KEYS, VARIANT_KEYS
from archspec.language.read.shape import STEP_WORDS, STRUCTURE_WORDS
from archspec.language.schema import json_schema
from archspec.ops.registry import OPS
from archspec.text.document import Items, Mapping, Yaml
from archspec.text.parse import parse
from archspec.text.source import Source
from tests.fmt.tools import SPECS
from tests.strategies import specs


@cache
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def plain(value: Yaml) -> Any:
    match value:
        case Items():
            return [plain(one) for one in value]
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in value}
        case _:
            return value.value


def problems(text: str) -> list[str]:
    return [error.message for error in validator().iter_errors(plain(parse(Source("test.yaml", text))))]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_specs(path: Path) -> None:
    text = path.read_text("utf-8")
    assert problems(text) == []
    assert problems(format_text(Source(path.name, text), "long")) == []


@given(specs())
def test_random_specs(text: str) -> None:
    assert problems(text) == []


FORMS = """\
archspec: 1
name: all_forms
source: {arxiv: "1608.06993", year: 2017}
use: [common]
inputs: {image: [3, size, 32], tokens: {shape: [8], dtype: int64}}
params: {size: 32, layers: [1, 2], act: {type: op, default: relu}, empty: {default: 1, min: 0, choices: [0, 1]}}
defaults: {conv: {bias: false, padding: half}, batch_norm: {eps: 1e-3}}
modules:
  plain: [relu, conv(4)]
  other: {file: resnet50.yaml, out: [layer1, layer4]}
  paths: {params: {width: int, p: 0.5}, inputs: [a, b], branches: {x: relu, y: {op: relu}}, join: add}
graph:
  shared: {enc: conv(4)}
  steps:
    - relu
    - conv1: conv(4, 3)
    - q, k: chunk(2)
    - {op: conv, out: 4 * width, kernel: [3, n], stride: 2, from: conv1, when: true}
    - c: {op: mine, whatever: [1, a]}
    - d: {do: relu, from: [conv1, c], with: {m: c}, tie: {weight: a.b}, inline: true}
    - do: relu
      only: training
    - e: [relu, relu]
    - f: {repeat: plain, times: size, as: "b${j}", wire: last(3)}
    - g: {repeat: {op: conv, out: 4}, times: 2, wire: parallel, join: concat}
    - h: {branches: [relu, {z: relu}], join: concat}
    - for: n in layers
      do: relu
    - for: n in layers
      do:
        - x${i}: relu
  out: {main: c, side: d}
heads: {aux: {from: c, do: linear(3), only: training, weight: 0.3}}
outputs: {main: c}
expect: {params: 12, mads: 2.83G, paths: 2**58, output: [1000]}
variants: {small: {params: {size: 8}, expect: {params: <= 3}}}
train: {loss: cross_entropy, optimizer: {name: sgd, lr: 0.1}, schedule: step, epochs: 90}
"""


def test_every_form() -> None:
    assert problems(FORMS) == []


HEAD = "archspec: 1\nname: test\ninputs: {x: [8]}\n"
BROKEN = {
    "another version": "archspec: 2\nname: test\ninputs: {x: [8]}\ngraph: [relu]",
    "no name": "archspec: 1\ninputs: {x: [8]}\ngraph: [relu]",
    "a name that is none": "archspec: 1\nname: a-b\ninputs: {x: [8]}\ngraph: [relu]",
    "no graph": "archspec: 1\nname: test\ninputs: {x: [8]}",
    "an unknown key": HEAD + "graph: [relu]\nparms: {}",
    "steps that are no list": HEAD + "graph: relu",
    "an input without shape": "archspec: 1\nname: test\ninputs: {x: 8}\ngraph: [relu]",
    "an unknown dtype": "archspec: 1\nname: test\ninputs: {x: {shape: [8], dtype: half}}\ngraph: [relu]",
    "an unknown op in defaults": HEAD + "defaults: {con: {bias: false}}\ngraph: [relu]",
    "an unknown argument in defaults": HEAD + "defaults: {conv: {bais: false}}\ngraph: [relu]",
    "an unknown argument": HEAD + "graph:\n  - {op: conv, out: 8, kernl: 3}",
    "a wrong argument": HEAD + "graph:\n  - {op: conv, out: -1}",
    "a wrong argument under a name": HEAD + "graph:\n  - a: {op: dropout, p: 2}",
    "an argument that is a mapping": HEAD + "graph:\n  - {op: conv, out: {a: 1}}",
    "an unknown wire": HEAD + "graph:\n  - a: {repeat: relu, times: 2, wire: ring}",
    "an unknown join": HEAD + "graph:\n  - a: {branches: [relu], join: glue}",
    "an unknown mode": HEAD + "graph:\n  - {do: relu, only: testing}",
    "an unknown word in a step": HEAD + "graph:\n  - a: {repeat: relu, tims: 2}",
    "an empty step": HEAD + "graph:\n  - {}",
    "steps and branches": HEAD + "graph: {steps: [relu], branches: [relu]}",
    "a loop without steps": HEAD + "graph:\n  - for: n in x",
    "a head that reads nothing": HEAD + "graph: [relu]\nheads: {a: {do: relu}}",
    "an unknown figure": HEAD + "graph: [relu]\nexpect: {parameters: 3}",
    "a shape that is none": HEAD + "graph: [relu]\nexpect: {output: 3}",
    "a number for the arXiv": HEAD + "graph: [relu]\nsource: {arxiv: 1608.06993}",
    "an unknown key of a variant": HEAD + "graph: [relu]\nvariants: {a: {graph: [relu]}}",
    "an unknown key of the recipe": HEAD + "graph: [relu]\ntrain: {epoch: 3}",
    "an unknown key of a module": HEAD + "modules: {a: {step: [relu]}}\ngraph: [a]",
    "a type of param that is none": HEAD + "params: {a: {type: integer}}\ngraph: [relu]",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    assert problems(textwrap.dedent(BROKEN[name]) + "\n")


def test_it_knows_all_keys_and_words() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(FILE_KEYS)
    definitions = schema["definitions"]
    assert set(definitions["variant"]["properties"]) == set(VARIANT_KEYS)
    words = {*definitions["loop"]["properties"], *definitions["long"]["properties"]}
    (choice,) = (one for one in definitions["action"]["anyOf"] if "else" in one)
    assert words | set(choice["else"]["properties"]) == STRUCTURE_WORDS
    assert set(STEP_WORDS) < set(definitions["long"]["properties"])
    for name, op in OPS.items():
        assert set(definitions[f"arguments.{name}"]["properties"]) == set(op.model_fields)


def test_every_key_and_argument_is_described() -> None:
    schema = json_schema()
    assert all(one["description"] for one in schema["properties"].values())
    for name in OPS:
        arguments = schema["definitions"][f"arguments.{name}"]
        assert arguments["description"], name
        missing = [key for key, one in arguments["properties"].items() if "description" not in one]
        assert set(missing) <= {"init", "bias_init"}, name
