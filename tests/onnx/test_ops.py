"""Every op's examples, and cases with traps in runtimes or formats, compute in ONNX Runtime what torch computes."""

from __future__ import annotations

import itertools
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from archspec.api import load
from archspec.backend import Header
from archspec.backends.onnx_model.engine import Network
from archspec.backends.onnx_model.model import content
from archspec.backends.onnx_model.rules import RULES
from archspec.ops.base import Op, Tensor
from archspec.ops.registry import ALL
from archspec.program.model import INPUT, Module, Node, Origin, Output, Port, Program, Ref
from archspec.program.verify import verify
from archspec.text.source import Source, Span
from tests.onnx.tools import apart
from tests.ops.calls import as_function, as_layer, batched, read

EXAMPLES = [(example.text, example.inputs) for kind in ALL.values() for example in kind.examples]
LINE, IMAGE, ODD, CUBE = Tensor((4, 11)), Tensor((4, 9, 9)), Tensor((6, 7, 10)), Tensor((4, 5, 6, 7))
MORE: list[tuple[str, Tensor]] = [
    *itertools.product(
        (
            "max_pool(3, stride=2, padding=1, ceil=true)",
            "avg_pool(3, stride=2, padding=1, ceil=true)",
            "avg_pool(3, stride=2, padding=1, ceil=true, count_include_pad=false)",
            "avg_pool(3, stride=2, padding=1, count_include_pad=false)",
            "avg_pool(1, stride=2)",
            "max_pool(1, stride=2)",
            "max_pool(3, stride=1, padding=half, dilation=4)",
            "max_pool(2, padding=same, stride=1)",
            "avg_pool(4, padding=same, stride=3)",
            "adaptive_avg_pool(3)",
            "adaptive_max_pool(4)",
            "adaptive_avg_pool(13)",
            "upsample(1.7)",
            "upsample(0.6)",
            "upsample(3)",
            "upsample(1.5)",
            "upsample(0.7)",
            "instance_norm(affine=true, track=true)",
            "group_norm(2)",
            "local_response_norm(4, k=2)",
            "local_response_norm(3, alpha=1, beta=0.5)",
            "conv(8, 3, padding=same, stride=2, padding_mode=replicate)",
            "conv(8, 4, padding=2, padding_mode=circular)",
            "conv_transpose(8, 3, stride=2, padding=1, output_padding=1, groups=2)",
            "dirac_conv(2, 3, padding=half)",
            "slice(-3, -1, axis=-1)",
            "flatten(0, -1)",
            "prelu(per_channel=true)",
            "batch_norm(track=false, affine=false)",
        ),
        (LINE, IMAGE, ODD, CUBE),
    ),
    *itertools.product(
        (
            "upsample(1.7, mode=bilinear)",
            "upsample(0.6, mode=bilinear)",
            "upsample(size=[1, 5], mode=bilinear)",
            "upsample(2, mode=bilinear, align_corners=true)",
            "upsample(size=[13, 4], mode=bicubic)",
            "upsample(1.3, mode=bicubic)",
            "upsample(0.7, mode=bilinear)",
            "flatten(1, 2)",
            "permute([2, 0, 1])",
            "pad([[0, 2], [1, 0]], mode=circular)",
            "crop([3, 4])",
        ),
        (IMAGE, ODD),
    ),
    ("upsample(1.7, mode=linear)", LINE),
    ("upsample(size=4, mode=linear, align_corners=true)", LINE),
    ("upsample(1.5, mode=trilinear)", CUBE),
    ("pixel_unshuffle(3)", IMAGE),
    ("pixel_shuffle(2)", IMAGE),
    ("channel_shuffle(2)", CUBE),
    ("layer_norm(2)", CUBE),
    ("softmax(axis=-2)", IMAGE),
    ("table_conv([[3]], 2)", IMAGE),
    ("group_norm(2)", Tensor((8,))),
    ("prelu(per_channel=true)", Tensor((8,))),
    ("drop_path(0.3, scale=inference)", IMAGE),
]


