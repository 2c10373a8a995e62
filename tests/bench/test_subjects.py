"""What can be timed: each peer computes what the spec's own network does, or is said not to be comparable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from archspec import api
from archspec.bench import libraries, runs
from archspec.bench.grid import Settings, bench, rounded
from archspec.bench.subjects import FORMS, Host, own, peer, split, trains
from tests.oracles import torchvision

TINY = """
archspec: 1
name: tiny
inputs: {image: [3, 8, 8]}
graph:
  - conv: conv(4, 3, bias=false)
  - bn: batch_norm
  - relu
  - global_avg_pool
  - dropout(0.5)
  - fc: linear(WIDTH)
"""

COMPILER_WARNS = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")
"""of its own parts, when torch.compile is imported"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    for name, width in (("tiny", 5), ("wide", 6)):
        (tmp_path / f"{name}.yaml").write_text(TINY.replace("WIDTH", str(width)), encoding="utf-8")
    return tmp_path / "tiny.yaml"


def offs(spec: Path, *peers: str, train: bool = False, dtype: str = "float32") -> list[float | None]:
    settings = Settings(peers, (2,), (1,), seconds=0.001, train=train, dtype=dtype)
    return [row.off for row in bench(api.load(spec), settings, api.load)]


@pytest.mark.parametrize("form", ["channels_last", "inference", "onnxruntime"])
def test_another_form_of_the_network_has_its_outputs(tiny: Path, form: str) -> None:
    if form == "onnxruntime":
        pytest.importorskip("onnxruntime")
    own, off = offs(tiny, form)
    assert own == 0
    assert off is not None
    assert rounded(off, "float32")


@pytest.mark.slow
@COMPILER_WARNS
def test_the_compiled_network_has_its_outputs(tiny: Path) -> None:
    _, off = offs(tiny, "compile")
    assert off is not None
    assert rounded(off, "float32")


def test_a_spec_is_compared_if_it_takes_the_same_weights(tiny: Path) -> None:
    same = tiny.with_name("same.yaml")
    same.write_text(tiny.read_text().replace("name: tiny", "name: same"))
    other = tiny.with_name("other.yaml")
    other.write_text(tiny.read_text().replace("relu", "tanh"))
    found = offs(tiny, str(same), str(tiny.with_name("wide.yaml")), str(other))
    assert found[:3] == [0, 0, None]
    assert found[3] is not None
    assert not rounded(found[3], "float32")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_training_step_in_each_type(tiny: Path, dtype: str) -> None:
    own, off = offs(tiny, "channels_last", train=True, dtype=dtype)
    assert own == 0
    assert off is not None
    assert rounded(off, dtype)


def test_a_step_of_training_changes_every_weight(tiny: Path) -> None:
    architecture = api.load(tiny)
    module = architecture.compile(seed=0).double()
    before = {name: value.clone() for name, value in module.named_parameters()}
    from archspec.bench.subjects import Subject

    values = tuple(one.double() for one in runs.inputs(architecture.program, 4, "cpu", "float32"))
    runs.step(Subject("tiny", module, module), values)()
    assert module.training
    assert all(not torch.equal(value, before[name]) for name, value in module.named_parameters())


def test_training_takes_more_memory_than_running(tiny: Path) -> None:
    peaks = [
        next(bench(api.load(tiny), Settings((), (8,), (1,), train, seconds=0.001), api.load)).memory
        for train in (False, True)
    ]
    assert None not in peaks
    assert peaks[0] < peaks[1]  # type: ignore[operator]


def test_a_network_of_torchvision_lends_its_weights() -> None:
    architecture = api.load("resnet18", {"classes": 10})
    settings = Settings(("torchvision:resnet18(num_classes=10)", "torchvision:resnet18"), (1,), (1,), seconds=0.001)
    assert torchvision is not None
    own, theirs, other = bench(architecture, settings, api.load)
    assert (own.off, theirs.off, other.off) == (0, 0, None)
    assert theirs.subject == "torchvision:resnet18(num_classes=10)"


