"""What a compiled network computes is what its program says, op by op; how it behaves as a module."""

from __future__ import annotations

import copy
import io
import pickle
from pathlib import Path

import pytest
import torch

import archspec
from archspec.program.weights import Weights
from tests.pytorch.interpret import Interpreter
from tests.zoo.oracle import without_dropout

CASES = sorted((Path(__file__).parent.parent / "language" / "cases").glob("*.yaml"))
SMALL = ["lenet5_modern", "lenet5", "resnet20_cifar", "densenet40_12_cifar", "genetic_cnn_fig1", "preresnet164_cifar"]
HEADS = """
archspec: 1
name: with_heads
inputs: {image: [3, 8, 8]}
graph:
  - stem: conv(4, 3)
  - relu
  - dropout: dropout(0.5)
    only: training
  - flatten
  - fc: linear(5)
heads:
  aux: {from: stem, do: conv(2) >> global_avg_pool, only: training, weight: 0.3}
"""


def inputs_of(architecture: archspec.Architecture, batch: int = 2) -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [torch.randn(batch, *port.type.shape) for port in architecture.program.graph.inputs]


def named(result: torch.Tensor | dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return result if isinstance(result, dict) else {"output": result}


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("spec", [*map(str, CASES), *SMALL], ids=lambda spec: Path(spec).stem)
def test_it_computes_what_the_program_says(spec: str, training: bool) -> None:
    architecture = archspec.load(spec)
    network = architecture.compile(seed=1)
    network.train(training)
    state = {key: value.clone() for key, value in network.state_dict().items()}
    inputs = inputs_of(architecture)
    with without_dropout():
        found = named(network(*[value.clone() for value in inputs]))
        expected = Interpreter(architecture.program, state, training).run(*inputs)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("spec", [*map(str, CASES), *SMALL], ids=lambda spec: Path(spec).stem)
def test_its_state_dict_is_the_manifest(spec: str) -> None:
    architecture = archspec.load(spec)
    network = architecture.compile()
    expected = {
        weight.key: (tuple(weight.type.shape), weight.trainable) for weight in Weights(architecture.program).all()
    }
    trainable = {name for name, _ in network.named_parameters(remove_duplicate=False)}
    found = {key: (tuple(value.shape), key in trainable) for key, value in network.state_dict().items()}
    assert found == expected
    assert sum(weight.numel() for weight in network.parameters()) == architecture.stats().total.params


@pytest.fixture
def with_heads(tmp_path: Path) -> archspec.Architecture:
    path = tmp_path / "with_heads.yaml"
    path.write_text(HEADS, encoding="utf-8")
    return archspec.load(path)


def test_heads_are_given_by_name_in_training_alone(with_heads: archspec.Architecture) -> None:
    network = with_heads.compile()
    image = torch.randn(2, 3, 8, 8)
    trained = network.train()(image)
    assert {name: tuple(value.shape) for name, value in trained.items()} == {"output": (2, 5), "aux": (2, 2)}
    evaluated = network.eval()(image)
    assert isinstance(evaluated, torch.Tensor)
    assert tuple(evaluated.shape) == (2, 5)


def test_a_seed_makes_first_weights_reproducible_and_leaves_the_random_state_alone() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    one, two, other = (archspec.compile("lenet5_modern", seed=seed) for seed in (7, 7, 8))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


def test_copies_pickles_and_saved_weights(with_heads: archspec.Architecture) -> None:
    network = with_heads.compile().eval()
    image = torch.randn(1, 3, 8, 8)
    expected = network(image)
    assert torch.equal(copy.deepcopy(network)(image), expected)
    assert torch.equal(pickle.loads(pickle.dumps(network))(image), expected)
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    fresh = with_heads.compile().eval()
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(fresh(image), expected)


@pytest.mark.parametrize(
    "spec", [path for path in map(str, CASES) if "modes" in path or "wires" in path] + ["resnet20_cifar"]
)
def test_graph_capture(spec: str) -> None:
    """torch.export, and torch.compile in one graph without a break."""
    architecture = archspec.load(spec)
    network = architecture.compile(seed=0).eval()
    inputs = tuple(inputs_of(architecture))
    expected = named(network(*inputs))
    exported = torch.export.export(network, inputs).module()
    compiled = torch.compile(network, fullgraph=True, backend="eager")
    for one in (exported, compiled):
        for name, value in named(one(*inputs)).items():
            torch.testing.assert_close(value, expected[name])


def test_training_captures_in_one_graph(with_heads: archspec.Architecture) -> None:
    network = with_heads.compile(seed=0).train()
    result = torch.compile(network, fullgraph=True, backend="eager")(torch.randn(2, 3, 8, 8))
    assert set(result) == {"output", "aux"}


def test_mixed_precision_and_memory_format() -> None:
    network = archspec.compile("resnet20_cifar", seed=0).eval()
    image = torch.randn(2, 3, 32, 32)
    expected = network(image)
    last = network.to(memory_format=torch.channels_last)(image.to(memory_format=torch.channels_last))
    torch.testing.assert_close(last, expected, rtol=1e-4, atol=1e-4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert network(image).dtype == torch.bfloat16


def test_the_batch_may_have_any_size() -> None:
    network = archspec.compile("resnet20_cifar", seed=0).eval()
    images = torch.randn(5, 3, 32, 32)
    torch.testing.assert_close(network(images)[1:2], network(images[1:2]), rtol=1e-4, atol=1e-4)


def test_a_traceback_shows_the_generated_line() -> None:
    import traceback

    network = archspec.compile("lenet5_modern")
    try:
        network(torch.zeros(1, 1, 4, 4))
    except RuntimeError as error:
        lines = "".join(traceback.format_exception(error))
    assert "self.C1(x)" in lines or "self.C3(x)" in lines


@pytest.mark.slow
@pytest.mark.parametrize("name", archspec.library())
def test_every_network_of_the_library_runs_at_its_own_size(name: str) -> None:
    """Its outputs have the shapes that were counted, and are what its program says, op by op."""
    architecture = archspec.load(name)
    network = architecture.compile(seed=0).eval()
    inputs = inputs_of(architecture, batch=1)
    if architecture.summary()["depth"] > 500:  # untrained, a thousand layers leave the range of single precision
        network, inputs = network.double(), [value.double() for value in inputs]
    with torch.inference_mode():
        found = named(network(*[value.clone() for value in inputs]))
        expected = Interpreter(architecture.program, network.state_dict()).run(*inputs)
    shapes = {key: value["shape"] for key, value in architecture.summary()["outputs"].items() if value["only"] is None}
    assert {key: list(value.shape[1:]) for key, value in found.items()} == shapes
    for key, value in expected.items():
        assert torch.isfinite(value).all()
        torch.testing.assert_close(found[key], value, rtol=1e-4, atol=1e-4 * float(value.abs().max()))