def program(op: Op, inputs: tuple[Tensor, ...]) -> Program:
    """A network of one op."""
    given, outputs = tuple(Ref(INPUT, at) for at in range(len(inputs))), op.infer(*inputs)
    node = Node("op", "op", op, given, outputs, Origin(Span(Source("op.yaml", op.op), 0, 1)), named=True)
    ports = tuple(Port(f"x{at}", type) for at, type in enumerate(inputs))
    results = tuple(Output(f"y{at}", Ref(0, at)) for at in range(len(outputs)))
    return verify(Program("net", "graph", {"graph": Module("graph", "graph", "graph", {}, ports, (node,), results)}))


def model(network: Program, state: dict[str, torch.Tensor]) -> Network:
    written = content(network, Header("", "", "net", 0, 0, 0, "0"), state, 0)
    onnx.checker.check_model(written, full_check=True)
    return Network(network, written, 0)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [*EXAMPLES, *((text, (x,)) for text, x in MORE)],
    ids=lambda value: value if isinstance(value, str) else " ".join(map(str, value)),
)
def test_an_op_computes_what_torch_does(text: str, inputs: tuple[Tensor, ...]) -> None:
    op = read(text)
    torch.manual_seed(0)
    layer = as_layer(op, inputs)
    state: dict[str, torch.Tensor] = {}
    if isinstance(layer, nn.Module):
        for key, value in layer.eval().state_dict().items():
            if value.is_floating_point() and op.op != "rbf":
                value.uniform_(0.5, 1.5)
            state[f"op.{key}"] = value
    elif layer is not None:
        state["op"] = layer.data
    run = layer if isinstance(layer, nn.Module) else as_function(op, inputs)
    given = [batched(x) for x in inputs]
    with torch.no_grad():
        expected = run(*given) if run is not None else state["op"]
    network = model(program(op, inputs), state)
    found = network(*given)
    if not inputs:
        found = torch.from_numpy(found)
    several = expected if isinstance(expected, tuple | list) else (expected,)
    results = list(found.values()) if isinstance(found, dict) else [found]
    assert len(results) == len(several)
    for result, value in zip(results, several, strict=True):
        assert apart(result, value) < 1e-5


def test_every_op_has_a_rule() -> None:
    assert set(ALL.values()) <= set(RULES)


HEAD = "archspec: 1\nname: net\ninputs: {image: [4, 12, 12]}\ngraph:\n"


@pytest.mark.parametrize(
    "steps",
    [
        ("pad(3)", "avg_pool(2)"),
        ("pad(3)", "avg_pool(2, count_include_pad=false)"),
        ("pad(3)", "max_pool(2)"),
        ("pad(1)", "max_pool(3, padding=1)"),
        ("pad(1, value=-1)", "max_pool(3)"),
        ("pad(2)", "avg_pool(3, 2, padding=1, ceil=true)"),
        ("pad(4)", "conv(4, 3, padding=1)"),
        ("p: parameter([4, 1, 1], init=normal)", "image + p"),
        ("p: parameter([12], init=normal)", "s: global_avg_pool(image)", "gate(image * p, s)"),
        ("p: parameter([2, 12, 12], init=normal)", "concat(image, p)"),
        ("p: parameter([2, 12, 12], init=normal)", "q: parameter([3, 12, 12], init=normal)", "concat(p, image, q)"),
        ("p: parameter([4], init=normal)", "t: sigmoid(image)", "lerp(image, t, p)"),
        ("p: parameter([1, 12], init=normal)", "maximum(image, p)"),
        ("s: global_avg_pool(image)", "t: linear(12)(s)", "image + t"),
    ],
    ids=" ".join,
)
def test_ops_together(steps: tuple[str, ...], tmp_path: Path) -> None:
    """Padding stays out of pooling (ONNX Runtime fuses them wrongly); tensors without a batch meet those with one."""
    (tmp_path / "net.yaml").write_text(HEAD + "".join(f"  - {step}\n" for step in steps))
    architecture = load(tmp_path / "net.yaml")
    module = architecture.compile(seed=0).eval()
    image = torch.randn(2, 4, 12, 12, generator=torch.Generator().manual_seed(0)) - 3
    with torch.no_grad():
        expected = module(image)
    assert apart(model(architecture.program, dict(module.state_dict()))(image), expected) < 1e-5