def test_the_grid_has_a_cell_for_each_batch_and_number_of_threads(tiny: Path) -> None:
    told: list[tuple[str, float]] = []
    settings = Settings(("channels_last",), (1, 3), (2, 1), seconds=0.001)
    before = torch.get_num_threads()
    rows = list(bench(api.load(tiny), settings, api.load, lambda words, done: told.append((words, done))))
    assert [(row.batch, row.threads, row.subject) for row in rows] == [
        (batch, threads, name) for batch in (1, 3) for threads in (2, 1) for name in ("tiny", "channels_last")
    ]
    assert torch.get_num_threads() == before
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert told[0] == ("tiny, batch 1, 2 threads", 0.0)
    assert told[-1] == ("tiny, batch 3, 1 thread", 1.0)


def test_speed_is_relative_to_the_base(tiny: Path) -> None:
    settings = Settings(("channels_last",), (1,), (1,), seconds=0.001, base="channels_last")
    own, base = bench(api.load(tiny), settings, api.load)
    assert base.speed == (1, 1, 1)
    assert own.speed.middle == pytest.approx(base.seconds.middle / own.seconds.middle)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("resnet81", "torchvision has no network `resnet81`; did you mean `resnet18`?"),
        ("resnet18(10)", "a network with settings is written `NAME(setting=value)`, not `resnet18(10)`"),
        ("resnet18(num_classes=exit())", "a network with settings is written `NAME(setting=value)`, not …"),
        ("resnet18(colour='red')", "torchvision cannot make `resnet18(colour='red')`: …"),
    ],
)
def test_a_wrong_name_or_setting_of_a_library(call: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the message is compared below)
        libraries.network("torchvision", call)
    assert str(error.value).startswith(message.removesuffix("…"))


def test_forms_follow_each_other(tiny: Path) -> None:
    found = offs(tiny, "inference+channels_last", f"{tiny.with_name('wide.yaml')}+channels_last")
    assert found[1] is not None
    assert rounded(found[1], "float32")
    assert found[2] is None  # other weights


@COMPILER_WARNS
@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("channels_last+inference", "`inference` takes the network of the spec that is measured"),
        ("channels_last+onnxruntime", "`onnxruntime` takes the network of the spec that is measured"),
        ("onnxruntime+compile", "`compile` takes a network of torch"),
        ("cudagraph", "`cudagraph` is a form for a CUDA device: `--device cuda`"),
        ("compile+channels_last", "`channels_last` takes a network of torch, before it is compiled"),
    ],
)
def test_forms_that_do_not_follow_each_other(tiny: Path, word: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        offs(tiny, word)


def test_a_form_in_the_name_of_a_file_is_none() -> None:
    assert split("a+b.yaml") == ("a+b.yaml", [])
    assert split("a+compile.yaml+compile") == ("a+compile.yaml", ["compile"])


@pytest.mark.parametrize("form", FORMS)
def test_which_forms_train(form: str) -> None:
    assert trains(f"resnet18+{form}") == FORMS[form].trains
    assert trains("resnet18")


def test_everything_channels_last(tiny: Path) -> None:
    """The layout is that of every network of torch and its images, whatever form it has, and outputs stay the same."""
    settings = Settings(("inference", "channels_last", "onnxruntime"), (2,), (1,), channels_last=True, seconds=0.001)
    rows = list(bench(api.load(tiny), settings, api.load))
    assert all(row.off is not None and rounded(row.off, "float32") for row in rows)
    architecture = api.load(tiny)
    host = Host(architecture, architecture.compile(), api.load, "cpu", "bfloat16", channels_last=True)
    host.place(host.ours)
    image = torch.rand(2, 3, 8, 8)
    for one in (own(host), *(peer(host, word) for word in ("inference", "torchvision:resnet18", str(tiny)))):
        assert one.module is not None
        assert next(one.module.parameters()).is_contiguous(memory_format=torch.channels_last)
        assert next(one.module.parameters()).dtype == torch.bfloat16
        assert one.inputs((image,))[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("dtype", "device"), [("float32", "cpu"), ("float32", "cuda"), ("bfloat16", "cuda")])
def test_what_is_but_rounding(dtype: str, device: str) -> None:
    """On CUDA torch lets convolutions of float32 round as TF32 does, to ten bits."""
    assert rounded(2**-14, dtype, device)
    assert rounded(2**-8, dtype, device) == (device == "cuda")
    assert not rounded(0.5, dtype, device)
